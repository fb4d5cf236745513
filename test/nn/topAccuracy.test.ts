// Top-k accuracy: a monoid, agreement with topK and argmax, ties and NaN, refusals.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { argmax, tensor, topK, values } from "../../src/index.ts";
import { TopAccuracy } from "../../src/nn/index.ts";
import { mergesLikeOnePass } from "../support/monoids.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const { accuracy, monoid, ofScores } = TopAccuracy;

const classes = 4;
const score = fc.integer({ min: -3, max: 3 }); // with ties
const row = fc.record({
  label: fc.integer({ min: 0, max: classes - 1 }),
  scores: fc.tuple(score, score, score, score),
});
type Row = { readonly label: number; readonly scores: readonly number[] };
const statsOf = (options: Partial<TopAccuracy.Options>, rows: readonly Row[]): TopAccuracy.Stats =>
  ofScores({ classes, ...options })(
    rows.map(({ label }) => label),
    rows.flatMap(({ scores }) => scores),
  );

const test = suite("TopAccuracy");

test(
  "merging in any grouping is one pass",
  mergesLikeOnePass(row, monoid, (rows) => statsOf({ k: 2 }, rows)),
);

test(
  "is how often the label is among topK, and for one guess argmax",
  forAll({
    rows: fc.array(row, { minLength: 1, maxLength: 6 }),
    k: fc.integer({ min: 1, max: 4 }),
  })(({ rows, k }) => {
    const logits = tensor(rows.map(({ scores }) => scores));
    const best = Array.from(values(topK({ k })(logits).indices));
    const hits = rows.filter(({ label }, i) => best.slice(i * k, i * k + k).includes(label));
    assert.equal(statsOf({ k }, rows), { count: rows.length, hits: hits.length });
    const guesses = values(argmax({ axis: -1 })(logits));
    const right = rows.filter(({ label }, i) => label === guesses[i]);
    assert.is(accuracy(statsOf({}, rows)), right.length / rows.length);
  }),
);

test("grows with k, to 1 for all classes", () => {
  const rows: readonly Row[] = [
    { label: 0, scores: [1, 2, 3, 4] },
    { label: 1, scores: [1, 2, 3, 4] },
    { label: 3, scores: [1, 2, 3, 4] },
  ];
  assert.equal(
    [1, 2, 3, 4].map((k) => statsOf({ k }, rows).hits),
    [1, 1, 2, 3],
  );
});

test("ignored labels do not count, and may be no class", () => {
  const stats = ofScores({ classes: 2, ignoreIndex: -1 })([-1, 1], [1, 0, 0, 1]);
  assert.equal(stats, { count: 1, hits: 1 });
});

test("scores that are NaN hit nothing", () => {
  const broken = [Number.NaN, Number.NaN];
  assert.is(ofScores({ classes: 2 })([0], broken).hits, 0);
  assert.is(ofScores({ classes: 2 })([1], [Number.NaN, 5]).hits, 0);
});

test("without labels is NaN", () => {
  assert.ok(Number.isNaN(accuracy(monoid.empty)));
});

test("refuses scores that do not fit, and labels that are no class", () => {
  const messageOf = (f: () => unknown): string => {
    try {
      return String(f());
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.is(
    messageOf(() => ofScores({ classes: 3 })([0, 1], [1, 2, 3])),
    "TopAccuracy.ofScores: 3 scores a label expected, got 3 for 2 labels",
  );
  assert.is(
    messageOf(() => ofScores({ classes: 2 })([2], [1, 2])),
    "TopAccuracy.ofScores: labels in 0…1 expected, got 2",
  );
});

test.run();
