// Reads and writes by index: `take` and `scatterAdd`, `takeAlongAxis` and `scatterAddAlongAxis` are adjoint pairs. Indices are i32,
// counted from the front, and negative ones are an error; the device `reference` reports indices out of range.

import * as E from "fp-ts/lib/Either.js";
import { computeDtype, type Dtype } from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import { call, checkedIndex, convert } from "../core/kernel/build.ts";
import type { Expr } from "../core/kernel/expr.ts";
import type { Delayed } from "../core/lowering.ts";
import { apply } from "../core/primitive.ts";
import { printShape, range, type Shape, sizeOf } from "../core/shape.ts";
import { type Aval, isTensor, noGradient, type Primitive, type Tensor } from "../core/tensor.ts";
import type {
  OneHotOp,
  ScatterAddAlongAxisOp,
  ScatterAddOp,
  TakeAlongAxisOp,
  TakeOp,
} from "../core/types/index.ts";
import { reshapeTo } from "./broadcast.ts";
import {
  axisOf,
  dual,
  type HasPrimitive,
  type Operand,
  requireCompute,
  requireTensor,
  withPrimitive,
} from "./call.ts";
import {
  gatherRecord,
  gatherRows,
  scatterAddPrimitive,
  scatterRecord,
  scatterRows,
  takePrimitive,
} from "./rows.ts";
import { moveAxis, permuteAxes } from "./structural.ts";

/** An i32 tensor of indices; anything else is refused in the name of the op. */
export const requireIndices = (op: string, indices: unknown, what = "indices"): Tensor => {
  const checked = requireTensor(op, indices);
  return checked.dtype === "i32"
    ? checked
    : fail(
        op,
        "DtypeMismatch",
        `${what} of dtype i32 expected`,
        checked.dtype,
        'convert them with cast("i32")',
      );
};

/** A tensor whose elements can be added up. */
export const requireAddable = (op: string, x: unknown): Tensor => {
  const checked = requireTensor(op, x);
  requireCompute(op, checked);
  return checked.dtype === "bool"
    ? fail(op, "DtypeMismatch", "dtype f32, f64 or i32 expected", "bool", "convert it with cast")
    : checked;
};

/** A whole number that is at least 0. */
export const requireCount = (op: string, name: string, count: number): number =>
  Number.isInteger(count) && count >= 0
    ? count
    : fail(op, "InvalidArgument", `a whole ${name} ≥ 0 expected`, String(count));

const takeAt = (axis: number, table: Operand, ids: Operand): Tensor => {
  const x = requireTensor("take", table);
  const indices = requireIndices("take", ids);
  const at = axisOf("take", axis, x.shape.length);
  const [before, after] = [x.shape.slice(0, at), x.shape.slice(at + 1)];
  const rows = reshapeTo(moveAxis(x, at, 0), [
    1,
    x.shape[at] as number,
    sizeOf([...before, ...after]),
  ]);
  const flat = reshapeTo(indices, [1, sizeOf(indices.shape)]);
  const taken = reshapeTo(gatherRows(rows, flat), [...indices.shape, ...before, ...after]);
  return permuteAxes(taken, swapBlocks(indices.shape.length, before.length, after.length));
};

/** Axes with the first block, of m axes, put behind the second one, of n axes. */
const swapBlocks = (m: number, n: number, rest: number): number[] => [
  ...range(n).map((i) => m + i),
  ...range(m),
  ...range(rest).map((i) => m + n + i),
];

/**
 * The slices of x along an axis (default 0) at indices, whose axes replace it. The rows of a table, as in an embedding.
 *
 *   x [before…, n, after…]   indices [picks…], i32 in 0…n − 1   → [before…, picks…, after…]
 *
 * dx = scatterAdd(g, indices); none for indices. Call forms: `take(x, indices)`, `take({ axis })(x, indices)`, and both in pipe.
 * Fails with IndexOutOfRange on the device `reference`.
 *
 * @example
 * toArray(take(tensor([[1, 2], [3, 4], [5, 6]]), tensor([2, 0], { dtype: "i32" }))) // [[5, 6], [1, 2]]
 */
export const take = withPrimitive(
  (first: Operand | { readonly axis?: number }, ...rest: readonly [] | readonly [Operand]) => {
    const forms = (axis: number) => dual((x, indices) => takeAt(axis, x, indices));
    if (typeof first === "object" && !isTensor(first)) return forms(first.axis ?? 0);
    return rest.length === 0 ? forms(0)(first) : forms(0)(first, rest[0]);
  },
  takePrimitive,
) as TakeOp & HasPrimitive; // the call forms by what the first argument is

/**
 * Zeros of size `size` along an axis (default 0), to which slices of updates are added at indices. The adjoint of `take`.
 *
 *   updates [before…, picks…, after…]   indices [picks…], i32 in 0…size − 1   → [before…, size, after…]
 *
 * dupdates = take(g, indices); none for indices. Where indices meet, updates add up in any order.
 *
 * @example
 * toArray(scatterAdd({ size: 3 })(tensor([1, 2, 4]), tensor([0, 2, 0], { dtype: "i32" }))) // [5, 0, 2]
 */
export const scatterAdd = withPrimitive(
  ({ size, axis = 0 }: { readonly size: number; readonly axis?: number }) =>
    dual((updates, ids) => {
      const u = requireAddable("scatterAdd", updates);
      const indices = requireIndices("scatterAdd", ids);
      requireCount("scatterAdd", "size", size);
      const picks = indices.shape.length;
      // The axis is one of the result, in which it takes the place of the axes of the indices.
      const at =
        u.shape.length >= picks
          ? axisOf("scatterAdd", axis, u.shape.length - picks + 1)
          : failUpdates(u, indices, axis);
      if (u.shape.slice(at, at + picks).join() !== indices.shape.join())
        failUpdates(u, indices, axis);
      const [before, after] = [u.shape.slice(0, at), u.shape.slice(at + picks)];
      const moved = permuteAxes(u, swapBlocks(before.length, picks, after.length));
      const flat = reshapeTo(indices, [1, sizeOf(indices.shape)]);
      const rows = reshapeTo(moved, [1, sizeOf(indices.shape), sizeOf([...before, ...after])]);
      const added = scatterRows(rows, flat, size);
      return moveAxis(reshapeTo(added, [size, ...before, ...after]), 0, at);
    }),
  scatterAddPrimitive,
) as ScatterAddOp & HasPrimitive; // the call forms of dual

const failUpdates = (updates: Tensor, indices: Tensor, axis: number): never =>
  fail(
    "scatterAdd",
    "ShapeMismatch",
    `updates shaped as the indices from axis ${String(axis).replace("-", "−")} on expected`,
    `${printShape(updates.shape)} and ${printShape(indices.shape)}`,
  );

/** A tensor as rows along an axis: [elements off the axis, n, 1], which is a change of coordinates only. */
const alongAxis = (x: Tensor, at: number): Tensor => {
  const n = x.shape[at] as number;
  const groups = sizeOf(x.shape.filter((_, i) => i !== at));
  return reshapeTo(moveAxis(x, at, x.shape.length - 1), [groups, n, 1]);
};

/** Rows along an axis as a tensor again. */
const fromAxis = (rows: Tensor, shape: Shape, at: number): Tensor => {
  const moved = [...shape.filter((_, i) => i !== at), rows.shape[1] as number];
  return moveAxis(reshapeTo(rows, moved), shape.length - 1, at);
};

const picksAlong = (indices: Tensor, at: number): Tensor => {
  const [groups, picks] = alongAxis(indices, at).shape as readonly [number, number, 1];
  return reshapeTo(alongAxis(indices, at), [groups, picks]);
};

/** The axis, where shapes agree on all others. */
const commonAxis = (op: string, x: Tensor, indices: Tensor, axis: number): number => {
  const at = axisOf(op, axis, x.shape.length);
  const agrees =
    x.shape.length === indices.shape.length &&
    x.shape.every((n, i) => i === at || n === indices.shape[i]);
  return agrees
    ? at
    : fail(
        op,
        "ShapeMismatch",
        `shapes that agree except on axis ${at} expected`,
        `${printShape(x.shape)}, ${printShape(indices.shape)}`,
      );
};

const takeAlongAxisPrimitive = gatherRecord("takeAlongAxis");

/**
 * One element of x for each index, along an axis; on the other axes each index reads at its own place. PyTorch's `gather`, but the
 * shapes must agree off the axis.
 *
 *   x [before…, n, after…]   indices [before…, picks, after…], i32 in 0…n − 1   → the shape of the indices
 *
 * dx = scatterAddAlongAxis(g, indices); none for indices.
 *
 * @example
 * toArray(takeAlongAxis({ axis: 1 })(tensor([[1, 2], [3, 4]]), tensor([[1], [0]], { dtype: "i32" }))) // [[2], [3]]
 */
export const takeAlongAxis = withPrimitive(
  ({ axis }: { readonly axis: number }) =>
    dual((table, ids) => {
      const x = requireTensor("takeAlongAxis", table);
      const indices = requireIndices("takeAlongAxis", ids);
      const at = commonAxis("takeAlongAxis", x, indices, axis);
      const taken = gatherRows(alongAxis(x, at), picksAlong(indices, at), takeAlongAxisPrimitive);
      return fromAxis(taken, x.shape, at);
    }),
  takeAlongAxisPrimitive,
) as TakeAlongAxisOp & HasPrimitive; // the call forms of dual

const scatterAddAlongAxisPrimitive = scatterRecord("scatterAddAlongAxis");

/**
 * Zeros of size `size` along an axis, to which each element of updates is added at its index. The adjoint of `takeAlongAxis`.
 *
 *   updates, indices [before…, picks, after…], i32 in 0…size − 1   → [before…, size, after…]
 *
 * dupdates = takeAlongAxis(g, indices); none for indices.
 *
 * @example
 * toArray(scatterAddAlongAxis({ size: 2, axis: 0 })(tensor([3, 4]), tensor([1, 1], { dtype: "i32" }))) // [0, 7]
 */
export const scatterAddAlongAxis = withPrimitive(
  ({ size, axis }: { readonly size: number; readonly axis: number }) =>
    dual((updates, ids) => {
      const op = "scatterAddAlongAxis";
      const u = requireAddable(op, updates);
      const indices = requireIndices(op, ids);
      requireCount(op, "size", size);
      const at = axisOf(op, axis, u.shape.length);
      if (u.shape.join() !== indices.shape.join()) {
        const arrived = `${printShape(u.shape)} and ${printShape(indices.shape)}`;
        fail(op, "ShapeMismatch", "equal shapes expected", arrived);
      }
      const picks = picksAlong(indices, at);
      const added = scatterRows(alongAxis(u, at), picks, size, scatterAddAlongAxisPrimitive);
      return fromAxis(added, u.shape, at);
    }),
  scatterAddAlongAxisPrimitive,
) as ScatterAddAlongAxisOp & HasPrimitive; // the call forms of dual

const oneHotPrimitive: Primitive<{ readonly classes: number; readonly dtype: Dtype }> = {
  name: "oneHot",
  shape: ([indices], { classes, dtype }) =>
    E.right({ shape: [...(indices as Aval).shape, classes], dtype }),
  vjp: noGradient("indices are whole numbers"),
  lower: {
    _tag: "Pull",
    role: "view",
    checksIndices: true,
    cost: 2,
    pull:
      ({ inputs: [indices], attributes: { classes, dtype } }) =>
      (coords) => {
        const chosen = checkedIndex((indices as Delayed).at(coords.slice(0, -1)), classes);
        return convert(call("eq", chosen, coords.at(-1) as Expr), computeDtype(dtype));
      },
  },
};

/** Options of `oneHot`. */
interface OneHotOptions {
  readonly classes: number;
  readonly dtype?: Dtype;
}

/**
 * Rows of zeros with a one where the index is, along a new last axis: [picks…] → [picks…, classes]; f32 by default.
 * Fails with IndexOutOfRange on the device `reference`.
 *
 * @example
 * toArray(oneHot({ classes: 3 })(tensor([2, 0], { dtype: "i32" }))) // [[0, 0, 1], [1, 0, 0]]
 */
export const oneHot = withPrimitive(
  ({ classes, dtype = "f32" }: OneHotOptions) =>
    (indices: Tensor): Tensor => {
      requireCount("oneHot", "number of classes", classes);
      return apply(oneHotPrimitive, { classes, dtype }, [requireIndices("oneHot", indices)]);
    },
  oneHotPrimitive,
) as OneHotOp & HasPrimitive; // the dtype by the option
