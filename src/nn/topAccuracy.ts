// How often the label is among the k classes with the highest scores, gathered batch by batch in a
// monoid; with k = 1 the accuracy.

import { type Monoid, struct } from "fp-ts/lib/Monoid.js";
import { MonoidSum } from "fp-ts/lib/number.js";

/** How many labels there were, and how many of them were hit. */
export interface Stats {
  readonly count: number;
  readonly hits: number;
}

/**
 * Statistics of two sets of labels together; `empty` is none.
 *
 * @example
 * accuracy(monoid.concat({ count: 3, hits: 3 }, { count: 1, hits: 0 })) // 0.75
 */
export const monoid: Monoid<Stats> = struct({ count: MonoidSum, hits: MonoidSum });

/** Which labels count, and what a hit is. */
export interface Options {
  readonly classes: number;
  /** How many guesses there are; default 1. */
  readonly k?: number;
  /** A label that stands for "do not count"; none by default. */
  readonly ignoreIndex?: number;
}

/** How many of the classes go before a label. Of equal scores the first does, as in argmax; NaN goes before all. */
const rankOf = (label: number, scores: ArrayLike<number>, from: number, to: number): number => {
  const own = scores[from + label] as number;
  let rank = 0;
  for (let at = from; at < to; at++) {
    const other = scores[at] as number;
    const isBefore = other === own ? at < from + label : !(other < own);
    if (isBefore && at !== from + label) rank++;
  }
  return rank;
};

/**
 * The statistics of labels [samples] and scores [samples, classes], logits or probabilities, in C
 * order. Throws a RangeError when lengths do not fit or a label is no class.
 *
 * @example
 * const logits = [3, 1, 2, 0, 0, 5];
 * accuracy(ofScores({ classes: 3 })([0, 1], logits)) // 0.5
 * accuracy(ofScores({ classes: 3, k: 2 })([2, 2], logits)) // 1
 */
export const ofScores =
  ({ classes, k = 1, ignoreIndex }: Options) =>
  (labels: ArrayLike<number>, scores: ArrayLike<number>): Stats => {
    if (scores.length !== labels.length * classes) {
      const got = `${scores.length} for ${labels.length} labels`;
      throw new RangeError(`TopAccuracy.ofScores: ${classes} scores a label expected, got ${got}`);
    }
    const counted = Array.from(labels).map((label, i) => ({ label, from: i * classes }));
    const known = counted.filter(({ label }) => label !== ignoreIndex);
    const hits = known.filter(({ label, from }) => {
      if (!(Number.isInteger(label) && label >= 0 && label < classes))
        throw new RangeError(
          `TopAccuracy.ofScores: labels in 0…${classes - 1} expected, got ${label}`,
        );
      return rankOf(label, scores, from, from + classes) < k;
    });
    return { count: known.length, hits: hits.length };
  };

/**
 * The share of labels that were hit; NaN where there were none.
 *
 * @example
 * accuracy({ count: 4, hits: 3 }) // 0.75
 */
export const accuracy = ({ count, hits }: Stats): number => hits / count;
