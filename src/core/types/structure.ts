// Shapes of ops that move elements without computing: permute, transpose, expand, expandDims, squeeze, tile.

import type { Add, Multiply } from "./arithmetic.ts";
import type {
  AxisIndex,
  AxisProblem,
  Indices,
  InsertAt,
  RemoveAxes,
  SizeAt,
  SomeSizes,
} from "./axis.ts";
import type { BroadcastClash, PadRank } from "./broadcast.ts";
import type { FirstProblem } from "./check.ts";
import type { CanEqual, DigitsOf, IsKnown, JoinSizes, Shape, Size } from "./dim.ts";
import type { PrintShape, PrintSize } from "./print.ts";

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
      ? FirstProblem<
          RangeProblem<Op, S, Axes>,
          IsPermutation<S, Axes> extends true
            ? never
            : `${Op}: each axis of ${PrintShape<S>} once expected, got [${PrintIndices<S, Axes>}]`
        >
      : never
    : never;

/** The sentence for the first axis of a list that is out of range, or `never`. */
type RangeProblem<
  Op extends string,
  S extends Shape,
  Axes extends readonly number[],
> = Axes extends readonly [infer Axis extends number, ...infer Rest extends readonly number[]]
  ? FirstProblem<AxisProblem<Op, S, Axis>, RangeProblem<Op, S, Rest>>
  : never;

/** Axes counted from the front, as text. */
type PrintIndices<S extends Shape, Axes extends readonly number[]> = Axes extends readonly [
  infer Axis extends number,
  ...infer Rest extends readonly number[],
]
  ? `${AxisIndex<S, Axis>}${Rest extends readonly [] ? "" : `, ${PrintIndices<S, Rest>}`}`
  : "";

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
  ? `${Op}: at least two axes expected, got shape ${PrintShape<S>}`
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
          : `${Op}: a shape that it broadcasts to expected, got ${PrintShape<S>} → ${PrintShape<Target>}`
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

/** S without an axis of size 1, or (undefined) without all of them. */
export type Squeeze<S extends Shape, Axis extends number | undefined> =
  IsKnown<S> extends true
    ? [Axis] extends [number]
      ? number extends Axis
        ? S extends readonly [unknown, ...infer Rest extends Shape]
          ? SomeSizes<Rest>
          : Shape
        : RemoveAxes<S, AxisIndex<S, Axis>>
      : [Axis] extends [undefined]
        ? WithoutOnes<S>
        : Shape
    : Shape;

/** S without literal ones; of unknown rank where a named or dynamic size might be 1 too. */
type WithoutOnes<S extends Shape, Kept extends Shape = readonly []> = S extends readonly [
  infer N extends number,
  ...infer Rest extends Shape,
]
  ? [DigitsOf<N>] extends [never]
    ? Shape
    : WithoutOnes<Rest, N extends 1 ? Kept : readonly [...Kept, N]>
  : Kept;

/** The sentence for an axis that is out of range or longer than 1, or `never`. */
export type SqueezeProblem<
  Op extends string,
  S extends Shape,
  Axis extends number | undefined,
> = Axis extends number
  ? FirstProblem<
      AxisProblem<Op, S, Axis>,
      CanEqual<SizeAt<S, AxisIndex<S, Axis>>, 1> extends true
        ? never
        : `${Op}: size 1 expected on axis ${Axis}, got ${PrintSize<SizeAt<S, AxisIndex<S, Axis>>>} in ${PrintShape<S>}`
    >
  : never;

/** S repeated whole along each axis; repetitions are aligned at the last axis, as in broadcasting. */
export type Tile<S extends Shape, Repeats extends Shape> =
  IsKnown<S> extends true
    ? IsKnown<Repeats> extends true
      ? TileEqualRanks<PadRank<S, Repeats>, PadRank<Repeats, S>>
      : Shape
    : Shape;

type TileEqualRanks<S extends Shape, Repeats extends Shape> = {
  readonly [K in keyof S]: K extends keyof Repeats ? TileSize<S[K], Repeats[K]> : S[K];
};

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
        : `${Op}: [before, after] of whole numbers ≥ 0 for each axis of ${PrintShape<S>} expected, got [${PrintPairs<Widths>}]`
    : never;

/** `[0,0],[1,1]` */
type PrintPairs<Widths extends PadWidths> = Widths extends readonly [
  readonly [infer Before, infer After],
  ...infer Rest extends PadWidths,
]
  ? `[${PrintSize<Before>},${PrintSize<After>}]${Rest extends readonly [] ? "" : `,${PrintPairs<Rest>}`}`
  : "";

/** One entry for each axis from the front; what is missing or null is taken whole. */
export type SliceList = readonly (number | null)[];

/** S after slicing: axes that no list names keep their size, the others become dynamic. */
export type Slice<
  S extends Shape,
  Start extends SliceList,
  Stop extends SliceList,
  Step extends SliceList,
> =
  IsKnown<S> extends true
    ? {
        readonly [K in keyof S]: [EntryAt<Start, K> | EntryAt<Stop, K> | EntryAt<Step, K>] extends [
          null,
        ]
          ? S[K]
          : number;
      }
    : Shape;

type EntryAt<List extends SliceList, K> = number extends List["length"]
  ? number
  : K extends keyof List
    ? List[K]
    : null;

/** The sentence for a list with more entries than S has axes, or `never`. */
export type SliceProblem<Op extends string, S extends Shape, List extends SliceList> =
  IsKnown<S> extends true
    ? number extends List["length"]
      ? never
      : List extends readonly [...{ [K in keyof S]: unknown }, unknown, ...unknown[]]
        ? `${Op}: at most ${S["length"]} entries for shape ${PrintShape<S>} expected, got ${List["length"]}`
        : never
    : never;

type TileSize<N, Times> = [Times] extends [1] ? Size<N> : Multiply<N, Times>;
