// Attention in which a query sees its neighbours only, so that time and memory grow with the length of a sequence and not with its
// square. Beltagy, Peters & Cohan, "Longformer: the long-document transformer", 2020, §3.1.

import type { Tensor } from "../../core/tensor.ts";
import {
  add,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  sub,
} from "../../ops/arithmetic.ts";
import { arange } from "../../ops/create.ts";
import { concat, expandDims } from "../../ops/structural.ts";
import { fromBlocks, inBlocks, requireLength, requireOneTime, shiftedBlocks } from "./blocks.ts";
import { type Options, scaledDotProduct } from "./scores.ts";

/** Options of attention to neighbours. */
export interface WindowOptions extends Pick<Options, "causal" | "scale" | "dropout"> {
  /** Queries see keys less than this far away, ≥ 1. */
  readonly window: number;
}

/** Blocks that the keys of a block lie in, by how far they are before it. */
const neighbours = (causal: boolean): readonly number[] => (causal ? [1, 0] : [1, 0, -1]);

/** Whether query i of a block sees key j of its neighbours: bool [blocks, window, keys]. */
const seenNearby = (
  { window, causal }: { readonly window: number; readonly causal: boolean },
  time: number,
  blocks: number,
): Tensor => {
  const starts = expandDims(-1)(expandDims(-1)(arange({ stop: blocks * window, step: window }))); // [blocks, 1, 1]
  const queries = add(starts, expandDims(-1)(arange(window))); // [blocks, window, 1]
  const keys = add(starts, arange({ start: -window, stop: causal ? window : 2 * window })); // [blocks, 1, keys]
  const ahead = sub(keys, queries);
  const isNear = logicalAnd(greater(-window)(ahead), (causal ? lessEqual(0) : less(window))(ahead));
  return logicalAnd(isNear, logicalAnd(greaterEqual(0)(keys), less(time)(keys)));
};

/**
 * Scaled dot-product attention of each query to the keys less than `window` away from it, before it and, unless it is causal, behind it.
 *
 *   q k [..., time, width]   v [..., time, values]   → [..., time, values]
 *
 * It equals `scaledDotProduct` under the mask |i − j| < window (and j ≤ i), but looks at blocks of `window` queries and their two or three blocks of
 * keys only. Fails with InvalidArgument for a window that is no whole number of 1 or more, with ShapeMismatch where there are not as many queries, keys and
 * values.
 *
 * @example
 * Attention.windowed({ window: 3, causal: true })(q, k, v) // [2, 9, 8], [2, 9, 8], [2, 9, 4] → [2, 9, 4]
 */
export const windowed =
  (options: WindowOptions) =>
  (q: Tensor, k: Tensor, v: Tensor): Tensor => {
    const { causal = false, ...rest } = options;
    requireLength("Attention.windowed", "window", options.window);
    requireOneTime("Attention.windowed", "queries, keys and values", q, k, v);
    const time = q.shape.at(-2) ?? 0;
    const window = Math.min(options.window, Math.max(1, time)); // nothing is further away
    const nearby = (x: Tensor): Tensor => {
      const own = inBlocks(window)(x);
      return concat({ axis: -2 })(neighbours(causal).map((by) => shiftedBlocks(by)(own)));
    };
    const mask = seenNearby({ window, causal }, time, Math.ceil(time / window));
    const y = scaledDotProduct({ ...rest, mask })(inBlocks(window)(q), nearby(k), nearby(v));
    return fromBlocks(time)(y);
  };
