// Attention: every query takes a weighted mean of values, by how well their keys fit it. Vaswani et al., "Attention is all you
// need", NeurIPS 2017, §3.2.1.

import { fail } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { add, lessEqual, logicalAnd, mul, where } from "../../ops/arithmetic.ts";
import { matmul } from "../../ops/contract.ts";
import { arange } from "../../ops/create.ts";
import { softmax } from "../../ops/softmax.ts";
import { expandDims, transpose } from "../../ops/structural.ts";

/** Options of scaled dot-product attention. */
export interface Options {
  /** Whether query i sees only the keys up to i + offset; default false. */
  readonly causal?: boolean;
  /** The place of the first query among the keys, ≥ 0, for keys that were kept from earlier; default 0. */
  readonly offset?: number;
  /** bool: true where a query sees a key; or floats that are added to the scores. Broadcasts to [..., queries, keys]. */
  readonly mask?: Tensor;
  /** What scores are multiplied by; default 1 / √width of a query. */
  readonly scale?: number;
  /** What happens to the weights before they are used: `Dropout.train(key, { rate })`. */
  readonly dropout?: (weights: Tensor) => Tensor;
}

/** Stands for −∞ without its NaNs: further below every score than exp can tell from 0. */
export const unseen = -1e30;

/** True where query i sees key j: j ≤ i + offset; bool [queries, keys]. */
const causalMask = (queries: number, keys: number, offset: number): Tensor =>
  lessEqual(arange(keys), expandDims(-1)(arange({ start: offset, stop: offset + queries })));

/** Fails with InvalidArgument for a place of the first query that is none. */
export const requireOffset = (offset: number): void => {
  if (!(Number.isInteger(offset) && offset >= 0))
    fail("Attention", "InvalidArgument", "a whole offset ≥ 0 expected", String(offset));
};

/** Which keys a query sees, as bool that broadcasts to [..., queries, keys]; undefined where it sees all. */
const seenBy = (
  { causal = false, offset = 0, mask }: Options,
  queries: number,
  keys: number,
): Tensor | undefined => {
  requireOffset(offset);
  const allowed = mask?.dtype === "bool" ? mask : undefined;
  if (!causal) return allowed;
  const past = causalMask(queries, keys, offset);
  return allowed === undefined ? past : logicalAnd(past, allowed);
};

/**
 * How much each query takes of each value: softmax over the keys of q kᵀ / √width.
 *
 *   q [..., queries, width]   k [..., keys, width]   → [..., queries, keys]
 *
 * The weights of a query add up to 1, or are all 0 where a bool mask lets it see nothing, or floats take from a causal query all that is not behind
 * it. −∞ for all keys of a query that is not causal gives NaN, as in PyTorch. A bool mask is true where PyTorch's
 * `scaled_dot_product_attention` has true, and `nn.MultiheadAttention` false.
 *
 * @example
 * const [q, k] = [tensor([[1, 0]]), tensor([[1, 0], [1, 0]])]; // both keys fit alike
 * toArray(Attention.weights()(q, k)) // [[0.5, 0.5]]
 */
export const weights =
  (options: Options = {}) =>
  (q: Tensor, k: Tensor): Tensor => {
    const { mask, scale = 1 / Math.sqrt(q.shape.at(-1) ?? 1) } = options;
    const scores = mul(matmul(q, transpose(k)), scale);
    const isAdded = mask !== undefined && mask.dtype !== "bool";
    const biased = isAdded ? add(scores, mask) : scores;
    const seen = seenBy(options, ...(biased.shape.slice(-2) as [number, number]));
    if (seen === undefined) return softmax({ axis: -1 })(biased);
    const shares = softmax({ axis: -1 })(where(seen, biased, unseen));
    // A causal query sees at least itself; one that a mask leaves nothing would see everything alike, or what is behind it.
    return mask === undefined ? shares : where(seen, shares, 0);
  };

/**
 * Scaled dot-product attention: softmax(q kᵀ / √width) v. Equation 1 of the paper.
 *
 *   q [..., queries, width]   k [..., keys, width]   v [..., keys, values]   → [..., queries, values]
 *
 * @example
 * Attention.scaledDotProduct({ causal: true })(q, k, v) // [2, 5, 8], [2, 5, 8], [2, 5, 3] → [2, 5, 3]
 */
export const scaledDotProduct =
  (options: Options = {}) =>
  (q: Tensor, k: Tensor, v: Tensor): Tensor => {
    const { dropout = (shares: Tensor) => shares } = options;
    return matmul(dropout(weights(options)(q, k)), v);
  };
