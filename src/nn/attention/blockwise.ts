// Exact attention, a block of queries after the other: the scores of all pairs are never there at once, and are computed again in the
// backward pass. Rabe & Staats, "Self-attention does not need O(n²) memory", 2021; the backward pass is that of Dao, "FlashAttention-2", 2023, §3.1.2.

import { barrier } from "../../core/builtin.ts";
import { customVjp } from "../../core/custom.ts";
import type { Dtype } from "../../core/dtype.ts";
import type { Tensor } from "../../core/tensor.ts";
import { add, cast, greater, mul, sub } from "../../ops/arithmetic.ts";
import { sum, sumTo } from "../../ops/broadcast.ts";
import { matmul } from "../../ops/contract.ts";
import { arange } from "../../ops/create.ts";
import { exp } from "../../ops/functions.ts";
import { logSumExp } from "../../ops/reduce.ts";
import { narrow, pad } from "../../ops/slice.ts";
import { concat, expandDims, transpose } from "../../ops/structural.ts";
import { requireLength, requireOneTime } from "./blocks.ts";
import { type Options, requireOffset, unseen } from "./scores.ts";

/** Options of blockwise attention. */
export interface BlockwiseOptions extends Pick<Options, "causal" | "offset" | "scale"> {
  /** Queries in a block, ≥ 1; default 128. */
  readonly block?: number;
}

/** Rows [from, to) of a sequence [..., time, width]. */
interface Span {
  readonly from: number;
  readonly to: number;
}

const rows = (x: Tensor, { from, to }: Span): Tensor =>
  narrow(x, x.shape.length - 2, from, to - from);

const timeOf = (x: Tensor): number => x.shape.at(-2) ?? 0;

/** One at least, which may be empty. */
const spansOf = (time: number, block: number): readonly Span[] =>
  Array.from({ length: Math.max(1, Math.ceil(time / block)) }, (_, i) => ({
    from: i * block,
    to: Math.min(time, (i + 1) * block),
  }));

/** Everything there is to know of a blockwise attention but its tensors. */
interface Plan {
  readonly block: number;
  readonly causal: boolean;
  readonly offset: number;
  readonly scale: number;
  /** 0 … block − 1: what corners are made of. Those of the backward pass are made again, instead of being kept. */
  readonly places: Tensor;
}

/**
 * What is added to scores so that no query takes of keys behind it: 0 but for a corner of the size of a block, which is the same for most blocks, so
 * that it is there once.
 */
const hidden = ({ offset, places }: Plan, queries: Span, keys: Span, dtype: Dtype): Tensor => {
  const last = queries.from + offset; // what the first query sees
  const from = Math.max(keys.from, last);
  const [height, width] = [Math.min(queries.to - queries.from, keys.to - last - 1), keys.to - from];
  const ahead = sub(narrow(places, 0, 0, width), expandDims(-1)(narrow(places, 0, 0, height))); // [height, width]
  const corner = mul(cast(dtype)(greater(last - from)(ahead)), unseen);
  const below = queries.to - queries.from - height;
  return pad({
    widths: [
      [0, below],
      [from - keys.from, 0],
    ],
  })(corner);
};

/** Scores of some queries and some keys: [..., queries, keys], very small where a query does not see a key. */
const scoresOf = (
  plan: Plan,
  [q, k]: readonly [Tensor, Tensor],
  [queries, keys]: readonly [Span, Span],
): Tensor => {
  const scores = mul(matmul(rows(q, queries), transpose(rows(k, keys))), plan.scale);
  const seesAll = !plan.causal || keys.to - 1 <= queries.from + plan.offset;
  return seesAll ? scores : add(scores, hidden(plan, queries, keys, scores.dtype));
};

/** What attention gives, and the logarithms of the sums of its exponentials [..., queries, 1]. */
const forward =
  (plan: Plan) =>
  (q: Tensor, k: Tensor, v: Tensor): { readonly y: Tensor; readonly logSums: Tensor } => {
    const keys = timeOf(k);
    const blocks = spansOf(timeOf(q), plan.block).map((queries) => {
      const seen = { from: 0, to: plan.causal ? Math.min(keys, queries.to + plan.offset) : keys };
      const scores = scoresOf(plan, [q, k], [queries, seen]);
      const logSums = logSumExp({ axis: -1, keepDims: true })(scores);
      return { y: matmul(exp(sub(scores, logSums)), rows(v, seen)), logSums };
    });
    const joined = concat({ axis: -2 });
    return {
      y: joined(blocks.map(({ y }) => y)),
      logSums: joined(blocks.map(({ logSums }) => logSums)),
    };
  };

/**
 * Gradients, block by block, from P = exp(scores − logSums) and dS = P ∘ (dy vᵀ − D), D = Σ dy ∘ y − dlogSums along the width: dq = s · dS k for each block
 * of queries, and dk = s · dSᵀ q, dv = Pᵀ dy for each block of keys, so that no part of a gradient waits for another one.
 */
const backward = (
  plan: Plan,
  [q, k, v]: readonly [Tensor, Tensor, Tensor],
  { y, logSums }: ReturnType<ReturnType<typeof forward>>,
  cotangent: ReturnType<ReturnType<typeof forward>>,
): readonly [Tensor, Tensor, Tensor] => {
  const { block, causal, offset, scale } = plan;
  const [queries, keys] = [timeOf(q), timeOf(k)];
  const shared = sub(sum({ axis: -1, keepDims: true })(mul(cotangent.y, y)), cotangent.logSums);
  /** P and dS for some queries and keys. */
  const pairs = (at: Span, seen: Span) => {
    const shares = exp(sub(scoresOf(plan, [q, k], [at, seen]), rows(logSums, at)));
    const fits = matmul(rows(cotangent.y, at), transpose(rows(v, seen)));
    return { shares, slopes: mul(shares, sub(fits, rows(shared, at))) };
  };
  const joined = concat({ axis: -2 });
  const ofQueries = spansOf(queries, block).map((at) => {
    const seen = { from: 0, to: causal ? Math.min(keys, at.to + offset) : keys };
    return mul(matmul(pairs(at, seen).slopes, rows(k, seen)), scale);
  });
  const ofKeys = spansOf(keys, block).map((seen) => {
    const at = { from: causal ? Math.max(0, seen.from - offset) : 0, to: queries };
    const { shares, slopes } = pairs(at, seen);
    return {
      k: mul(matmul(transpose(slopes), rows(q, at)), scale),
      v: matmul(transpose(shares), rows(cotangent.y, at)),
    };
  });
  return [
    sumTo(joined(ofQueries), q.shape),
    sumTo(joined(ofKeys.map((part) => part.k)), k.shape),
    sumTo(joined(ofKeys.map((part) => part.v)), v.shape),
  ];
};

/**
 * What `scaledDotProduct` gives, in memory that grows with the number of keys, not with queries times keys. Causal blocks leave out the
 * keys that none of their queries sees.
 *
 *   q [..., queries, width]   k [..., keys, width]   v [..., keys, values]   → [..., queries, values]
 *
 * Fails with InvalidArgument for a block that is no whole number of 1 or more, with ShapeMismatch where there are not as many values as keys.
 *
 * @example
 * Attention.blockwise({ block: 4, causal: true })(q, k, v) // [2, 9, 8], [2, 9, 8], [2, 9, 4] → [2, 9, 4]
 */
export const blockwise =
  ({ block = 128, causal = false, offset = 0, scale }: BlockwiseOptions = {}) =>
  (q: Tensor, k: Tensor, v: Tensor): Tensor => {
    requireLength("Attention.blockwise", "block", block);
    requireOffset(offset);
    requireOneTime("Attention.blockwise", "keys and values", k, v);
    // Keys that no query sees are left out here, so that their gradients are 0 without a block of no queries.
    const seen = causal ? Math.min(timeOf(k), timeOf(q) + offset) : timeOf(k);
    const within = (x: Tensor): Tensor => (seen === timeOf(x) ? x : rows(x, { from: 0, to: seen }));
    const plan = {
      block,
      causal,
      offset,
      scale: scale ?? 1 / Math.sqrt(q.shape.at(-1) ?? 1),
      places: arange(block),
    };
    const attend = customVjp(forward(plan), ({ inputs, value, cotangent }) => {
      // Computed again: without barriers the shares would be those of the forward pass, and kept for this.
      const [q, k, v] = inputs.map((x) => barrier(x, cotangent.y)) as [Tensor, Tensor, Tensor]; // three
      const again = { ...plan, places: barrier(plan.places, cotangent.y) };
      return backward(again, [q, k, v], value, cotangent);
    });
    return attend(q, within(k), within(v)).y;
  };
