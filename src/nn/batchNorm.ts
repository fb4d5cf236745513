// Batch normalisation. Ioffe & Szegedy, "Batch normalization", ICML 2015. In training the batch is
// normalised by its own mean and variance, and running ones, which go in and come out, follow them; in
// inference the running ones are used, so that an example does not depend on its company.

import { fail } from "../core/errors.ts";
import { printShape, range, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, mul, stopGradient } from "../ops/arithmetic.ts";
import { reshape } from "../ops/broadcast.ts";
import { ones, zeros } from "../ops/create.ts";
import {
  initAffine,
  type Moments,
  momentsOver,
  type Options as NormOptions,
  type Params,
  scaleAndShift,
  standardise,
} from "./normalise.ts";

export type { Params } from "./normalise.ts";

/** Running mean and variance, each [features]. No gradient flows into them. */
export type State = Moments;

/** Options of batch normalisation in training. */
export interface Options extends NormOptions {
  /** The share of the batch in the new running values; default 0.1, as PyTorch. */
  readonly momentum?: number;
}

/** A normalised batch, and the running values after it. */
export interface Trained {
  readonly y: Tensor;
  readonly state: State;
}

/**
 * Gain 1, bias 0.
 *
 * @example
 * toArray(BatchNorm.init(2).gain) // [1, 1]
 */
export const init = (features: number): Params => initAffine(features);

/**
 * Running mean 0, variance 1.
 *
 * @example
 * toArray(BatchNorm.initState(2).variance) // [1, 1]
 */
export const initState = (features: number): State => ({
  mean: zeros([features]),
  variance: ones([features]),
});

/**
 * The batch normalised by its own mean and biased variance for each feature, and the next running values:
 *
 *   y = (x − mean) / √(variance + ε) · gain + bias
 *   running′ = (1 − momentum) · running + momentum · found, with the unbiased variance, as PyTorch
 *
 *   x [..., features]   → y [..., features], state
 *
 * Fails with ShapeMismatch when there are fewer than two values for each feature.
 *
 * @example
 * const { y, state } = BatchNorm.train(BatchNorm.init(1), BatchNorm.initState(1))(tensor([[1], [3]]));
 * y // Tensor([[-1.], [1.]], f32[2, 1])
 * state.mean // Tensor([0.2], f32[1])
 */
export const train =
  (params: Params, state: State, { momentum = 0.1, ...options }: Options = {}) =>
  (x: Tensor): Trained => {
    const count = sizeOf(x.shape.slice(0, -1));
    if (x.shape.length < 2 || count < 2) {
      const rule = "[..., features] with two values or more for each feature expected";
      fail("BatchNorm.train", "ShapeMismatch", rule, printShape(x.shape), "use BatchNorm.infer");
    }
    const found = momentsOver(range(x.shape.length - 1), x);
    const follow = (running: Tensor, now: Tensor): Tensor =>
      add(mul(running, 1 - momentum), mul(reshape(running.shape)(stopGradient(now)), momentum));
    return {
      y: scaleAndShift(standardise(x, found, options), params),
      state: {
        mean: follow(state.mean, found.mean),
        variance: follow(state.variance, mul(found.variance, count / (count - 1))),
      },
    };
  };

/**
 * The input normalised by the running values: (x − mean) / √(variance + ε) · gain + bias.
 *
 *   x [..., features]   → [..., features]
 *
 * @example
 * const state = { mean: tensor([1]), variance: tensor([4]) };
 * toArray(BatchNorm.infer(BatchNorm.init(1), state, { epsilon: 0 })(tensor([[5]]))) // [[2]]
 */
export const infer =
  (params: Params, state: State, options: NormOptions = {}) =>
  (x: Tensor): Tensor =>
    scaleAndShift(standardise(x, state, options), params);
