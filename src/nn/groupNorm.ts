// Group normalisation. Wu & He, "Group normalization", ECCV 2018. One group is layer normalisation of
// whole images; as many groups as channels are instance normalisation (Ulyanov et al., 2016).

import { fail } from "../core/errors.ts";
import { printShape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { reshape } from "../ops/broadcast.ts";
import type { Module } from "./module.ts";
import {
  initAffine,
  momentsOver,
  type Options as NormOptions,
  type Params,
  scaleAndShift,
  standardise,
} from "./normalise.ts";
import type { Gain } from "./shapes.ts";

export type { Params } from "./normalise.ts";

/** Options of group normalisation. */
export interface Options extends NormOptions {
  /** How many equal parts the channels are cut into. */
  readonly groups: number;
}

/**
 * Gain 1, bias 0.
 *
 * @example
 * toArray(GroupNorm.init(2).gain) // [1, 1]
 */
export const init = <const Channels extends number>(channels: Channels): Params<Channels> =>
  initAffine(channels);

/** What `apply` is under parameters P. */
type Applied<P extends Params> = Gain<"GroupNorm.apply", P["gain"]["shape"]>;

/**
 * (x − mean) / √(variance + ε) · gain + bias: mean and biased variance of every example over all
 * positions and one group of neighbouring channels.
 *
 *   x [batch, ..., channels]   → [batch, ..., channels]
 *
 * The compiler refuses other channels where it knows both numbers of them.
 * Fails with ShapeMismatch when the groups do not divide the channels.
 *
 * @example
 * GroupNorm.apply(GroupNorm.init(8), { groups: 4 })(x) // [2, 5, 5, 8] → [2, 5, 5, 8]
 */
export const apply = <P extends Params>(params: P, { groups, ...options }: Options): Applied<P> => {
  const normalise = (x: Tensor): Tensor => {
    const { shape } = x;
    const channels = shape.at(-1) ?? 0;
    if (shape.length < 2 || !Number.isInteger(channels / groups) || groups < 1) {
      const rule = "[batch, ..., channels] with channels in equal groups expected";
      fail("GroupNorm.apply", "ShapeMismatch", rule, `${printShape(shape)} in ${groups} groups`);
    }
    const positions = sizeOf(shape.slice(1, -1));
    const grouped = reshape([shape[0] as number, positions, groups, channels / groups])(x);
    const normal = standardise(grouped, momentsOver([1, 3], grouped), options);
    return scaleAndShift(reshape(shape)(normal), params);
  };
  return normalise as unknown as Applied<P>; // the shape stays
};

/**
 * The layer as a module. It draws nothing from its key.
 *
 * @example
 * const { init, apply } = GroupNorm.module(8, { groups: 4 });
 * apply(init(key(0)))(x) // [2, 5, 5, 8] → [2, 5, 5, 8]
 */
export const module = (channels: number, options: Options): Module<Params> => ({
  init: () => init(channels),
  apply: (params) => apply(params, options),
});
