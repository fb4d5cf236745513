// Losses, each a mean over everything that is not ignored.

import type { Tensor } from "../core/tensor.ts";
import { abs, add, cast, div, less, mul, neg, notEqual, sub, where } from "../ops/arithmetic.ts";
import { sum } from "../ops/broadcast.ts";
import { zerosLike } from "../ops/create.ts";
import { square } from "../ops/functions.ts";
import { take, takeAlongAxis } from "../ops/gather.ts";
import { logSoftmax, mean } from "../ops/reduce.ts";
import { expandDims, squeeze } from "../ops/structural.ts";

/** The mean of (prediction − truth)². Both of one shape → a scalar. */
export const meanSquaredError = (prediction: Tensor, truth: Tensor): Tensor =>
  mean(square(sub(prediction, truth)));

/** The mean of |prediction − truth|. Both of one shape → a scalar. */
export const meanAbsoluteError = (prediction: Tensor, truth: Tensor): Tensor =>
  mean(abs(sub(prediction, truth)));

/**
 * Quadratic below δ, linear above, with equal slope where they meet: ½ e² or δ (|e| − ½ δ).
 * Huber, "Robust estimation of a location parameter", 1964.
 */
export const huber =
  ({ delta = 1 }: { readonly delta?: number } = {}) =>
  (prediction: Tensor, truth: Tensor): Tensor => {
    const error = sub(prediction, truth);
    const size = abs(error);
    return mean(
      where(less(size, delta), mul(square(error), 0.5), mul(sub(size, delta / 2), delta)),
    );
  };

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions {
  /** A label that stands for "do not count"; none by default. */
  readonly ignoreIndex?: number;
  /** The share of probability spread evenly over the classes; default 0. */
  readonly labelSmoothing?: number;
  /** A weight [classes] for each class; the mean is over the sum of weights, as PyTorch. */
  readonly weights?: Tensor;
}

/**
 * −log softmax(logits)[label], averaged over what is not ignored.
 *
 *   logits [..., classes]   labels [...] i32   → []
 *
 * With label smoothing s: (1 − s) times that, plus s times the mean over classes; weights as PyTorch 1.13.
 */
export const crossEntropy =
  ({ ignoreIndex, labelSmoothing = 0, weights }: CrossEntropyOptions = {}) =>
  (logits: Tensor, labels: Tensor): Tensor => {
    const counted = ignoreIndex === undefined ? undefined : notEqual(labels, ignoreIndex);
    // An ignored label may be no class at all; class 0 stands in for it, with weight 0.
    const classes = counted === undefined ? labels : where(counted, labels, zerosLike(labels));
    const logProbability = logSoftmax({ axis: -1 })(logits);
    const chosen = squeeze(-1)(
      takeAlongAxis({ axis: -1 })(logProbability, expandDims(-1)(classes)),
    );
    const present = counted === undefined ? undefined : cast(logits.dtype)(counted);
    const masked = (x: Tensor): Tensor => (present === undefined ? x : mul(x, present));
    const weight = weights === undefined ? undefined : masked(take({ axis: 0 })(weights, classes));
    const nll = neg(sum(weight === undefined ? masked(chosen) : mul(chosen, weight)));
    const count =
      weight !== undefined
        ? sum(weight)
        : present !== undefined
          ? sum(present)
          : chosen.shape.reduce((a, b) => a * b, 1);
    if (labelSmoothing === 0) return div(nll, count);
    const spread = sum({ axis: -1 })(
      weights === undefined ? logProbability : mul(logProbability, weights),
    );
    const uniformTerm = neg(sum(masked(spread)));
    const perClass = labelSmoothing / (logits.shape.at(-1) as number);
    return div(add(mul(nll, 1 - labelSmoothing), mul(uniformTerm, perClass)), count);
  };
