// Cross-entropy with a balancing factor that evens out positive and negative samples. arXiv 2406.01605
// says no more of it than this, and that it speeds convergence; what follows is our reading. To each
// class c every pixel i is a sample, positive where the class is its own and negative elsewhere; β_c says
// how the two weigh. β_c = 1 − f_c for a class of frequency f_c is the factor of Xie & Tu,
// "Holistically-nested edge detection", ICCV 2015, eq. 2.

import { fail } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import {
  add,
  cast,
  div,
  greater,
  maximum,
  mul,
  neg,
  stopGradient,
  sub,
  where,
} from "../ops/arithmetic.ts";
import { expand, sum } from "../ops/broadcast.ts";
import { full, tensor } from "../ops/create.ts";
import { exp, log, log1p, pow } from "../ops/functions.ts";
import { max } from "../ops/reduce.ts";
import { logSoftmax } from "../ops/softmax.ts";
import { expandDims } from "../ops/structural.ts";
import { countsOf, type IgnoreOptions, targetsOf } from "./classTargets.ts";

/** Options of `balancedCrossEntropy`. */
export interface BalancedCrossEntropyOptions extends IgnoreOptions {
  /**
   * The weight β of positives, 1 − β that of negatives: a number in 0…1 for all classes, one for each
   * class, see `balanceOf`, or "batch": `balanceOf` of the frequencies in the batch at hand. Default "batch".
   */
  readonly balance?: number | readonly number[] | "batch";
  /** How far "batch" evens out: 1 (default) wholly, 0 not at all (β = ½). Unused by numbers. */
  readonly strength?: number;
  /** Whether every sample counts by its weight alone ("pixels", the default), or every class of the batch as much as the others. */
  readonly normalise?: "pixels" | "classes";
}

const op = "balancedCrossEntropy";

const requireStrength = (name: string, strength: number): void => {
  if (!(strength >= 0 && strength < Number.POSITIVE_INFINITY))
    fail(name, "InvalidArgument", "a finite strength of 0 or more expected", String(strength));
};

const requireShares = (name: string, what: string, shares: readonly number[]): void => {
  const wrong = shares.find((share) => !(share >= 0 && share <= 1));
  if (wrong !== undefined) fail(name, "InvalidArgument", `${what} in 0…1 expected`, String(wrong));
};

/**
 * The factor β of each class from its frequency f, the share of pixels that are of the class:
 *
 *   β = r / (1 + r)   with r = ((1 − f) / f)^strength
 *
 * Strength 1 gives 1 − f, the share of negatives, so that positives and negatives weigh the same in sum;
 * 0 gives ½ to every class; what is between evens out less. With a strength above 0 a class that never occurs has β = 1: where nothing
 * is positive, nothing is learned. Fails with InvalidArgument for a frequency outside 0…1.
 *
 * @example
 * balanceOf([0.25, 0.75]) // [0.75, 0.25]
 * balanceOf([0, 1]) // [1, 0]
 * balanceOf([0, 1], 0) // [0.5, 0.5]
 */
export const balanceOf = (frequencies: readonly number[], strength = 1): readonly number[] => {
  requireShares("balanceOf", "frequencies", frequencies);
  requireStrength("balanceOf", strength);
  return frequencies.map((f) => (1 - f) ** strength / ((1 - f) ** strength + f ** strength));
};

/** `balanceOf` of counts [classes] among `total` []; without a single row β = 1, or ½ for a strength of 0. */
const balanceOfCounts = (counts: Tensor, total: Tensor, strength: number): Tensor => {
  const all = maximum(total, 1);
  const frequent = pow(div(counts, all), strength);
  const rare = pow(div(sub(all, counts), all), strength);
  return div(rare, add(rare, frequent));
};

/** β [classes] in the dtype of the counts. */
const balanceFrom = (
  { balance = "batch", strength = 1 }: BalancedCrossEntropyOptions,
  counts: Tensor,
  total: Tensor,
): Tensor => {
  requireStrength(op, strength);
  if (balance === "batch") return balanceOfCounts(counts, total, strength);
  requireShares(op, "balance", typeof balance === "number" ? [balance] : balance);
  if (typeof balance === "number") return full(counts.shape, balance, counts.dtype);
  const [classes] = counts.shape;
  if (balance.length !== classes)
    fail(
      op,
      "ShapeMismatch",
      `a balance for each of ${classes} classes expected`,
      `${balance.length}`,
    );
  return tensor(balance, { dtype: counts.dtype });
};

/** 1 / x, and 0 where x is not above 0. */
const inverseOrNone = (x: Tensor): Tensor => where(greater(x, 0), div(1, x), 0);

/** What each class's samples are multiplied by beside β and 1 − β: [] or [classes]. */
const scaleOf = (
  normalise: "pixels" | "classes",
  weights: Tensor, // W_c, the weight of all samples of a class
  counts: Tensor,
): Tensor => {
  if (normalise === "pixels") return inverseOrNone(sum(weights));
  const isThere = greater(counts, 0);
  const there = cast(counts.dtype)(sum(cast("i32")(isThere)));
  return mul(where(isThere, inverseOrNone(weights), 0), inverseOrNone(there));
};

// Of probabilities above this one there is at most one in a row. Below it 1 − p has no cancellation to speak of.
const largest = Math.log(3 / 4);

/**
 * log(1 − p) for log p [..., classes] that are those of a distribution along the last axis: log1p(−p),
 * and for a p near 1 the logarithm of the sum of the others, which is precise when that sum underflows.
 */
const logComplement = (logP: Tensor): Tensor => {
  const isLarge = greater(logP, largest);
  const others = where(isLarge, Number.NEGATIVE_INFINITY, logP);
  // The shift leaves the sum unchanged, whatever it is: it has no gradient.
  const shift = stopGradient(max({ axis: -1, keepDims: true })(others));
  const rest = add(log(sum({ axis: -1, keepDims: true })(exp(sub(others, shift)))), shift);
  // What is not chosen must be finite: its gradient is multiplied by 0.
  const small = log1p(neg(exp(where(isLarge, -1, logP))));
  return where(isLarge, expand(logP.shape)(rest), small);
};

/**
 * Cross-entropy whose positive and negative samples are balanced class by class.
 *
 *   logits [..., classes]   labels [...] i32   → []
 *
 * With p = softmax(logits), y_ic = 1 where c is the class of pixel i and 0 elsewhere, n pixels that are
 * not ignored and n_c of class c,
 *
 *   w_ic = β_c y_ic + (1 − β_c)(1 − y_ic)        W_c = Σᵢ w_ic = β_c n_c + (1 − β_c)(n − n_c)
 *   ℓ_ic = −y_ic log p_ic − (1 − y_ic) log(1 − p_ic)
 *
 *   "pixels"    Σᵢ Σ_c w_ic ℓ_ic / Σ_c W_c
 *   "classes"   the mean, over the classes with n_c > 0, of Σᵢ w_ic ℓ_ic / W_c
 *
 * β = 1 with "pixels" is `crossEntropy`. β_c = 1 − n_c / n ("batch" of strength 1) gives the positives
 * and the negatives of a class the same weight in sum; with "classes" the loss then is the mean over
 * classes of ½ the mean cost of their positives + ½ that of their negatives. A loss without any weight
 * is 0: where all is ignored, and for "batch" where all is of one class.
 *
 * Precise for logits of any size. Fails with ShapeMismatch when labels are not as many as rows of
 * logits, there is one class only, or β is not one for each class; with InvalidArgument for β outside 0…1.
 * arXiv 2406.01605 names such a loss without its formula; the opening comment of this file says what is ours.
 *
 * @example
 * const even = tensor([[0, 0], [0, 0]]); // two pixels, two classes, equally likely
 * const labels = tensor([0, 1], { dtype: "i32" });
 * item(balancedCrossEntropy()(even, labels)).toFixed(4) // 0.6931
 * item(balancedCrossEntropy({ balance: [0.9, 0.6], normalise: "classes" })(even, labels)).toFixed(4) // 0.6931
 */
export const balancedCrossEntropy =
  ({ ignoreIndex, ...options }: BalancedCrossEntropyOptions = {}) =>
  (logits: Tensor, labels: Tensor): Tensor => {
    const ignore = ignoreIndex === undefined ? {} : { ignoreIndex };
    const targets = targetsOf(op, ignore, logits, labels);
    const counts = countsOf(targets); // [classes]
    const total = sum(counts);
    const positive = balanceFrom(options, counts, total);
    const negative = sub(1, positive);
    const weights = add(mul(positive, counts), mul(negative, sub(total, counts)));
    const scale = scaleOf(options.normalise ?? "pixels", weights, counts);
    const logP = logSoftmax({ axis: -1 })(targets.logits);
    const cost = where(
      targets.isOwn,
      mul(logP, mul(positive, scale)),
      mul(logComplement(logP), mul(negative, scale)),
    );
    return neg(sum(where(expandDims(-1)(targets.isCounted), cost, 0)));
  };
