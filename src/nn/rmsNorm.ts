// Normalisation by the root mean square. Zhang & Sennrich, "Root mean square layer normalization",
// NeurIPS 2019: layer normalisation that leaves the mean alone.

import type { Tensor } from "../core/tensor.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { ones } from "../ops/create.ts";
import { rsqrt, square } from "../ops/functions.ts";
import { mean } from "../ops/reduce.ts";
import type { Module } from "./module.ts";
import type { Options } from "./normalise.ts";
import type { Gain, Sized } from "./shapes.ts";

/** gain [features]; without an argument of any size. */
export interface Params<Features extends number = number> {
  readonly gain: Tensor<Sized<readonly [Features]>>;
}

/**
 * Gain 1.
 *
 * @example
 * toArray(RmsNorm.init(2).gain) // [1, 1]
 */
export const init = <const Features extends number>(features: Features): Params<Features> =>
  ({ gain: ones([features]) }) as Params<Features>; // of that size, known or not

/** What `apply` is under parameters P. */
type Applied<P extends Params> = Gain<"RmsNorm.apply", P["gain"]["shape"]>;

/**
 * x / √(mean x² + ε) · gain over the last axis, ε = 1e-5. Equation 4 of the paper.
 *
 *   x [..., features]   → [..., features]
 *
 * The compiler refuses a last axis of another size where it knows both.
 *
 * @example
 * toArray(RmsNorm.apply(RmsNorm.init(2), { epsilon: 0 })(tensor([7, -7]))) // [1, -1]
 */
export const apply = <P extends Params>(
  { gain }: P,
  { epsilon = 1e-5 }: Options = {},
): Applied<P> => {
  const normalise = (x: Tensor): Tensor => {
    const power = mean({ axis: -1, keepDims: true })(square(x)); // [..., 1]
    return mul(mul(x, rsqrt(add(power, epsilon))), gain);
  };
  return normalise as unknown as Applied<P>; // the shape stays
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
