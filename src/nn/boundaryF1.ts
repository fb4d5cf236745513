// How well the outlines of a segmentation lie, gathered picture by picture in a monoid: the boundary F1 of
// Csurka et al., "What is a good evaluation measure for semantic segmentation?", BMVC 2013. A thin class is
// a few pixels to the intersection over union; here its outline counts as any other's. A pixel on a boundary
// is on that of its own class alone, so one map holds the boundaries of all classes.

import type { Monoid } from "fp-ts/lib/Monoid.js";

/** Sums over pictures, one number for each class. */
export interface Stats {
  /** The pictures in whose truth the class occurs. */
  readonly pictures: readonly number[];
  /** The sum over these of precision, recall and F1. */
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  readonly f1: readonly number[];
}

const addEach = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a.map((x, k) => x + (b[k] as number)); // as many

/** Statistics of two sets of pictures together; `empty` is no picture. Associative up to rounding. */
export const monoid = (classes: number): Monoid<Stats> => {
  const none = new Array<number>(classes).fill(0);
  return {
    concat: (a, b) => ({
      pictures: addEach(a.pictures, b.pictures),
      precision: addEach(a.precision, b.precision),
      recall: addEach(a.recall, b.recall),
      f1: addEach(a.f1, b.f1),
    }),
    empty: { pictures: none, precision: none, recall: none, f1: none },
  };
};

/** What is counted, in pictures of one size. */
export interface Options {
  readonly classes: number;
  readonly height: number;
  readonly width: number;
  /** A truth that stands for "do not count"; none by default. It may be no class. */
  readonly ignoreIndex?: number;
  /** θ in pixels, 0 or more; by default `toleranceOf` the size. */
  readonly tolerance?: number;
}

/**
 * The paper's θ, 0.75 % of the diagonal of a picture, in pixels, but at least 1.
 *
 * @example
 * toleranceOf({ height: 360, width: 480 }) // 4.5
 */
export const toleranceOf = ({ height, width }: Pick<Options, "height" | "width">): number =>
  Math.max(1, 0.0075 * Math.hypot(height, width));

/** A class that is none: ignored, or no boundary. */
const none = -1;

/** Class maps [height, width] with `none` for what is ignored. Throws a RangeError where one is no class. */
const mapOf = (
  labels: ArrayLike<number>,
  what: string,
  { classes, height, width, ignoreIndex }: Options,
): Int32Array => {
  if (labels.length !== height * width) {
    const rule = `BoundaryF1.ofLabels: ${what} of ${height} · ${width} pixels expected`;
    throw new RangeError(`${rule}, got ${labels.length}`);
  }
  const map = new Int32Array(labels.length);
  for (let i = 0; i < map.length; i++) {
    const label = labels[i] as number;
    map[i] = label === ignoreIndex ? none : label;
    if (label !== ignoreIndex && !(label >= 0 && label < classes && Number.isInteger(label))) {
      const rule = `BoundaryF1.ofLabels: ${what} with classes in 0…${classes - 1} expected`;
      throw new RangeError(`${rule}, got ${label}`);
    }
  }
  return map;
};

/** The class of each pixel that is on its boundary, `none` elsewhere [height, width]. */
const boundaryOf = (map: Int32Array, { height, width }: Options): Int32Array => {
  const boundary = new Int32Array(map.length).fill(none);
  const differs = (i: number, j: number): boolean => map[j] !== none && map[j] !== map[i];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (map[i] === none) continue;
      const isOn =
        (x > 0 && differs(i, i - 1)) ||
        (x + 1 < width && differs(i, i + 1)) ||
        (y > 0 && differs(i, i - width)) ||
        (y + 1 < height && differs(i, i + width));
      if (isOn) boundary[i] = map[i] as number;
    }
  }
  return boundary;
};

/** Offsets within a distance, nearest first: where there is something near, the search ends soon. */
const offsetsWithin = (tolerance: number): readonly (readonly [dx: number, dy: number])[] => {
  const reach = Math.floor(tolerance);
  const side = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  return side
    .flatMap((dy) => side.map((dx) => [dx, dy] as const))
    .filter(([dx, dy]) => dx * dx + dy * dy <= tolerance * tolerance)
    .sort(([a, b], [c, d]) => a * a + b * b - (c * c + d * d));
};

/** Whether a value of a map is within θ of the pixel of an index, by Euclidean distance. */
type IsNear = (map: Int32Array, value: number, index: number) => boolean;

const nearness = ({ height, width }: Options, tolerance: number): IsNear => {
  const offsets = offsetsWithin(tolerance);
  const across = Int32Array.from(offsets, ([dx]) => dx);
  const down = Int32Array.from(offsets, ([, dy]) => dy);
  return (map, value, index) => {
    const [x, y] = [index % width, Math.floor(index / width)];
    for (let k = 0; k < across.length; k++) {
      const u = x + (across[k] as number);
      const v = y + (down[k] as number);
      if (u >= 0 && u < width && v >= 0 && v < height && map[v * width + u] === value) return true;
    }
    return false;
  };
};

/** Of each class, the share of its boundary pixels in `found` that are near one in `wanted`; 1 where there are none. */
const shareNear = (
  { classes }: Options,
  isNear: IsNear,
  found: Int32Array,
  wanted: Int32Array,
  isJudged: (index: number) => boolean,
): readonly number[] => {
  const [count, hits] = [new Array<number>(classes).fill(0), new Array<number>(classes).fill(0)];
  found.forEach((own, i) => {
    if (own === none || !isJudged(i)) return;
    count[own] = (count[own] as number) + 1;
    if (isNear(wanted, own, i)) hits[own] = (hits[own] as number) + 1;
  });
  return hits.map((n, k) => (count[k] === 0 ? 1 : n / (count[k] as number)));
};

const harmonicMean = (a: number, b: number): number => (a + b === 0 ? 0 : (2 * a * b) / (a + b));

/**
 * The statistics of one picture, from the true and the predicted class of each of its pixels, row by row.
 *
 *   precision_c = the share of the predicted boundary pixels of class c within θ of a true one of class c
 *   recall_c    = the share of the true ones within θ of a predicted one        F1 = 2 P R / (P + R)
 *
 * A pixel is on the boundary of its class when one of its four neighbours in the picture has another class.
 * What is ignored in the truth makes no boundary there. As the true boundary may be hidden in it, a predicted
 * boundary pixel that is ignored, or within θ of one that is, is judged neither right nor wrong; a true one may
 * be found there all the same. The rules for neighbours and for what is
 * ignored are ours.
 *
 * A class counts where it occurs in the truth. The share of no boundary pixels is 1: a class without a
 * boundary has F1 = 1 where none is predicted and 0 where one is. Throws a RangeError where there are
 * not height · width labels or one is no class, and for a tolerance that is no number of 0 or more; a
 * prediction must be a class on ignored pixels too.
 *
 * @example
 * const size = { classes: 2, height: 1, width: 6 };
 * ofLabels(size)([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1]).f1 // [1, 1]
 * ofLabels({ ...size, tolerance: 0 })([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1]).f1 // [0, 0]
 */
export const ofLabels =
  (options: Options) =>
  (truth: ArrayLike<number>, prediction: ArrayLike<number>): Stats => {
    const { classes, height, width, ignoreIndex, tolerance = toleranceOf(options) } = options;
    if (!(tolerance >= 0 && tolerance < Number.POSITIVE_INFINITY)) {
      const rule = "BoundaryF1.ofLabels: a finite tolerance of 0 or more expected";
      throw new RangeError(`${rule}, got ${tolerance}`);
    }
    const size = { classes, height, width };
    const known = mapOf(
      truth,
      "truth",
      ignoreIndex === undefined ? size : { ...size, ignoreIndex },
    );
    const [trueOnes, predicted] = [known, mapOf(prediction, "prediction", size)].map((map) =>
      boundaryOf(map, size),
    ) as [Int32Array, Int32Array]; // two
    const isNear = nearness(size, tolerance);
    const isHidden = known.includes(none) ? (i: number) => isNear(known, none, i) : () => false;
    const precision = shareNear(size, isNear, predicted, trueOnes, (i) => !isHidden(i));
    const recall = shareNear(size, isNear, trueOnes, predicted, () => true);
    const there = new Set(known);
    const whereThere = (shares: readonly number[]): readonly number[] =>
      shares.map((share, k) => (there.has(k) ? share : 0));
    return {
      pictures: precision.map((_, k) => (there.has(k) ? 1 : 0)),
      precision: whereThere(precision),
      recall: whereThere(recall),
      f1: whereThere(precision.map((p, k) => harmonicMean(p, recall[k] as number))),
    };
  };

/** Boundary scores of a set of pictures. */
export interface Scores {
  /** Of each class, the mean over the pictures in which it occurs; NaN for one that never does. */
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  readonly f1: readonly number[];
  /** The mean F1 over the classes that occur. */
  readonly meanF1: number;
}

/**
 * The scores of the sums over some pictures.
 *
 * @example
 * scores({ pictures: [2, 0], precision: [2, 0], recall: [1, 0], f1: [1.5, 0] }).f1 // [0.75, NaN]
 */
export const scores = ({ pictures, ...sums }: Stats): Scores => {
  const perPicture = (sum: readonly number[]): readonly number[] =>
    sum.map((x, k) => x / (pictures[k] as number));
  const f1 = perPicture(sums.f1);
  const there = f1.filter((x) => !Number.isNaN(x));
  return {
    precision: perPicture(sums.precision),
    recall: perPicture(sums.recall),
    f1,
    meanF1: there.reduce((a, b) => a + b, 0) / there.length,
  };
};
