// A projection with or without a bias, and a normalisation of either kind: what a Transformer's parts are made of.

import type { Tensor } from "../../../core/tensor.ts";
import { fakeQuantize } from "../../../nn/compress/index.ts";
import { normalWith } from "../../../nn/init.ts";
import * as LayerNorm from "../../../nn/layerNorm.ts";
import { momentsOver, standardise } from "../../../nn/normalise.ts";
import * as RmsNorm from "../../../nn/rmsNorm.ts";
import { add, mul } from "../../../ops/arithmetic.ts";
import { matmul } from "../../../ops/contract.ts";
import { ones, zeros } from "../../../ops/create.ts";
import type { Config } from "./config.ts";

/** weight [inputs, outputs], bias [outputs] where there is one. */
export interface Projection {
  readonly weight: Tensor;
  readonly bias?: Tensor;
}

/** Deviation of what weights start with (Radford et al., 2019). */
const deviation = 0.02;

/** Normal weights of deviation 0.02, or of 0.02 / √(2 · layers) for what is added to a stream by so many layers' two parts; bias 0. */
export const initProjection = (
  key: Tensor,
  [inputs, outputs]: readonly [number, number],
  { bias, layers }: Pick<Config, "bias" | "layers">,
  isAdded = false,
): Projection => ({
  weight: normalWith(isAdded ? deviation / Math.sqrt(2 * layers) : deviation)(key, [
    inputs,
    outputs,
  ]),
  ...(bias ? { bias: zeros([outputs]) } : {}),
});

/** What projections take of x: rounded where that is configured, with a gradient that goes straight through. */
export const taken =
  ({ activations }: Pick<Config, "activations">) =>
  (x: Tensor): Tensor =>
    activations === undefined ? x : fakeQuantize({ bits: 8, per: "token" })(x);

/** x W + b, or x W, of x as it is taken. [..., inputs] → [..., outputs] */
export const project =
  (config: Pick<Config, "activations">, { weight, bias }: Projection) =>
  (x: Tensor): Tensor => {
    const y = matmul(taken(config)(x), weight);
    return bias === undefined ? y : add(y, bias);
  };

/** gain [width], bias [width] where there is one. */
export interface Norm {
  readonly gain: Tensor;
  readonly bias?: Tensor;
}

/** Gain 1, bias 0; RMSNorm has none. */
export const initNorm = ({ width, norm, bias }: Pick<Config, "width" | "norm" | "bias">): Norm => ({
  gain: ones([width]),
  ...(bias && norm === "layer" ? { bias: zeros([width]) } : {}),
});

/** A normalisation over the last axis. */
export const normalise =
  ({ norm }: Pick<Config, "norm">, { gain, bias }: Norm) =>
  (x: Tensor): Tensor => {
    if (norm === "rms") return RmsNorm.apply({ gain })(x);
    if (bias !== undefined) return LayerNorm.apply({ gain, bias })(x);
    return mul(standardise(x, momentsOver([-1], x), {}), gain);
  };
