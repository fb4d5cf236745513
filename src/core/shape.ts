// Shapes as plain arrays of sizes: strides, axes, broadcasting, and how they are printed.

import * as E from "fp-ts/lib/Either.js";
import { problem, type ShapeProblem } from "./errors.ts";

/** The sizes of a tensor, outermost first. */
export type Shape = readonly number[];

/** The number of elements. */
export const sizeOf = (shape: Shape): number => {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
};

/** Row-major strides, in elements. */
export const stridesOf = (shape: Shape): number[] => {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
};

/** Whether two shapes are the same. */
export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((n, axis) => n === b[axis]);

/** A shape as text: `[2, 3]`. */
export const printShape = (shape: Shape): string => `[${shape.join(", ")}]`;

/** Integers 0 … n − 1. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** An axis counted from the front, −1 being the last. */
export const normalizeAxis = (axis: number, rank: number): E.Either<ShapeProblem, number> => {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank)
    return E.right(axis < 0 ? axis + rank : axis);
  const rule =
    rank === 0
      ? "a tensor with axes expected"
      : `axis in ${minus(-rank)}…${rank - 1} expected for rank ${rank}`;
  return E.left(
    problem("AxisOutOfRange", rule, rank === 0 ? `axis ${minus(axis)} for a scalar` : minus(axis)),
  );
};

const minus = (n: number): string => String(n).replace("-", "−");

/** Several axes counted from the front, sorted; repeated ones are a problem. Undefined means all. */
export const normalizeAxes = (
  axes: number | readonly number[] | undefined,
  rank: number,
): E.Either<ShapeProblem, number[]> => {
  if (axes === undefined) return E.right(range(rank));
  const found: number[] = [];
  for (const axis of typeof axes === "number" ? [axes] : axes) {
    const normal = normalizeAxis(axis, rank);
    if (E.isLeft(normal)) return normal;
    if (found.includes(normal.right)) {
      return E.left(
        problem("AxisOutOfRange", "each axis once expected", `axis ${minus(axis)} twice`),
      );
    }
    found.push(normal.right);
  }
  return E.right(found.sort((a, b) => a - b));
};

/** The shape that two shapes broadcast to, aligned at the last axis; a size of 1 stretches. */
export const broadcastShapes = (a: Shape, b: Shape): E.Either<ShapeProblem, Shape> => {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let fromEnd = 1; fromEnd <= rank; fromEnd++) {
    const m = a[a.length - fromEnd] ?? 1;
    const n = b[b.length - fromEnd] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      return E.left(
        problem(
          "ShapeMismatch",
          "shapes that broadcast expected",
          `${printShape(a)} and ${printShape(b)} (axis −${fromEnd}: ${m} ≠ ${n})`,
        ),
      );
    }
    shape[rank - fromEnd] = m === 1 ? n : m;
  }
  return E.right(shape);
};
