// Convolution of images, or of series where the filters have one axis of taps. The sums are those of
// ops/convolve.ts; the layer adds how filters start, and a bias.

import { fail } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import type { ConvOptions } from "../core/types/index.ts";
import { add } from "../ops/arithmetic.ts";
import { conv1d, conv2d } from "../ops/convolve.ts";
import { zeros } from "../ops/create.ts";
import { heNormal, type Initializer } from "./init.ts";
import type { Module } from "./module.ts";

/** weight [kh, kw, channels / groups, filters], or [taps, channels / groups, filters]; bias [filters] */
export interface Params {
  readonly weight: Tensor;
  readonly bias?: Tensor;
}

/** `stride`, `pad`, `dilation` and `groups`, as `conv2d` takes them. */
export type Options = ConvOptions<1> | ConvOptions<2>;

/** Sizes of a convolution, and the part of its options that sizes depend on. */
export interface Config {
  readonly channels: number;
  readonly filters: number;
  /** Taps: one number for square windows, [height, width], or [taps] for series. */
  readonly size: number | readonly [number] | readonly [number, number];
  /** Default 1. */
  readonly groups?: number;
  /** Whether there is a bias; default true. Before a normalisation it would be taken away again. */
  readonly hasBias?: boolean;
  /** How the filters start; default `heNormal`. */
  readonly initial?: Initializer;
}

/**
 * Filters by He's rule, or the one given, and bias 0. Fails with ShapeMismatch when the groups do not divide the channels.
 *
 * @example
 * Conv.init(key(0), { channels: 3, filters: 16, size: 5 }).weight // → [5, 5, 3, 16]
 * Conv.init(key(0), { channels: 3, filters: 16, size: [7] }).weight // → [7, 3, 16]
 */
export const init = (key: Tensor, config: Config): Params => {
  const { channels, filters, size, groups = 1, hasBias = true, initial = heNormal } = config;
  if (!Number.isInteger(channels / groups))
    fail(
      "Conv.init",
      "ShapeMismatch",
      `groups that divide ${channels} channels expected`,
      `${groups}`,
    );
  const taps = typeof size === "number" ? [size, size] : size;
  const weight = initial(key, [...taps, channels / groups, filters]);
  return hasBias ? { weight, bias: zeros([filters]) } : { weight };
};

/**
 * Convolution with a bias for each filter.
 *
 *   x [batch, height, width, channels]   → [batch, height′, width′, filters]
 *   x [batch, width, channels]           → [batch, width′, filters] for filters with one axis of taps
 *
 * Sizes and failures are those of `conv2d`, which stride, pad, dilation and groups are handed to.
 *
 * @example
 * const layer = Conv.init(key(0), { channels: 3, filters: 16, size: 3 });
 * Conv.apply(layer, { stride: 2, pad: 1 })(x) // [8, 32, 32, 3] → [8, 16, 16, 16]
 */
export const apply =
  ({ weight, bias }: Params, options: Options = {}) =>
  (x: Tensor): Tensor => {
    const isSeries = weight.shape.length === 3;
    // The ops refuse lists of another length than their rank.
    const y = isSeries
      ? conv1d(options as ConvOptions<1>)(x, weight)
      : conv2d(options as ConvOptions<2>)(x, weight);
    return bias === undefined ? y : add(y, bias);
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
