// The costs of single errors, which `loss.ts` averages over everything and `maskedLoss.ts` over what is
// counted. An error is prediction − truth.

import { fail } from "../core/errors.ts";
import { printShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { abs, add, less, maximum, mul, neg, sub, where } from "../ops/arithmetic.ts";
import { tensor } from "../ops/create.ts";
import { square } from "../ops/functions.ts";
import { softplus } from "../ops/piecewise.ts";
import { expandDims } from "../ops/structural.ts";

/**
 * Refuses to broadcast: [n, 1] − [n] is [n, n], whose mean is a wrong loss that goes down in training.
 */
export const requireOneShape = (
  op: string,
  prediction: Tensor,
  other: Tensor,
  what = "prediction and truth",
): void => {
  const [a, b] = [printShape(prediction.shape), printShape(other.shape)];
  if (a !== b) fail(op, "ShapeMismatch", `${what} of one shape expected`, `${a}, ${b}`);
};

/** prediction − truth, of one shape. */
export const errorOf = (op: string, prediction: Tensor, truth: Tensor): Tensor => {
  requireOneShape(op, prediction, truth);
  return sub(prediction, truth);
};

/** ½ e² where |e| < δ, else δ (|e| − ½ δ). */
export const huberCost =
  (delta: number) =>
  (error: Tensor): Tensor => {
    const size = abs(error);
    return where(less(size, delta), mul(square(error), 0.5), mul(sub(size, delta / 2), delta));
  };

/** log cosh e = e + log(1 + e^−2e) − log 2, which does not overflow. */
export const logCoshCost = (error: Tensor): Tensor =>
  sub(add(error, softplus(mul(error, -2))), Math.LN2);

/** prediction − truth for each of some quantiles, [..., quantiles], which must be in 0…1. */
export const quantileErrorOf = (
  op: string,
  quantiles: readonly number[],
  prediction: Tensor,
  truth: Tensor,
): Tensor => {
  const wrong = quantiles.find((q) => !(q >= 0 && q <= 1));
  if (wrong !== undefined || quantiles.length === 0)
    fail(op, "InvalidArgument", "quantiles in 0…1, one or more, expected", String(wrong ?? "none"));
  const [a, b] = [printShape(prediction.shape), printShape(truth.shape)];
  if (a !== printShape([...truth.shape, quantiles.length])) {
    const rule = `prediction [..., ${quantiles.length}] and truth [...] expected`;
    fail(op, "ShapeMismatch", rule, `${a}, ${b}`);
  }
  return sub(prediction, expandDims(-1)(truth));
};

/** max(−q e, (1 − q) e) for the quantiles q along the last axis. */
export const quantileCost =
  (quantiles: readonly number[]) =>
  (error: Tensor): Tensor => {
    const { dtype } = error;
    const q = tensor(quantiles, { dtype });
    return maximum(mul(neg(q), error), mul(sub(1, q), error));
  };
