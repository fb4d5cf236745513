// Focal loss: cross-entropy that counts little where the class is already found. Lin et al., "Focal loss
// for dense object detection", ICCV 2017, here for several classes from a softmax.

import { fail } from "../core/errors.ts";
import { printShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { cast, div, mul, neg, stopGradient, sub, where } from "../ops/arithmetic.ts";
import { expand, sum } from "../ops/broadcast.ts";
import { exp, log } from "../ops/functions.ts";
import { take, takeAlongAxis } from "../ops/gather.ts";
import { softplus } from "../ops/piecewise.ts";
import { max } from "../ops/reduce.ts";
import { expandDims, squeeze } from "../ops/structural.ts";
import { type IgnoreOptions, type Targets, targetsOf } from "./classTargets.ts";

/** Options of `focal`. */
export interface FocalOptions extends IgnoreOptions {
  /** How much less counts what is found, 0 or more; default 2, as the paper's. */
  readonly gamma?: number;
  /** A weight [classes] for each class, the paper's α; the mean is over the sum of weights. */
  readonly weights?: Tensor;
}

/**
 * The logit of the label against all other classes, z_y − log Σ_{k ≠ y} exp z_k [...]: log p_y is
 * −softplus(−m) and log(1 − p_y) is −softplus(m), both without cancellation.
 */
const marginOf = ({ logits, labels, isOwn }: Targets): Tensor => {
  const own = squeeze(-1)(takeAlongAxis({ axis: -1 })(logits, expandDims(-1)(labels)));
  const others = where(isOwn, Number.NEGATIVE_INFINITY, logits);
  // The shift leaves the margin unchanged, whatever it is: it has no gradient.
  const shift = stopGradient(max({ axis: -1 })(others));
  const shifted = sub(others, expand(logits.shape)(expandDims(-1)(shift)));
  return sub(sub(own, shift), log(sum({ axis: -1 })(exp(shifted))));
};

/** Refuses weights that are not one for each class: those that are too many would go unnoticed. */
const requireWeights = ({ shape }: Tensor, { classes }: Targets): void => {
  if (shape.length !== 1 || shape[0] !== classes)
    fail(
      "focal",
      "ShapeMismatch",
      `a weight for each of ${classes} classes expected`,
      printShape(shape),
    );
};

/**
 * Cross-entropy in which a pixel of probability p for its label counts (1 − p)^γ, averaged over the
 * labels that are not ignored.
 *
 *   logits [..., classes]   labels [...] i32   → []
 *
 *   Σᵢ wᵢ · −(1 − pᵢ)^γ log pᵢ / Σᵢ wᵢ   with pᵢ = softmax(logitsᵢ)[labelᵢ], wᵢ the weight of labelᵢ, or 1
 *
 * γ = 0 is `crossEntropy`, with weights too. NaN when every label is ignored, as there. Precise for
 * logits of any size. Fails with ShapeMismatch when labels are not as many as rows of logits, weights not
 * as many as classes, or there is one class only; with InvalidArgument for a γ below 0.
 *
 * @example
 * const logits = tensor([[0, 0]]); // p = ½
 * item(focal({ gamma: 2 })(logits, tensor([0], { dtype: "i32" }))).toFixed(4) // 0.1733
 */
export const focal =
  ({ gamma = 2, weights, ignoreIndex }: FocalOptions = {}) =>
  (logits: Tensor, labels: Tensor): Tensor => {
    if (!(gamma >= 0 && gamma < Number.POSITIVE_INFINITY))
      fail("focal", "InvalidArgument", "a finite gamma of 0 or more expected", String(gamma));
    const ignore = ignoreIndex === undefined ? {} : { ignoreIndex };
    const targets = targetsOf("focal", ignore, logits, labels);
    if (weights !== undefined) requireWeights(weights, targets);
    const margin = marginOf(targets);
    // Not by pow, whose slope at p = 1 is infinite for γ < 1: that of the product is not.
    const share = exp(mul(softplus(margin), -gamma)); // (1 − p)^γ
    const cost = mul(softplus(neg(margin)), share);
    const one = cast(logits.dtype)(targets.isCounted);
    const weight =
      weights === undefined ? one : mul(one, take({ axis: 0 })(weights, targets.labels));
    return div(sum(mul(cost, weight)), sum(weight));
  };
