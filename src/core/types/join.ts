// Shapes of tensors joined (concat, stack) and taken apart (split). The list of tensors may be a tuple, whose shapes are all
// known, or an array, whose tensors share one shape and whose length is dynamic.

import type { Add, Divide, Sum } from "./arithmetic.ts";
import type { AxisIndex, AxisProblem, InsertAt, SetAxes, SizeAt, SomeSizes } from "./axis.ts";
import type { FirstProblem } from "./check.ts";
import type { CanEqual, IsKnown, JoinSizes, Shape, Size } from "./dim.ts";
import type { PrintShape, PrintSize } from "./print.ts";

/** The shape of tensors laid end to end along an axis. */
export type Concat<Shapes extends readonly Shape[], Axis extends number> = Shapes extends readonly [
  infer First extends Shape,
  ...infer Rest extends readonly Shape[],
]
  ? ConcatRest<First, Rest, AxisIndex<First, Axis>>
  : SetAxes<Shapes[number], AxisIndex<Shapes[number], Axis>, number>;

type ConcatRest<Done extends Shape, Rest extends readonly Shape[], Index> = Rest extends readonly [
  infer Next extends Shape,
  ...infer More extends readonly Shape[],
]
  ? ConcatRest<ConcatTwo<Done, Next, Index>, More, Index>
  : Done;

type ConcatTwo<A extends Shape, B extends Shape, Index> = [IsKnown<A>, IsKnown<B>] extends [
  true,
  true,
]
  ? string extends Index
    ? SomeSizes<A>
    : {
        readonly [K in keyof A]: K extends keyof B
          ? K extends Index
            ? Add<A[K], B[K]>
            : JoinSizes<A[K], B[K]>
          : number;
      }
  : Shape;

/** The shape of equal shapes stacked along a new axis. */
export type Stack<Shapes extends readonly Shape[], Axis extends number> =
  JoinShapes<Shapes> extends infer S extends Shape ? StackOf<S, Shapes["length"], Axis> : Shape;

/** What is known of shapes that are all equal. */
type JoinShapes<Shapes extends readonly Shape[]> = Shapes extends readonly [
  infer First extends Shape,
  ...infer Rest extends readonly Shape[],
]
  ? ConcatRest<First, Rest, never>
  : Shapes[number];

type StackOf<S extends Shape, Count extends number, Axis extends number> =
  IsKnown<S> extends true
    ? number extends Axis
      ? readonly [number, ...SomeSizes<S>]
      : InsertAt<S, AxisIndex<readonly [1, ...S], Axis>, readonly [Count]>
    : Shape;

/** The sentence for an axis out of range, or shapes that differ on another axis or in rank, or `never`. */
export type ConcatProblem<
  Op extends string,
  Shapes extends readonly Shape[],
  Axis extends number,
> = Shapes extends readonly [infer First extends Shape, ...infer Rest extends readonly Shape[]]
  ? FirstProblem<
      AxisProblem<Op, First, Axis>,
      AgreeOffAxis<First, Rest, AxisIndex<First, Axis>> extends true
        ? never
        : `${Op}: shapes that agree except on axis ${AxisIndex<First, Axis>} expected, got ${PrintShapes<Shapes>}`
    >
  : AxisProblem<Op, Shapes[number], Axis>;

type AgreeOffAxis<
  First extends Shape,
  Rest extends readonly Shape[],
  Index,
> = Rest extends readonly [infer Next extends Shape, ...infer More extends readonly Shape[]]
  ? [IsKnown<First>, IsKnown<Next>] extends [true, true]
    ? [First["length"], SizesClash<First, Next, Index>] extends [Next["length"], never]
      ? AgreeOffAxis<First, More, Index>
      : false
    : AgreeOffAxis<First, More, Index>
  : true;

type PrintShapes<Shapes extends readonly Shape[]> = Shapes extends readonly [
  infer First extends Shape,
  ...infer Rest extends readonly Shape[],
]
  ? `${PrintShape<First>}${Rest extends readonly [] ? "" : `, ${PrintShapes<Rest>}`}`
  : "";

/** The first axis, other than those at Index, where two shapes of one rank differ: `axis 0: 2 ≠ 4`. */
export type SizesClash<
  A extends Shape,
  B extends Shape,
  Index = never,
  Seen extends readonly unknown[] = [],
> = A extends readonly [infer M, ...infer RestA extends Shape]
  ? B extends readonly [infer N, ...infer RestB extends Shape]
    ? `${Seen["length"]}` extends Index
      ? SizesClash<RestA, RestB, Index, [...Seen, M]>
      : CanEqual<M, N> extends true
        ? SizesClash<RestA, RestB, Index, [...Seen, M]>
        : `axis ${Seen["length"]}: ${PrintSize<M>} ≠ ${PrintSize<N>}`
    : never
  : never;

/** The sentence for two shapes (of what, if said) that are not equal, or `never`. */
export type EqualShapesProblem<
  Op extends string,
  A extends Shape,
  B extends Shape,
  OfWhat extends string = "",
> =
  IsKnown<A> extends true
    ? IsKnown<B> extends true
      ? [A["length"], SizesClash<A, B>] extends [B["length"], never]
        ? never
        : `${Op}: equal shapes${OfWhat} expected, got ${PrintShape<A>} and ${PrintShape<B>}`
      : never
    : never;

/** The sentence for shapes that cannot be stacked, or `never`. */
export type StackProblem<
  Op extends string,
  Shapes extends readonly Shape[],
  Axis extends number,
> = Shapes extends readonly [infer First extends Shape, ...infer Rest extends readonly Shape[]]
  ? FirstProblem<
      FirstUnequalProblem<Op, First, Rest>,
      AxisProblem<Op, readonly [1, ...First], Axis>
    >
  : AxisProblem<Op, readonly [1, ...Shapes[number]], Axis>;

type FirstUnequalProblem<
  Op extends string,
  First extends Shape,
  Rest extends readonly Shape[],
> = Rest extends readonly [infer Next extends Shape, ...infer More extends readonly Shape[]]
  ? FirstProblem<EqualShapesProblem<Op, First, Next>, FirstUnequalProblem<Op, First, More>>
  : never;

/** The shapes of the pieces of a split into literal sizes. */
export type SplitSizes<S extends Shape, Axis extends number, Sizes extends Shape> = {
  readonly [K in keyof Sizes]: SetAxes<S, AxisIndex<S, Axis>, Size<Sizes[K]>>;
};

/** The shape of each piece of a split into equal parts. */
export type SplitPart<S extends Shape, Axis extends number, Parts extends number> = SetAxes<
  S,
  AxisIndex<S, Axis>,
  Size<Divide<SizeAt<S, AxisIndex<S, Axis>>, Parts>>
>;

/** The sentence for sizes that do not add up to the size of the axis, or `never`. */
export type SplitProblem<
  Op extends string,
  S extends Shape,
  Axis extends number,
  Sizes extends Shape,
> = FirstProblem<
  AxisProblem<Op, S, Axis>,
  CanEqual<Sum<Sizes>, SizeAt<S, AxisIndex<S, Axis>>> extends true
    ? never
    : SplitSentence<Op, S, Axis, PrintShape<Sizes>>
>;

/** The sentence for an axis that is not a multiple of the number of parts, or `never`. */
export type SplitPartsProblem<
  Op extends string,
  S extends Shape,
  Axis extends number,
  Parts extends number,
> = FirstProblem<
  AxisProblem<Op, S, Axis>,
  [Divide<SizeAt<S, AxisIndex<S, Axis>>, Parts>] extends [never]
    ? SplitSentence<Op, S, Axis, `${Parts} equal parts`>
    : never
>;

type SplitSentence<
  Op extends string,
  S extends Shape,
  Axis extends number,
  Got extends string,
> = `${Op}: whole sizes that add up to ${PrintSize<SizeAt<S, AxisIndex<S, Axis>>>} (axis ${AxisIndex<S, Axis>} of ${PrintShape<S>}) expected, got ${Got}`;

/** A tuple with as many members as Count says, up to 8, or an array. */
export type Several<T, Count extends number> = Count extends 1
  ? readonly [T]
  : Count extends 2
    ? readonly [T, T]
    : Count extends 3
      ? readonly [T, T, T]
      : Count extends 4
        ? readonly [T, T, T, T]
        : Count extends 5
          ? readonly [T, T, T, T, T]
          : Count extends 6
            ? readonly [T, T, T, T, T, T]
            : Count extends 7
              ? readonly [T, T, T, T, T, T, T]
              : Count extends 8
                ? readonly [T, T, T, T, T, T, T, T]
                : readonly T[];
