// Normalisation by the root mean square. Zhang & Sennrich, "Root mean square layer normalization",
// NeurIPS 2019: layer normalisation that leaves the mean alone.

import type { Tensor } from "../core/tensor.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { ones } from "../ops/create.ts";
import { rsqrt, square } from "../ops/functions.ts";
import { mean } from "../ops/reduce.ts";
import type { Module } from "./module.ts";
import type { Options } from "./normalise.ts";

/** gain [features] */
export interface Params {
  readonly gain: Tensor;
}

/**
 * Gain 1.
 *
 * @example
 * toArray(RmsNorm.init(2).gain) // [1, 1]
 */
export const init = (features: number): Params => ({ gain: ones([features]) });

/**
 * x / √(mean x² + ε) · gain over the last axis, ε = 1e-5. Equation 4 of the paper.
 *
 *   x [..., features]   → [..., features]
 *
 * @example
 * toArray(RmsNorm.apply(RmsNorm.init(2), { epsilon: 0 })(tensor([7, -7]))) // [1, -1]
 */
export const apply =
  ({ gain }: Params, { epsilon = 1e-5 }: Options = {}) =>
  (x: Tensor): Tensor => {
    const power = mean({ axis: -1, keepDims: true })(square(x)); // [..., 1]
    return mul(mul(x, rsqrt(add(power, epsilon))), gain);
  };

/**
 * The layer as a module. It draws nothing from its key.
 *
 * @example
 * const { init, apply } = RmsNorm.module(4);
 * apply(init(key(0)))(x) // [5, 4] → [5, 4]
 */
export const module = (features: number, options: Options = {}): Module<Params> => ({
  init: () => init(features),
  apply: (params) => apply(params, options),
});
