// A batch of pictures and labels as tensors of bytes, and what a network makes of them.

import type { Tensor } from "../../core/tensor.ts";
import { cast, div, sub } from "../../ops/arithmetic.ts";
import { tensor } from "../../ops/create.ts";

/** Pictures and what is known of their pixels, as bytes, of which little has to be moved. */
export interface Batch {
  /** u8 [batch, height, width, 3] */
  readonly images: Tensor;
  /** u8 [batch, height, width]: a class, or `ignored`. */
  readonly labels: Tensor;
}

/** Mean and deviation of the values of each channel, in 0…1, by which pictures are standardised. */
export interface Standard {
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/**
 * Pictures as networks take them: (pixels / 255 − mean) / deviation, channel by channel.
 *
 *   images u8 [batch, height, width, 3]   → f32 [batch, height, width, 3]
 *
 * @example
 * const standard = { mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] } as const;
 * toArray(standardised(standard)(tensor([[[[0, 255, 0]]]], { dtype: "u8" }))) // [[[[-2, 2, -2]]]]
 */
export const standardised =
  ({ mean, deviation }: Standard) =>
  (images: Tensor): Tensor =>
    div(sub(div(cast("f32")(images), 255), tensor(mean)), tensor(deviation));
