// Attention without a softmax: how well a query fits a key is a product of features of each, so that keys and values can be summed up
// before any query is known. Katharopoulos, Vyas, Pappas & Fleuret, "Transformers are RNNs: fast autoregressive transformers with linear
// attention", ICML 2020.

import type { Tensor } from "../../core/tensor.ts";
import { add, div, greater, lessEqual, minimum, where } from "../../ops/arithmetic.ts";
import { matmul } from "../../ops/contract.ts";
import { arange, ones } from "../../ops/create.ts";
import { exp } from "../../ops/functions.ts";
import { cumsum } from "../../ops/reduce.ts";
import { narrow } from "../../ops/slice.ts";
import { concat, expandDims, transpose } from "../../ops/structural.ts";
import { fromBlocks, inBlocks, requireLength, requireOneTime, shiftedBlocks } from "./blocks.ts";

/** Options of linear attention. */
export interface LinearOptions {
  /** Whether a query sees only the keys up to its own; default false. */
  readonly causal?: boolean;
  /** Positive features φ of queries and keys [..., width] → [..., features]; default elu(x) + 1, as in the paper. */
  readonly features?: (x: Tensor) => Tensor;
  /** Queries that are looked at together where it is causal, ≥ 1; changes time and memory alone. Default 64. */
  readonly chunk?: number;
  /** Added to what is divided by, default 1e-6: features may all be tiny. */
  readonly epsilon?: number;
}

/** elu(x) + 1, which is positive: x + 1 above 0 and eˣ below. Equation 7 of the paper. */
export const eluFeatures = (x: Tensor): Tensor =>
  where(greater(0)(x), add(x, 1), exp(minimum(x, 0)));

/** Σⱼ (φ(qᵢ) · φ(kⱼ)) vⱼ over all keys: [..., queries, features] · ([..., features, keys] · [..., keys, values]) */
const overAll = (q: Tensor, k: Tensor, v: Tensor): Tensor => matmul(q, matmul(transpose(k), v));

/** The same over the keys up to a query's own: those of earlier chunks as one sum, those of its own chunk one by one. Equation 9. */
const overPast =
  (chunk: number) =>
  (q: Tensor, k: Tensor, v: Tensor): Tensor => {
    const time = q.shape.at(-2) ?? 0;
    const [qs, ks, vs] = [q, k, v].map(inBlocks(chunk)) as [Tensor, Tensor, Tensor];
    const sums = matmul(transpose(ks), vs); // [..., chunks, features, values]
    // Not `cumsum(sums) − sums`, whose digits would depend on keys that are still to come.
    const before = shiftedBlocks(1)(cumsum({ axis: -3 })(sums));
    const isPast = lessEqual(arange(chunk), expandDims(-1)(arange(chunk))); // [chunk, chunk]
    const own = where(isPast, matmul(qs, transpose(ks)), 0);
    return fromBlocks(time)(add(matmul(qs, before), matmul(own, vs)));
  };

/**
 * Linear attention: yᵢ = Σⱼ (φ(qᵢ) · φ(kⱼ)) vⱼ ⁄ Σⱼ φ(qᵢ) · φ(kⱼ). Time and memory grow with the number of keys, not with queries times keys.
 *
 *   q [..., queries, width]   k [..., keys, width]   v [..., keys, values]   → [..., queries, values]
 *
 * Causal, j goes up to i, and there are as many queries as keys. Equations 6 and 9 of the paper. Fails with InvalidArgument for a chunk that is no
 * whole number of 1 or more, with ShapeMismatch where there are not as many values as keys, and queries, if causal.
 *
 * @example
 * Attention.linear({ causal: true })(q, k, v) // [2, 9, 8], [2, 9, 8], [2, 9, 4] → [2, 9, 4]
 */
export const linear =
  ({ causal = false, features = eluFeatures, chunk = 64, epsilon = 1e-6 }: LinearOptions = {}) =>
  (q: Tensor, k: Tensor, v: Tensor): Tensor => {
    requireLength("Attention.linear", "chunk", chunk);
    if (causal) requireOneTime("Attention.linear", "queries, keys and values", q, k, v);
    else requireOneTime("Attention.linear", "keys and values", k, v);
    const length = Math.min(chunk, Math.max(1, k.shape.at(-2) ?? 1)); // a chunk is no longer than the sequence
    const values = v.shape.at(-1) ?? 0;
    // A column of ones beside the values sums up what is divided by.
    const more = concat({ axis: -1 })([v, ones([...v.shape.slice(0, -1), 1], v.dtype)]);
    const y = (causal ? overPast(length) : overAll)(features(q), features(k), more);
    const last = y.shape.length - 1;
    return div(narrow(y, last, 0, values), add(narrow(y, last, values, 1), epsilon));
  };
