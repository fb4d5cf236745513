// Normal draws without the tails: even draws u from the part of (0, 1) that belongs to the kept
// range, through the inverse of the normal distribution function, √2 · erf⁻¹(2u − 1).

import { fail } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, less, mul, neg, where } from "../ops/arithmetic.ts";
import { log1p, sqrt, square } from "../ops/functions.ts";
import { uniform } from "../ops/random.ts";

// Giles, "Approximating the erfinv function", GPU Computing Gems, 2012, single precision: polynomials
// in w = −log(1 − x²), highest power first.
const central = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3,
  -4.17768164e-3, 0.246640727, 1.50140941,
];
const tails = [
  -2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3,
  9.43887047e-3, 1.00167406, 2.83297682,
];

/** c₀ xⁿ + … + cₙ by Horner's rule. */
const polynomial = ([first, ...rest]: readonly number[], x: Tensor): Tensor =>
  rest.slice(1).reduce(
    (sum: Tensor, c) => add(mul(sum, x), c),
    add(mul(x, first as number), rest[0] as number), // two coefficients or more
  );

/** erf⁻¹ for |x| < 1, f32, within a few units of the last place. */
const inverseErf = (x: Tensor): Tensor => {
  const w = neg(log1p(neg(square(x))));
  const near = polynomial(central, add(w, -2.5));
  const far = polynomial(tails, add(sqrt(w), -3));
  return mul(x, where(less(w, 5), near, far));
};

/** erf of a number, by its series 2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)), which is enough for |x| ≤ 3. */
const erfOf = (x: number): number => {
  let [term, sum] = [x, x];
  for (let n = 1; n < 100; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
};

/** Options of `truncatedNormal`. */
export interface TruncatedNormalOptions {
  /** Default 0. */
  readonly mean?: number;
  /** Standard deviation of the normal distribution before it is cut; default 1. */
  readonly std?: number;
  /** The furthest that a draw is from the mean, in standard deviations, above 0 and at most 4; default 2. */
  readonly within?: number;
}

/**
 * Normal numbers of which those further than two deviations from the mean are drawn again (in effect):
 * no weight starts far out. Cut at two, what is left has deviation 0.8796 · std, as in PyTorch's `trunc_normal_`.
 *
 * Fails with InvalidArgument when `within` is not in (0, 4].
 *
 * @example
 * truncatedNormal(key(0), [3, 4], { std: 0.02 }) // → [3, 4]
 */
export const truncatedNormal = (
  key: Tensor,
  shape: Shape,
  { mean = 0, std = 1, within = 2 }: TruncatedNormalOptions = {},
): Tensor => {
  if (!(within > 0 && within <= 4))
    fail("truncatedNormal", "InvalidArgument", "within in (0, 4] expected", String(within));
  const bound = erfOf(within / Math.SQRT2); // 2u − 1 is evenly in ±bound
  const draws = inverseErf(uniform(key, shape, { min: -bound, max: bound }));
  return add(mul(draws, Math.SQRT2 * std), mean);
};
