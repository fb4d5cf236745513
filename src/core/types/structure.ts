// Shapes of ops that move elements without computing: permute, transpose, expand, expandDims, squeeze, tile.

import type { Add, Multiply } from "./arithmetic.ts";
import type {
  AxesProblem,
  AxisIndex,
  AxisOption,
  AxisProblem,
  Indices,
  InsertAt,
  RemoveAxes,
  SizeAt,
  SomeSizes,
} from "./axis.ts";
import type { BroadcastClash, PadRank } from "./broadcast.ts";
import type { FirstProblem } from "./check.ts";
import type { CanEqual, IsKnown, JoinSizes, Shape, Size } from "./dim.ts";
import type { PrintNumber, PrintShape } from "./print.ts";

/** S with its axes in another order. */
export type Permute<S extends Shape, Axes extends readonly number[]> =
  IsKnown<S> extends true
    ? IsKnown<Axes> extends true
      ? { readonly [K in keyof Axes]: SizeAt<S, AxisIndex<S, Size<Axes[K]>>> }
      : SomeSizes<S>
    : IsKnown<Axes> extends true
      ? SomeSizes<Axes>
      : Shape;

/** The sentence for axes that are not a permutation of those of S, or `never`. */
export type PermuteProblem<Op extends string, S extends Shape, Axes extends readonly number[]> =
  IsKnown<S> extends true
    ? IsKnown<Axes> extends true
      ? IsPermutation<S, Axes> extends true
        ? never
        : `${Op}: each axis of ${PrintShape<S>} once expected, got ${PrintShape<Axes>}`
      : never
    : never;

// As many axes as there are indices, and every index among them.
type IsPermutation<S extends Shape, Axes extends readonly number[]> = [
  Axes["length"],
  Exclude<Indices<S>, AxisIndex<S, Axes[number]>>,
] extends [S["length"], never]
  ? true
  : false;

/** S with its last two axes swapped. */
export type Transpose<S extends Shape> = S extends readonly [
  ...infer Batch extends Shape,
  infer M extends number,
  infer N extends number,
]
  ? readonly [...Batch, N, M]
  : Shape;

/** The sentence for a shape without two axes to swap, or `never`. */
export type TransposeProblem<Op extends string, S extends Shape> = S["length"] extends 0 | 1
  ? `${Op}: rank ≥ 2 expected, got ${PrintShape<S>}`
  : never;

/** The shape after expanding S to Target, with what is known of either. */
export type Expand<S extends Shape, Target extends Shape> =
  IsKnown<S> extends true
    ? IsKnown<Target> extends true
      ? ExpandEqualRanks<PadRank<S, Target>, Target>
      : Shape
    : Target;

type ExpandEqualRanks<S extends Shape, Target extends Shape> = {
  readonly [K in keyof Target]: K extends keyof S ? ExpandSize<S[K], Target[K]> : Target[K];
};

type ExpandSize<From, To> = [From] extends [1] ? Size<To> : JoinSizes<From, To>;

/** The sentence for a shape that does not broadcast to Target, or `never`. */
export type ExpandProblem<Op extends string, S extends Shape, Target extends Shape> =
  IsKnown<S> extends true
    ? IsKnown<Target> extends true
      ? ExpandClash<S, Target> extends infer Clash extends string
        ? [Clash] extends [never]
          ? never
          : `${Op}: a shape that broadcasts to ${PrintShape<Target>} expected, got ${PrintShape<S>}`
        : never
      : never
    : never;

// Unlike two operands, the target does not stretch: it may have no fewer axes, and its ones meet ones only.
type ExpandClash<S extends Shape, Target extends Shape> = S extends readonly [
  ...infer LeadS extends Shape,
  infer N,
]
  ? Target extends readonly [...infer LeadT extends Shape, infer T]
    ? [T, CanEqual<N, 1>] extends [1, false]
      ? "size"
      : FirstProblem<
          BroadcastClash<readonly [N & number], readonly [T & number]>,
          ExpandClash<LeadS, LeadT>
        >
    : "rank"
  : never;

/** S with a new axis of size 1; the axis is counted in the result. */
export type ExpandDims<S extends Shape, Axis extends number> =
  IsKnown<S> extends true
    ? number extends Axis
      ? readonly [number, ...SomeSizes<S>]
      : InsertAt<S, AxisIndex<readonly [1, ...S], Axis>, readonly [1]>
    : Shape;

/** The sentence for a new axis that is not a place in the result, or `never`. */
export type ExpandDimsProblem<
  Op extends string,
  S extends Shape,
  Axis extends number,
> = AxisProblem<Op, readonly [1, ...S], Axis>;

/** S without an axis, or several, of size 1. */
export type Squeeze<S extends Shape, Axis extends number | readonly number[]> =
  IsKnown<S> extends true
    ? [Axis] extends [number]
      ? number extends Axis
        ? S extends readonly [unknown, ...infer Rest extends Shape]
          ? SomeSizes<Rest>
          : Shape
        : RemoveAxes<S, AxisIndex<S, Axis>>
      : [Axis] extends [readonly number[]]
        ? number extends Axis["length"] | Axis[number]
          ? Shape
          : RemoveAxes<S, AxisIndex<S, Axis[number]>>
        : Shape
    : Shape;

/** The sentence for an axis that is out of range or longer than 1, or `never`. */
export type SqueezeProblem<
  Op extends string,
  S extends Shape,
  Axis extends AxisOption,
> = FirstProblem<
  AxesProblem<Op, S, Axis>,
  IsKnown<S> extends true
    ? Axis extends number
      ? LongAxisProblem<Op, S, Axis>
      : Axis extends readonly number[]
        ? LongAxisProblem<Op, S, Axis[number]>
        : never
    : never
>;

type LongAxisProblem<Op extends string, S extends Shape, Axis extends number> = Axis extends number
  ? CanEqual<SizeAt<S, AxisIndex<S, Axis>>, 1> extends true
    ? never
    : `${Op}: size 1 at axis ${PrintNumber<Axis>} expected, got ${PrintShape<S>}`
  : never;

/** S repeated along each axis. */
export type Tile<S extends Shape, Repeats extends Shape> =
  IsKnown<S> extends true
    ? Repeats["length"] extends S["length"]
      ? { readonly [K in keyof S]: K extends keyof Repeats ? TileSize<S[K], Repeats[K]> : S[K] }
      : Shape
    : Shape;

/** Numbers of elements to add before and after each axis. */
export type PadWidths = readonly (readonly [before: number, after: number])[];

/** S with elements added before and after each axis. */
export type Pad<S extends Shape, Widths extends PadWidths> =
  IsKnown<S> extends true
    ? { readonly [K in keyof S]: K extends keyof Widths ? PadSize<S[K], Widths[K]> : number }
    : Shape;

type PadSize<N, Widths> = Widths extends readonly [infer Before, infer After]
  ? [Before, After] extends [0, 0]
    ? Size<N>
    : Add<Add<N, Before>, After>
  : number;

/** The sentence for widths that are not one pair for each axis, or `never`. */
export type PadProblem<Op extends string, S extends Shape, Widths extends PadWidths> =
  IsKnown<S> extends true
    ? number extends Widths["length"]
      ? never
      : Widths["length"] extends S["length"]
        ? never
        : `${Op}: a pair of widths for each axis of ${PrintShape<S>} expected, got ${Widths["length"]}`
    : never;

type TileSize<N, Times> = [Times] extends [1] ? Size<N> : Multiply<N, Times>;
