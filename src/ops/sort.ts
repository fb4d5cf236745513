// Sorting along an axis: the order first, then the elements taken in it, so that gradients go back to where values came from.
//
// Every sort is stable. NaN counts as larger than every number, as in PyTorch: last in ascending order, first in descending.

import { fail } from "../core/errors.ts";
import { printShape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { LastAxisOp, TopKOp } from "../core/types/index.ts";
import { reshapeTo } from "./broadcast.ts";
import { axisOf, type HasPrimitive, requireTensor, withOptions, withPrimitive } from "./call.ts";
import { requireAddable, takeAlongAxis } from "./gather.ts";
import { argsortPrimitive, argsortRows } from "./order.ts";
import { narrow } from "./slice.ts";
import { moveAxis } from "./structural.ts";

/** Options of `sort` and `argsort`. */
export interface SortOptions {
  /** The axis; default −1. */
  readonly axis?: number;
  /** Whether the largest come first; default: the smallest. */
  readonly descending?: boolean;
}

/** The order along an axis counted from the front. */
const orderAlong = (x: Tensor, at: number, descending: boolean): Tensor => {
  const moved = moveAxis(x, at, x.shape.length - 1);
  const n = x.shape[at] as number;
  const groups = sizeOf(x.shape.filter((_, i) => i !== at));
  const order = argsortRows(reshapeTo(moved, [groups, n]), descending);
  return moveAxis(reshapeTo(order, moved.shape), x.shape.length - 1, at);
};

// An intersection with HasPrimitive would lose the shape in pipe(x, argsort).
interface Argsort extends LastAxisOp<"argsort", "number", SortOptions, "i32">, HasPrimitive {}

/**
 * The positions along an axis (default −1) of the elements in sorted order, as i32; equal elements stay in order.
 *
 * NaN counts as larger than every number. No gradient: positions are whole numbers. Cost: O(n log² n) comparisons in about
 * log₂ n kernels.
 *
 * @example
 * toArray(argsort(tensor([3, 1, 2]))) // [1, 2, 0]
 * toArray(argsort({ descending: true })(tensor([3, 1, 2]))) // [0, 2, 1]
 */
export const argsort = withPrimitive(
  withOptions(({ axis = -1, descending = false }: SortOptions, x: Tensor): Tensor => {
    const checked = requireAddable("argsort", x);
    return orderAlong(checked, axisOf("argsort", axis, x.shape.length), descending);
  }),
  argsortPrimitive,
) as Argsort; // the shape stays, positions are i32

/**
 * x sorted along an axis (default −1).  dx = g, each entry back where it came from
 *
 * @example
 * toArray(sort(tensor([3, 1, 2]))) // [1, 2, 3]
 */
export const sort = withOptions(
  ({ axis = -1, descending = false }: SortOptions, x: Tensor): Tensor => {
    const checked = requireAddable("sort", x);
    const at = axisOf("sort", axis, x.shape.length);
    return takeAlongAxis({ axis: at })(checked, orderAlong(checked, at, descending));
  },
) as LastAxisOp<"sort", "number", SortOptions>; // the shape stays

/** Options of `topK`. */
export interface TopKOptions {
  /** How many; at most the size of the axis. */
  readonly k: number;
  /** The axis; default −1. */
  readonly axis?: number;
}

/**
 * The k largest elements along an axis (default −1), the largest first, and their positions as i32. Of equal elements the first
 * comes first; NaN counts as the largest. Gradients go through the values.
 *
 * @example
 * toArray(topK({ k: 2 })(tensor([3, 9, 5])).values) // [9, 5]
 * toArray(topK({ k: 2 })(tensor([3, 9, 5])).indices) // [1, 2]
 */
export const topK = (({ k, axis = -1 }: TopKOptions) =>
  (input: Tensor): { readonly values: Tensor; readonly indices: Tensor } => {
    const x = requireAddable("topK", requireTensor("topK", input));
    const at = axisOf("topK", axis, x.shape.length);
    const n = x.shape[at] as number;
    if (!Number.isInteger(k) || k < 0 || k > n) {
      const rule = `k in 0…${n} expected for axis ${at} of ${printShape(x.shape)}`;
      fail("topK", "InvalidArgument", rule, String(k));
    }
    const indices = narrow(orderAlong(x, at, true), at, 0, k);
    return { values: takeAlongAxis({ axis: at })(x, indices), indices };
  }) as TopKOp; // sizes by the options
