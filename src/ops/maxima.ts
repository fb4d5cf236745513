// Maxima over windows of images [batch, height, width, channels], as primitives. Which element of a window is the largest is kept as
// an index h · width + w into the plane of its channel, and the gradient of a maximum goes to that element alone. Reading planes at
// such indices (`pickMaxima`) and adding to them there (`placeMaxima`) are an adjoint pair.

import * as E from "fp-ts/lib/Either.js";
import {
  addIndex,
  coordinate,
  divideIndex,
  flatten,
  index,
  moduloIndex,
  scaleIndex,
} from "../core/kernel/affine.ts";
import { call, isBetween, reduce, where } from "../core/kernel/build.ts";
import { constant, type Expr } from "../core/kernel/expr.ts";
import type { ReduceOp } from "../core/kernel/scalar.ts";
import type { Delayed } from "../core/lowering.ts";
import { apply } from "../core/primitive.ts";
import { type Aval, noGradient, type Primitive, type Tensor } from "../core/tensor.ts";

type Pair = readonly [number, number];
type Coords = readonly [batch: Expr, height: Expr, width: Expr, channel: Expr];

/** Windows over height and width. */
export interface Windows {
  readonly size: Pair;
  readonly stride: Pair;
  /** Rows and columns on either side that count as −∞. Every window holds an element that is not one of them. */
  readonly pad: Pair;
}

/** Positions of windows along height and width of a plane. */
export const positionsOf = ({ size, stride, pad }: Windows, plane: Pair): Pair => {
  const along = (at: 0 | 1): number =>
    Math.floor((plane[at] + 2 * pad[at] - size[at]) / stride[at]) + 1;
  return [along(0), along(1)];
};

const planeOf = ({ shape }: { readonly shape: readonly number[] }): Pair =>
  [shape[1], shape[2]] as unknown as Pair; // images have four axes

const pooledShape = ({ shape }: Aval, windows: Windows): readonly number[] => [
  shape[0] as number,
  ...positionsOf(windows, planeOf({ shape })),
  shape[3] as number,
];

/** Combines what `body` makes of the two loop variables. */
const reduceOver = (op: ReduceOp, loops: readonly [Expr, Expr], body: Expr): Expr =>
  loops.reduceRight<Expr>(
    (inner, loop) => (loop.tag === "axis" ? reduce(op, loop, inner) : inner),
    body,
  );

/** The element of a window at some taps, −∞ where that is padding, and its index in the plane. */
const elementAt = (
  x: Delayed,
  { stride, pad }: Windows,
  [batch, i, j, channel]: Coords,
  [k, l]: readonly [Expr, Expr],
) => {
  const [height, width] = planeOf(x);
  const h = addIndex(scaleIndex(i, stride[0], -pad[0]), k);
  const w = addIndex(scaleIndex(j, stride[1], -pad[1]), l);
  const isInside = call("and", isBetween(h, 0, height), isBetween(w, 0, width));
  const outside = constant(Number.NEGATIVE_INFINITY, x.dtype);
  return {
    isInside,
    value: where(isInside, x.at([batch, h, w, channel]), outside),
    place: flatten([h, w], [width, 1]),
  };
};

/** Maxima over windows; NaN where a window has one.  dx = placeMaxima(g, maxPoolIndices(x, y)) */
export const maxPoolPrimitive: Primitive<Windows> = {
  name: "maxPool",
  shape: ([x], windows) =>
    E.right({ shape: pooledShape(x as Aval, windows), dtype: (x as Aval).dtype }),
  vjp: ({ g, inputs: [x], output, attributes }) => {
    const indices = apply(maxPoolIndicesPrimitive, attributes, [x as Tensor, output]);
    return [placeMaxima(g, indices, attributes, planeOf(x as Tensor))];
  },
  lower: {
    _tag: "Pull",
    role: "reduce",
    comparesInputs: true,
    cost: 1,
    reads: (_, __, ___, { size }) => size[0] * size[1],
    pull: ({ inputs: [x], attributes }) => {
      return (coords) => {
        const taps = [coordinate(attributes.size[0]), coordinate(attributes.size[1])] as const;
        const { value } = elementAt(x as Delayed, attributes, coords as unknown as Coords, taps);
        return reduceOver("max", taps, value);
      };
    },
  },
};

/** For the maxima y of windows of x, where in its plane the first of each is, as i32; the first NaN where there is one. */
export const maxPoolIndicesPrimitive: Primitive<Windows> = {
  name: "maxPoolIndices",
  shape: ([, y]) => E.right({ shape: (y as Aval).shape, dtype: "i32" }),
  vjp: noGradient("indices are whole numbers"),
  lower: {
    _tag: "Pull",
    role: "reduce",
    comparesInputs: true,
    cost: 1,
    reads: (i, _, __, { size }) => (i === 0 ? size[0] * size[1] : 1),
    pull: ({ inputs, attributes: windows }) => {
      const [x, y] = inputs as readonly [Delayed, Delayed];
      const { size, stride, pad } = windows;
      const [height, width] = planeOf(x);
      const last = (position: Expr, at: 0 | 1, n: number): Expr =>
        call("min", scaleIndex(position, stride[at], size[at] - 1 - pad[at]), index(n - 1));
      return (coords) => {
        const here = coords as unknown as Coords;
        const taps = [coordinate(size[0]), coordinate(size[1])] as const;
        const { isInside, value, place } = elementAt(x, windows, here, taps);
        const isLargest = call("or", call("eq", value, y.at(here)), call("isNaN", value));
        // Row-major order rises with the index, so the first is the least. Elements that are not the largest count as the last of the
        // window: then the result lies in the window even if a device should compute x differently from y.
        const end = flatten([last(here[1], 0, height), last(here[2], 1, width)], [width, 1]);
        return reduceOver("min", taps, where(call("and", isInside, isLargest), place, end));
      };
    },
  },
};

interface PlaceAttributes extends Windows {
  readonly plane: Pair;
}

/** How many windows can cover one element, along height and width. */
const coveringWindows = ({ size, stride }: Windows): Pair => [
  Math.ceil(size[0] / stride[0]),
  Math.ceil(size[1] / stride[1]),
];

/**
 * Values of windows added where the indices of the windows say, in planes of zeros. Every index lies in its own window, so an element
 * is found by asking the few windows that cover it.  dg = pickMaxima(γ, indices), none for indices
 */
export const placeMaximaPrimitive: Primitive<PlaceAttributes> = {
  name: "placeMaxima",
  shape: ([g], { plane }) => {
    const { shape, dtype } = g as Aval;
    return E.right({ shape: [shape[0] as number, ...plane, shape[3] as number], dtype });
  },
  vjp: ({ g, inputs: [, indices], attributes: { plane, ...windows } }) => [
    pickMaxima(g, indices as Tensor, windows),
    null,
  ],
  lower: {
    _tag: "Pull",
    role: "reduce",
    cost: 1,
    reads: (_, __, ___, windows) => coveringWindows(windows)[0] * coveringWindows(windows)[1],
    pull: ({ inputs, attributes }) => {
      const [g, indices] = inputs as readonly [Delayed, Delayed];
      const { stride, pad, plane } = attributes;
      const positions = planeOf(g);
      const counts = coveringWindows(attributes);
      const zero = constant(0, g.dtype);
      // The last window that begins at or before a place, and those before it.
      const covering = (place: Expr, back: Expr, at: 0 | 1): Expr =>
        call("sub", divideIndex(addIndex(place, index(pad[at])), stride[at]), back);
      return (coords) => {
        const [batch, h, w, channel] = coords as unknown as Coords;
        const back = [coordinate(counts[0]), coordinate(counts[1])] as const;
        const [i, j] = [covering(h, back[0], 0), covering(w, back[1], 1)];
        const exists = call("and", isBetween(i, 0, positions[0]), isBetween(j, 0, positions[1]));
        const from = [batch, i, j, channel];
        const isHere = call("eq", indices.at(from), flatten([h, w], [plane[1], 1]));
        const value = where(exists, where(isHere, g.at(from), zero), zero);
        return reduceOver("sum", back, value);
      };
    },
  },
};

/** Values of windows added at their indices in planes of zeros. */
export const placeMaxima = (
  g: Tensor,
  indices: Tensor,
  { size, stride, pad }: Windows,
  plane: Pair,
): Tensor => apply(placeMaximaPrimitive, { size, stride, pad, plane }, [g, indices]);

/** Elements of the planes of x at the indices of windows.  dx = placeMaxima(g, indices), none for indices */
export const pickMaximaPrimitive: Primitive<Windows> = {
  name: "pickMaxima",
  shape: ([x, indices]) => E.right({ shape: (indices as Aval).shape, dtype: (x as Aval).dtype }),
  vjp: ({ g, inputs: [x, indices], attributes }) => [
    placeMaxima(g, indices as Tensor, attributes, planeOf(x as Tensor)),
    null,
  ],
  lower: {
    _tag: "Pull",
    role: "select",
    cost: 4,
    pull: ({ inputs }) => {
      const [x, indices] = inputs as readonly [Delayed, Delayed];
      const [, width] = planeOf(x);
      return (coords) => {
        const [batch, , , channel] = coords as unknown as Coords;
        const place = indices.at(coords);
        return x.at([batch, divideIndex(place, width), moduloIndex(place, width), channel]);
      };
    },
  },
};

const pickMaxima = (x: Tensor, indices: Tensor, { size, stride, pad }: Windows): Tensor =>
  apply(pickMaximaPrimitive, { size, stride, pad }, [x, indices]);
