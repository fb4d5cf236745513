// Ops that rearrange axes and elements: permute, flip, stack, split, tile and changes of rank. See slice.ts for parts and joins.

import * as E from "fp-ts/lib/Either.js";
import { fail, problem } from "../core/errors.ts";
import { scaleIndex } from "../core/kernel/affine.ts";
import type { Expr } from "../core/kernel/expr.ts";
import type { Delayed } from "../core/lowering.ts";
import { apply } from "../core/primitive.ts";
import { printShape, range } from "../core/shape.ts";
import type { Aval, Primitive, Tensor } from "../core/tensor.ts";
import type {
  AlongAxesOp,
  ConcatOp,
  ExpandDimsOp,
  PermuteOp,
  SplitOp,
  SqueezeOp,
  StackOp,
  TileOp,
  TransposePrimitive,
} from "../core/types/index.ts";
import { expandTo, madeBy, reshapeTo } from "./broadcast.ts";
import {
  axesOf,
  axisOf,
  type HasPrimitive,
  orThrow,
  requireTensor,
  sameAvals,
  withPrimitive,
} from "./call.ts";
import { concatAxis, concatPrimitive, narrow } from "./slice.ts";

const permutePrimitive: Primitive<{ readonly axes: readonly number[] }> = {
  name: "permute",
  shape: ([x], { axes }) => {
    const { shape, dtype } = x as Aval;
    const isPermutation =
      axes.length === shape.length && range(shape.length).every((at) => axes.includes(at));
    return isPermutation
      ? E.right({ shape: axes.map((at) => shape[at] as number), dtype })
      : E.left(
          problem(
            "AxisOutOfRange",
            `each axis of ${printShape(shape)} once expected`,
            printShape(axes),
          ),
        );
  },
  vjp: ({ g, attributes: { axes } }) => [permuteAxes(g, inversePermutation(axes))],
  lower: {
    _tag: "Pull",
    role: "view",
    cost: 0,
    pull: ({ inputs: [x], attributes: { axes } }) => {
      const inverse = inversePermutation(axes);
      return (coords) => (x as Delayed).at(inverse.map((at) => coords[at] as Expr));
    },
  },
  simplify: ([x], { axes }) => {
    if (axes.every((at, i) => at === i)) return x;
    const inner = madeBy(x as Tensor, permutePrimitive);
    return inner === undefined
      ? undefined
      : permuteAxes(
          inner.inputs[0] as Tensor,
          axes.map((at) => inner.attributes.axes[at] as number),
        );
  },
};

const inversePermutation = (axes: readonly number[]): number[] => {
  const inverse = new Array<number>(axes.length);
  axes.forEach((at, i) => {
    inverse[at] = i;
  });
  return inverse;
};

/** x with its axes in another order; axes counted from the front. */
export const permuteAxes = (x: Tensor, axes: readonly number[]): Tensor =>
  apply(permutePrimitive, { axes }, [x]);

/**
 * x with its axes in another order.
 *
 * @example
 * permute([2, 0, 1])(zeros([2, 3, 4])).shape // [4, 2, 3]
 */
export const permute = withPrimitive(
  (axes: readonly number[]) =>
    (x: Tensor): Tensor =>
      permuteAxes(
        requireTensor("permute", x),
        axes.map((at) => axisOf("permute", at, x.shape.length)),
      ),
  permutePrimitive,
) as PermuteOp & HasPrimitive; // sizes by the axes

/** x with its last two axes swapped: the matrix transpose. */
export const transpose = withPrimitive((x: Tensor): Tensor => {
  const rank = requireTensor("transpose", x).shape.length;
  if (rank < 2)
    fail(
      "transpose",
      "ShapeMismatch",
      "at least two axes expected",
      `shape ${printShape(x.shape)}`,
    );
  return permuteAxes(x, [...range(rank - 2), rank - 1, rank - 2]);
}, permutePrimitive) as TransposePrimitive; // sizes swapped

/** x with axis `from` moved to `to`; both counted from the front. */
export const moveAxis = (x: Tensor, from: number, to: number): Tensor => {
  const axes = range(x.shape.length).filter((at) => at !== from);
  axes.splice(to, 0, from);
  return permuteAxes(x, axes);
};

const flipPrimitive: Primitive<{ readonly axes: readonly number[] }> = {
  name: "flip",
  shape: ([x]) => E.right({ shape: (x as Aval).shape, dtype: (x as Aval).dtype }),
  vjp: ({ g, attributes: { axes } }) => [flipAxes(g, axes)],
  lower: {
    _tag: "Pull",
    role: "view",
    cost: 0,
    pull: ({ inputs, attributes: { axes } }) => {
      const [x] = inputs as readonly [Delayed];
      return (coords) =>
        x.at(
          coords.map((coord, at) =>
            axes.includes(at) ? scaleIndex(coord, -1, (x.shape[at] as number) - 1) : coord,
          ),
        );
    },
  },
};

/** x reversed along axes counted from the front. */
export const flipAxes = (x: Tensor, axes: readonly number[]): Tensor =>
  apply(flipPrimitive, { axes }, [x]);

/** x reversed along one axis or several; all by default. */
export const flip = withPrimitive(
  ({ axis }: { readonly axis?: number | readonly number[] }) =>
    (x: Tensor): Tensor =>
      flipAxes(requireTensor("flip", x), axesOf("flip", axis, x.shape.length)),
  flipPrimitive,
) as AlongAxesOp<"flip"> & HasPrimitive; // the shape stays

const requireSome = (op: string, tensors: readonly Tensor[]): Tensor => {
  if (!Array.isArray(tensors) || tensors.length === 0) {
    return fail(
      op,
      "InvalidArgument",
      "an array of at least one tensor expected",
      Array.isArray(tensors) ? "none" : typeof tensors,
    );
  }
  for (const x of tensors) requireTensor(op, x);
  return tensors[0] as Tensor;
};

/**
 * Tensors joined along an axis (default 0) that they have.
 *
 * @example
 * toArray(concat({ axis: 0 })([tensor([1, 2]), tensor([3])])) // [1, 2, 3]
 */
export const concat = withPrimitive(
  ({ axis = 0 }: { readonly axis?: number } = {}) =>
    (tensors: readonly Tensor[]): Tensor =>
      concatAxis(tensors, axisOf("concat", axis, requireSome("concat", tensors).shape.length)),
  concatPrimitive,
) as ConcatOp & HasPrimitive; // sizes by those of the list

/**
 * Tensors of equal shape joined along a new axis (default 0).
 *
 * @example
 * toArray(stack({ axis: 1 })([tensor([1, 2]), tensor([3, 4])])) // [[1, 3], [2, 4]]
 */
export const stack = withPrimitive(
  ({ axis = 0 }: { readonly axis?: number } = {}) =>
    (tensors: readonly Tensor[]): Tensor => {
      const first = requireSome("stack", tensors);
      const differs = tensors.find(({ shape }) => shape.join() !== first.shape.join());
      if (differs !== undefined)
        fail(
          "stack",
          "ShapeMismatch",
          "equal shapes expected",
          `${printShape(first.shape)} and ${printShape(differs.shape)}`,
        );
      orThrow("stack", sameAvals(tensors));
      const at = axisOf("stack", axis, first.shape.length + 1);
      return concatAxis(
        tensors.map((x) => expandDims(at)(x)),
        at,
      );
    },
  concatPrimitive,
) as StackOp & HasPrimitive; // sizes by those of the list

/** Options of `split`: sizes of the parts, or their number. */
export type SplitOptions = { readonly axis?: number } & (
  | { readonly sizes: readonly number[] }
  | { readonly parts: number }
);

/**
 * x cut along an axis (default 0) into parts of given sizes, or into equal parts. The inverse of `concat`.
 *
 * @example
 * split({ parts: 2 })(tensor([1, 2, 3, 4])).map(toArray) // [[1, 2], [3, 4]]
 */
export const split = ((options: SplitOptions) =>
  (x: Tensor): Tensor[] => {
    const axis = axisOf("split", options.axis ?? 0, requireTensor("split", x).shape.length);
    const n = x.shape[axis] as number;
    const sizes =
      "sizes" in options ? options.sizes : new Array<number>(options.parts).fill(n / options.parts);
    if (
      sizes.some((size) => !Number.isInteger(size) || size < 0) ||
      sizes.reduce((a, b) => a + b, 0) !== n
    ) {
      fail(
        "split",
        "ShapeMismatch",
        `whole sizes that add up to ${n} (axis ${axis} of ${printShape(x.shape)}) expected`,
        "parts" in options ? `${options.parts} equal parts` : printShape(sizes),
      );
    }
    let from = 0;
    return sizes.map((size) => {
      from += size;
      return narrow(x, axis, from - size, size);
    });
  }) as SplitOp; // sizes by the options

/** x with a new axis of size 1. */
export const expandDims = ((axis: number) =>
  (x: Tensor): Tensor => {
    const at = axisOf("expandDims", axis, requireTensor("expandDims", x).shape.length + 1);
    return reshapeTo(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
  }) as ExpandDimsOp; // a size of 1 at the axis

/** x without an axis of size 1, or without all of them. */
export const squeeze = ((axis?: number) =>
  (x: Tensor): Tensor => {
    const { shape } = requireTensor("squeeze", x);
    if (axis === undefined)
      return reshapeTo(
        x,
        shape.filter((n) => n !== 1),
      );
    const at = axisOf("squeeze", axis, shape.length);
    if (shape[at] !== 1)
      fail(
        "squeeze",
        "ShapeMismatch",
        `size 1 expected on axis ${axis}`,
        `${shape[at]} in ${printShape(shape)}`,
      );
    return reshapeTo(
      x,
      shape.filter((_, i) => i !== at),
    );
  }) as SqueezeOp; // sizes but those of the axis

/**
 * x repeated whole along each axis. `reps` aligns with the last axes.
 *
 * @example
 * toArray(tile([2])(tensor([1, 2]))) // [1, 2, 1, 2]
 */
export const tile = ((reps: readonly number[]) =>
  (x: Tensor): Tensor => {
    requireTensor("tile", x);
    if (reps.some((n) => !Number.isInteger(n) || n < 0))
      fail("tile", "InvalidArgument", "whole repetitions ≥ 0 expected", printShape(reps));
    const rank = Math.max(reps.length, x.shape.length);
    const times = [...new Array<number>(rank - reps.length).fill(1), ...reps];
    const shape = [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape];
    const repeated = expandTo(
      reshapeTo(
        x,
        shape.flatMap((n) => [1, n]),
      ),
      shape.flatMap((n, at) => [times[at] as number, n]),
    );
    return reshapeTo(
      repeated,
      shape.map((n, at) => n * (times[at] as number)),
    );
  }) as TileOp; // sizes times repetitions
