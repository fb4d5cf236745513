// Random tensors drawn from keys: element i of a tensor of draws is a function of the key and of i alone.

import type { Dtype } from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import { printShape, type Shape, sizeOf } from "../core/shape.ts";
import { isTensor, type Tensor } from "../core/tensor.ts";
import type {
  BernoulliConstructor,
  CategoricalConstructor,
  PermutationConstructor,
  SampleConstructor,
} from "../core/types/index.ts";
import { add, cast, less, minimum, mul, neg } from "./arithmetic.ts";
import { expandTo, reshapeTo } from "./broadcast.ts";
import { axisOf, requireCompute, requireTensor } from "./call.ts";
import { iota, requireShape } from "./create.ts";
import { cos, log, log1p, sqrt } from "./functions.ts";
import { take } from "./gather.ts";
import { randomBits, requireKey, splitKey, streams } from "./keys.ts";
import { argmax } from "./reduce.ts";
import { argsort } from "./sort.ts";

export { foldIn, key, randomBits, splitKey } from "./keys.ts";

type Float = "f32" | "f64";

const requireFloat = (op: string, dtype: Dtype): Float =>
  dtype === "f32" || dtype === "f64"
    ? dtype
    : fail(op, "DtypeMismatch", "dtype f32 or f64 expected", dtype);

/** Whole numbers below 2²⁴, or below 2⁵³ for f64, over 2²⁴ or 2⁵³: uniform in [0, 1), and exact. */
const unit = (from: Tensor, shape: Shape, dtype: Float, second = false): Tensor => {
  const counter = reshapeTo(iota([sizeOf(shape)], 0), shape);
  const bits = (stream: number, word: 0 | 1, count: number): Tensor => {
    const shift = Math.min(16, 32 - count);
    return cast(dtype)(randomBits({ stream, word, shift, bits: count })(from, counter));
  };
  // For f32 the second draw is the second word of the counter's result; an f64 draw takes both.
  if (dtype === "f32") return mul(bits(streams.draw, second ? 1 : 0, 24), 2 ** -24);
  const stream = second ? streams.more : streams.draw;
  return mul(add(mul(bits(stream, 0, 27), 2 ** 26), bits(stream, 1, 26)), 2 ** -53);
};

const requireDraw = (op: string, from: Tensor, shape: Shape): void => {
  requireKey(op, from);
  requireShape(op, shape);
  if (sizeOf(shape) > 2 ** 32)
    fail(op, "InvalidArgument", "at most 2³² draws from one key expected", printShape(shape));
};

/** Options of `uniform`. */
export interface UniformOptions {
  /** The smallest value; default 0. */
  readonly min?: number;
  /** The value that is not reached; default 1. */
  readonly max?: number;
  /** f32 (default) or f64. */
  readonly dtype?: Dtype;
}

/**
 * Numbers drawn evenly from [min, max), by default [0, 1): k · 2⁻²⁴ for f32 and k · 2⁻⁵³ for f64, with the same k on every device.
 *
 * @example
 * uniform(key(0), [2, 3], { min: -1, max: 1 }).shape // [2, 3]
 */
export const uniform = ((
  from: Tensor,
  shape: Shape,
  { min = 0, max = 1, dtype = "f32" }: UniformOptions = {},
): Tensor => {
  requireDraw("uniform", from, shape);
  const draws = unit(from, shape, requireFloat("uniform", dtype));
  if (min === 0 && max === 1) return draws;
  const round = (x: number): number => (dtype === "f32" ? Math.fround(x) : x);
  if (!(Number.isFinite(max - min) && round(min) < round(max)))
    fail("uniform", "InvalidArgument", "finite min < max expected", `${min} and ${max}`);
  // The sum may round up to max; one step of the last place below it does not.
  const largest = max - Math.abs(max) * (dtype === "f32" ? 2 ** -23 : 2 ** -52);
  return minimum(add(mul(draws, max - min), min), largest);
}) as SampleConstructor<"uniform", Omit<UniformOptions, "dtype">>; // the types say what the checks do

/** Options of `normal`. */
export interface NormalOptions {
  /** Default 0. */
  readonly mean?: number;
  /** Standard deviation; default 1. */
  readonly std?: number;
  /** f32 (default) or f64. */
  readonly dtype?: Dtype;
}

/**
 * Numbers from a normal distribution: √(−2 log(1 − u)) · cos 2πv of uniform u and v (G. Box, M. Muller, 1958). In f32 none is
 * further than 5.77 standard deviations from the mean, in f64 none further than 8.58. Devices agree to rounding.
 *
 * @example
 * normal(key(0), [784, 128], { std: 0.05 }).shape // [784, 128]
 */
export const normal = ((
  from: Tensor,
  shape: Shape,
  { mean = 0, std = 1, dtype = "f32" }: NormalOptions = {},
): Tensor => {
  requireDraw("normal", from, shape);
  const float = requireFloat("normal", dtype);
  if (!Number.isFinite(mean) || !(Number.isFinite(std) && std >= 0))
    fail("normal", "InvalidArgument", "a finite mean and std ≥ 0 expected", `${mean} and ${std}`);
  const radius = sqrt(mul(log1p(neg(unit(from, shape, float))), -2));
  const draws = mul(radius, cos(mul(unit(from, shape, float, true), 2 * Math.PI)));
  return add(mul(draws, std), mean);
}) as SampleConstructor<"normal", Omit<NormalOptions, "dtype">>; // the types say what the checks do

/**
 * true with probability p (default ½), as bool. p is a number in [0, 1], or a tensor that broadcasts to the shape.
 *
 * @example
 * bernoulli(key(0), [2, 3], { p: 0.1 }).dtype // bool
 */
export const bernoulli = ((
  from: Tensor,
  shape: Shape,
  { p = 0.5 }: { readonly p?: number | Tensor } = {},
): Tensor => {
  requireDraw("bernoulli", from, shape);
  if (isTensor(p)) {
    const draws = unit(from, shape, requireFloat("bernoulli", p.dtype));
    return less(draws, expandTo(p, shape));
  }
  if (!(p >= 0 && p <= 1))
    fail("bernoulli", "InvalidArgument", "a probability in [0, 1] expected", String(p));
  return less(unit(from, shape, "f32"), p);
}) as BernoulliConstructor; // the types say what the checks do

/** −log(−log u): draws whose argmax, added to logits, has the probabilities of their softmax. */
const gumbel = (from: Tensor, shape: Shape, dtype: Float): Tensor => {
  // Categories win by draws near 0 of the exponential −log(1 − u), so u has finer steps there, and is never 0 or 1.
  const step = dtype === "f32" ? 2 ** -24 : 2 ** -53;
  const fine = add(mul(unit(from, shape, dtype, true), step), step / 2 ** 25);
  const u = minimum(add(unit(from, shape, dtype), fine), 1 - step);
  return neg(log(neg(log1p(neg(u)))));
};

/**
 * Indices along an axis (default the last), drawn with the probabilities softmax(logits), as i32. A logit of −∞ is never drawn.
 * By the largest of logits plus Gumbel noise: C. Maddison et al., "A* sampling", 2014.
 *
 * @example
 * categorical(key(0), zeros([8, 10])).shape // [8]
 */
export const categorical = ((
  from: Tensor,
  logits: Tensor,
  { axis = -1 }: { readonly axis?: number } = {},
): Tensor => {
  const { shape, dtype } = requireTensor("categorical", logits);
  requireCompute("categorical", logits);
  requireDraw("categorical", from, shape);
  const at = axisOf("categorical", axis, shape.length);
  const noise = gumbel(from, shape, requireFloat("categorical", dtype));
  return argmax({ axis: at })(add(logits, noise));
}) as CategoricalConstructor; // the types say what the checks do

/**
 * The numbers 0 … n − 1 in random order, as i32.
 *
 * @example
 * item(sum(permutation(key(0), 10))) // 45
 */
export const permutation = ((from: Tensor, n: number): Tensor => {
  requireDraw("permutation", from, [n]);
  // Sorted by 24-bit draws. Equal draws would keep their order, so positions are shuffled again until n³ draws could all differ.
  const rounds = Math.max(1, Math.ceil((3 * Math.log2(n)) / 24));
  return splitKey(from, rounds)
    .map((round) => argsort(unit(round, [n], "f32")))
    .reduce((order, positions) => take({ axis: 0 })(order, positions));
}) as PermutationConstructor; // n numbers
