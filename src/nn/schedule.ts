// Learning rates as functions of the number of updates so far: tensors in, tensors out, so that a compiled step needs no
// recompilation as they change.

import type { Tensor } from "../core/tensor.ts";
import { add, div, minimum, mul } from "../ops/arithmetic.ts";
import { cos } from "../ops/functions.ts";

/** A rate at each update: a scalar count of updates so far → a scalar. */
export type Schedule = (step: Tensor) => Tensor;

/** Options of `warmupCosine`. */
export interface WarmupCosineOptions {
  /** The highest rate. */
  readonly peak: number;
  /** Updates until the rate has fallen to `floor`. */
  readonly steps: number;
  /** Updates during which it rises linearly to the peak; default 0. */
  readonly warmup?: number;
  /** The last rate; default 0. */
  readonly floor?: number;
}

/**
 * Up linearly to the peak, then down along half a cosine.
 * Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, equation 5.
 */
export const warmupCosine =
  ({ peak, steps, warmup = 0, floor = 0 }: WarmupCosineOptions): Schedule =>
  (step) => {
    const rise = minimum(div(add(step, 1), warmup + 1), 1);
    const progress = minimum(div(step, steps), 1);
    const fall = mul(add(cos(mul(progress, Math.PI)), 1), (peak - floor) / 2);
    return mul(rise, add(fall, floor));
  };
