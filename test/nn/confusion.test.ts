// The confusion matrix: a monoid, counting, scores in plain numbers, classes that are not there.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { Confusion } from "../../src/nn/index.ts";
import { assertNumbersClose, mergesLikeOnePass } from "../support/monoids.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const { monoid, ofLabels, scores } = Confusion;

const classes = 4;
const label = fc.integer({ min: 0, max: classes - 1 });
const pair = fc.tuple(fc.oneof(label, fc.constant(255)), label); // 255 is not counted
type Pair = readonly [truth: number, guess: number];
const confusionOf = (pairs: readonly Pair[]): Confusion.Confusion =>
  ofLabels({ classes, ignoreIndex: 255 })(
    pairs.map(([truth]) => truth),
    pairs.map(([, guess]) => guess),
  );

const test = suite("Confusion");

test("merging in any grouping is one pass", mergesLikeOnePass(pair, monoid(classes), confusionOf));

test(
  "scores are those of the sets of pixels",
  forAll(fc.array(pair, { minLength: 1, maxLength: 20 }))((pairs) => {
    const counted = pairs.filter(([truth]) => truth !== 255);
    const size = (isIn: (pair: Pair) => boolean): number => counted.filter(isIn).length;
    const all = [0, 1, 2, 3];
    const both = all.map((k) => size(([y, p]) => y === k && p === k));
    const recall = all.map((k, i) => (both[i] as number) / size(([y]) => y === k));
    const iou = all.map((k, i) => (both[i] as number) / size(([y, p]) => y === k || p === k));
    const mean = (xs: readonly number[]): number => {
      const defined = xs.filter((x) => !Number.isNaN(x));
      return defined.reduce((a, b) => a + b, 0) / defined.length;
    };
    const weighted = counted.map(([y]) => iou[y] as number);
    assertNumbersClose(scores(confusionOf(pairs)), {
      count: counted.length,
      globalAccuracy: size(([y, p]) => y === p) / counted.length,
      classAccuracy: recall,
      meanClassAccuracy: mean(recall),
      iou,
      meanIou: mean(iou.filter((_, k) => size(([y]) => y === k) > 0)),
      frequencyWeightedIou: mean(weighted),
    });
  }),
);

test("a perfect classifier scores 1, over the classes that are there", () => {
  const found = scores(ofLabels({ classes: 3 })([0, 0, 2], [0, 0, 2]));
  assert.equal(found.classAccuracy, [1, Number.NaN, 1]);
  assert.is(found.globalAccuracy, 1);
  assert.is(found.meanIou, 1);
  assert.is(found.frequencyWeightedIou, 1);
});

test("naming the largest class everywhere is accurate, and its classes are not", () => {
  const truth = [...new Array<number>(9).fill(0), 1];
  const found = scores(ofLabels({ classes: 2 })(truth, new Array<number>(10).fill(0)));
  assert.is(found.globalAccuracy, 0.9);
  assert.is(found.meanClassAccuracy, 0.5);
  assert.is(found.meanIou, 0.45);
});

test("rows are truths, columns predictions", () => {
  assert.equal(ofLabels({ classes: 2 })([0, 0, 0], [0, 1, 1]).counts, [1, 2, 0, 0]);
});

test("without anything counted all is NaN", () => {
  const found = scores(monoid(2).empty);
  assert.ok([found.globalAccuracy, found.meanIou, found.meanClassAccuracy].every(Number.isNaN));
});

test("refuses what is no class, and lengths that differ", () => {
  assert.throws(
    () => ofLabels({ classes: 2 })([0], [2]),
    (error: Error) =>
      error.message === "Confusion.ofLabels: classes in 0…1 expected, got truth 0 and prediction 2",
  );
  assert.throws(
    () => ofLabels({ classes: 2 })([0, 1], [0]),
    (error: Error) =>
      error.message === "Confusion.ofLabels: arrays of one length expected, got 2 and 1",
  );
});

test.run();
