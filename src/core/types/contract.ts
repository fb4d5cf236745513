// Shapes of products of tensors: matrix products as NumPy has them, dot and outer products of vectors.

import type { Broadcast, BroadcastClash } from "./broadcast.ts";
import type { FirstProblem } from "./check.ts";
import type { CanEqual, IsKnown, Shape } from "./dim.ts";
import type { PrintShape, PrintSize } from "./print.ts";

/**
 * The shape of a matrix product: [… m, k] · [… k, n] → [… m, n], where the leading axes broadcast.
 * A vector on the left is a row, on the right a column, and its axis is gone from the result.
 */
export type Matmul<A extends Shape, B extends Shape> =
  IsKnown<A> extends true
    ? IsKnown<B> extends true
      ? A extends readonly [unknown]
        ? VectorTimes<B>
        : A extends readonly [...infer BatchA extends Shape, infer M extends number, unknown]
          ? B extends readonly [unknown]
            ? readonly [...BatchA, M]
            : B extends readonly [...infer BatchB extends Shape, unknown, infer N extends number]
              ? readonly [...Broadcast<BatchA, BatchB>, M, N]
              : Shape
          : Shape
      : Shape
    : Shape;

type VectorTimes<B extends Shape> = B extends readonly [unknown]
  ? readonly []
  : B extends readonly [...infer Batch extends Shape, unknown, infer N extends number]
    ? readonly [...Batch, N]
    : Shape;

/** The axis of the right operand that is summed over: the last but one, or the only one. */
type RightInner<B extends Shape> = B extends readonly [infer K]
  ? K
  : B extends readonly [...Shape, infer K, unknown]
    ? K
    : never;

/** The axes before the matrix. */
type BatchOf<S extends Shape> = S extends readonly [...infer Batch extends Shape, unknown, unknown]
  ? Batch
  : readonly [];

type InnerProblem<Op extends string, A extends Shape, B extends Shape> = A extends readonly [
  ...Shape,
  infer K,
]
  ? CanEqual<K, RightInner<B>> extends true
    ? never
    : `${Op}: inner dimensions equal expected, got ${PrintShape<A>} · ${PrintShape<B>} (${PrintSize<K>} ≠ ${PrintSize<RightInner<B>>})`
  : never;

type BatchProblem<Op extends string, A extends Shape, B extends Shape> =
  BroadcastClash<BatchOf<A>, BatchOf<B>> extends infer Clash extends string
    ? [Clash] extends [never]
      ? never
      : Clash extends `${string}: ${infer Sizes}`
        ? `${Op}: batch axes that broadcast expected, got ${PrintShape<A>} · ${PrintShape<B>} (${Sizes})`
        : never
    : never;

/** The sentence for two shapes that have no matrix product, or `never`. */
export type MatmulProblem<Op extends string, A extends Shape, B extends Shape> =
  IsKnown<A> extends true
    ? IsKnown<B> extends true
      ? 0 extends A["length"] | B["length"]
        ? `${Op}: at least one axis expected, got ${PrintShape<A>} · ${PrintShape<B>}`
        : FirstProblem<InnerProblem<Op, A, B>, BatchProblem<Op, A, B>>
      : never
    : never;

/** The sentence for operands of `dot` that are not vectors of one length, or `never`. */
export type DotProblem<Op extends string, A extends Shape, B extends Shape> =
  IsKnown<A> extends true
    ? IsKnown<B> extends true
      ? A extends readonly [infer M]
        ? B extends readonly [infer N]
          ? CanEqual<M, N> extends true
            ? never
            : VectorsSentence<Op, A, B>
          : VectorsSentence<Op, A, B>
        : VectorsSentence<Op, A, B>
      : never
    : never;

type VectorsSentence<
  Op extends string,
  A extends Shape,
  B extends Shape,
> = `${Op}: two vectors of equal length expected, got ${PrintShape<A>} and ${PrintShape<B>}`;

/** The shape of an outer product: [m], [n] → [m, n]. */
export type Outer<A extends Shape, B extends Shape> = A extends readonly [infer M extends number]
  ? B extends readonly [infer N extends number]
    ? readonly [M, N]
    : readonly [number, number]
  : readonly [number, number];

/** The sentence for operands that are not both vectors, or `never`. */
export type OuterProblem<Op extends string, A extends Shape, B extends Shape> =
  IsKnown<A> extends true
    ? IsKnown<B> extends true
      ? [A["length"], B["length"]] extends [1, 1]
        ? never
        : `${Op}: two vectors expected, got ${PrintShape<A>} and ${PrintShape<B>}`
      : never
    : never;
