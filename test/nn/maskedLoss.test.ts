// Losses with a mask: the plain loss of what is counted, whatever the rest is; 0 when that is nothing;
// gradients; refusals.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../src/core/run/checkGradients.ts";
import { grad, item, type Tensor, tensor, values, zeros } from "../../src/index.ts";
import {
  huber,
  maskedHuber,
  maskedMeanAbsoluteError,
  maskedMeanSquaredError,
  maskedQuantileLoss,
  meanAbsoluteError,
  meanSquaredError,
  quantileLoss,
} from "../../src/nn/index.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

const f64 = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: "f64" });
const quantiles = [0.1, 0.5, 0.8];

type Masked = (prediction: Tensor, truth: Tensor, mask: Tensor) => Tensor;
type Plain = (prediction: Tensor, truth: Tensor) => Tensor;

const losses: Readonly<Record<string, readonly [masked: Masked, plain: Plain]>> = {
  maskedMeanSquaredError: [maskedMeanSquaredError, meanSquaredError],
  maskedMeanAbsoluteError: [maskedMeanAbsoluteError, meanAbsoluteError],
  maskedHuber: [maskedHuber({ delta: 0.5 }), huber({ delta: 0.5 })],
};

const number = fc.integer({ min: -32, max: 32 }).map((k) => k / 8);
const rows = fc.array(fc.record({ prediction: number, truth: number, isCounted: fc.boolean() }), {
  minLength: 1,
  maxLength: 8,
});

for (const [name, [masked, plain]] of Object.entries(losses)) {
  const test = suite(name);

  test(
    "is the plain loss of what is counted, even among NaN, and 0 of nothing",
    forAll({ all: rows, dtype: fc.constantFrom("bool" as const, "i32" as const, "f64" as const) })(
      ({ all, dtype }) => {
        const prediction = f64(all.map((row) => row.prediction));
        const truth = f64(all.map((row) => (row.isCounted ? row.truth : Number.NaN)));
        const mask = tensor(
          all.map((row) => Number(row.isCounted)),
          { dtype },
        );
        const counted = all.filter((row) => row.isCounted);
        const expected =
          counted.length === 0
            ? 0
            : item(plain(f64(counted.map((r) => r.prediction)), f64(counted.map((r) => r.truth))));
        assert.ok(Math.abs(item(masked(prediction, truth, mask)) - expected) <= 1e-13);
      },
    ),
  );

  test("has gradients where it counts and none elsewhere, beside NaN too", () => {
    const mask = f64([
      [1, 0, 1],
      [0, 1, 1],
    ]);
    const [a, b] = [arbitrary([2, 3], 1), arbitrary([2, 3], 2)];
    assertGradients((p: Tensor, t: Tensor) => masked(p, t, mask), [a, b]);
    const slopes = values(grad(masked)(f64([1, 2]), f64([0, Number.NaN]), f64([1, 0])));
    assert.ok((slopes[0] as number) > 0);
    assert.is(slopes[1], 0);
  });

  test("of nothing has gradients of 0", () => {
    const slopes = values(grad(masked)(f64([1, 2]), f64([0, Number.NaN]), f64([0, 0])));
    assert.equal([...slopes].map(Math.abs), [0, 0]);
  });

  test("refuses to broadcast truth and mask", () => {
    assert.is(
      messageOf(() => masked(zeros([3, 1]), zeros([3]), zeros([3, 1]))),
      `${name}: prediction and truth of one shape expected, got [3, 1], [3]`,
    );
    assert.is(
      messageOf(() => masked(zeros([3, 1]), zeros([3, 1]), zeros([3]))),
      `${name}: prediction and mask of one shape expected, got [3, 1], [3]`,
    );
  });

  test.run();
}

const test = suite("maskedQuantileLoss");

test(
  "is the plain loss of the truths that are counted",
  forAll({ all: rows, shift: number })(({ all, shift }) => {
    const guess = (row: { readonly prediction: number }) => [row.prediction, shift, -shift];
    const counted = all.filter((row) => row.isCounted);
    const truth = f64(all.map((row) => (row.isCounted ? row.truth : Number.NaN)));
    const mask = tensor(all.map((row) => row.isCounted));
    const found = item(maskedQuantileLoss({ quantiles })(f64(all.map(guess)), truth, mask));
    const expected =
      counted.length === 0
        ? 0
        : item(
            quantileLoss({ quantiles })(f64(counted.map(guess)), f64(counted.map((r) => r.truth))),
          );
    assert.ok(Math.abs(found - expected) <= 1e-13);
  }),
);

test("counts quantile by quantile with a mask of the prediction's shape", () => {
  const mask = f64([
    [1, 0, 0],
    [0, 0, 1],
  ]);
  const prediction = f64([
    [1, 9, 9],
    [9, 9, 1],
  ]);
  const found = item(maskedQuantileLoss({ quantiles })(prediction, f64([3, 0]), mask));
  assert.ok(Math.abs(found - (0.1 * 2 + 0.2 * 1) / 2) < 1e-15);
});

test("has gradients in prediction and truth", () => {
  const loss = maskedQuantileLoss({ quantiles });
  const mask = tensor([true, false, true]);
  const [prediction, truth] = [arbitrary([3, 3], 1), arbitrary([3], 2)];
  assertGradients((p: Tensor, t: Tensor) => loss(p, t, mask), [prediction, truth]);
});

test("refuses a mask of another shape", () => {
  assert.is(
    messageOf(() => maskedQuantileLoss({ quantiles })(zeros([4, 3]), zeros([4]), zeros([1]))),
    "maskedQuantileLoss: prediction or truth and mask of one shape expected, got [4], [1]",
  );
});

test.run();
