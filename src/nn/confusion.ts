// The confusion matrix, which class was taken for which, gathered batch by batch in a monoid, and what
// segmentation is judged by. Long, Shelhamer & Darrell, "Fully convolutional networks for semantic
// segmentation", CVPR 2015, §5; Badrinarayanan, Kendall & Cipolla, "SegNet", 2017, §4.
//
//   global accuracy = Σᵢ nᵢᵢ / Σᵢⱼ nᵢⱼ    class accuracy = nᵢᵢ / Σⱼ nᵢⱼ
//   intersection over union = nᵢᵢ / (Σⱼ nᵢⱼ + Σⱼ nⱼᵢ − nᵢᵢ)

import type { Monoid } from "fp-ts/lib/Monoid.js";
import { range } from "../core/shape.ts";

/** counts[i · classes + j] is how often class i was taken for class j. */
export interface Confusion {
  readonly classes: number;
  readonly counts: readonly number[];
}

/**
 * Counts added up; `empty` is nothing counted. Exact, so the grouping does not matter at all.
 *
 * @example
 * const { concat } = monoid(2);
 * concat({ classes: 2, counts: [1, 0, 0, 1] }, { classes: 2, counts: [0, 2, 0, 0] }).counts // [1, 2, 0, 1]
 */
export const monoid = (classes: number): Monoid<Confusion> => ({
  concat: (a, b) => ({ classes, counts: a.counts.map((n, at) => n + (b.counts[at] as number)) }),
  empty: { classes, counts: new Array<number>(classes * classes).fill(0) },
});

/** What is counted. */
export interface Options {
  readonly classes: number;
  /** A truth that stands for "do not count"; none by default. It may be no class. */
  readonly ignoreIndex?: number;
}

const noClass = (classes: number, truth: number, guess: number): never => {
  const got = `truth ${truth} and prediction ${guess}`;
  throw new RangeError(`Confusion.ofLabels: classes in 0…${classes - 1} expected, got ${got}`);
};

/**
 * Counts of true and predicted classes, one pair for each pixel, say. Throws a RangeError when the
 * lengths differ or one is no class.
 *
 * @example
 * ofLabels({ classes: 2, ignoreIndex: 255 })([0, 0, 1, 255], [0, 1, 1, 0]).counts // [1, 1, 0, 1]
 */
export const ofLabels =
  ({ classes, ignoreIndex }: Options) =>
  (truth: ArrayLike<number>, prediction: ArrayLike<number>): Confusion => {
    if (truth.length !== prediction.length) {
      const got = `${truth.length} and ${prediction.length}`;
      throw new RangeError(`Confusion.ofLabels: arrays of one length expected, got ${got}`);
    }
    const isClass = (k: number): boolean => Number.isInteger(k) && k >= 0 && k < classes;
    const counts = new Array<number>(classes * classes).fill(0);
    for (let i = 0; i < truth.length; i++) {
      const [own, guess] = [truth[i] as number, prediction[i] as number];
      if (own === ignoreIndex) continue;
      if (!isClass(own) || !isClass(guess)) noClass(classes, own, guess);
      counts[own * classes + guess] = (counts[own * classes + guess] as number) + 1;
    }
    return { classes, counts };
  };

/** How good a classifier is, from its confusion. */
export interface Scores {
  readonly count: number;
  /** The share of all that was right; NaN where there was nothing. */
  readonly globalAccuracy: number;
  /** Of each class, the share that was found (recall); NaN for a class that was not there. */
  readonly classAccuracy: readonly number[];
  /** The mean over the classes that were there. */
  readonly meanClassAccuracy: number;
  /** Intersection over union of each class; NaN for one neither there nor predicted. */
  readonly iou: readonly number[];
  /** The mean over the classes that were there; of one that was predicted only, the others have lost what it took. */
  readonly meanIou: number;
  /** The mean over classes weighted by how often each was there. */
  readonly frequencyWeightedIou: number;
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** The mean of what is defined; NaN of nothing. */
const meanOfDefined = (numbers: readonly number[]): number => {
  const defined = numbers.filter((x) => !Number.isNaN(x));
  return sumOf(defined) / defined.length;
};

/**
 * The scores of a confusion.
 *
 * @example
 * const found = scores({ classes: 2, counts: [3, 1, 0, 4] }); // one 0 was taken for 1
 * [found.globalAccuracy, found.classAccuracy, found.iou] // [0.875, [0.75, 1], [0.75, 0.8]]
 */
export const scores = ({ classes, counts }: Confusion): Scores => {
  const at = (i: number, j: number): number => counts[i * classes + j] as number;
  const all = range(classes);
  const right = all.map((i) => at(i, i));
  const there = all.map((i) => sumOf(all.map((j) => at(i, j))));
  const predicted = all.map((j) => sumOf(all.map((i) => at(i, j))));
  const [count, found] = [sumOf(there), sumOf(right)];
  const classAccuracy = right.map((n, i) => n / (there[i] as number));
  const iou = right.map((n, i) => n / ((there[i] as number) + (predicted[i] as number) - n));
  return {
    count,
    globalAccuracy: found / count,
    classAccuracy,
    meanClassAccuracy: meanOfDefined(classAccuracy),
    iou,
    meanIou: meanOfDefined(iou.filter((_, i) => (there[i] as number) > 0)),
    frequencyWeightedIou:
      sumOf(iou.map((x, i) => (there[i] === 0 ? 0 : x * (there[i] as number)))) / count,
  };
};
