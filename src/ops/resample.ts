// One axis resampled: element i of the result lies at coordinate (scale · i + offset) / unit of the input, all whole numbers, and is the
// element at or before it, or the mean of both neighbours by distance. The adjoint visits, for each element of the input, the range of
// results that read it, so that the work is that of the data in both directions.

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
import type { Aval, Primitive } from "../core/tensor.ts";

/** Where element i of a result lies in the input: at (scale · i + offset) / unit. */
export interface Grid {
  readonly scale: number;
  readonly offset: number;
  readonly unit: number;
}

/** One axis and its grid. */
export interface Resampling extends Grid {
  readonly axis: number;
  /** Sizes of the axis before and after. */
  readonly from: number;
  readonly to: number;
}

const clamp = (i: Expr, max: number): Expr => {
  const range = rangeOf(i);
  return range.min >= 0 && range.max <= max ? i : call("min", call("max", i, index(0)), index(max));
};

const withSize = ({ shape, dtype }: Aval, axis: number, n: number) =>
  E.right({ shape: shape.map((size, at) => (at === axis ? n : size)), dtype });

/** Reads an array at coordinates of which one is another. */
const readAt = (x: Delayed, coords: readonly Expr[], axis: number, coord: Expr): Expr =>
  x.at(coords.map((other, at) => (at === axis ? coord : other)));

/** ⌈(a · factor + offset) / d⌉ */
const divideUp = (a: Expr, factor: number, offset: number, d: number): Expr =>
  divideIndex(scaleIndex(a, factor, offset + d - 1), d);

/** The sum over the results i from ⌈(unit · a + low) / scale⌉ to, not including, ⌈(unit · a + high) / scale⌉. */
const sumOverReaders = (
  a: Expr,
  { to, scale, unit }: Resampling,
  low: number,
  high: number,
  body: (i: Expr) => Expr,
): Expr => {
  const i = loopOver(to);
  const [from, end] =
    scale === 0
      ? [index(0), index(to)] // all results lie at one place
      : [divideUp(a, unit, low, scale), divideUp(a, unit, high, scale)];
  return reduceBetween("sum", i, clamp(from, to), clamp(end, to), body(i));
};

/** The element at or before the coordinate.  dx = resampleNearestTransposed(g) */
export const resampleNearestPrimitive: Primitive<Resampling> = {
  name: "resampleNearest",
  shape: ([x], { axis, to }) => withSize(x as Aval, axis, to),
  vjp: ({ g, attributes }) => [apply(resampleNearestTransposedPrimitive, attributes, [g])],
  lower: {
    _tag: "Pull",
    role: "view",
    cost: 4,
    pull: ({ inputs: [x], attributes: { axis, scale, offset, unit } }) => {
      return (coords) => {
        const place = scaleIndex(coords[axis] as Expr, scale, offset);
        return readAt(x as Delayed, coords, axis, divideIndex(place, unit));
      };
    },
  },
};

/** The adjoint of `resampleNearest`.  dg = resampleNearest(γ) */
export const resampleNearestTransposedPrimitive: Primitive<Resampling> = {
  name: "resampleNearestTransposed",
  shape: ([g], { axis, from }) => withSize(g as Aval, axis, from),
  vjp: ({ g, attributes }) => [apply(resampleNearestPrimitive, attributes, [g])],
  lower: {
    _tag: "Pull",
    role: "reduce",
    cost: 1,
    pull: ({ inputs: [g], attributes }) => {
      const { axis, offset, unit } = attributes;
      return (coords) =>
        // Element a is read from coordinates in [a, a + 1).
        sumOverReaders(coords[axis] as Expr, attributes, -offset, unit - offset, (i) =>
          readAt(g as Delayed, coords, axis, i),
        );
    },
  },
};

/** The coordinate of element i of the result, in units, brought into the input. */
const locate = (i: Expr, { scale, offset, unit, from }: Resampling): Expr =>
  clamp(scaleIndex(i, scale, offset), (from - 1) * unit);

/** n / unit as a float of the dtype of x. */
const fraction = (n: Expr, unit: number, x: Delayed): Expr =>
  call("div", convert(n, x.dtype), constant(unit, x.dtype));

/** The mean of the elements around the coordinate, by distance.  dx = resampleLinearTransposed(g) */
export const resampleLinearPrimitive: Primitive<Resampling> = {
  name: "resampleLinear",
  shape: resampleNearestPrimitive.shape,
  vjp: ({ g, attributes }) => [apply(resampleLinearTransposedPrimitive, attributes, [g])],
  lower: {
    _tag: "Pull",
    role: "reduce",
    cost: 1,
    reads: () => 2,
    pull: ({ inputs: [input], attributes }) => {
      const x = input as Delayed;
      const { axis, from, unit } = attributes;
      return (coords) => {
        const place = locate(coords[axis] as Expr, attributes);
        const before = divideIndex(place, unit);
        const first = readAt(x, coords, axis, before);
        if (unit === 1) return first;
        const second = readAt(x, coords, axis, clamp(addIndex(before, index(1)), from - 1));
        const weight = fraction(moduloIndex(place, unit), unit, x);
        return call("add", first, call("mul", weight, call("sub", second, first)));
      };
    },
  },
};

/** The adjoint of `resampleLinear`.  dg = resampleLinear(γ) */
export const resampleLinearTransposedPrimitive: Primitive<Resampling> = {
  name: "resampleLinearTransposed",
  shape: resampleNearestTransposedPrimitive.shape,
  vjp: ({ g, attributes }) => [apply(resampleLinearPrimitive, attributes, [g])],
  lower: {
    _tag: "Pull",
    role: "reduce",
    cost: 1,
    reads: (_, __, ___, { from, to }) => Math.max(1, (2 * to) / from),
    pull: ({ inputs: [input], attributes }) => {
      const g = input as Delayed;
      const { axis, offset, unit } = attributes;
      return (coords) => {
        const a = coords[axis] as Expr;
        // Element a is read from coordinates in (a − 1, a + 1), with weight 1 − distance.
        return sumOverReaders(a, attributes, 1 - unit - offset, unit - offset, (i) => {
          const distance = call("abs", call("sub", locate(i, attributes), scaleIndex(a, unit)));
          const share = call("max", call("sub", index(unit), distance), index(0));
          return call("mul", fraction(share, unit, g), readAt(g, coords, axis, i));
        });
      };
    },
  },
};
