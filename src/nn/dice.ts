// Soft Dice loss: what the probabilities of a class and its pixels have in common, class by class, so that
// how many pixels a class has does not matter. Milletari, Navab & Ahmadi, "V-Net", 3DV 2016, §3.

import { fail } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, cast, div, greater, maximum, mul, sub, where } from "../ops/arithmetic.ts";
import { sum } from "../ops/broadcast.ts";
import { square } from "../ops/functions.ts";
import { mean } from "../ops/reduce.ts";
import { softmax } from "../ops/softmax.ts";
import { expandDims } from "../ops/structural.ts";
import { countsOf, type IgnoreOptions, rowAxes, targetsOf } from "./classTargets.ts";

/** Options of `dice`. */
export interface DiceOptions extends IgnoreOptions {
  /** Whether the divisor has p² (the default, as V-Net) or p. */
  readonly isSquared?: boolean;
  /** s, added to numerator and divisor, so that a class of few pixels does not decide; default 1, V-Net has 0. */
  readonly smoothing?: number;
  /** Whether classes that no label has are left out (the default) or count: their probabilities then go down. */
  readonly absent?: "skip" | "count";
}

/**
 * One minus the mean over classes of the Dice coefficient of their probabilities and their pixels, from
 * sums over the whole batch.
 *
 *   logits [..., classes]   labels [...] i32   → []
 *
 *   1 − mean_c (2 Σᵢ p_ic y_ic + s) / (Σᵢ p_ic² + Σᵢ y_ic + s)   with p = softmax(logits)
 *
 * where y_ic = 1 where c is the class of pixel i and 0 elsewhere; with `isSquared: false` the divisor has
 * Σᵢ p_ic. Pixels that are ignored are in no sum. A class with a divisor of 0 counts as 1;
 * the loss is 0 where no class is left to take the mean of. Fails with
 * ShapeMismatch when labels are not as many as rows of logits or there is one class only; with
 * InvalidArgument for a smoothing below 0.
 *
 * @example
 * const logits = tensor([[0, 0]]); // p = ½ for both; of class 0: 2 · ½ / (¼ + 1)
 * item(dice({ smoothing: 0 })(logits, tensor([0], { dtype: "i32" }))).toFixed(4) // 0.2000
 */
export const dice =
  ({ isSquared = true, smoothing = 1, absent = "skip", ignoreIndex }: DiceOptions = {}) =>
  (logits: Tensor, labels: Tensor): Tensor => {
    if (!(smoothing >= 0 && smoothing < Number.POSITIVE_INFINITY))
      fail(
        "dice",
        "InvalidArgument",
        "a finite smoothing of 0 or more expected",
        String(smoothing),
      );
    const ignore = ignoreIndex === undefined ? {} : { ignoreIndex };
    const targets = targetsOf("dice", ignore, logits, labels);
    const ofClass = sum({ axis: rowAxes(logits) }); // [..., classes] → [classes]
    const p = where(expandDims(-1)(targets.isCounted), softmax({ axis: -1 })(targets.logits), 0);
    const counts = countsOf(targets);
    const common = ofClass(where(targets.isOwn, p, 0));
    const divisor = add(add(ofClass(isSquared ? square(p) : p), counts), smoothing);
    const isSome = greater(divisor, 0);
    // Nothing there and nothing predicted agrees.
    const coefficient = where(
      isSome,
      div(add(mul(common, 2), smoothing), where(isSome, divisor, 1)),
      1,
    );
    if (absent === "count") return sub(1, mean(coefficient));
    const isThere = greater(counts, 0);
    const there = maximum(cast(logits.dtype)(sum(cast("i32")(isThere))), 1);
    return div(sum(where(isThere, sub(1, coefficient), 0)), there);
  };
