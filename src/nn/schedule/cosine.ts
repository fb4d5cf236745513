// Schedules along a cosine: falling once, after a warm-up, again and again, or up and down.

import { fail } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import {
  add,
  div,
  floor,
  less,
  maximum,
  mod,
  mul,
  round,
  sub,
  where,
} from "../../ops/arithmetic.ts";
import { cos, exp, log } from "../../ops/functions.ts";
import { warmUp } from "./join.ts";
import { progressOf, requireSteps, type Schedule } from "./schedule.ts";

/** `from` where the progress is 0, `to` where it is 1, half a cosine in between. */
const alongCosine = (progress: Tensor, from: Tensor | number, to: Tensor | number): Tensor => {
  const share = div(add(cos(mul(progress, Math.PI)), 1), 2); // 1 … 0
  return add(mul(share, from), mul(sub(1, share), to));
};

/** Options of `cosine`. */
export interface CosineOptions {
  /** The value at step 0. */
  readonly from: number;
  /** The value from step `steps` on; default 0. */
  readonly to?: number;
  /** Steps on the way; above 0. */
  readonly steps: number;
}

/**
 * to + (from − to) · ½ (1 + cos(π t / steps)), and `to` from step `steps` on. Loshchilov & Hutter,
 * "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, equation 5.
 *
 * @example
 * const rate = cosine({ from: 4, steps: 6 });
 * [0, 2, 3, 9].map((step) => item(rate(scalar(step))).toFixed(3)) // ['4.000', '3.000', '2.000', '0.000']
 */
export const cosine = ({ from, to = 0, steps }: CosineOptions): Schedule => {
  requireSteps("cosine", steps);
  return (step) => alongCosine(progressOf(step, steps), from, to);
};

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
 *
 * @example
 * const rate = warmupCosine({ peak: 8, steps: 103, warmup: 3 });
 * [0, 1, 3, 200].map((step) => item(rate(scalar(step)))) // [2, 4, 8, 0]
 */
export const warmupCosine = ({
  peak,
  steps,
  warmup = 0,
  floor = 0,
}: WarmupCosineOptions): Schedule =>
  warmUp({ steps: warmup })(cosine({ from: peak, to: floor, steps: Math.max(1, steps - warmup) }));

/** Options of `cosineRestarts`. */
export interface CosineRestartsOptions {
  /** The value at each start. */
  readonly peak: number;
  /** What it falls towards; default 0. */
  readonly floor?: number;
  /** Steps of the first period; a whole number above 0. */
  readonly period: number;
  /** How much longer each period is than the one before: a whole number above 0; default 1. */
  readonly factor?: number;
}

/**
 * Half a cosine from peak to floor, and again: in period n, which has `period` · factorⁿ steps and
 * begins at step sₙ, floor + (peak − floor) · ½ (1 + cos(π (t − sₙ) / (period · factorⁿ))).
 * Loshchilov & Hutter, "SGDR", ICLR 2017. PyTorch's CosineAnnealingWarmRestarts.
 *
 * @example
 * const rate = cosineRestarts({ peak: 4, period: 2, factor: 2 }); // periods start at 0, 2, 6
 * [0, 1, 2, 4, 6].map((step) => Math.round(item(rate(scalar(step))))) // [4, 2, 4, 2, 4]
 */
export const cosineRestarts = ({
  peak,
  floor = 0,
  period,
  factor = 1,
}: CosineRestartsOptions): Schedule => {
  for (const [name, value] of Object.entries({ period, factor }))
    if (!(Number.isInteger(value) && value > 0)) {
      const rule = `a whole ${name} above 0 expected`;
      fail("cosineRestarts", "InvalidArgument", rule, String(value));
    }
  return (step) => {
    const since =
      factor === 1
        ? div(mod(step, period), period)
        : progressInGrowing(maximum(step, 0), period, factor);
    return alongCosine(since, peak, floor);
  };
};

/** How far steps are within periods of period · factorⁿ steps, which begin at period · (factorⁿ − 1) / (factor − 1). */
const progressInGrowing = (step: Tensor, period: number, factor: number): Tensor => {
  const periods = add(mul(step, (factor - 1) / period), 1); // factorⁿ at the beginning of period n
  const guess = floor(add(div(log(periods), Math.log(factor)), 0.5)); // n, or n + 1
  const beginning = (n: Tensor): Tensor =>
    round(div(mul(sub(powerOf(factor, n), 1), period), factor - 1));
  const n = where(less(step, beginning(guess)), sub(guess, 1), guess);
  return div(sub(step, beginning(n)), mul(powerOf(factor, n), period));
};

/** factorⁿ of whole numbers, which it rounds to. */
const powerOf = (factor: number, n: Tensor): Tensor => round(exp(mul(n, Math.log(factor))));

/** Options of `oneCycle`. */
export interface OneCycleOptions {
  /** The highest value. */
  readonly peak: number;
  /** All steps; the last value is that of step `steps` − 1. */
  readonly steps: number;
  /** Share of the steps that rise; default 0.3. */
  readonly rising?: number;
  /** The first value is peak / divide; default 25. */
  readonly divide?: number;
  /** The last value is peak / divide / finalDivide; default 10 000. */
  readonly finalDivide?: number;
  /** Default "cosine". */
  readonly shape?: "cosine" | "linear";
}

/**
 * Up to the peak at step rising · steps − 1, then down to nearly nothing. Smith & Topin,
 * "Super-convergence: very fast training of neural networks using large learning rates", 2019;
 * PyTorch's OneCycleLR in two phases. Fails with InvalidArgument where the way up or down takes no step.
 *
 * @example
 * const rate = oneCycle({ peak: 1, steps: 10 });
 * [0, 2, 9].map((step) => item(rate(scalar(step))).toFixed(4)) // ['0.0400', '1.0000', '0.0000']
 */
export const oneCycle = ({
  peak,
  steps,
  rising = 0.3,
  divide = 25,
  finalDivide = 1e4,
  shape = "cosine",
}: OneCycleOptions): Schedule => {
  const top = rising * steps - 1;
  requireSteps("oneCycle", top, "rising · steps − 1");
  requireSteps("oneCycle", steps - 1 - top, "steps behind the peak");
  const [first, last] = [peak / divide, peak / divide / finalDivide];
  const between = (progress: Tensor, from: number, to: number): Tensor =>
    shape === "cosine" ? alongCosine(progress, from, to) : add(mul(progress, to - from), from);
  return (step) =>
    where(
      less(step, top),
      between(progressOf(step, top), first, peak),
      between(progressOf(step, steps - 1 - top, top), peak, last),
    );
};
