// Which loops a kernel has. They are the axes of its output, except where a loop below computes its value under finer axes and a
// reshape merges them: a convolution in groups, or heads of attention put side by side. Looping over the finer axes spares the
// quotients and remainders that would take the merged coordinate apart, and keeps every index affine.

import { coordinate, linear } from "../kernel/affine.ts";
import type { Expr } from "../kernel/expr.ts";
import { range, type Shape, stridesOf } from "../shape.ts";

/** Loop variables of a kernel, and the coordinates of its output in terms of them. */
export interface Loops {
  readonly variables: readonly Expr[];
  readonly coords: readonly Expr[];
}

/** For each axis of a shape the axes of a finer shape, in row-major order, that make it up; undefined where they do not. */
const splitOf = (fine: Shape, coarse: Shape): (readonly number[])[] | undefined => {
  let at = 0;
  const parts = coarse.map((n) => {
    const from = at;
    for (let size = 1; size < n && at < fine.length; at++) size *= fine[at] as number;
    return range(at - from).map((i) => from + i);
  });
  const isSplit = parts.every(
    (part, axis) => part.reduce((size, i) => size * (fine[i] as number), 1) === coarse[axis],
  );
  return isSplit && fine.slice(at).every((n) => n === 1) ? parts : undefined;
};

const countLong = (shape: Shape): number => shape.filter((n) => n !== 1).length;

/** Loops over an output, along the finest of some shapes into which its axes can be split. */
export const loopsOver = (output: Shape, shapes: readonly Shape[]): Loops => {
  const fine = shapes.reduce(
    (best, shape) =>
      countLong(shape) > countLong(best) && splitOf(shape, output) !== undefined ? shape : best,
    output,
  );
  const variables = fine.map(coordinate);
  const parts = splitOf(fine, output) ?? range(output.length).map((axis) => [axis]);
  return {
    variables,
    coords: parts.map((part) => {
      const strides = stridesOf(part.map((i) => fine[i] as number));
      return linear(
        0,
        part.map((i, k) => ({ atom: variables[i] as Expr, stride: strides[k] as number })),
      );
    }),
  };
};
