// Time as features, without parameters: waves of an absolute time, the phase of known periods, and the
// position in a window. `Time2Vec` and `CalendarEmbedding` learn theirs.

import type { Dtype } from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { mul } from "../ops/arithmetic.ts";
import { reshape } from "../ops/broadcast.ts";
import { iota, tensor } from "../ops/create.ts";
import { cos, sin } from "../ops/functions.ts";
import { expandDims, stack } from "../ops/structural.ts";

/** sin and cos of ω t for each of some frequencies, in turn: [...] → [..., 2 · frequencies]. */
const waves = (frequencies: readonly number[], t: Tensor): Tensor => {
  const angles = mul(expandDims(-1)(t), tensor(frequencies, { dtype: t.dtype })); // [..., frequencies]
  return reshape([...t.shape, 2 * frequencies.length])(
    stack({ axis: -1 })([sin(angles), cos(angles)]),
  );
};

/** Options of `sinusoidal`. */
export interface SinusoidalOptions {
  /** How many features; an even number. */
  readonly width: number;
  /** The longest wave has a length just below 2π · base, in the unit of the time; default 10 000. */
  readonly base?: number;
}

/**
 * Waves of a time in any unit, from the length 2π up to 2π · base in geometric steps: sin(t · ωᵢ) at
 * place 2i and cos(t · ωᵢ) at 2i + 1, with ωᵢ = base^(−2i / width).
 *
 *   t [...]   → [..., width]
 *
 * A time in f32 is exact up to 2²⁴ units only: count from the start of the record, not from 1970. Fails
 * with InvalidArgument when the width is odd. Vaswani et al., "Attention is all you need", NeurIPS 2017,
 * §3.5.
 *
 * @example
 * TimeEncoding.sinusoidal({ width: 8 })(arange(5, "f32")) // → [5, 8]
 */
export const sinusoidal =
  ({ width, base = 10_000 }: SinusoidalOptions) =>
  (t: Tensor): Tensor => {
    if (!Number.isInteger(width / 2) || width <= 0)
      fail("TimeEncoding.sinusoidal", "InvalidArgument", "an even width expected", String(width));
    return waves(
      Array.from({ length: width / 2 }, (_, i) => base ** ((-2 * i) / width)),
      t,
    );
  };

/** Options of `periodic`. */
export interface PeriodicOptions {
  /** Lengths in the unit of the time: [1440, 10080] for a day and a week in minutes. */
  readonly periods: readonly number[];
}

/**
 * The phase of each of some known periods, as sin(2π t / p) and cos(2π t / p) in turn.
 *
 *   t [...]   → [..., 2 · periods]
 *
 * @example
 * TimeEncoding.periodic({ periods: [24, 168] })(hours) // [12] → [12, 4]
 */
export const periodic =
  ({ periods }: PeriodicOptions) =>
  (t: Tensor): Tensor =>
    waves(
      periods.map((period) => (2 * Math.PI) / period),
      t,
    );

/**
 * The position of each step in a window, as steps before the last one: 1 − steps … 0. The same for every
 * window, whenever it was; goes through `sinusoidal` or `Time2Vec` where one number is too little.
 *
 *   → [steps]
 *
 * @example
 * toArray(TimeEncoding.relative(4)) // [-3, -2, -1, 0]
 * TimeEncoding.sinusoidal({ width: 6 })(TimeEncoding.relative(4)) // → [4, 6]
 */
export const relative = (steps: number, dtype: Dtype = "f32"): Tensor =>
  iota([steps], 0, dtype, 1 - steps);
