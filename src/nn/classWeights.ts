// Weights of classes from how many pixels each has, so that rare classes are learned beside frequent
// ones. Pixels are counted picture by picture in a monoid; `crossEntropy` and `focal` take the weights.
// A class that never occurs has weight 0: its weight would be infinite, and no label asks for it.

import type { Monoid } from "fp-ts/lib/Monoid.js";
import { fail } from "../core/errors.ts";

/** How many pixels of each class some pictures have; one number for each class. */
export interface ClassCounts {
  readonly pixels: readonly number[];
  /** All pixels, ignored ones too, of those pictures in which the class occurs. */
  readonly pixelsWherePresent: readonly number[];
}

const addEach = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a.map((x, k) => x + (b[k] as number)); // as many

/**
 * Counts of two sets of pictures together; `empty` is no picture. Exact, so the grouping does not matter.
 *
 * @example
 * const count = countClasses({ classes: 2 });
 * monoid(2).concat(count([0, 0, 1]), count([0, 0])).pixelsWherePresent // [5, 3]
 */
export const monoid = (classes: number): Monoid<ClassCounts> => ({
  concat: (a, b) => ({
    pixels: addEach(a.pixels, b.pixels),
    pixelsWherePresent: addEach(a.pixelsWherePresent, b.pixelsWherePresent),
  }),
  empty: {
    pixels: new Array<number>(classes).fill(0),
    pixelsWherePresent: new Array<number>(classes).fill(0),
  },
});

/** What is counted. */
export interface Options {
  readonly classes: number;
  /** A label that stands for "do not count"; none by default. It may be no class. */
  readonly ignoreIndex?: number;
}

/**
 * The counts of one picture, from the class of each of its pixels. Throws a RangeError where a label is
 * no class.
 *
 * @example
 * const { pixels, pixelsWherePresent } = countClasses({ classes: 3, ignoreIndex: 255 })([0, 2, 2, 255]);
 * pixels // [1, 0, 2]
 * pixelsWherePresent // [4, 0, 4]
 */
export const countClasses =
  ({ classes, ignoreIndex }: Options) =>
  (labels: ArrayLike<number>): ClassCounts => {
    const pixels = new Array<number>(classes).fill(0);
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i] as number;
      if (label === ignoreIndex) continue;
      const before = pixels[label]; // undefined for what is no index of the array
      if (before === undefined) {
        const rule = `ClassWeights.countClasses: labels in 0…${classes - 1} expected`;
        throw new RangeError(`${rule}, got ${label}`);
      }
      pixels[label] = before + 1;
    }
    return { pixels, pixelsWherePresent: pixels.map((n) => (n > 0 ? labels.length : 0)) };
  };

const sumOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** The middle one of some numbers, or the mean of the middle two. */
const medianOf = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [below, above] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return ((below as number) + (above as number)) / 2; // unread where there are none
};

/** f of what each class that occurs has; 0 for the others. */
const whereThere = (
  sizes: readonly number[],
  f: (size: number, k: number) => number,
): readonly number[] => sizes.map((size, k) => (size > 0 ? f(size, k) : 0));

/** Weights with mean 1 over those that are not 0. */
const withMeanOne = (weights: readonly number[]): readonly number[] => {
  const there = weights.filter((w) => w > 0).length;
  return whereThere(weights, (w) => (w * there) / sumOf(weights));
};

/**
 * The share of all counted pixels that each class has; 0 each where there are none.
 *
 * @example
 * frequencies({ pixels: [3, 1], pixelsWherePresent: [4, 4] }) // [0.75, 0.25]
 */
export const frequencies = ({ pixels }: ClassCounts): readonly number[] =>
  whereThere(pixels, (n) => n / sumOf(pixels));

/**
 * Median frequency balancing: the median of the frequencies by the frequency of the class, where the
 * frequency is among the pixels of the pictures in which the class occurs, ignored ones too, and the
 * median is over the classes that occur. Classes that never occur have 0. Eigen & Fergus, "Predicting
 * depth, surface normals and semantic labels with a common multi-scale convolutional architecture",
 * ICCV 2015; Badrinarayanan, Kendall & Cipolla, "SegNet", 2017.
 *
 * @example
 * medianFrequency({ pixels: [6, 2, 1], pixelsWherePresent: [12, 8, 8] }) // [0.5, 1, 2]
 */
export const medianFrequency = ({ pixels, pixelsWherePresent }: ClassCounts): readonly number[] => {
  const share = whereThere(pixels, (n, k) => n / (pixelsWherePresent[k] as number));
  const median = medianOf(share.filter((f) => f > 0));
  return whereThere(share, (f) => median / f);
};

/**
 * Weights (1 − β) / (1 − βⁿ) for classes of n pixels, scaled to mean 1 over the classes that occur; the
 * others have 0. β in 0…1, without 1: 0 weighs all alike, towards 1 it becomes `inverseFrequency`. Of
 * samples beyond 1 / (1 − β) hardly any counts, so classes of many more pixels than that get one weight.
 * Fails with InvalidArgument for another β. Cui et al., "Class-balanced loss based on effective number of
 * samples", CVPR 2019, eq. 2 and 3.
 *
 * @example
 * const counts = { pixels: [1, 2], pixelsWherePresent: [3, 3] }; // effective numbers 1 and 1½
 * effectiveNumber({ beta: 0.5 })(counts).map((w) => w.toFixed(2)) // ["1.20", "0.80"]
 */
export const effectiveNumber =
  ({ beta }: { readonly beta: number }) =>
  ({ pixels }: ClassCounts): readonly number[] => {
    if (!(beta >= 0 && beta < 1))
      fail("effectiveNumber", "InvalidArgument", "0 ≤ beta < 1 expected", String(beta));
    // 1 − βⁿ without cancellation for β near 1
    return withMeanOne(whereThere(pixels, (n) => (1 - beta) / -Math.expm1(n * Math.log(beta))));
  };

/**
 * Weights f^−exponent for classes of frequency f, scaled to mean 1 over the classes that occur; the
 * others have 0. Exponent 1 (default) is the inverse frequency, ½ its root, 0 weighs all alike.
 *
 * @example
 * inverseFrequency()({ pixels: [1, 3], pixelsWherePresent: [4, 4] }) // [1.5, 0.5]
 */
export const inverseFrequency =
  ({ exponent = 1 }: { readonly exponent?: number } = {}) =>
  (counts: ClassCounts): readonly number[] =>
    withMeanOne(whereThere(frequencies(counts), (f) => f ** -exponent));

/**
 * Weights 1 / ln(c + f) for classes of frequency f, c = 1.02 by default: from 1.42 for a class of all
 * pixels to 50.5 for a rare one, which bounds how much a rare class counts. Classes that never occur have
 * 0. Fails with InvalidArgument unless c > 1. Paszke et al., "ENet", 2016.
 *
 * @example
 * inverseLogFrequency()({ pixels: [4, 0], pixelsWherePresent: [4, 0] }).map((w) => w.toFixed(2)) // ["1.42", "0.00"]
 */
export const inverseLogFrequency =
  ({ c = 1.02 }: { readonly c?: number } = {}) =>
  (counts: ClassCounts): readonly number[] => {
    if (!(c > 1)) fail("inverseLogFrequency", "InvalidArgument", "c > 1 expected", String(c));
    return whereThere(frequencies(counts), (f) => 1 / Math.log(c + f));
  };
