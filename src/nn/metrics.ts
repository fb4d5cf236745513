// How wrong a regression is: MAE, RMSE and R², gathered batch by batch in a monoid, so that the
// parts of a data set can be judged in any grouping and merged. Sums of squares about the mean are
// merged without cancellation, as in Chan, Golub, LeVeque, "Updating formulae and a pairwise
// algorithm for computing sample variances", 1979 (Welford's for one value).
//
//   MAE = Σ|y − ŷ| / n    RMSE = √(Σ(y − ŷ)² / n)
//   R²  = 1 − Σ(y − ŷ)² / Σ(y − ȳ)²,  ȳ the mean of the truth
//
// R² over nodes of different scale is near 1 for any predictor, so a report has each node and the
// median over nodes too.

import type { Monoid } from "fp-ts/lib/Monoid.js";

/** All that the metrics need to know of some pairs of truth and prediction. */
export interface ErrorStats {
  readonly count: number;
  /** Σ|y − ŷ| */
  readonly absoluteError: number;
  /** Σ(y − ŷ)² */
  readonly squaredError: number;
  /** ȳ, 0 without pairs */
  readonly truthMean: number;
  /** Σ(y − ȳ)² */
  readonly truthSpread: number;
}

const merge = (a: ErrorStats, b: ErrorStats): ErrorStats => {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const apart = b.truthMean - a.truthMean;
  return {
    count,
    absoluteError: a.absoluteError + b.absoluteError,
    squaredError: a.squaredError + b.squaredError,
    truthMean: a.truthMean + apart * (b.count / count),
    truthSpread: a.truthSpread + b.truthSpread + apart * apart * (a.count / count) * b.count,
  };
};

/**
 * Statistics of two sets of pairs together; `empty` is no pairs. Associative and commutative up to
 * rounding.
 */
export const errorStats: Monoid<ErrorStats> = {
  concat: merge,
  empty: { count: 0, absoluteError: 0, squaredError: 0, truthMean: 0, truthSpread: 0 },
};

/** The statistics of one pair. */
export const ofPair = (truth: number, prediction: number): ErrorStats => {
  const error = prediction - truth;
  return {
    count: 1,
    absoluteError: Math.abs(error),
    squaredError: error * error,
    truthMean: truth,
    truthSpread: 0,
  };
};

/**
 * The statistics of each cell of arrays [samples, cells] in C order: a cell is one node, target and
 * horizon, whatever the trailing axes stand for. A truth of NaN was not measured and does not count.
 * Throws a RangeError when the lengths differ or are no multiple of `cells`.
 */
export const cellStats =
  (cells: number) =>
  (truth: ArrayLike<number>, prediction: ArrayLike<number>): readonly ErrorStats[] => {
    if (truth.length !== prediction.length || truth.length % cells !== 0) {
      const got = `${truth.length} and ${prediction.length}`;
      throw new RangeError(
        `cellStats: two arrays of a multiple of ${cells} numbers expected, got ${got}`,
      );
    }
    const stats = new Array<ErrorStats>(cells).fill(errorStats.empty);
    for (let at = 0; at < truth.length; at++) {
      if (Number.isNaN(truth[at])) continue;
      const pair = ofPair(truth[at] as number, prediction[at] as number);
      stats[at % cells] = merge(stats[at % cells] as ErrorStats, pair);
    }
    return stats;
  };

/** The statistics of two arrays of pairs. Throws a RangeError when the lengths differ. */
export const pairStats = (truth: ArrayLike<number>, prediction: ArrayLike<number>): ErrorStats =>
  cellStats(1)(truth, prediction)[0] as ErrorStats; // one cell asked for

/** The monoid of lists with one entry a cell, merged cell by cell. */
export const cellMonoid = (cells: number): Monoid<readonly ErrorStats[]> => ({
  concat: (a, b) => a.map((stats, cell) => merge(stats, b[cell] ?? errorStats.empty)),
  empty: new Array<ErrorStats>(cells).fill(errorStats.empty),
});

/** How wrong some predictions are, in the units of the truth (R² has none). */
export interface Metrics {
  readonly count: number;
  readonly mae: number;
  readonly rmse: number;
  /** NaN where the truth is constant, or there is none: there is no spread to explain. */
  readonly r2: number;
}

/** The metrics of some pairs: NaN without pairs, and NaN wherever a prediction is NaN. */
export const metrics = (stats: ErrorStats): Metrics => ({
  count: stats.count,
  mae: stats.absoluteError / stats.count,
  rmse: Math.sqrt(stats.squaredError / stats.count),
  r2: stats.truthSpread > 0 ? 1 - stats.squaredError / stats.truthSpread : Number.NaN,
});

/** Metrics over all nodes together, of each node, and the medians over nodes. */
export interface Report {
  readonly pooled: Metrics;
  readonly nodes: readonly Metrics[];
  /**
   * Over the nodes that have any pairs, `count` of them; `r2` over those of them whose truth is not
   * constant.
   */
  readonly median: Metrics;
}

/** The report on a list with the statistics of one node each. */
export const report = (perNode: readonly ErrorStats[]): Report => {
  const nodes = perNode.map(metrics);
  const seen = nodes.filter(({ count }) => count > 0);
  const varying = nodes.filter((_, node) => (perNode[node] as ErrorStats).truthSpread > 0);
  return {
    pooled: metrics(perNode.reduce(merge, errorStats.empty)),
    nodes,
    median: {
      count: seen.length,
      mae: median(seen.map(({ mae }) => mae)),
      rmse: median(seen.map(({ rmse }) => rmse)),
      r2: median(varying.map(({ r2 }) => r2)),
    },
  };
};

/**
 * The middle value, or the mean of the two middle ones; NaN for no values or when one of them is
 * NaN.
 */
export const median = (values: readonly number[]): number => {
  if (values.length === 0 || values.some(Number.isNaN)) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]] as [number, number];
  return (low + high) / 2;
};
