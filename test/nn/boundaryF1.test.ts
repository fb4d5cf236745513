// Boundary F1: a monoid, its definition over all pairs of pixels, distances, ignored pixels, refusals.

import fc from "fast-check";
import { concatAll } from "fp-ts/lib/Monoid.js";
import * as assert from "uvu/assert";
import { BoundaryF1 } from "../../src/nn/index.ts";
import { assertNumbersClose, mergesLikeOnePass } from "../support/monoids.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const { monoid, ofLabels, scores, toleranceOf } = BoundaryF1;

const classes = 3;
const ignoreIndex = 255;

interface Pair {
  readonly height: number;
  readonly width: number;
  readonly truth: readonly number[];
  readonly prediction: readonly number[];
}

/** Rectangles of classes over each other, with pixels flipped: maps with areas and with noise. */
const mapOf = (
  height: number,
  width: number,
  labels: readonly number[],
): fc.Arbitrary<readonly number[]> => {
  const corner = fc.record({
    x: fc.nat(width),
    y: fc.nat(height),
    label: fc.constantFrom(...labels),
  });
  const single = fc.record({ at: fc.nat(height * width - 1), label: fc.constantFrom(...labels) });
  return fc
    .record({
      corners: fc.array(corner, { maxLength: 3 }),
      singles: fc.array(single, { maxLength: 3 }),
    })
    .map(({ corners, singles }) => {
      const map = Array.from({ length: height * width }, (_, i) => {
        const isIn = ({ x, y }: { x: number; y: number }) =>
          i % width >= x && Math.floor(i / width) >= y;
        return corners.findLast(isIn)?.label ?? 0;
      });
      for (const { at, label } of singles) map[at] = label;
      return map;
    });
};

const pairs: fc.Arbitrary<Pair> = fc
  .record({ height: fc.integer({ min: 1, max: 7 }), width: fc.integer({ min: 1, max: 7 }) })
  .chain(({ height, width }) =>
    fc.record({
      height: fc.constant(height),
      width: fc.constant(width),
      truth: mapOf(height, width, [0, 1, 2, ignoreIndex]),
      prediction: mapOf(height, width, [0, 1, 2]),
    }),
  );

const ofPair = ({ height, width, truth, prediction }: Pair, tolerance?: number): BoundaryF1.Stats =>
  ofLabels({
    classes,
    height,
    width,
    ignoreIndex,
    ...(tolerance === undefined ? {} : { tolerance }),
  })(truth, prediction);

/** The definition: sets of pixels, and distances between all of them. */
const byHand = ({ width, truth, prediction }: Pair, tolerance: number) => {
  const all = truth.map((_, i) => ({ i, x: i % width, y: Math.floor(i / width) }));
  type Pixel = (typeof all)[number];
  const distance = (a: Pixel, b: Pixel): number => Math.hypot(a.x - b.x, a.y - b.y);
  const boundary = (map: readonly number[], c: number): readonly Pixel[] =>
    all.filter(
      (a) =>
        map[a.i] === c &&
        all.some((b) => distance(a, b) === 1 && map[b.i] !== c && map[b.i] !== ignoreIndex),
    );
  const hidden = all.filter(({ i }) => truth[i] === ignoreIndex);
  const isNear = (a: Pixel, others: readonly Pixel[]): boolean =>
    others.some((b) => distance(a, b) <= tolerance);
  const share = (found: readonly Pixel[], wanted: readonly Pixel[]): number =>
    found.length === 0 ? 1 : found.filter((a) => isNear(a, wanted)).length / found.length;
  return Array.from({ length: classes }, (_, c) => {
    if (!truth.includes(c)) return { precision: 0, recall: 0, f1: 0, pictures: 0 };
    const [wanted, predicted] = [boundary(truth, c), boundary(prediction, c)];
    const precision = share(
      predicted.filter((a) => !isNear(a, hidden)),
      wanted,
    );
    const recall = share(wanted, predicted);
    const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
    return { precision, recall, f1, pictures: 1 };
  });
};

const test = suite("BoundaryF1");

test(
  "merging in any grouping is one pass",
  mergesLikeOnePass(pairs, monoid(classes), (list) =>
    concatAll(monoid(classes))(list.map((pair) => ofPair(pair))),
  ),
);

test(
  "is its definition over all pairs of pixels",
  forAll(
    { pair: pairs, tolerance: fc.constantFrom(0, 1, 1.5, 2, 3.2) },
    { runs: 300 },
  )(({ pair, tolerance }) => {
    const expected = byHand(pair, tolerance);
    const { pictures, precision, recall, f1 } = ofPair(pair, tolerance);
    const rows = pictures.map((n, c) => ({
      precision: precision[c] as number,
      recall: recall[c] as number,
      f1: f1[c] as number,
      pictures: n,
    }));
    assertNumbersClose(rows, expected);
  }),
);

test(
  "of a map with itself is 1 for the classes that are there",
  forAll(pairs)(({ height, width, prediction }) => {
    const pair = { height, width, truth: prediction, prediction };
    const expected = [0, 1, 2].map((c) => (prediction.includes(c) ? 1 : Number.NaN));
    assert.equal(scores(ofPair(pair)).f1, expected);
    assert.is(scores(ofPair(pair)).meanF1, 1);
  }),
);

test(
  "does not fall when the tolerance grows, nothing ignored",
  forAll({ pair: pairs, tolerance: fc.constantFrom(0, 1, 2) })(({ pair, tolerance }) => {
    const whole = {
      ...pair,
      truth: pair.truth.map((label) => (label === ignoreIndex ? 0 : label)),
    };
    const [narrow, wide] = [ofPair(whole, tolerance), ofPair(whole, tolerance + 1)];
    narrow.f1.forEach((f1, c) => {
      assert.ok((wide.f1[c] as number) >= f1);
    });
  }),
);

test("the tolerance is 0.75 % of the diagonal, and 1 pixel at least", () => {
  assert.is(toleranceOf({ height: 360, width: 480 }), 4.5);
  assert.is(toleranceOf({ height: 30, width: 40 }), 1);
});

/** A picture from rows of digits; a dot is ignored. */
const rows = (...lines: readonly string[]): readonly number[] =>
  lines.flatMap((line) => [...line].map((c) => (c === "." ? ignoreIndex : Number(c))));

test("a boundary that is off by two is found from a tolerance of 2 on, whatever is inside", () => {
  const pair = {
    height: 2,
    width: 8,
    truth: rows("00011111", "00011111"),
    prediction: rows("00000111", "00000111"),
  };
  assert.equal(ofPair(pair, 1.9).f1, [0, 0, 0]);
  assert.equal(ofPair(pair, 2).f1, [1, 1, 0]);
});

test("distances are Euclidean: one step in both directions is √2", () => {
  // True: class 1 at the top left corner. Predicted: one pixel further in both directions.
  const pair = {
    height: 4,
    width: 4,
    truth: rows("1000", "0000", "0000", "0000"),
    prediction: rows("0000", "0100", "0000", "0000"),
  };
  assert.is(ofPair(pair, 1.4).f1[1], 0);
  assert.is(ofPair(pair, 1.5).f1[1], 1);
});

test("precision and recall of a boundary found by half, with one too many", () => {
  // Class 1 has the true boundary pixels 2 and 5; 2 is predicted, and 7.
  const pair = { height: 1, width: 9, truth: rows("001111000"), prediction: rows("001111110") };
  const { precision, recall, f1 } = ofPair(pair, 1);
  assert.equal([precision[1], recall[1], f1[1]], [0.5, 0.5, 0.5]);
});

test("what is ignored makes no boundary, and hides those that may be in it", () => {
  const size = { height: 1, width: 9 };
  // The true boundary is somewhere in the dots: no place that is predicted near them is wrong.
  for (const prediction of ["000001111", "000111111", "000011111"])
    assert.equal(
      ofPair({ ...size, truth: rows("000...111"), prediction: rows(prediction) }, 1).f1,
      [1, 1, 0],
    );
  // Far from them it is wrong.
  assert.equal(
    ofPair({ ...size, truth: rows("00000...1"), prediction: rows("001111111") }, 1).f1,
    [0, 0, 0],
  );
  // A true boundary beside them may be found among them.
  const { recall, precision } = ofPair(
    { ...size, truth: rows("0001..222"), prediction: rows("000011222") },
    1,
  );
  assert.equal([recall[0], precision[0], recall[1]], [1, 1, 1]);
});

test("a class is averaged over the pictures in which it occurs, then classes are", () => {
  const size = { height: 1, width: 4 };
  const right = ofPair({ ...size, truth: rows("0011"), prediction: rows("0011") }, 0);
  const wrong = ofPair({ ...size, truth: rows("0000"), prediction: rows("0011") }, 0);
  const { f1, meanF1 } = scores(monoid(classes).concat(right, wrong));
  assert.equal(f1, [0.5, 1, Number.NaN]);
  assert.is(meanF1, 0.75);
});

test("of no picture is NaN", () => {
  assert.ok(Number.isNaN(scores(monoid(2).empty).meanF1));
});

test("refuses a tolerance that is none, with which nothing would be near", () => {
  for (const tolerance of [-1, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(
      () => ofLabels({ classes: 2, height: 1, width: 2, tolerance })([0, 1], [0, 1]),
      (error: Error) =>
        error.message ===
        `BoundaryF1.ofLabels: a finite tolerance of 0 or more expected, got ${tolerance}`,
    );
});

test("refuses maps of another size and what is no class", () => {
  const refuses = (
    truth: readonly number[],
    prediction: readonly number[],
    message: string,
  ): void =>
    assert.throws(
      () => ofLabels({ classes: 2, height: 1, width: 2, ignoreIndex })(truth, prediction),
      (error: Error) => error.message === `BoundaryF1.ofLabels: ${message}`,
    );
  refuses([0], [0, 1], "truth of 1 · 2 pixels expected, got 1");
  refuses([0, 1], [0, 1, 1], "prediction of 1 · 2 pixels expected, got 3");
  refuses([0, 2], [0, 1], "truth with classes in 0…1 expected, got 2");
  refuses([0, 1], [0, ignoreIndex], "prediction with classes in 0…1 expected, got 255");
});

test.run();
