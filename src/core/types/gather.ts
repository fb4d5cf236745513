// Shapes of reads and writes by index: take (embedding), takeAlongAxis, their adjoints, one-hot rows, segments and top k.

import type {
  AxisIndex,
  AxisProblem,
  InsertAt,
  SetAxes,
  SizeAt,
  SomeSizes,
  SplitAt,
} from "./axis.ts";
import type { CanEqual, IsKnown, JoinSizes, Shape } from "./dim.ts";
import type { ConcatProblem, EqualShapesProblem } from "./join.ts";
import type { PrintNumber, PrintShape, PrintSize } from "./print.ts";

/** The shape of a table read at indices: the axis of the table gives way to the axes of the indices. */
export type Take<S extends Shape, I extends Shape, Axis extends number> =
  IsKnown<S> extends true
    ? IsKnown<I> extends true
      ? number extends Axis
        ? SomeSizes<InsertAt<S, "0", I, 1>>
        : InsertAt<S, AxisIndex<S, Axis>, I, 1>
      : Shape
    : Shape;

/** The shape of one read for each index, along an axis: that of the indices. */
export type TakeAlongAxis<S extends Shape, I extends Shape, Axis extends number> =
  IsKnown<I> extends true
    ? IsKnown<S> extends true
      ? {
          readonly [K in keyof I]: K extends AxisIndex<I, Axis>
            ? I[K]
            : K extends keyof S
              ? JoinSizes<I[K], S[K]>
              : I[K];
        }
      : I
    : I;

/** The sentence for an axis out of range or sizes that differ off it, or `never`. */
export type AlongAxisProblem<
  Op extends string,
  S extends Shape,
  I extends Shape,
  Axis extends number,
> = ConcatProblem<Op, readonly [S, I], Axis>;

/** A shape of the rank that a result has: those axes of the updates that stay, and one; `never` for too few axes. */
type ResultOf<U extends Shape, I extends Shape> = U extends readonly [
  ...SomeSizes<I>,
  ...infer Kept extends Shape,
]
  ? readonly [1, ...Kept]
  : never;

/** The axes of updates from Axis, one of the result, on, split into those of the indices and those after. */
type UpdateAxes<U extends Shape, I extends Shape, Axis extends number> =
  SplitAt<U, AxisIndex<ResultOf<U, I>, Axis>> extends {
    readonly before: infer Before extends Shape;
    readonly from: infer From extends Shape;
  }
    ? From extends readonly [...SomeSizes<I>, ...infer After extends Shape]
      ? From extends readonly [...infer Own extends Shape, ...After]
        ? { readonly before: Before; readonly own: Own; readonly after: After }
        : never
      : never
    : never;

/** The shape of updates added into zeros of a size along an axis: the adjoint of `Take`. */
export type ScatterAdd<U extends Shape, I extends Shape, Axis extends number, N extends number> = [
  IsKnown<U>,
  IsKnown<I>,
  number extends Axis ? true : false,
] extends [true, true, false]
  ? UpdateAxes<U, I, Axis> extends infer Axes extends {
      readonly before: Shape;
      readonly after: Shape;
    }
    ? readonly [...Axes["before"], N, ...Axes["after"]]
    : Shape
  : Shape;

/** The sentence for updates that are not shaped as the indices from the axis on, or `never`. */
export type ScatterAddProblem<
  Op extends string,
  U extends Shape,
  I extends Shape,
  Axis extends number,
> = [IsKnown<U>, IsKnown<I>, number extends Axis ? true : false] extends [true, true, false]
  ? [ResultOf<U, I>] extends [never]
    ? UpdatesSentence<Op, U, I, Axis>
    : [AxisProblem<Op, ResultOf<U, I>, Axis>] extends [never]
      ? UpdatesFit<U, I, Axis> extends true
        ? never
        : UpdatesSentence<Op, U, I, Axis>
      : AxisProblem<Op, ResultOf<U, I>, Axis>
  : never;

type UpdatesSentence<
  Op extends string,
  U extends Shape,
  I extends Shape,
  Axis extends number,
> = `${Op}: updates shaped as the indices from axis ${PrintNumber<Axis>} on expected, got ${PrintShape<U>} and ${PrintShape<I>}`;

type UpdatesFit<U extends Shape, I extends Shape, Axis extends number> = [
  UpdateAxes<U, I, Axis>,
] extends [never]
  ? false
  : UpdateAxes<U, I, Axis> extends { readonly own: infer Own extends Shape }
    ? [EqualShapesProblem<"", Own, I>] extends [never]
      ? true
      : false
    : false;

/** The shape of updates added one by one along an axis of a given size. */
export type ScatterAddAlongAxis<U extends Shape, Axis extends number, N extends number> = SetAxes<
  U,
  AxisIndex<U, Axis>,
  N
>;

/** The shape of indices as rows of zeros with a one. */
export type OneHot<I extends Shape, Classes extends number> =
  IsKnown<I> extends true ? readonly [...I, Classes] : Shape;

/** The shape of rows summed, averaged or maximised by segment. */
export type Segment<S extends Shape, Segments extends number> = S extends readonly [
  unknown,
  ...infer Rest extends Shape,
]
  ? readonly [Segments, ...Rest]
  : Shape;

/** The sentence for rows and segment ids that differ in number, or `never`. */
export type SegmentProblem<Op extends string, S extends Shape, I extends Shape> =
  IsKnown<S> extends true
    ? IsKnown<I> extends true
      ? [S["length"] extends 0 ? false : true, I["length"]] extends [true, 1]
        ? CanEqual<SizeAt<S, "0">, SizeAt<I, "0">> extends true
          ? never
          : `${Op}: one segment id for each row expected, got ${PrintShape<S>} and ${PrintShape<I>} (${PrintSize<SizeAt<S, "0">>} ≠ ${PrintSize<SizeAt<I, "0">>})`
        : `${Op}: rows and a vector of segment ids expected, got ${PrintShape<S>} and ${PrintShape<I>}`
      : never
    : never;
