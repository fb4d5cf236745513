// Time2Vec: a trend and waves of learned frequencies and phases. Kazemi et al., "Time2Vec: learning a
// vector representation of time", 2019, equation 1.

import type { Tensor } from "../core/tensor.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { sin } from "../ops/functions.ts";
import { splitKey, uniform } from "../ops/random.ts";
import { narrow } from "../ops/slice.ts";
import { concat, expandDims } from "../ops/structural.ts";

/** ω and φ of each feature; the first feature is the trend. */
export interface Params {
  /** [width], in radians for each unit of the time */
  readonly frequency: Tensor;
  /** [width], in radians */
  readonly phase: Tensor;
}

/** How many features, and how fast waves may be at the start. */
export interface Config {
  readonly width: number;
  /** Frequencies start in ±this, radians for each unit of the time; default 1. */
  readonly fastest?: number;
}

/**
 * Frequencies uniform in ±fastest, phases uniform in ±π.
 *
 * @example
 * Time2Vec.init(key(0), { width: 8 }).frequency // → [8]
 */
export const init = (key: Tensor, { width, fastest = 1 }: Config): Params => {
  const [a, b] = splitKey(key, 2);
  return {
    frequency: uniform(a, [width], { min: -fastest, max: fastest }),
    phase: uniform(b, [width], { min: -Math.PI, max: Math.PI }),
  };
};

/**
 * ω₀ t + φ₀, then sin(ωᵢ t + φᵢ) for i ≥ 1.
 *
 *   t [...]   → [..., width]
 *
 * The unit of the time decides how fast waves can be: days where days matter.
 *
 * @example
 * const layer = Time2Vec.init(key(0), { width: 8 });
 * Time2Vec.apply(layer)(t) // [5, 12] → [5, 12, 8]
 */
export const apply =
  ({ frequency, phase }: Params) =>
  (t: Tensor): Tensor => {
    const angles = add(mul(expandDims(-1)(t), frequency), phase); // [..., width]
    const [axis, width] = [t.shape.length, frequency.shape[0] as number]; // a vector
    const trend = narrow(angles, axis, 0, 1);
    return concat({ axis: -1 })([trend, sin(narrow(angles, axis, 1, width - 1))]);
  };
