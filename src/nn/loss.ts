// Losses, each a mean over everything that is not ignored. `maskedLoss.ts` has those with a mask.

import type { Tensor } from "../core/tensor.ts";
import { abs, add, div, mul, neg, notEqual, sub, where } from "../ops/arithmetic.ts";
import { sum } from "../ops/broadcast.ts";
import { onesLike } from "../ops/create.ts";
import { square } from "../ops/functions.ts";
import { take, takeAlongAxis } from "../ops/gather.ts";
import { softplus } from "../ops/piecewise.ts";
import { mean } from "../ops/reduce.ts";
import { logSoftmax } from "../ops/softmax.ts";
import { expandDims, squeeze } from "../ops/structural.ts";
import { requireRows } from "./classTargets.ts";
import {
  errorOf,
  huberCost,
  logCoshCost,
  quantileCost,
  quantileErrorOf,
  requireOneShape,
} from "./errorCosts.ts";

/**
 * The mean of (prediction − truth)². Both of one shape → [].
 *
 * @example
 * item(meanSquaredError(tensor([1, 2]), tensor([1, 4]))) // 2
 */
export const meanSquaredError = (prediction: Tensor, truth: Tensor): Tensor =>
  mean(square(errorOf("meanSquaredError", prediction, truth)));

/**
 * The mean of |prediction − truth|, with slope 0 where they are equal. Both of one shape → [].
 *
 * @example
 * item(meanAbsoluteError(tensor([1, 2]), tensor([1, 4]))) // 1
 */
export const meanAbsoluteError = (prediction: Tensor, truth: Tensor): Tensor =>
  mean(abs(errorOf("meanAbsoluteError", prediction, truth)));

/**
 * The mean of ½ e² where |e| < δ and δ (|e| − ½ δ) elsewhere, e = prediction − truth: quadratic
 * near 0, linear far from it, with equal slopes where the two meet. Both of one shape → [].
 * Huber, "Robust estimation of a location parameter", 1964.
 *
 * @example
 * item(huber({ delta: 1 })(tensor([0, 0]), tensor([1, 3]))) // 1.5
 */
export const huber =
  ({ delta = 1 }: { readonly delta?: number } = {}) =>
  (prediction: Tensor, truth: Tensor): Tensor =>
    mean(huberCost(delta)(errorOf("huber", prediction, truth)));

/**
 * The mean of log cosh(prediction − truth): about ½ e² near 0 and |e| − log 2 far from it, smooth
 * everywhere. Both of one shape → []. In f32 costs are right to about 1e−7, not relative to e².
 *
 * @example
 * item(logCosh(tensor([0, 100]), tensor([0, 0]))).toFixed(3) // 49.653
 */
export const logCosh = (prediction: Tensor, truth: Tensor): Tensor =>
  mean(logCoshCost(errorOf("logCosh", prediction, truth)));

/** Options of the losses of quantiles. */
export interface QuantileOptions {
  /** Which quantiles are predicted, each in 0…1: ½ is the median. */
  readonly quantiles: readonly number[];
}

/**
 * The pinball loss, whose least value is at the quantiles of the truth: the mean of q · (truth −
 * prediction) where the truth is above, (1 − q) · (prediction − truth) where it is below. At a tie the
 * two slopes are averaged.
 *
 *   prediction [..., quantiles]   truth [...]   → []
 *
 * Fails with ShapeMismatch when there is not one prediction for each quantile and truth. Koenker &
 * Bassett, "Regression quantiles", Econometrica 1978.
 *
 * @example
 * const low = tensor([[1, 2]]); // the quantiles 0.1 and 0.9 of one number
 * item(quantileLoss({ quantiles: [0.1, 0.9] })(low, tensor([3]))).toFixed(2) // 0.55
 */
export const quantileLoss =
  ({ quantiles }: QuantileOptions) =>
  (prediction: Tensor, truth: Tensor): Tensor =>
    mean(quantileCost(quantiles)(quantileErrorOf("quantileLoss", quantiles, prediction, truth)));

/** Options of `binaryCrossEntropy`. */
export interface BinaryCrossEntropyOptions {
  /** How much more a 1 counts than a 0; default 1. The mean is over the number of truths all the same. */
  readonly positiveWeight?: number;
}

/**
 * −y log σ(z) − (1 − y) log(1 − σ(z)), averaged, for logits z and truths y in 0…1, which need not be
 * whole; no overflow. Both of one shape → [].
 *
 *   y · w · softplus(−z) + (1 − y) · softplus(z)   with the positive weight w
 *
 * Fails with ShapeMismatch when shapes differ. PyTorch's BCEWithLogitsLoss with `pos_weight`.
 *
 * @example
 * item(binaryCrossEntropy()(tensor([0, 1000]), tensor([1, 1]))).toFixed(4) // 0.3466
 */
export const binaryCrossEntropy =
  ({ positiveWeight = 1 }: BinaryCrossEntropyOptions = {}) =>
  (logits: Tensor, truth: Tensor): Tensor => {
    requireOneShape("binaryCrossEntropy", logits, truth);
    const ones = mul(mul(truth, positiveWeight), softplus(neg(logits)));
    return mean(add(ones, mul(sub(1, truth), softplus(logits))));
  };

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions {
  /** A label that stands for "do not count"; none by default. It may be no class at all. */
  readonly ignoreIndex?: number;
  /** The share of probability spread evenly over the classes; default 0. */
  readonly labelSmoothing?: number;
  /** A weight [classes] for each class; the mean is over the sum of weights. */
  readonly weights?: Tensor;
}

/**
 * −log softmax(logits)[label], averaged over the labels that are not ignored.
 *
 *   logits [..., classes]   labels [...] i32   → []
 *
 *   Σᵢ wᵢ · ((1 − s) · cᵢ[labelᵢ] + s · meanₖ cᵢ[k]) / Σᵢ wᵢ   with cᵢ = −log softmax(logitsᵢ)
 *
 * where s is the label smoothing and wᵢ is 1, or 0 for an ignored label. Class weights multiply c
 * class by class and make wᵢ the weight of labelᵢ in the divisor, as PyTorch has it. NaN when every
 * label is ignored. Fails with ShapeMismatch when labels are not as many as rows of logits.
 *
 * @example
 * const uniform4 = tensor([[0, 0, 0, 0]]); // four classes, equally likely
 * item(crossEntropy()(uniform4, tensor([2], { dtype: "i32" }))).toFixed(4) // 1.3863
 */
export const crossEntropy =
  ({ ignoreIndex, labelSmoothing = 0, weights }: CrossEntropyOptions = {}) =>
  (logits: Tensor, labels: Tensor): Tensor => {
    requireRows("crossEntropy", logits, labels);
    const isCounted = ignoreIndex === undefined ? undefined : notEqual(labels, ignoreIndex);
    const counted = (x: Tensor): Tensor => (isCounted === undefined ? x : where(isCounted, x, 0));
    const known = counted(labels); // an ignored label may be no class: class 0 stands in for it
    const costs = neg(logSoftmax({ axis: -1 })(logits)); // [..., classes]
    const weighted = weights === undefined ? costs : mul(costs, weights);
    const own = squeeze(-1)(takeAlongAxis({ axis: -1 })(weighted, expandDims(-1)(known))); // [...]
    const spread = mean({ axis: -1 })(weighted); // [...]
    const cost =
      labelSmoothing === 0 ? own : add(mul(own, 1 - labelSmoothing), mul(spread, labelSmoothing));
    const weight = weights === undefined ? onesLike(own) : take({ axis: 0 })(weights, known);
    return div(sum(counted(cost)), sum(counted(weight)));
  };
