// Learning rates as functions of the number of updates so far: tensors in, tensors out, so that a
// compiled step needs no recompilation as they change.

import type { Tensor } from "../core/tensor.ts";
import { add, div, maximum, minimum, mul, sub } from "../ops/arithmetic.ts";
import { cos } from "../ops/functions.ts";

/** A rate for each update: the count of updates before it, a floating-point scalar → a scalar. */
export type Schedule = (step: Tensor) => Tensor;

/** Options of `warmupCosine`. */
export interface WarmupCosineOptions {
  /** The highest rate. */
  readonly peak: number;
  /** Updates until the rate has fallen to `floor`, where it stays. */
  readonly steps: number;
  /** Updates until the peak, during which the rate rises linearly; default 0. */
  readonly warmup?: number;
  /** The last rate; default 0. */
  readonly floor?: number;
}

/**
 * Up linearly to the peak, then down along half a cosine, and constant from there.
 *
 *   t < warmup:  peak · (t + 1) / (warmup + 1)
 *   after:       floor + (peak − floor) · ½ (1 + cos πp),  p = (t − warmup) / (steps − warmup) ≤ 1
 *
 * The first update has a rate above 0, and update `warmup` (counted from 0) has the peak.
 * Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017,
 * equation 5.
 *
 * @example
 * const rate = warmupCosine({ peak: 8, steps: 103, warmup: 3 });
 * [0, 1, 3, 200].map((step) => item(rate(scalar(step)))) // [2, 4, 8, 0]
 */
export const warmupCosine =
  ({ peak, steps, warmup = 0, floor = 0 }: WarmupCosineOptions): Schedule =>
  (step) => {
    const rise = minimum(div(add(step, 1), warmup + 1), 1);
    const fallSteps = Math.max(1, steps - warmup);
    const progress = minimum(div(maximum(sub(step, warmup), 0), fallSteps), 1);
    const fall = mul(add(cos(mul(progress, Math.PI)), 1), (peak - floor) / 2);
    return mul(rise, add(fall, floor)); // one of the factors is constant at any time
  };
