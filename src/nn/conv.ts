// Convolution of images, or of series where the filters have one axis of taps. The sums are those of
// ops/convolve.ts; the layer adds how filters start, and a bias.

import type { Dtype } from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Check, Conv, ConvOptions, ConvProblem, Divide } from "../core/types/index.ts";
import { add } from "../ops/arithmetic.ts";
import { conv1d, conv2d } from "../ops/convolve.ts";
import { zeros } from "../ops/create.ts";
import { heNormal, type Initializer } from "./init.ts";
import type { Module } from "./module.ts";

/** weight [kh, kw, channels / groups, filters], or [taps, channels / groups, filters]; bias [filters]; W is the shape of the weight. */
export interface Params<W extends Shape = Shape> {
  readonly weight: Tensor<W>;
  readonly bias?: Tensor;
}

/** `stride`, `pad`, `dilation` and `groups`, as `conv2d` takes them. */
export type Options<Groups extends number = number> =
  | ConvOptions<1, Groups>
  | ConvOptions<2, Groups>;

/** Taps: one number for square windows, [height, width], or [taps] for series. */
export type Size = number | readonly [number] | readonly [number, number];

/** Sizes of a convolution, and the part of its options that sizes depend on. */
export interface Config<
  Channels extends number = number,
  Filters extends number = number,
  Taps extends Size = Size,
  Groups extends number = number,
> {
  readonly channels: Channels;
  readonly filters: Filters;
  readonly size: Taps;
  /** Default 1. */
  readonly groups?: Groups;
  /** Whether there is a bias; default true. Before a normalisation it would be taken away again. */
  readonly hasBias?: boolean;
  /** How the filters start; default `heNormal`. */
  readonly initial?: Initializer;
}

/** The shape of filters: the taps, the channels of a group, the number of filters. */
export type FilterShape<
  Channels extends number,
  Filters extends number,
  Taps extends Size,
  Groups extends number,
> = Taps extends readonly number[]
  ? readonly [...Taps, Divide<Channels, Groups>, Filters]
  : readonly [Taps, Taps, Divide<Channels, Groups>, Filters];

/**
 * Filters by He's rule, or the one given, and bias 0. Fails with ShapeMismatch when the groups do not divide the channels.
 *
 * @example
 * Conv.init(key(0), { channels: 3, filters: 16, size: 5 }).weight // → [5, 5, 3, 16]
 * Conv.init(key(0), { channels: 3, filters: 16, size: [7] }).weight // → [7, 3, 16]
 */
export const init = <
  const Channels extends number,
  const Filters extends number,
  const Taps extends Size,
  const Groups extends number = 1,
>(
  key: Tensor,
  config: Config<Channels, Filters, Taps, Groups>,
): Params<FilterShape<Channels, Filters, Taps, Groups>> => {
  const {
    channels,
    filters,
    size,
    groups = 1,
    hasBias = true,
    initial = heNormal,
  }: Config = config;
  if (!Number.isInteger(channels / groups))
    fail(
      "Conv.init",
      "ShapeMismatch",
      `groups that divide ${channels} channels expected`,
      `${groups}`,
    );
  const taps = typeof size === "number" ? [size, size] : size;
  const weight = initial(key, [...taps, channels / groups, filters]);
  const params: Params = hasBias ? { weight, bias: zeros([filters]) } : { weight };
  return params as Params<FilterShape<Channels, Filters, Taps, Groups>>; // the shape asked for
};

/** What `apply` is for filters of shape W in some groups. */
interface Convolution<W extends Shape, Groups extends number> {
  <X extends Shape, D extends Dtype>(
    x: Tensor<X, D> & Check<Problem<X, W, Groups>>,
  ): Tensor<W["length"] extends 3 | 4 ? Conv<X, W, RankOf<W>> : Shape, D>;
}

/** The number of axes of taps. */
type RankOf<W extends Shape> = W["length"] extends 3 ? 1 : 2;

/** The sentence for another rank or number of channels than that of the filters, or `never`. */
type Problem<X extends Shape, W extends Shape, Groups extends number> = W["length"] extends 3 | 4
  ? ConvProblem<"Conv.apply", X, W, RankOf<W>, Groups>
  : never;

/**
 * Convolution with a bias for each filter.
 *
 *   x [batch, height, width, channels]   → [batch, height′, width′, filters]
 *   x [batch, width, channels]           → [batch, width′, filters] for filters with one axis of taps
 *
 * Sizes and failures are those of `conv2d`, which stride, pad, dilation and groups are handed to.
 * The compiler checks ranks and channels that it knows; heights and widths are numbers to it.
 *
 * @example
 * const layer = Conv.init(key(0), { channels: 3, filters: 16, size: 3 });
 * Conv.apply(layer, { stride: 2, pad: 1 })(x) // [8, 32, 32, 3] → [8, 16, 16, 16]
 */
export const apply = <P extends Params, const Groups extends number = 1>(
  { weight, bias }: P,
  options: Options<Groups> = {},
): Convolution<P["weight"]["shape"], Groups> => {
  const convolve = (x: Tensor): Tensor => {
    const isSeries = weight.shape.length === 3;
    // The ops refuse lists of another length than their rank.
    const y = isSeries
      ? conv1d(options as ConvOptions<1>)(x, weight)
      : conv2d(options as ConvOptions<2>)(x, weight);
    return bias === undefined ? y : add(y, bias);
  };
  return convolve as unknown as Convolution<P["weight"]["shape"], Groups>; // that of the ops
};

/**
 * The layer as a module.
 *
 * @example
 * const { init, apply } = Conv.module({ channels: 3, filters: 16, size: 3, pad: "same" });
 * apply(init(key(0)))(x) // [8, 32, 32, 3] → [8, 32, 32, 16]
 */
export const module = (config: Config & Options): Module<Params> => ({
  init: (key) => init(key, config),
  apply: (params) => apply(params, config),
});
