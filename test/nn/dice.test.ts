// Soft Dice loss: its formula in plain numbers, its bounds, classes that are not there, refusals. PyTorch's
// values and gradients are in test/golden.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../src/core/run/checkGradients.ts";
import { type Tensor, zeros } from "../../src/index.ts";
import { type DiceOptions, dice } from "../../src/nn/index.ts";
import {
  assertNear,
  costsOf,
  declareLaws,
  ignoreIndex,
  labelsOf,
  outcomeOf,
  problems,
  type Rows,
} from "../support/classLosses.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

const test = suite("dice");

const settings = fc.record({
  isSquared: fc.boolean(),
  smoothing: fc.constantFrom(0.25, 1),
  absent: fc.constantFrom("skip" as const, "count" as const),
});

/** The docstring's formula, class by class. */
const byHand = (
  { logits, labels }: Rows,
  { isSquared, smoothing: s = 1, absent }: DiceOptions,
): number => {
  const known = logits.flatMap((row, i) =>
    labels[i] === ignoreIndex
      ? []
      : [{ p: costsOf(row).map(({ own }) => Math.exp(-own)), label: labels[i] as number }],
  );
  const add = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
  const costs = (logits[0] as readonly number[]).flatMap((_, c) => {
    const own = known.filter(({ label }) => label === c);
    if (own.length === 0 && absent === "skip") return [];
    const common = add(own.map(({ p }) => p[c] as number));
    const size = add(known.map(({ p }) => (p[c] as number) ** (isSquared ? 2 : 1)));
    return [1 - (2 * common + s) / (size + own.length + s)];
  });
  return costs.length === 0 ? 0 : add(costs) / costs.length;
};

test(
  "is the formula of its docstring",
  forAll({ problem: problems, options: settings })(({ problem, options }) => {
    const loss = dice({ ...options, ignoreIndex });
    assertNear(outcomeOf(loss, problem).value, byHand(problem, options), "loss");
  }),
);

test(
  "is in 0…1, and 0 where every label is certain",
  forAll({ problem: problems, options: settings })(({ problem: { logits, labels }, options }) => {
    const loss = dice({ ...options, ignoreIndex });
    const { value } = outcomeOf(loss, { logits, labels });
    assert.ok(value > -1e-15 && value < 1, `in 0…1: ${value}`);
    const certain = logits.map((row, i) => row.map((_, k) => (k === labels[i] ? 900 : 0)));
    assertNear(outcomeOf(loss, { logits: certain, labels }).value, 0, "certain");
  }),
);

for (const absent of ["skip", "count"] as const) {
  const laws = suite(`dice, absent classes: ${absent}`);
  declareLaws(laws, () => dice({ absent, ignoreIndex }));
  laws.run();
}

test("has gradients to second order", () => {
  const labels = labelsOf([1, ignoreIndex, 0, 1]);
  for (const options of [{}, { isSquared: false }, { absent: "count" }] as DiceOptions[])
    assertGradients(
      (z: Tensor) => dice({ ...options, ignoreIndex })(z, labels),
      [arbitrary([4, 3], 1)],
    );
});

test("learns from a class that is not there only where it counts", () => {
  // One pixel of class 0, p = ⅓ each. Of class 0: 1 − (⅔ + 1) / (1/9 + 1 + 1) = 4/19; of the others 1 − 1 / (1/9 + 1) = 1/10.
  const value = (absent: "skip" | "count"): number =>
    outcomeOf(dice({ absent }), { logits: [[0, 0, 0]], labels: [0] }).value;
  assertNear(value("skip"), 4 / 19, "skipped");
  assertNear(value("count"), (4 / 19 + 2 / 10) / 3, "counted");
});

test("is 0 where nothing is left to judge, without smoothing too", () => {
  const rows = { logits: [[1, 2]], labels: [ignoreIndex] };
  for (const absent of ["skip", "count"] as const) {
    const { value, gradient } = outcomeOf(dice({ absent, smoothing: 0, ignoreIndex }), rows);
    assert.is(value, 0);
    assert.ok(gradient.flat().every((g) => g === 0));
  }
});

test("refuses labels that are not as many, one class, and a negative smoothing", () => {
  assert.is(
    messageOf(() => dice()(zeros([4, 3]), zeros([4, 1], "i32"))),
    "dice: logits [..., classes] and labels [...] expected, got [4, 3], [4, 1]",
  );
  assert.is(
    messageOf(() => dice()(zeros([4, 1]), zeros([4], "i32"))),
    "dice: logits of two or more classes expected, got [4, 1]",
  );
  assert.is(
    messageOf(() => dice({ smoothing: -1 })(zeros([4, 3]), zeros([4], "i32"))),
    "dice: a finite smoothing of 0 or more expected, got -1",
  );
});

test.run();
