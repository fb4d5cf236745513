// What the normalisations share: mean and variance over some axes, what is left of x without them,
// and a gain and bias for each feature.

import type { Tensor } from "../core/tensor.ts";
import { add, mul, sub } from "../ops/arithmetic.ts";
import { ones, zeros } from "../ops/create.ts";
import { rsqrt } from "../ops/functions.ts";
import { mean, variance } from "../ops/reduce.ts";
import type { Sized } from "./shapes.ts";

/** gain [features], bias [features]; without an argument of any size. */
export interface Params<Features extends number = number> {
  readonly gain: Tensor<Sized<readonly [Features]>>;
  readonly bias: Tensor<Sized<readonly [Features]>>;
}

/** Mean and variance, in shapes that broadcast to what they are of. */
export interface Moments {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** Options that the normalisations share. */
export interface Options {
  /** What is added to the variance, so that constants do not divide by 0; default 1e-5, as PyTorch. */
  readonly epsilon?: number;
}

/** Gain 1, bias 0. */
export const initAffine = <Features extends number>(features: Features): Params<Features> =>
  ({ gain: ones([features]), bias: zeros([features]) }) as Params<Features>; // of that size, known or not

/** Mean and biased variance over axes, which stay with size 1. */
export const momentsOver = (axis: readonly number[], x: Tensor): Moments => ({
  mean: mean({ axis, keepDims: true })(x),
  variance: variance({ axis, keepDims: true, correction: 0 })(x),
});

/** (x − mean) / √(variance + ε) */
export const standardise = (x: Tensor, moments: Moments, { epsilon = 1e-5 }: Options): Tensor =>
  mul(sub(x, moments.mean), rsqrt(add(moments.variance, epsilon)));

/** x · gain + bias over the last axis. */
export const scaleAndShift = (x: Tensor, { gain, bias }: Params): Tensor => add(mul(x, gain), bias);
