// Scores of quantiles: a monoid, the loss of the same name, coverage of quantiles that are right.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { item, tensor } from "../../src/index.ts";
import { QuantileScores, quantileLoss } from "../../src/nn/index.ts";
import { mergesLikeOnePass } from "../support/monoids.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const { monoid, ofRows, scores } = QuantileScores;

const quantiles = [0.1, 0.5, 0.9];
const number = fc.integer({ min: -40, max: 40 }).map((k) => k / 8);
const row = fc.record({ truth: number, guesses: fc.tuple(number, number, number) });
type Row = { readonly truth: number; readonly guesses: readonly number[] };
const statsOf = (rows: readonly Row[]): QuantileScores.Stats =>
  ofRows(quantiles)(
    rows.map(({ truth }) => truth),
    rows.flatMap(({ guesses }) => guesses),
  );

const test = suite("QuantileScores");

test("merging in any grouping is one pass", mergesLikeOnePass(row, monoid(3), statsOf));

test(
  "the mean pinball is quantileLoss",
  forAll(fc.array(row, { minLength: 1, maxLength: 8 }))((rows) => {
    const f64 = (data: Parameters<typeof tensor>[0]) => tensor(data, { dtype: "f64" });
    const prediction = f64(rows.map(({ guesses }) => guesses));
    const loss = item(quantileLoss({ quantiles })(prediction, f64(rows.map((r) => r.truth))));
    assert.ok(Math.abs(scores(statsOf(rows)).meanPinball - loss) <= 1e-13);
  }),
);

test(
  "coverage is the share of truths at or below",
  forAll(fc.array(row, { minLength: 1, maxLength: 8 }))((rows) => {
    const { coverage, inside } = scores(statsOf(rows));
    const share = (isTrue: (r: Row) => boolean) => rows.filter(isTrue).length / rows.length;
    for (const k of [0, 1, 2])
      assert.is(
        coverage[k],
        share(({ truth, guesses }) => truth <= (guesses[k] as number)),
      );
    assert.is(
      inside,
      share(({ truth, guesses: g }) => Math.min(...g) <= truth && truth <= Math.max(...g)),
    );
  }),
);

test("quantiles that are right are covered q of the time", () => {
  const truth = Array.from({ length: 100 }, (_, i) => i + 0.5); // evenly in 0 … 100
  const { coverage, inside, pinball } = scores(
    ofRows(quantiles)(
      truth,
      truth.flatMap(() => [10, 50, 90]),
    ),
  );
  assert.equal(coverage, quantiles);
  assert.is(inside, 0.8);
  assert.is(pinball[1], 12.5); // half of the mean |y − 50|
});

test("without rows everything is NaN", () => {
  const { coverage, inside, meanPinball } = scores(monoid(3).empty);
  assert.ok([...coverage, inside, meanPinball].every(Number.isNaN));
});

test("refuses predictions that are not one for each quantile", () => {
  assert.throws(
    () => ofRows(quantiles)([1, 2], [1, 2, 3]),
    (error: Error) =>
      error.message === "QuantileScores.ofRows: 3 predictions for each truth expected, got 3 for 2",
  );
});

test.run();
