// Losses where truths are missing: the mean over what a mask of 0 and 1 counts. What is not counted may
// be anything, NaN too, and has no gradient. A mask that counts nothing gives 0, not NaN, so that a
// batch without truths changes no parameter.

import type { Tensor } from "../core/tensor.ts";
import { abs, cast, div, maximum, notEqual, where } from "../ops/arithmetic.ts";
import { expand, sum } from "../ops/broadcast.ts";
import { square } from "../ops/functions.ts";
import { expandDims } from "../ops/structural.ts";
import {
  errorOf,
  huberCost,
  quantileCost,
  quantileErrorOf,
  requireOneShape,
} from "./errorCosts.ts";
import type { QuantileOptions } from "./loss.ts";

/**
 * Σ cost(error) over what is counted, by their number. The mask goes before the cost: its slope at a
 * NaN that is not counted would be NaN.
 */
const maskedMean = (cost: (error: Tensor) => Tensor, error: Tensor, isCounted: Tensor): Tensor => {
  const count = sum(cast("i32")(isCounted)); // exact, where f32 is not above 2²⁴
  return div(sum(cost(where(isCounted, error, 0))), cast(error.dtype)(maximum(count, 1)));
};

/** A loss of a prediction and a truth where a mask is not 0. */
export type MaskedLoss = (prediction: Tensor, truth: Tensor, mask: Tensor) => Tensor;

/** A loss of errors with a mask; cost(0) = 0. */
const masked =
  (op: string, cost: (error: Tensor) => Tensor): MaskedLoss =>
  (prediction, truth, mask) => {
    const error = errorOf(op, prediction, truth);
    requireOneShape(op, prediction, mask, "prediction and mask");
    return maskedMean(cost, error, notEqual(mask, 0));
  };

/**
 * The mean of (prediction − truth)² over what the mask counts; 0 when that is nothing. All three of one
 * shape → []; the mask is bool or 0 and 1, in any dtype.
 *
 * @example
 * const truth = tensor([1, NaN, 4]); // the second one was not measured
 * item(maskedMeanSquaredError(tensor([1, 2, 2]), truth, tensor([1, 0, 1]))) // 2
 */
export const maskedMeanSquaredError: MaskedLoss = masked("maskedMeanSquaredError", square);

/**
 * The mean of |prediction − truth| over what the mask counts; 0 when that is nothing. All three of one
 * shape → [].
 *
 * @example
 * item(maskedMeanAbsoluteError(tensor([1, 2]), tensor([4, 9]), tensor([true, false]))) // 3
 */
export const maskedMeanAbsoluteError: MaskedLoss = masked("maskedMeanAbsoluteError", abs);

/**
 * Huber's loss, see `huber`, averaged over what the mask counts; 0 when that is nothing. All three of
 * one shape → [].
 *
 * @example
 * item(maskedHuber({ delta: 1 })(tensor([0, 0]), tensor([3, 9]), tensor([1, 0]))) // 2.5
 */
export const maskedHuber = ({ delta = 1 }: { readonly delta?: number } = {}): MaskedLoss =>
  masked("maskedHuber", huberCost(delta));

/**
 * The pinball loss, see `quantileLoss`, averaged over all quantiles of the truths that the mask counts;
 * 0 when that is nothing.
 *
 *   prediction [..., quantiles]   truth and mask [...]   → []
 *
 * A mask of the shape of the prediction counts quantile by quantile instead. Fails with ShapeMismatch
 * for any other.
 *
 * @example
 * const medians = maskedQuantileLoss({ quantiles: [0.5] });
 * item(medians(tensor([[1], [2]]), tensor([4, NaN]), tensor([1, 0]))) // 1.5
 */
export const maskedQuantileLoss =
  ({ quantiles }: QuantileOptions): MaskedLoss =>
  (prediction, truth, mask) => {
    const op = "maskedQuantileLoss";
    const error = quantileErrorOf(op, quantiles, prediction, truth);
    const isByQuantile = mask.shape.length === prediction.shape.length;
    requireOneShape(op, isByQuantile ? prediction : truth, mask, "prediction or truth and mask");
    const counted = isByQuantile ? mask : expand(prediction.shape)(expandDims(-1)(mask));
    return maskedMean(quantileCost(quantiles), error, notEqual(counted, 0));
  };
