// Layer normalisation. Ba, Kiros & Hinton, "Layer normalization", 2016.

import type { Tensor } from "../core/tensor.ts";
import { add, mul, sub } from "../ops/arithmetic.ts";
import { ones, zeros } from "../ops/create.ts";
import { rsqrt } from "../ops/functions.ts";
import { mean, variance } from "../ops/reduce.ts";

/** gain [features], bias [features] */
export interface Params {
  readonly gain: Tensor;
  readonly bias: Tensor;
}

/**
 * Gain 1, bias 0.
 *
 * @example
 * toArray(LayerNorm.init(2).gain) // [1, 1]
 */
export const init = (features: number): Params => ({
  gain: ones([features]),
  bias: zeros([features]),
});

/**
 * (x − mean) / √(variance + ε) · gain + bias over the last axis, with the biased variance and
 * ε = 1e-5 as PyTorch.
 *
 *   x [..., features]   → [..., features]
 *
 * @example
 * toArray(LayerNorm.apply(LayerNorm.init(2), { epsilon: 0 })(tensor([3, 7]))) // [-1, 1]
 */
export const apply =
  ({ gain, bias }: Params, { epsilon = 1e-5 }: { readonly epsilon?: number } = {}) =>
  (x: Tensor): Tensor => {
    const centred = sub(x, mean({ axis: -1, keepDims: true })(x));
    const scale = rsqrt(add(variance({ axis: -1, keepDims: true, correction: 0 })(x), epsilon));
    return add(mul(mul(centred, scale), gain), bias);
  };
