// Shapes of ops on images [batch, height, width, channels] and series [batch, width, channels]. The compiler checks ranks and
// channels; heights and widths are arithmetic on options and become `number`, checked when the graph is built.

import type { Multiply } from "./arithmetic.ts";
import type { FirstProblem } from "./check.ts";
import type { CanEqual, IsKnown, Shape } from "./dim.ts";
import type { PrintShape, PrintSize } from "./print.ts";

/** The number of spatial axes: 1 for a series, 2 for an image. */
export type SpatialRank = 1 | 2;

/** Spatial sizes that only the run time knows. */
type Spatial<Rank extends SpatialRank> = Rank extends 1
  ? readonly [number]
  : readonly [number, number];

/** The rank of a batch of images or series, or of filters. */
type BatchRank<Rank extends SpatialRank> = Rank extends 1 ? 3 : 4;

/** The sentence for a shape of another rank, or `never`. */
export type RankProblem<Op extends string, S extends Shape, Rank extends number> =
  IsKnown<S> extends true
    ? S["length"] extends Rank
      ? never
      : `${Op}: rank ${Rank} expected, got ${PrintShape<S>}`
    : never;

type First<S extends Shape> = S extends readonly [infer N extends number, ...Shape] ? N : number;
type Last<S extends Shape> = S extends readonly [...Shape, infer N extends number] ? N : number;
type LastButOne<S extends Shape> = S extends readonly [...Shape, infer N extends number, unknown]
  ? N
  : number;

/** The shape of a convolution: x [n, …, c], w […, c / groups, f] → [n, …, f]. */
export type Conv<X extends Shape, W extends Shape, Rank extends SpatialRank> = readonly [
  First<X>,
  ...Spatial<Rank>,
  Last<W>,
];

/** The sentence for channels that differ, with groups, between images and filters, or `never`. */
export type ConvProblem<
  Op extends string,
  X extends Shape,
  W extends Shape,
  Rank extends SpatialRank,
  Groups extends number = 1,
> = FirstProblem<
  FirstProblem<RankProblem<Op, X, BatchRank<Rank>>, RankProblem<Op, W, BatchRank<Rank>>>,
  CanEqual<Last<X>, TimesGroups<LastButOne<W>, Groups>> extends true
    ? never
    : `${Op}: channels of input and filter equal expected, got ${PrintShape<X>} and ${PrintShape<W>} (${PrintSize<Last<X>>} ≠ ${PrintTimes<LastButOne<W>, Groups>})`
>;

/** The shape of a transposed convolution: y [n, …, f], w […, c / groups, f] → [n, …, c]. */
export type ConvTranspose<
  Y extends Shape,
  W extends Shape,
  Rank extends SpatialRank,
  Groups extends number = 1,
> = readonly [First<Y>, ...Spatial<Rank>, TimesGroups<LastButOne<W>, Groups>];

/** The sentence for images whose channels are not the number of filters, or `never`. */
export type ConvTransposeProblem<
  Op extends string,
  Y extends Shape,
  W extends Shape,
  Rank extends SpatialRank,
> = FirstProblem<
  FirstProblem<RankProblem<Op, Y, BatchRank<Rank>>, RankProblem<Op, W, BatchRank<Rank>>>,
  CanEqual<Last<Y>, Last<W>> extends true
    ? never
    : `${Op}: channels of input and filter equal expected, got ${PrintShape<Y>} and ${PrintShape<W>} (${PrintSize<Last<Y>>} ≠ ${PrintSize<Last<W>>})`
>;

type TimesGroups<N extends number, Groups extends number> = [Groups] extends [1]
  ? N
  : Multiply<N, Groups>;

type PrintTimes<N extends number, Groups extends number> = [Groups] extends [1]
  ? PrintSize<N>
  : `${PrintSize<N>} · ${Groups}`;

/** The shape of images after pooling. */
export type Pool<X extends Shape> = readonly [First<X>, number, number, Last<X>];

/** The shape of images brought to a size. */
export type Resize<X extends Shape, Size extends readonly [number, number]> = readonly [
  First<X>,
  ...Size,
  Last<X>,
];

/** The shape of images reduced to one value a channel. */
export type GlobalPool<X extends Shape> = readonly [First<X>, Last<X>];
