// Cases of one compiled function of arrays. Results are checked at the size that is timed: entries spread over the result are computed
// again in plain f64 JavaScript.

import { compile, ready, type Tensor, tensor, values } from "../../src/index.ts";
import { requireFinite } from "../measure.ts";
import { type Case, noise } from "./case.ts";

/** A case of one function, at sizes S. */
export interface OpCase<S> {
  readonly name: string;
  readonly about: string;
  readonly full: S;
  readonly small: S;
  readonly work: (sizes: S) => number;
  /** Shapes of the arguments, which are filled with noise in −1 … 1. */
  readonly shapes: (sizes: S) => readonly (readonly number[])[];
  readonly apply: (...args: Tensor[]) => Tensor;
  /** One entry of the result, by its flat position, from the flat arguments. */
  readonly entry: (sizes: S, args: readonly Float32Array[], position: number) => number;
  /** Greatest error that rounding explains, relative to the entry or to 1. */
  readonly tolerance: number;
}

/** Entries checked, spread over the result; all of a smaller one. */
const spots = 61;

/** The compiled function, and noise for its arguments: flat, and as tensors. */
const prepare = <S>(spec: OpCase<S>, sizes: S, device: string) => {
  const shapes = spec.shapes(sizes);
  const flat = shapes.map((shape, i) =>
    noise(
      i + 1,
      shape.reduce((a, b) => a * b, 1),
    ),
  );
  const args = shapes.map((shape, i) => tensor(flat[i] as Float32Array, { shape })); // one for each shape
  return { flat, args, f: compile(spec.apply, { device }) };
};

/** The case with its checks. */
export const opCase = <S>(spec: OpCase<S>): Case => ({
  name: spec.name,
  about: spec.about,
  work: spec.work(spec.full),
  plan: (device, scale = "full") => {
    const { f, args } = prepare(spec, spec[scale], device);
    return f.plan(...args);
  },
  start: async (scale, device) => {
    const sizes = spec[scale];
    const { flat, args, f } = prepare(spec, sizes, device);
    return {
      run: async () => {
        const y = f(...args);
        await ready(y);
        return () => values(y);
      },
      check: (result) => {
        requireFinite(result);
        const stride = Math.max(1, Math.floor(result.length / spots));
        for (let position = 0; position < result.length; position += stride) {
          const expected = spec.entry(sizes, flat, position);
          const got = Number(result[position]);
          if (Math.abs(got - expected) > spec.tolerance * Math.max(1, Math.abs(expected))) {
            throw new Error(`entry ${position} is ${got}, ${expected} expected`);
          }
        }
      },
      checked: "entries against plain JavaScript",
    };
  },
});
