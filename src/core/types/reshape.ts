// Reshaping keeps the number of elements. Literal sizes are multiplied; names must be the same on both sides; anything else
// (a plain number, a −1) leaves the check to the run time.

import type { Multiply } from "./arithmetic.ts";
import type { IsKnown, Named, Shape } from "./dim.ts";
import type { PrintShape } from "./print.ts";

/** The shape that `reshape(Target)` gives: a −1 stands for whatever is left and becomes `number`. */
export type Reshape<Target extends Shape> = {
  readonly [K in keyof Target]: Target[K] extends -1 ? number : Target[K];
};

/** The sentence for a reshape that changes the number of elements, or `never`. */
export type ReshapeProblem<Op extends string, S extends Shape, Target extends Shape> =
  IsKnown<S> extends true
    ? IsKnown<Target> extends true
      ? CountsDiffer<Count<S>, Count<Target>> extends infer Counts extends string
        ? [Counts] extends [never]
          ? never
          : `${Op}: a shape of as many elements expected, got ${PrintShape<S>} → ${PrintShape<Target>} (${Counts})`
        : never
      : never
    : never;

/** The sentence for a target shape with more than one −1, or another negative size, or `never`. */
export type ReshapeTargetProblem<
  Op extends string,
  Target extends Shape,
> = `${CountNegative<Target>}` extends "0" | "1"
  ? never
  : `${Op}: whole sizes, at most one of them −1, expected, got ${PrintShape<Target>}`;

// Negative sizes other than −1 count twice.
type CountNegative<
  Target extends Shape,
  Found extends readonly unknown[] = [],
> = Target extends readonly [infer N extends number, ...infer Rest extends Shape]
  ? CountNegative<
      Rest,
      N extends -1 ? [...Found, N] : `${N}` extends `-${string}` ? [...Found, N, N] : Found
    >
  : Found["length"] & number;

/** A number of elements: the product of the literal sizes, and the names of the others. */
interface ElementCount {
  readonly literal: number;
  readonly names: readonly string[];
}

/** How many elements a shape has; `never` when a size is dynamic. */
type Count<
  S extends Shape,
  Literal extends number = 1,
  Names extends readonly string[] = [],
> = S extends readonly [infer N, ...infer Rest extends Shape]
  ? N extends Named<infer Name>
    ? Count<Rest, Literal, [...Names, Name]>
    : number extends Multiply<Literal, N>
      ? never
      : Count<Rest, Multiply<Literal, N>, Names>
  : { readonly literal: Literal; readonly names: Names };

/** The two literal counts when they differ and the names do not. */
type CountsDiffer<A extends ElementCount, B extends ElementCount> = [A] extends [never]
  ? never
  : [B] extends [never]
    ? never
    : SameNames<A["names"], B["names"]> extends true
      ? [A["literal"]] extends [B["literal"]]
        ? never
        : `${A["literal"]} ≠ ${B["literal"]}`
      : never;

/** Whether two lists hold the same names, in any order. */
type SameNames<A extends readonly string[], B extends readonly string[]> = A extends readonly [
  infer Name extends string,
  ...infer Rest extends readonly string[],
]
  ? Name extends B[number]
    ? SameNames<Rest, RemoveName<B, Name>>
    : false
  : B extends readonly []
    ? true
    : false;

type RemoveName<List extends readonly string[], Name extends string> = List extends readonly [
  infer Head extends string,
  ...infer Rest extends readonly string[],
]
  ? Head extends Name
    ? Rest
    : [Head, ...RemoveName<Rest, Name>]
  : [];
