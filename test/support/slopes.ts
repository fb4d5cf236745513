// Derivatives against central differences along one direction, first and second order, in f64: for single functions. The laws do the
// same for every primitive.

import * as assert from "uvu/assert";
import { add, grad, item, mul, sub, sum, type Tensor, tensor } from "../../src/index.ts";

const step = 1e-6;

/** Numbers that look random, the same ones every time. */
export const arbitrary = (shape: readonly number[], seed = 0): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  const numbers = Float64Array.from({ length: size }, (_, i) => Math.sin(12.9898 * (i + 1) + seed));
  return tensor(numbers, { shape });
};

const compare = (f: (x: Tensor) => Tensor, x: Tensor, d: Tensor, what: string): void => {
  const analytic = item(sum(mul(grad(f)(x), d)));
  const [above, below] = [add(x, mul(d, step)), sub(x, mul(d, step))].map((at) => item(f(at)));
  const numeric = ((above as number) - (below as number)) / (2 * step);
  // The tolerance of the gradient check: rounding of f costs about 1e-10 / step.
  const isClose = Math.abs(analytic - numeric) <= 1e-5 + 1e-3 * Math.abs(numeric);
  assert.ok(isClose, `${what}: ${analytic} by grad, ${numeric} by central differences`);
};

/** Fails unless the slope and the curvature of f, a scalar, agree with central differences at x (f64). */
export const assertSlopes = (f: (x: Tensor) => Tensor, x: Tensor): void => {
  const [d, e] = [arbitrary(x.shape, 1), arbitrary(x.shape, 2)];
  compare(f, x, d, "slope");
  compare((at) => sum(mul(grad(f)(at), e)), x, d, "curvature");
};
