// Random keys and the bits that they give. A key is a value: the same key gives the same draws, on every device, and fresh
// draws need a fresh key, which `splitKey` and `foldIn` make. The generator is Threefry-2x32 (core/kernel/threefry.ts).

import * as E from "fp-ts/lib/Either.js";
import { fail } from "../core/errors.ts";
import { divideIndex, flatten, moduloIndex } from "../core/kernel/affine.ts";
import { call } from "../core/kernel/build.ts";
import { constant, type Expr } from "../core/kernel/expr.ts";
import { hostWords, kernelWords, threefry } from "../core/kernel/threefry.ts";
import type { Delayed } from "../core/lowering.ts";
import { apply } from "../core/primitive.ts";
import { printShape, range, type Shape } from "../core/shape.ts";
import {
  type Aval,
  fromTypedArray,
  isTensor,
  noGradient,
  type Primitive,
  storageOf,
  type Tensor,
} from "../core/tensor.ts";
import type { FoldInOp, KeyConstructor, SplitKeyOp } from "../core/types/index.ts";
import { reshapeTo } from "./broadcast.ts";
import { requireTensor, withPrimitive } from "./call.ts";
import { iota } from "./create.ts";
import { narrow } from "./slice.ts";
import { stack } from "./structural.ts";

/** What draws, and what makes new keys, take from a key comes from different counters, so that none repeats another. */
export const streams = { draw: 0, more: 1, split: 2, fold: 3 } as const;

/** Which bits `randomBits` takes. */
export interface BitsAttributes {
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
    <S extends Shape>(from: Tensor, counter: Tensor<S>): Tensor<S, "i32"> =>
      apply(randomBitsPrimitive, attributes, [requireKey("randomBits", from), counter]) as Tensor<
        S,
        "i32"
      >, // one for each counter
  randomBitsPrimitive,
);

/** A key as it is; anything else is a mistake. */
export const requireKey = (op: string, x: unknown): Tensor => {
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
export const key = ((seed: number): Tensor => {
  if (!Number.isSafeInteger(seed) || seed < 0)
    fail("key", "InvalidArgument", "a whole seed in 0…2⁵³ − 1 expected", String(seed));
  return keyOfWords([Math.floor(seed / 2 ** 32), seed % 2 ** 32]);
}) as KeyConstructor; // four limbs of i32

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
export const splitKey = ((from: Tensor, count?: number): readonly Tensor[] => {
  const n = count ?? 2;
  requireKey("splitKey", from);
  if (!Number.isInteger(n) || n < 0 || n > 2 ** 31)
    fail("splitKey", "InvalidArgument", "a whole number of keys in 0…2³¹ expected", String(n));
  const known = childKeys(from, streams.split, range(n));
  if (known !== null) return known;
  const keys = childKeyGraph(from, streams.split, iota([n], 0)); // [n, 4]
  return range(n).map((i) => reshapeTo(narrow(keys, 0, i, 1), [4]));
}) as SplitKeyOp; // n keys

/**
 * A key from a key and a number: a step, a layer, an epoch. The number is a whole one in 0…2³² − 1, or an i32 tensor of shape [],
 * for loops inside compiled functions.
 *
 * @example
 * const keyOfStep = foldIn(key(0), 17);
 */
export const foldIn = ((from: Tensor, i: number | Tensor): Tensor => {
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
}) as FoldInOp; // a key
