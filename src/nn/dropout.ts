// Dropout. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014,
// with what is kept scaled up in training, so that inference has nothing to do.

import { fail } from "../core/errors.ts";
import { normalizeAxes } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { mul, where } from "../ops/arithmetic.ts";
import { orThrow } from "../ops/call.ts";
import { bernoulli } from "../ops/random.ts";

/** Options of dropout. */
export interface Options {
  /** The probability of dropping an element, in [0, 1]. */
  readonly rate: number;
  /** Axes along which all elements are dropped or kept together: [1, 2] drops whole channels of images. */
  readonly shared?: readonly number[];
}

/**
 * Each element 0 with probability `rate`, and else x / (1 − rate), which keeps the mean; rate 1 gives zeros. As PyTorch; with
 * `shared` axes as its Dropout1d and Dropout2d (Tompson et al., 2015).
 *
 *   key [4], a fresh one each time   x [...]   → [...]
 *
 * Fails with InvalidArgument when the rate is no probability.
 *
 * @example
 * const y = Dropout.train(key(0), { rate: 0.5 })(ones([100]));
 * values(y).every((each: number) => each === 0 || each === 2) // true
 */
export const train =
  (key: Tensor, { rate, shared = [] }: Options) =>
  (x: Tensor): Tensor => {
    if (!(rate >= 0 && rate <= 1))
      fail("Dropout.train", "InvalidArgument", "a rate in [0, 1] expected", String(rate));
    if (rate === 0) return x;
    const together = orThrow("Dropout.train", normalizeAxes(shared, x.shape.length));
    const shape = x.shape.map((n, axis) => (together.includes(axis) ? 1 : n));
    const isKept = bernoulli(key, shape, { p: 1 - rate });
    return where(isKept, mul(x, rate === 1 ? 0 : 1 / (1 - rate)), 0);
  };

/**
 * Nothing is dropped in inference: x itself.
 *
 * @example
 * toArray(Dropout.infer(tensor([1, 2]))) // [1, 2]
 */
export const infer = (x: Tensor): Tensor => x;
