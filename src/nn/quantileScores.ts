// How good predicted quantiles are, gathered batch by batch in a monoid: how often the truth is at or
// below each (a share q, where the quantile q is right), how often it is between the lowest and the
// highest, and the pinball loss. Gneiting & Raftery, "Strictly proper scoring rules, prediction, and
// estimation", 2007, §6.

import type { Monoid } from "fp-ts/lib/Monoid.js";

/** All that the scores need to know of some rows: a truth and a prediction for each quantile. */
export interface Stats {
  readonly count: number;
  /** Truths from the lowest prediction of their row to the highest, both included. */
  readonly inside: number;
  /** For each quantile, truths at or below it. */
  readonly below: readonly number[];
  /** For each quantile, the sum of pinball losses. */
  readonly pinball: readonly number[];
}

const addEach = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a.map((x, k) => x + (b[k] as number)); // as many

/**
 * Statistics of two sets of rows together, for so many quantiles; `empty` is no rows.
 *
 * @example
 * const { concat } = monoid(1);
 * scores(concat(ofRows([0.5])([1], [2]), ofRows([0.5])([3], [2]))).coverage // [0.5]
 */
export const monoid = (quantiles: number): Monoid<Stats> => ({
  concat: (a, b) => ({
    count: a.count + b.count,
    inside: a.inside + b.inside,
    below: addEach(a.below, b.below),
    pinball: addEach(a.pinball, b.pinball),
  }),
  empty: {
    count: 0,
    inside: 0,
    below: new Array<number>(quantiles).fill(0),
    pinball: new Array<number>(quantiles).fill(0),
  },
});

const pinballOf = (q: number, above: number): number => Math.max(q * above, (q - 1) * above);

/** The statistics of one truth. */
const ofRow = (quantiles: readonly number[], truth: number, row: readonly number[]): Stats => ({
  count: 1,
  inside: truth >= Math.min(...row) && truth <= Math.max(...row) ? 1 : 0,
  below: row.map((guess) => (truth <= guess ? 1 : 0)),
  pinball: row.map((guess, k) => pinballOf(quantiles[k] as number, truth - guess)),
});

/**
 * The statistics of truths [samples] and predictions [samples, quantiles] in C order. Throws a
 * RangeError when lengths do not fit.
 */
export const ofRows =
  (quantiles: readonly number[]) =>
  (truth: ArrayLike<number>, prediction: ArrayLike<number>): Stats => {
    const width = quantiles.length;
    if (prediction.length !== truth.length * width) {
      const rule = `QuantileScores.ofRows: ${width} predictions for each truth expected`;
      throw new RangeError(`${rule}, got ${prediction.length} for ${truth.length}`);
    }
    const { concat, empty } = monoid(width);
    let stats = empty;
    for (let i = 0; i < truth.length; i++) {
      const row = quantiles.map((_, k) => prediction[i * width + k] as number);
      stats = concat(stats, ofRow(quantiles, truth[i] as number, row));
    }
    return stats;
  };

/** How good quantiles are; everything is NaN without rows. */
export interface Scores {
  readonly count: number;
  /** For each quantile q, the share of truths at or below it: q where it is right. */
  readonly coverage: readonly number[];
  /** The share of truths between the lowest and the highest quantile. */
  readonly inside: number;
  /** For each quantile, the mean pinball loss, in the unit of the truth. */
  readonly pinball: readonly number[];
  /** Their mean: the value of `quantileLoss`. */
  readonly meanPinball: number;
}

/**
 * The scores of some rows.
 *
 * @example
 * const found = scores(ofRows([0.25, 0.75])([1, 5], [0, 2, 3, 4])); // 1 in 0…2, 5 not in 3…4
 * [found.coverage, found.inside, found.meanPinball] // [[0, 0.5], 0.5, 0.4375]
 */
export const scores = ({ count, inside, below, pinball }: Stats): Scores => {
  const means = pinball.map((total) => total / count);
  return {
    count,
    coverage: below.map((times) => times / count),
    inside: inside / count,
    pinball: means,
    meanPinball: means.reduce((a, b) => a + b, 0) / means.length,
  };
};
