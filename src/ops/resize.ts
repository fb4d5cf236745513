// Resizing of images. Each axis is resampled by itself: element i of the result lies at coordinate (scale · i + offset) / unit of the
// input, all whole numbers, and is the element at or before it, or the mean of both neighbours by distance. The adjoint visits, for
// each element of the input, the range of results that read it, so that the work is that of the data in both directions.

import * as E from "fp-ts/lib/Either.js";
import {
  addIndex,
  divideIndex,
  index,
  moduloIndex,
  rangeOf,
  scaleIndex,
} from "../core/kernel/affine.ts";
import { call, convert, reduceBetween } from "../core/kernel/build.ts";
import { constant, type Expr, axis as loopOver } from "../core/kernel/expr.ts";
import type { Delayed } from "../core/lowering.ts";
import { apply } from "../core/primitive.ts";
import type { Aval, Primitive, Tensor } from "../core/tensor.ts";
import type { ResizeOp } from "../core/types/index.ts";
import { type HasPrimitive, withPrimitive } from "./call.ts";
import { perAxis, requireImages } from "./image.ts";

/** Where element i of a result lies in the input: at (scale · i + offset) / unit. */
interface Grid {
  readonly scale: number;
  readonly offset: number;
  readonly unit: number;
}

interface Resampling extends Grid {
  readonly axis: number;
  /** Sizes of the axis before and after. */
  readonly from: number;
  readonly to: number;
  /** Whether neighbours are mixed; else the element at or before the coordinate is taken. */
  readonly isLinear: boolean;
}

const clamp = (i: Expr, max: number): Expr => {
  const range = rangeOf(i);
  return range.min >= 0 && range.max <= max ? i : call("min", call("max", i, index(0)), index(max));
};

/** The coordinate of element i of the result in units, brought into the input. */
const locate = (i: Expr, { scale, offset, unit, from, isLinear }: Resampling): Expr =>
  clamp(scaleIndex(i, scale, offset), isLinear ? (from - 1) * unit : from * unit - 1);

const withSize = ({ shape, dtype }: Aval, axis: number, n: number) =>
  E.right({ shape: shape.map((size, at) => (at === axis ? n : size)), dtype });

/** Reads an array at coordinates of which one is another. */
const readAt = (x: Delayed, coords: readonly Expr[], axis: number, coord: Expr): Expr =>
  x.at(coords.map((other, at) => (at === axis ? coord : other)));

/** n / unit as a float of the dtype of x. */
const fraction = (n: Expr, unit: number, x: Delayed): Expr =>
  call("div", convert(n, x.dtype), constant(unit, x.dtype));

/** x with one axis resampled.  dx = resampleTransposed(g) */
export const resamplePrimitive: Primitive<Resampling> = {
  name: "resample",
  shape: ([x], { axis, to }) => withSize(x as Aval, axis, to),
  vjp: ({ g, attributes }) => [apply(resampleTransposedPrimitive, attributes, [g])],
  lower: {
    _tag: "Pull",
    role: "select",
    cost: 8,
    reads: (_, __, ___, { isLinear }) => (isLinear ? 2 : 1),
    pull: ({ inputs: [input], attributes }) => {
      const x = input as Delayed;
      const { axis, from, unit, isLinear } = attributes;
      return (coords) => {
        const place = locate(coords[axis] as Expr, attributes);
        const before = divideIndex(place, unit);
        const first = readAt(x, coords, axis, before);
        if (!isLinear || unit === 1) return first;
        const second = readAt(x, coords, axis, clamp(addIndex(before, index(1)), from - 1));
        const weight = fraction(moduloIndex(place, unit), unit, x);
        return call("add", first, call("mul", weight, call("sub", second, first)));
      };
    },
  },
};

/** ⌈n / d⌉ for n = a · factor + offset. */
const divideUp = (a: Expr, factor: number, offset: number, d: number): Expr =>
  divideIndex(scaleIndex(a, factor, offset + d - 1), d);

/** The adjoint of `resample`: what each element of its input contributes to.  dg = resample(γ) */
export const resampleTransposedPrimitive: Primitive<Resampling> = {
  name: "resampleTransposed",
  shape: ([g], { axis, from }) => withSize(g as Aval, axis, from),
  vjp: ({ g, attributes }) => [apply(resamplePrimitive, attributes, [g])],
  lower: {
    _tag: "Pull",
    role: "reduce",
    cost: 1,
    reads: (_, __, ___, { from, to, isLinear }) => Math.max(1, ((isLinear ? 2 : 1) * to) / from),
    pull: ({ inputs: [input], attributes }) => {
      const g = input as Delayed;
      const { axis, to, scale, offset, unit, isLinear } = attributes;
      return (coords) => {
        const a = coords[axis] as Expr;
        const i = loopOver(to);
        // An element a is read by results at coordinates in [a, a + 1), and in (a − 1, a + 1) where neighbours are mixed.
        const reach = isLinear ? unit - 1 : 0;
        const first = scale === 0 ? index(0) : divideUp(a, unit, -offset - reach, scale);
        const end = scale === 0 ? index(to) : divideUp(a, unit, unit - offset, scale);
        const distance = call("abs", call("sub", locate(i, attributes), scaleIndex(a, unit)));
        const share = call("max", call("sub", index(unit), distance), index(0));
        const value = readAt(g, coords, axis, i);
        return reduceBetween(
          "sum",
          i,
          clamp(first, to),
          clamp(end, to),
          isLinear ? call("mul", fraction(share, unit, g), value) : value,
        );
      };
    },
  },
};

const greatestDivisor = (a: number, b: number): number =>
  b === 0 ? Math.abs(a) : greatestDivisor(b, a % b);

/** x with one axis brought to another size, on a grid. */
const resample = (
  x: Tensor,
  axis: number,
  to: number,
  isLinear: boolean,
  gridOf: (from: number, to: number) => Grid,
): Tensor => {
  const from = x.shape[axis] as number;
  if (from === to) return x; // on every grid, elements of equal sizes coincide
  const { scale, offset, unit } = gridOf(from, to);
  const d = greatestDivisor(greatestDivisor(scale, offset), unit);
  const grid = { scale: scale / d, offset: offset / d, unit: unit / d };
  return apply(resamplePrimitive, { axis, from, to, ...grid, isLinear }, [x]);
};

/** Coordinate i · from / to. */
const origins = (from: number, to: number): Grid => ({ scale: from, offset: 0, unit: to });

/** Coordinate (i + ½) · from / to − ½: pixels are squares, and the edges of the images coincide. */
const centres = (from: number, to: number): Grid => ({
  scale: 2 * from,
  offset: from - to,
  unit: 2 * to,
});

/** Coordinate i · (from − 1) / (to − 1): the first and the last pixels coincide. */
const corners = (from: number, to: number): Grid =>
  to === 1 ? { scale: 0, offset: 0, unit: 1 } : { scale: from - 1, offset: 0, unit: to - 1 };

/** Options of `resizeNearest`. */
export interface ResizeOptions {
  /** Height and width of the result. */
  readonly size: readonly [height: number, width: number];
}

/**
 * Images brought to another size by taking pixel ⌊i · from / to⌋ along each axis: PyTorch's mode "nearest".
 *
 *   x [batch, height, width, channels]  → [batch, size₀, size₁, channels]
 *
 * @example
 * toArray(resizeNearest({ size: [1, 4] })(tensor([1, 2], { shape: [1, 1, 2, 1] }))).flat(3) // [1, 1, 2, 2]
 */
export const resizeNearest = withPrimitive(
  ({ size }: ResizeOptions) =>
    (x: Tensor): Tensor => {
      const sizes = perAxis("resizeNearest", "size", size, 2, 1);
      return sizes.reduce<Tensor>(
        (y, n, at) => resample(y, at + 1, n, false, origins),
        requireImages("resizeNearest", x),
      );
    },
  resamplePrimitive,
) as ResizeOp<"resizeNearest"> & HasPrimitive; // the shape by the signature

/** Options of `resizeBilinear`. */
export interface ResizeBilinearOptions extends ResizeOptions {
  /** Whether the centres of the corner pixels stay in place, instead of their outer edges (default). */
  readonly alignCorners?: boolean;
}

/**
 * Images brought to another size by mixing the nearest two pixels along each axis; beyond the outermost pixels their values go on.
 * PyTorch's mode "bilinear", without antialiasing.
 *
 *   x [batch, height, width, channels]  → [batch, size₀, size₁, channels]
 *
 * @example
 * toArray(resizeBilinear({ size: [1, 3], alignCorners: true })(tensor([1, 2], { shape: [1, 1, 2, 1] }))).flat(3) // [1, 1.5, 2]
 */
export const resizeBilinear = withPrimitive(
  ({ size, alignCorners = false }: ResizeBilinearOptions) =>
    (x: Tensor): Tensor => {
      const sizes = perAxis("resizeBilinear", "size", size, 2, 1);
      return sizes.reduce<Tensor>(
        (y, n, at) => resample(y, at + 1, n, true, alignCorners ? corners : centres),
        requireImages("resizeBilinear", x),
      );
    },
  resamplePrimitive,
) as ResizeOp<"resizeBilinear", { readonly alignCorners?: boolean }> & HasPrimitive; // the shape by the signature
