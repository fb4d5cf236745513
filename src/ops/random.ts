// Random tensors from keys. A key is a value: the same key gives the same draws, on every device, and fresh draws need a fresh
// key, which `splitKey` and `foldIn` make. The generator is Threefry-2x32 (core/kernel/threefry.ts); element i of a tensor
// of draws is a function of the key and of i alone.

import * as E from "fp-ts/lib/Either.js";
import type { Dtype } from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import { divideIndex, flatten, moduloIndex } from "../core/kernel/affine.ts";
import { call } from "../core/kernel/build.ts";
import { constant, type Expr } from "../core/kernel/expr.ts";
import { hostWords, kernelWords, threefry } from "../core/kernel/threefry.ts";
import type { Delayed } from "../core/lowering.ts";
import { apply } from "../core/primitive.ts";
import { printShape, range, type Shape, sizeOf } from "../core/shape.ts";
import {
  type Aval,
  fromTypedArray,
  isTensor,
  noGradient,
  type Primitive,
  storageOf,
  type Tensor,
} from "../core/tensor.ts";
import { add, cast, less, minimum, mul, neg } from "./arithmetic.ts";
import { expandTo, reshapeTo } from "./broadcast.ts";
import { axisOf, requireTensor, withPrimitive } from "./call.ts";
import { iota, requireShape } from "./create.ts";
import { cos, log, log1p, sqrt } from "./functions.ts";
import { argmax } from "./reduce.ts";
import { split, stack } from "./structural.ts";

/** What draws, and what makes new keys, take from a key comes from different counters, so that none repeats another. */
const streams = { draw: 0, more: 1, split: 2, fold: 3 } as const;

interface BitsAttributes {
  /** The first word of the counter. */
  readonly stream: number;
  /** Which word of the result: 0 or 1. */
  readonly word: 0 | 1;
  /** The lowest bit taken, at most 16. */
  readonly shift: number;
  /** How many bits are taken. Devices that hold i32 as floats are exact up to 24. */
  readonly bits: number;
}

/** A word from its two 16-bit halves. */
const wordOf = (high: Expr, low: Expr): Expr => call("u32", high, low);

/** Bits of Threefry words: for each element of a counter tensor the bits [shift, shift + bits) of one word, as i32. */
const randomBitsPrimitive: Primitive<BitsAttributes> = {
  name: "randomBits",
  shape: ([, counter]) => E.right({ shape: (counter as Aval).shape, dtype: "i32" }),
  vjp: noGradient("random bits do not depend on anything differentiably"),
  lower: {
    _tag: "Pull",
    role: "view",
    cost: 100,
    reads: (i) => (i === 0 ? 4 : 1),
    pull: ({ inputs, attributes: { stream, word, shift, bits } }) => {
      const [key, counter] = inputs as readonly [Delayed, Delayed];
      const limb = (i: number): Expr => key.at([constant(i, "i32")]);
      return (coords) => {
        const i = counter.at(coords);
        const result = threefry(
          kernelWords,
          [wordOf(limb(0), limb(1)), wordOf(limb(2), limb(3))],
          [
            kernelWords.word(stream),
            wordOf(moduloIndex(divideIndex(i, 65536), 65536), moduloIndex(i, 65536)),
          ],
        )[word];
        const halves = flatten([call("u32High", result), call("u32Low", result)], [65536, 1]);
        return moduloIndex(divideIndex(halves, 2 ** shift), 2 ** bits);
      };
    },
  },
};

/**
 * Bits of a key, for each element of an i32 tensor of counters: the primitive behind all draws. Whole numbers below 2 to the
 * power of `bits`. Use `uniform` and its siblings instead, which choose counters and streams.
 */
export const randomBits = withPrimitive(
  (attributes: BitsAttributes) =>
    (from: Tensor, counter: Tensor): Tensor =>
      apply(randomBitsPrimitive, attributes, [requireKey("randomBits", from), counter]),
  randomBitsPrimitive,
);

const requireKey = (op: string, x: unknown): Tensor => {
  const { shape, dtype } = requireTensor(op, x);
  if (dtype !== "i32" || shape.length !== 1 || shape[0] !== 4) {
    const got = `${dtype}${printShape(shape)}`;
    fail(op, "InvalidArgument", "a key, i32[4], expected", got, "make one with key(seed)");
  }
  return x as Tensor; // by requireTensor
};

const keyOfWords = (words: readonly number[]): Tensor =>
  fromTypedArray([4], "i32", Int32Array.from(words.flatMap((w) => [w >>> 16, w & 0xffff])));

/**
 * A key from a seed, a whole number in 0…2⁵³ − 1: four 16-bit halves of two words, as i32.
 *
 * @example
 * toArray(key(2 ** 32 + 65537)) // [0, 1, 1, 1]
 */
export const key = (seed: number): Tensor => {
  if (!Number.isSafeInteger(seed) || seed < 0)
    fail("key", "InvalidArgument", "a whole seed in 0…2⁵³ − 1 expected", String(seed));
  return keyOfWords([Math.floor(seed / 2 ** 32), seed % 2 ** 32]);
};

/** Keys under counters, at once where the key has values on the host, so that chains of keys do not grow into graphs. */
const childKeys = (from: Tensor, stream: number, counters: readonly number[]): Tensor[] | null => {
  const limbs = storageOf(from)?.host;
  if (limbs === undefined) return null;
  const [a, b, c, d] = limbs as unknown as readonly [number, number, number, number]; // a key has four
  const words = [a * 65536 + b, c * 65536 + d] as const;
  return counters.map((i) => keyOfWords(threefry(hostWords, words, [stream, i])));
};

/** The same as a graph: keys along a new last axis. */
const childKeyGraph = (from: Tensor, stream: number, counter: Tensor): Tensor => {
  const half = (word: 0 | 1, shift: number): Tensor =>
    apply(randomBitsPrimitive, { stream, word, shift, bits: 16 }, [from, counter]);
  return stack({ axis: -1 })([half(0, 16), half(0, 0), half(1, 16), half(1, 0)]);
};

/**
 * n keys (2 by default) from one, which should not be used again. Draws from them are independent of each other.
 *
 * @example
 * const [weights, bias] = splitKey(key(0));
 * normal(weights, [3, 2]).shape // [3, 2]
 */
export const splitKey = (from: Tensor, n = 2): Tensor[] => {
  requireKey("splitKey", from);
  if (!Number.isInteger(n) || n < 0 || n > 2 ** 31)
    fail("splitKey", "InvalidArgument", "a whole number of keys in 0…2³¹ expected", String(n));
  const known = childKeys(from, streams.split, range(n));
  if (known !== null) return known;
  const keys = childKeyGraph(from, streams.split, iota([n], 0)); // [n, 4]
  return split({ parts: n })(keys).map((row) => reshapeTo(row, [4]));
};

/**
 * A key from a key and a number: a step, a layer, an epoch. The number is a whole one in 0…2³² − 1, or an i32 tensor of shape [],
 * for loops inside compiled functions.
 *
 * @example
 * const keyOfStep = foldIn(key(0), 17);
 */
export const foldIn = (from: Tensor, i: number | Tensor): Tensor => {
  requireKey("foldIn", from);
  if (isTensor(i)) {
    if (i.dtype !== "i32" || i.shape.length !== 0)
      fail("foldIn", "InvalidArgument", "i32[] expected", `${i.dtype}${printShape(i.shape)}`);
    return childKeyGraph(from, streams.fold, i);
  }
  if (!Number.isInteger(i) || i < 0 || i >= 2 ** 32)
    fail("foldIn", "InvalidArgument", "a whole number in 0…2³² − 1 expected", String(i));
  const [known] = childKeys(from, streams.fold, [i]) ?? [];
  // The counter's bits as i32.
  return (
    known ?? childKeyGraph(from, streams.fold, fromTypedArray([], "i32", Int32Array.of(i | 0)))
  );
};

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
    return cast(dtype)(
      apply(randomBitsPrimitive, { stream, word, shift, bits: count }, [from, counter]),
    );
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
export const uniform = (
  from: Tensor,
  shape: Shape,
  { min = 0, max = 1, dtype = "f32" }: UniformOptions = {},
): Tensor => {
  requireDraw("uniform", from, shape);
  const draws = unit(from, shape, requireFloat("uniform", dtype));
  if (min === 0 && max === 1) return draws;
  if (!(Number.isFinite(max - min) && Math.fround(min) < Math.fround(max)))
    fail("uniform", "InvalidArgument", "finite min < max expected", `${min} and ${max}`);
  // The sum may round up to max; one step of the last place below it does not.
  const largest = max - Math.abs(max) * (dtype === "f32" ? 2 ** -23 : 2 ** -52);
  return minimum(add(mul(draws, max - min), min), largest);
};

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
export const normal = (
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
};

/**
 * true with probability p (default ½), as bool. p is a number in [0, 1], or a tensor that broadcasts to the shape.
 *
 * @example
 * bernoulli(key(0), [2, 3], { p: 0.1 }).dtype // "bool"
 */
export const bernoulli = (
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
};

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
export const categorical = (
  from: Tensor,
  logits: Tensor,
  { axis = -1 }: { readonly axis?: number } = {},
): Tensor => {
  const { shape, dtype } = requireTensor("categorical", logits);
  requireDraw("categorical", from, shape);
  const at = axisOf("categorical", axis, shape.length);
  const noise = gumbel(from, shape, requireFloat("categorical", dtype));
  return argmax({ axis: at })(add(logits, noise));
};
