// Layer normalisation. Ba, Kiros & Hinton, "Layer normalization", 2016.

import type { Tensor } from "../core/tensor.ts";
import type { Module } from "./module.ts";
import {
  initAffine,
  momentsOver,
  type Options,
  type Params,
  scaleAndShift,
  standardise,
} from "./normalise.ts";
import type { Gain } from "./shapes.ts";

export type { Options, Params } from "./normalise.ts";

/**
 * Gain 1, bias 0.
 *
 * @example
 * toArray(LayerNorm.init(2).gain) // [1, 1]
 */
export const init = <const Features extends number>(features: Features): Params<Features> =>
  initAffine(features);

/** What `apply` is under parameters P. */
type Applied<P extends Params> = Gain<"LayerNorm.apply", P["gain"]["shape"]>;

/**
 * (x − mean) / √(variance + ε) · gain + bias over the last axis, with the biased variance and
 * ε = 1e-5 as PyTorch.
 *
 *   x [..., features]   → [..., features]
 *
 * The compiler refuses a last axis of another size where it knows both.
 *
 * @example
 * toArray(LayerNorm.apply(LayerNorm.init(2), { epsilon: 0 })(tensor([3, 7]))) // [-1, 1]
 */
export const apply = <P extends Params>(params: P, options: Options = {}): Applied<P> => {
  const normalise = (x: Tensor): Tensor =>
    scaleAndShift(standardise(x, momentsOver([-1], x), options), params);
  return normalise as unknown as Applied<P>; // the shape stays
};

/**
 * The layer as a module. It draws nothing from its key.
 *
 * @example
 * const { init, apply } = LayerNorm.module(4);
 * apply(init(key(0)))(x) // [5, 4] → [5, 4]
 */
export const module = (features: number, options: Options = {}): Module<Params> => ({
  init: () => init(features),
  apply: (params) => apply(params, options),
});
