// Errors relative to what was to be predicted, gathered batch by batch in a monoid. All are fractions,
// 0.1 for ten per cent:
//
//   MAPE  = Σ|e / y| / n    sMAPE = Σ 2|e| / (|y| + |ŷ|) / n, in 0…2    WAPE = Σ|e| / Σ|y|
//
// Hyndman & Koehler, "Another look at measures of forecast accuracy", 2006, on what each hides: MAPE
// blows up near 0 and is not defined at 0, where WAPE is safe.

import { type Monoid, struct } from "fp-ts/lib/Monoid.js";
import { MonoidSum } from "fp-ts/lib/number.js";

/** All that these metrics need to know of some pairs of truth and prediction. */
export interface Stats {
  readonly count: number;
  /** Pairs whose truth is 0, which MAPE leaves out. */
  readonly zeros: number;
  /** Σ|e / y| over the others */
  readonly relativeError: number;
  /** Σ 2|e| / (|y| + |ŷ|), where 0 for 0 counts 0 */
  readonly symmetricError: number;
  /** Σ|e| */
  readonly absoluteError: number;
  /** Σ|y| */
  readonly absoluteTruth: number;
}

/**
 * Statistics of two sets of pairs together; `empty` is no pairs.
 *
 * @example
 * const batches = [ofPairs([1, 2], [2, 2]), ofPairs([4], [3])];
 * scores(batches.reduce(monoid.concat, monoid.empty)).mape.toFixed(4) // 0.4167
 */
export const monoid: Monoid<Stats> = struct({
  count: MonoidSum,
  zeros: MonoidSum,
  relativeError: MonoidSum,
  symmetricError: MonoidSum,
  absoluteError: MonoidSum,
  absoluteTruth: MonoidSum,
});

/** The statistics of one pair. */
export const ofPair = (truth: number, prediction: number): Stats => {
  const absoluteError = Math.abs(prediction - truth);
  const scale = Math.abs(truth) + Math.abs(prediction);
  return {
    count: 1,
    zeros: truth === 0 ? 1 : 0,
    relativeError: truth === 0 ? 0 : absoluteError / Math.abs(truth),
    symmetricError: scale === 0 ? 0 : (2 * absoluteError) / scale,
    absoluteError,
    absoluteTruth: Math.abs(truth),
  };
};

/** The statistics of two arrays of pairs. Throws a RangeError when the lengths differ. */
export const ofPairs = (truth: ArrayLike<number>, prediction: ArrayLike<number>): Stats => {
  if (truth.length !== prediction.length) {
    const got = `${truth.length} and ${prediction.length}`;
    throw new RangeError(`PercentageErrors.ofPairs: arrays of one length expected, got ${got}`);
  }
  let stats = monoid.empty;
  for (let i = 0; i < truth.length; i++)
    stats = monoid.concat(stats, ofPair(truth[i] as number, prediction[i] as number));
  return stats;
};

/** Relative errors as fractions. */
export interface Scores {
  readonly count: number;
  /** Over the pairs whose truth is not 0; NaN where there are none. */
  readonly mape: number;
  /** How many pairs MAPE leaves out. */
  readonly zeros: number;
  /** NaN without pairs. */
  readonly smape: number;
  /** NaN where every truth is 0. */
  readonly wape: number;
}

/**
 * The scores of some pairs.
 *
 * @example
 * const { mape, zeros, smape, wape } = scores(ofPairs([2, 4, 0], [3, 4, 0]));
 * [mape, zeros, smape.toFixed(3), wape.toFixed(3)] // [0.25, 1, "0.133", "0.167"]
 */
export const scores = (stats: Stats): Scores => ({
  count: stats.count,
  mape: stats.relativeError / (stats.count - stats.zeros),
  zeros: stats.zeros,
  smape: stats.symmetricError / stats.count,
  wape: stats.absoluteTruth === 0 ? Number.NaN : stats.absoluteError / stats.absoluteTruth,
});
