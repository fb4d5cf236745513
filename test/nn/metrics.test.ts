// Merging is a monoid and equals two passes over the pairs; what is undefined is NaN and never
// hidden.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  cellMonoid,
  cellStats,
  type ErrorStats,
  errorStats,
  median,
  metrics,
  ofPair,
  pairStats,
  report,
} from "../../src/nn/metrics.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const test = suite("metrics");

type Pair = readonly [truth: number, prediction: number];
const numbers = fc.double({ min: -1e3, max: 1e3, noNaN: true });
const pairs = fc.array(fc.tuple(numbers, numbers), { maxLength: 40 });
const statsOf = (list: readonly Pair[]): ErrorStats =>
  pairStats(
    list.map(([truth]) => truth),
    list.map(([, prediction]) => prediction),
  );

/** Equal up to the rounding of some hundred sums and products of numbers up to 10⁶. */
const close = (a: number, b: number, what: string, tolerance = 1e-9) => {
  const isClose =
    Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));
  assert.ok(isClose, `${what}: ${a} and ${b}`);
};
const sameStats = (a: ErrorStats, b: ErrorStats) => {
  for (const key of Object.keys(a) as (keyof ErrorStats)[]) close(a[key], b[key], key);
};

const twoPass = (list: readonly Pair[]) => {
  const mean = list.reduce((sum, [truth]) => sum + truth, 0) / list.length;
  const squares = list.reduce((sum, [y, p]) => sum + (y - p) ** 2, 0);
  const spread = list.reduce((sum, [y]) => sum + (y - mean) ** 2, 0);
  return {
    mae: list.reduce((sum, [y, p]) => sum + Math.abs(y - p), 0) / list.length,
    rmse: Math.sqrt(squares / list.length),
    squares,
    spread,
  };
};

test(
  "merging is associative",
  forAll({ a: pairs, b: pairs, c: pairs })(({ a, b, c }) => {
    const { concat } = errorStats;
    const [p, q, r] = [statsOf(a), statsOf(b), statsOf(c)];
    sameStats(concat(concat(p, q), r), concat(p, concat(q, r)));
  }),
);

test(
  "merging is commutative",
  forAll({ a: pairs, b: pairs })(({ a, b }) => {
    sameStats(errorStats.concat(statsOf(a), statsOf(b)), errorStats.concat(statsOf(b), statsOf(a)));
  }),
);

test(
  "no pairs are the identity",
  forAll(pairs)((a) => {
    assert.equal(errorStats.concat(errorStats.empty, statsOf(a)), statsOf(a));
    assert.equal(errorStats.concat(statsOf(a), errorStats.empty), statsOf(a));
  }),
);

test(
  "the statistics of a whole are those of its parts merged",
  forAll({ a: pairs, b: pairs })(({ a, b }) => {
    sameStats(statsOf([...a, ...b]), errorStats.concat(statsOf(a), statsOf(b)));
  }),
);

test(
  "one pass gives what two passes give",
  forAll(fc.array(fc.tuple(numbers, numbers), { minLength: 1, maxLength: 60 }))((list) => {
    const { mae, rmse, squares, spread } = twoPass(list);
    const stats = statsOf(list);
    close(metrics(stats).mae, mae, "mae");
    close(metrics(stats).rmse, rmse, "rmse");
    close(stats.truthSpread, spread, "spread");
    // A spread near the rounding of the truths says nothing about R².
    if (spread > 1e-3) close(metrics(stats).r2, 1 - squares / spread, "r2");
  }),
);

test("keeps the spread of large numbers with small differences", () => {
  const truth = [1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4]; // Σy² − n·ȳ² would lose all digits
  close(pairStats(truth, truth).truthSpread, 5, "spread", 1e-12);
});

test("a small case by hand", () => {
  const { count, mae, rmse, r2 } = metrics(pairStats([1, 2, 3, 6], [2, 2, 2, 4]));
  assert.is(count, 4);
  assert.is(mae, 1); // (1 + 0 + 1 + 2) / 4
  assert.is(rmse, Math.sqrt(1.5)); // (1 + 0 + 1 + 4) / 4
  close(r2, 1 - 6 / 14, "r2"); // ȳ = 3, spread 4 + 1 + 0 + 9
});

test("R² of the mean of the truth is 0, of the truth 1", () => {
  assert.is(metrics(pairStats([1, 2, 3], [2, 2, 2])).r2, 0);
  assert.is(metrics(pairStats([1, 2, 3], [1, 2, 3])).r2, 1);
});

test("R² of a constant truth is NaN, and so is everything without pairs", () => {
  assert.ok(Number.isNaN(metrics(pairStats([5.1, 5.1, 5.1], [5, 5, 5])).r2));
  const { count, mae, rmse, r2 } = metrics(errorStats.empty);
  assert.is(count, 0);
  assert.ok([mae, rmse, r2].every(Number.isNaN));
});

test("a prediction that is NaN is not hidden, in the median neither", () => {
  const nodes = [ofPair(1, Number.NaN), ofPair(1, 1), ofPair(2, 2)];
  const { pooled, median: middle } = report(nodes);
  assert.ok([pooled.mae, pooled.rmse, pooled.r2, middle.mae, middle.rmse].every(Number.isNaN));
});

test("pools nodes of different scale to R² near 1 where the median over nodes is 0", () => {
  const node = (center: number) => pairStats([center - 1, center + 1], [center, center]);
  const { pooled, median: middle } = report([node(0), node(1000), node(5000)]);
  assert.ok(pooled.r2 > 0.999);
  assert.is(middle.r2, 0);
  assert.is(middle.count, 3);
});

test("the median R² is over nodes whose truth varies", () => {
  const { median: middle } = report([pairStats([3, 3], [3, 3]), pairStats([1, 3], [1, 3])]);
  assert.is(middle.r2, 1);
  assert.is(middle.rmse, 0);
});

test(
  "cells are those of the trailing axis",
  forAll({
    list: fc.array(fc.tuple(numbers, numbers), { maxLength: 20 }),
    cells: fc.integer({ min: 1, max: 4 }),
  })(({ list, cells }) => {
    const whole = list.slice(0, list.length - (list.length % cells));
    const stats = cellStats(cells)(
      whole.map(([truth]) => truth),
      whole.map(([, prediction]) => prediction),
    );
    assert.is(stats.length, cells);
    for (const [cell, found] of stats.entries()) {
      sameStats(found, statsOf(whole.filter((_, at) => at % cells === cell)));
    }
  }),
);

test("lists of cells merge cell by cell", () => {
  const { concat, empty } = cellMonoid(2);
  const a = cellStats(2)([1, 2], [1, 3]);
  assert.equal(concat(empty, a), a);
  assert.equal(concat(a, empty), a);
  assert.equal(concat(a, a), cellStats(2)([1, 2, 1, 2], [1, 3, 1, 3]));
});

test("refuses arrays of different length", () => {
  assert.throws(
    () => cellStats(2)([1, 2, 3, 4], [1, 2]),
    (error: Error) =>
      error.message === "cellStats: two arrays of a multiple of 2 numbers expected, got 4 and 2",
  );
});

test("median", () => {
  assert.is(median([3, 1, 2]), 2);
  assert.is(median([4, 1, 2, 3]), 2.5);
  assert.is(median([10, 9]), 9.5); // by value, not as text
  assert.ok(Number.isNaN(median([])));
  assert.ok(Number.isNaN(median([1, Number.NaN, 2])));
});

test.run();
