// Shapes, axes and sizes as text, written as the run-time messages write them; what only the run time knows prints as `number`.

import type { Named, Shape } from "./dim.ts";

/** `32`, the name of a named size, or `number`. */
export type PrintSize<N> =
  N extends Named<infer Name>
    ? Name
    : number extends N
      ? "number"
      : N extends number
        ? `${N}`
        : "number";

/** `32, 784` */
type PrintSizes<S extends Shape> = S extends readonly [infer N]
  ? PrintSize<N>
  : S extends readonly [infer N, ...infer Rest extends Shape]
    ? `${PrintSize<N>}, ${PrintSizes<Rest>}`
    : "";

/** `[32, 784]`, or `number[]` when the rank is unknown. */
export type PrintShape<S extends Shape> = number extends S["length"]
  ? "number[]"
  : `[${PrintSizes<S>}]`;

/** A number with a proper minus sign: `−2`. */
export type PrintNumber<N extends number> = `${N}` extends `-${infer Size}` ? `−${Size}` : `${N}`;
