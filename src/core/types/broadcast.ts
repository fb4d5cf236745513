// Broadcasting: shapes are aligned at the last axis and a size of 1 stretches. A name or a literal beside a plain `number`
// gives the name or the literal; beside a literal 1, a plain `number` stays one.

import type { CanEqual, IsKnown, JoinSizes, Shape, Size } from "./dim.ts";
import type { PrintShape, PrintSize } from "./print.ts";

/** The size that two aligned sizes broadcast to. */
export type BroadcastSize<A, B> = [A] extends [1]
  ? Size<B>
  : [B] extends [1]
    ? Size<A>
    : JoinSizes<A, B>;

/** The shape that two shapes broadcast to. */
export type Broadcast<A extends Shape, B extends Shape> =
  IsKnown<A> extends true ? (IsKnown<B> extends true ? BroadcastFromEnd<A, B> : Shape) : Shape;

type BroadcastFromEnd<
  A extends Shape,
  B extends Shape,
  Done extends Shape = readonly [],
> = A extends readonly [...infer LeadA extends Shape, infer M]
  ? B extends readonly [...infer LeadB extends Shape, infer N]
    ? BroadcastFromEnd<LeadA, LeadB, readonly [BroadcastSize<M, N>, ...Done]>
    : readonly [...A, ...Done]
  : readonly [...B, ...Done];

/** S with leading ones up to the rank of Longer; S itself when it is no shorter. */
export type PadRank<S extends Shape, Longer extends Shape> = Longer extends readonly [
  ...infer Lead extends Shape,
  ...{ [K in keyof S]: number },
]
  ? readonly [...{ [K in keyof Lead]: 1 }, ...S]
  : S;

/** Where two shapes first clash, counted from the last axis, as `axis −1: 64 ≠ 10`, or `never`. */
export type BroadcastClash<
  A extends Shape,
  B extends Shape,
  FromEnd extends readonly unknown[] = [1],
> = A extends readonly [...infer LeadA extends Shape, infer M]
  ? B extends readonly [...infer LeadB extends Shape, infer N]
    ? [M] extends [1]
      ? BroadcastClash<LeadA, LeadB, [...FromEnd, 1]>
      : [N] extends [1]
        ? BroadcastClash<LeadA, LeadB, [...FromEnd, 1]>
        : CanEqual<M, N> extends true
          ? BroadcastClash<LeadA, LeadB, [...FromEnd, 1]>
          : `axis −${FromEnd["length"]}: ${PrintSize<M>} ≠ ${PrintSize<N>}`
    : never
  : never;

/** The sentence for two shapes that do not broadcast, or `never`. */
export type BroadcastProblem<Op extends string, A extends Shape, B extends Shape> =
  IsKnown<A> extends true
    ? IsKnown<B> extends true
      ? BroadcastClash<A, B> extends infer Clash extends string
        ? [Clash] extends [never]
          ? never
          : `${Op}: shapes that broadcast expected, got ${PrintShape<A>} and ${PrintShape<B>} (${Clash})`
        : never
      : never
    : never;
