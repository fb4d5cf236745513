// Relative errors: a monoid, definitions in plain numbers, what happens at 0.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { PercentageErrors } from "../../src/nn/index.ts";
import { assertNumbersClose, mergesLikeOnePass } from "../support/monoids.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const { monoid, ofPair, ofPairs, scores } = PercentageErrors;

const number = fc.integer({ min: -40, max: 40 }).map((k) => k / 8);
const pair = fc.tuple(number, number);
const statsOf = (pairs: readonly (readonly [number, number])[]): PercentageErrors.Stats =>
  ofPairs(
    pairs.map(([truth]) => truth),
    pairs.map(([, prediction]) => prediction),
  );

const test = suite("PercentageErrors");

test("merging in any grouping is one pass", mergesLikeOnePass(pair, monoid, statsOf));

test(
  "are their definitions",
  forAll(fc.array(pair, { minLength: 1, maxLength: 10 }))((pairs) => {
    const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
    const apart = pairs.map(([y, p]) => Math.abs(p - y));
    const known = pairs.filter(([y]) => y !== 0);
    assertNumbersClose(scores(statsOf(pairs)), {
      count: pairs.length,
      mape: mean(known.map(([y, p]) => Math.abs((p - y) / y))),
      zeros: pairs.length - known.length,
      smape: mean(
        pairs.map(([y, p]) => (y === p ? 0 : (2 * Math.abs(p - y)) / (Math.abs(y) + Math.abs(p)))),
      ),
      wape: pairs.every(([y]) => y === 0)
        ? Number.NaN
        : mean(apart) / mean(pairs.map(([y]) => Math.abs(y))),
    });
  }),
);

test("do not depend on the unit", () => {
  const [a, b] = [scores(ofPairs([1, 4], [2, 3])), scores(ofPairs([1000, 4000], [2000, 3000]))];
  assertNumbersClose(a, b);
  assert.is(a.mape, (1 + 0.25) / 2);
  assert.is(a.wape, 2 / 5);
});

test("sMAPE is 2 where the sign is wrong, and 0 for 0 predicted as 0", () => {
  assert.is(scores(ofPair(1, -3)).smape, 2);
  assert.is(scores(ofPair(0, 0)).smape, 0);
});

test("what is not defined is NaN, and a prediction that is NaN is not hidden", () => {
  const { mape, smape, wape } = scores(monoid.empty);
  assert.ok([mape, smape, wape].every(Number.isNaN));
  const zero = scores(ofPair(0, 1));
  assert.ok(Number.isNaN(zero.mape) && Number.isNaN(zero.wape));
  assert.is(zero.zeros, 1);
  const broken = scores(ofPairs([1, 2], [Number.NaN, 2]));
  assert.ok([broken.mape, broken.smape, broken.wape].every(Number.isNaN));
});

test("refuses arrays of different length", () => {
  assert.throws(
    () => ofPairs([1, 2], [1]),
    (error: Error) =>
      error.message === "PercentageErrors.ofPairs: arrays of one length expected, got 2 and 1",
  );
});

test.run();
