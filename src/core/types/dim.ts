// Sizes of axes as types: a literal (`64`), a name (`Dim<"batch">`, size known at run time only) or plain `number`.
//
// Two sizes agree when their intersection is inhabited, and the intersection is all that is known of both:
//
//   32 & 32 = 32      32 & 64 = never      Dim<"batch"> & number = Dim<"batch">      Dim<"batch"> & Dim<"time"> = never
//
// A name meeting a literal is allowed and checked when the graph is built, because the name does not tell its size. The
// result, `32 & Named<"batch">`, keeps both, so that the same axis cannot meet 64 or "time" afterwards.

import type { Shape } from "../shape.ts";

export type { Shape }; // a tuple of sizes, or `readonly number[]` when not even the rank is known

declare const dimName: unique symbol;

/** What marks a size as the size of the dimension called `Name`. Exists in types only. */
export interface Named<Name extends string = string> {
  readonly [dimName]: Name;
}

/** The size of the dimension called `Name`: a plain number at run time, and equal only to itself at compile time. */
export type Dim<Name extends string = string> = number & Named<Name>;

/**
 * A size with a name, so that the compiler keeps it apart from other sizes that happen to be equal.
 *
 * A named dimension is taken to be longer than 1: it does not broadcast against another name.
 *
 * @example
 * const batch = dim("batch", 32) // 32
 * zeros([batch, 64]).shape // [32, 64]
 */
export const dim = <const Name extends string>(_name: Name, size: number): Dim<Name> =>
  size as Dim<Name>; // the name exists in the type only

/** Whether A and B can be the same size. */
export type CanEqual<A, B> = [A & B] extends [never] ? false : true;

/** N itself, for the compiler to see that it is a size. (`N & number` would print names at length.) */
export type Size<N> = N extends number ? N : number;

/** What is known of a size that equals both A and B; `number` when they cannot be equal. */
export type JoinSizes<A, B> = [A] extends [B]
  ? Size<A>
  : [B] extends [A]
    ? Size<B>
    : [A & B] extends [never]
      ? number
      : Size<A & B>;

/** Whether the rank of S is known. Beyond rank 8 shapes are treated as dynamic, to keep checking fast. */
export type IsKnown<S extends Shape> = S["length"] extends 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8
  ? true
  : false;

/** The decimal digits of a literal size, `never` of negative, named and dynamic ones. */
export type DigitsOf<N> = N extends Named
  ? never
  : N extends number
    ? `${N}` extends `-${string}`
      ? never
      : `${N}` extends `${bigint}`
        ? `${N}`
        : never
    : never;
