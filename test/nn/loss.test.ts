// Losses by hand, against PyTorch's definitions written out in plain numbers, and what they refuse.
// PyTorch's own values and gradients of cross-entropy are in test/golden.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../src/core/run/checkGradients.ts";
import { add, grad, item, reshape, type Tensor, tensor, toArray, zeros } from "../../src/index.ts";
import {
  binaryCrossEntropy,
  type CrossEntropyOptions,
  crossEntropy,
  huber,
  logCosh,
  meanAbsoluteError,
  meanSquaredError,
  quantileLoss,
} from "../../src/nn/index.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

const labelsOf = (data: readonly number[]): Tensor => tensor([...data], { dtype: "i32" });
const f64 = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: "f64" });
const close = (a: number, b: number, tolerance: number, what: string): void => {
  const isClose = Object.is(a, b) || Math.abs(a - b) <= tolerance * (1 + Math.abs(b));
  assert.ok(isClose, `${what}: ${a}, ${b} expected`);
};

const regression = suite("regression losses");

regression("squared, absolute and Huber's error of 0, ½ and −3", () => {
  const [prediction, truth] = [f64([1, 2.5, 0]), f64([1, 2, 3])];
  close(item(meanSquaredError(prediction, truth)), 9.25 / 3, 1e-15, "squared");
  close(item(meanAbsoluteError(prediction, truth)), 3.5 / 3, 1e-15, "absolute");
  close(item(huber()(prediction, truth)), (0.125 + 2.5) / 3, 1e-15, "Huber");
  close(item(huber({ delta: 2 })(prediction, truth)), (0.125 + 4) / 3, 1e-15, "Huber, δ = 2");
});

regression("Huber's is half the squared error near 0, and its slope never exceeds δ", () => {
  const [near, truth] = [arbitrary([6], 1), zeros([6], "f64")];
  close(item(huber()(near, truth)), item(meanSquaredError(near, truth)) / 2, 1e-15, "near 0");
  const slope = grad((x: Tensor) => huber({ delta: 0.5 })(x, f64([0, 0, 0, 0])));
  // 4 errors: each counts a quarter. At |e| = δ both pieces have slope δ.
  assert.equal(toArray(slope(f64([-9, 0.25, 0.5, 9]))), [-0.125, 0.0625, 0.125, 0.125]);
});

regression("have gradients in prediction and truth", () => {
  const [prediction, truth] = [arbitrary([3, 4], 1), add(arbitrary([3, 4], 2), 0.3)];
  for (const loss of [meanSquaredError, meanAbsoluteError, huber({ delta: 0.7 }), logCosh])
    assertGradients((a: Tensor, b: Tensor) => loss(a, b), [prediction, truth]);
});

regression("refuse to broadcast", () => {
  const [column, row] = [zeros([3, 1]), zeros([3])];
  const rule = "prediction and truth of one shape expected, got [3, 1], [3]";
  assert.is(
    messageOf(() => meanSquaredError(column, row)),
    `meanSquaredError: ${rule}`,
  );
  assert.is(
    messageOf(() => meanAbsoluteError(column, row)),
    `meanAbsoluteError: ${rule}`,
  );
  assert.is(
    messageOf(() => huber()(column, row)),
    `huber: ${rule}`,
  );
  assert.is(
    messageOf(() => logCosh(column, row)),
    `logCosh: ${rule}`,
  );
});

regression("log cosh is what it says, its slope is tanh, and nothing overflows", () => {
  const errors = [-2, -0.5, 0, 1, 3];
  const expected = errors.map((e) => Math.log(Math.cosh(e)));
  for (const [i, e] of errors.entries())
    close(item(logCosh(f64([e]), f64([0]))), expected[i] as number, 1e-15, `log cosh ${e}`);
  const slopes = toArray(grad((x: Tensor) => logCosh(x, zeros([5], "f64")))(f64(errors)));
  for (const [i, slope] of (slopes as number[]).entries())
    close(slope, Math.tanh(errors[i] as number) / 5, 1e-15, "slope");
  close(item(logCosh(f64([-1e4, 1e4]), f64([0, 0]))), 1e4 - Math.LN2, 1e-12, "far away");
});

regression.run();

const quantile = suite("quantileLoss");

const levels = fc.constantFrom(0, 0.1, 0.5, 0.9, 1);
const near = fc.integer({ min: -32, max: 32 }).map((k) => k / 8);

quantile(
  "is q above and 1 − q below, averaged over quantiles and truths",
  forAll({
    quantiles: fc.array(levels, { minLength: 1, maxLength: 3 }),
    truth: fc.array(near, { minLength: 1, maxLength: 4 }),
    guesses: fc.array(near, { minLength: 12, maxLength: 12 }),
  })(({ quantiles, truth, guesses }) => {
    const k = quantiles.length;
    const rows = truth.map((_, i) => guesses.slice(i * k, i * k + k));
    const costs = truth.flatMap((y, i) =>
      quantiles.map((q, j) => {
        const above = y - ((rows[i] as number[])[j] as number);
        return above > 0 ? q * above : (q - 1) * above;
      }),
    );
    const expected = costs.reduce((a, b) => a + b, 0) / costs.length;
    close(item(quantileLoss({ quantiles })(f64(rows), f64(truth))), expected, 1e-14, "loss");
  }),
);

quantile("of the median alone is half the absolute error", () => {
  const [prediction, truth] = [arbitrary([4, 3, 1], 1), arbitrary([4, 3], 2)];
  const flat = (x: Tensor) => reshape([12])(x);
  const half = item(meanAbsoluteError(flat(prediction), flat(truth))) / 2;
  close(item(quantileLoss({ quantiles: [0.5] })(prediction, truth)), half, 1e-15, "loss");
});

quantile("is least where a share q of the truths is below", () => {
  const truth = f64(Array.from({ length: 10 }, (_, i) => i)); // 0 … 9
  const at = (guess: number) =>
    item(quantileLoss({ quantiles: [0.75] })(f64(Array(10).fill([guess])), truth));
  for (const other of [0, 3, 6, 6.5, 7.5, 8, 9]) assert.ok(at(7) < at(other), `${other}`);
});

quantile("has gradients in prediction and truth", () => {
  const loss = quantileLoss({ quantiles: [0.1, 0.9] });
  assertGradients((a: Tensor, b: Tensor) => loss(a, b), [arbitrary([3, 2], 1), arbitrary([3], 2)]);
});

quantile("refuses to broadcast, and quantiles that are none", () => {
  const loss = quantileLoss({ quantiles: [0.1, 0.9] });
  assert.is(
    messageOf(() => loss(zeros([3, 2]), zeros([3, 2]))),
    "quantileLoss: prediction [..., 2] and truth [...] expected, got [3, 2], [3, 2]",
  );
  assert.is(
    messageOf(() => quantileLoss({ quantiles: [50] })(zeros([3, 1]), zeros([3]))),
    "quantileLoss: quantiles in 0…1, one or more, expected, got 50",
  );
});

quantile.run();

const binary = suite("binaryCrossEntropy");

binary(
  "is −w y log σ(z) − (1 − y) log(1 − σ(z)), averaged",
  forAll({
    pairs: fc.array(fc.tuple(near, fc.constantFrom(0, 0.25, 1)), { minLength: 1, maxLength: 6 }),
    positiveWeight: fc.constantFrom(1, 0.5, 3),
  })(({ pairs, positiveWeight }) => {
    const costs = pairs.map(([z, y]) => {
      const p = 1 / (1 + Math.exp(-z));
      return -positiveWeight * y * Math.log(p) - (1 - y) * Math.log(1 - p);
    });
    const [logits, truth] = [f64(pairs.map(([z]) => z)), f64(pairs.map(([, y]) => y))];
    const expected = costs.reduce((a, b) => a + b, 0) / costs.length;
    close(item(binaryCrossEntropy({ positiveWeight })(logits, truth)), expected, 1e-13, "loss");
  }),
);

binary("survives logits beyond the range of exp", () => {
  assert.is(item(binaryCrossEntropy()(f64([1000, -1000]), f64([1, 0]))), 0);
  assert.is(item(binaryCrossEntropy()(f64([1000, -1000]), f64([0, 1]))), 1000);
});

binary("has gradients in logits and truth", () => {
  const loss = binaryCrossEntropy({ positiveWeight: 2 });
  const truth = f64([[0, 1, 0.3, 1]]);
  assertGradients((z: Tensor, y: Tensor) => loss(z, y), [arbitrary([1, 4], 1), truth]);
});

binary("refuses to broadcast", () => {
  assert.is(
    messageOf(() => binaryCrossEntropy()(zeros([3, 1]), zeros([3]))),
    "binaryCrossEntropy: prediction and truth of one shape expected, got [3, 1], [3]",
  );
});

binary.run();

/** PyTorch's documentation of CrossEntropyLoss, row by row in plain numbers. */
const byHand = (
  logits: readonly (readonly number[])[],
  labels: readonly number[],
  { ignoreIndex, labelSmoothing: s = 0 }: CrossEntropyOptions,
  weights: readonly number[],
): number => {
  let [total, divisor] = [0, 0];
  for (const [i, row] of logits.entries()) {
    const label = labels[i] as number;
    if (label === ignoreIndex) continue;
    const log = Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0));
    const costs = row.map((z, k) => (weights[k] as number) * (log - z));
    const spread = costs.reduce((a, b) => a + b, 0) / row.length;
    total += (1 - s) * (costs[label] as number) + s * spread;
    divisor += weights[label] as number;
  }
  return total / divisor;
};

const test = suite("crossEntropy");

const numbers = fc.integer({ min: -64, max: 64 }).map((k) => k / 16);
const problems = fc
  .record({ rows: fc.integer({ min: 1, max: 5 }), classes: fc.integer({ min: 1, max: 4 }) })
  .chain(({ rows, classes }) => {
    const array = <T>(of: fc.Arbitrary<T>, length: number) =>
      fc.array(of, { minLength: length, maxLength: length });
    return fc.record({
      logits: array(array(numbers, classes), rows),
      labels: array(fc.integer({ min: 0, max: classes - 1 }), rows),
      weights: array(fc.constantFrom(0.25, 1, 3), classes),
      isWeighted: fc.boolean(),
      labelSmoothing: fc.constantFrom(0, 0.1, 1),
      ignoreIndex: fc.constantFrom(undefined, 0, -100),
    });
  });

test(
  "is what PyTorch's documentation says, all options together",
  forAll(problems)(({ logits, labels, weights, isWeighted, labelSmoothing, ignoreIndex }) => {
    // −100 is no class: the first row gets it as its label.
    const marked = ignoreIndex === -100 ? [-100, ...labels.slice(1)] : labels;
    const options = { labelSmoothing, ...(ignoreIndex === undefined ? {} : { ignoreIndex }) };
    const loss = crossEntropy(isWeighted ? { ...options, weights: f64(weights) } : options);
    const expected = byHand(logits, marked, options, isWeighted ? weights : weights.map(() => 1));
    close(item(loss(f64(logits), labelsOf(marked))), expected, 1e-13, "loss");
  }),
);

test("of equal logits is the logarithm of the number of classes", () => {
  close(item(crossEntropy()(zeros([2, 8], "f64"), labelsOf([0, 7]))), Math.log(8), 1e-15, "loss");
});

test("survives logits beyond the range of exp", () => {
  const logits = f64([[1000, 0, -1000]]);
  assert.is(item(crossEntropy()(logits, labelsOf([0]))), 0);
  assert.is(item(crossEntropy()(logits, labelsOf([2]))), 2000);
});

test("of images counts every pixel once", () => {
  const logits = arbitrary([2, 3, 4, 5], 1); // [batch, height, width, classes]
  const labels = Array.from({ length: 24 }, (_, i) => i % 5);
  const cube = tensor(Int32Array.from(labels), { shape: [2, 3, 4] });
  const flat = tensor(
    Float64Array.from({ length: 120 }, (_, i) => Math.sin(12.9898 * (i + 1) + 1)),
    {
      shape: [24, 5],
    },
  );
  close(
    item(crossEntropy()(logits, cube)),
    item(crossEntropy()(flat, labelsOf(labels))),
    1e-14,
    "loss",
  );
});

test("has gradients in logits and weights, and none in ignored rows", () => {
  const labels = labelsOf([1, -1, 0]);
  const options = { ignoreIndex: -1, labelSmoothing: 0.2 };
  const loss = (logits: Tensor, weights: Tensor) =>
    crossEntropy({ ...options, weights })(logits, labels);
  const [logits, weights] = [arbitrary([3, 4], 1), f64([0.5, 1, 2, 3])];
  assertGradients(loss, [logits, weights]);
  const [, ignored] = toArray(grad(loss)(logits, weights)) as readonly (readonly number[])[];
  assert.equal((ignored ?? []).map(Math.abs), [0, 0, 0, 0]);
});

test("is NaN when everything is ignored, as PyTorch", () => {
  const loss = crossEntropy({ ignoreIndex: -1 })(zeros([2, 3]), labelsOf([-1, -1]));
  assert.ok(Number.isNaN(item(loss)));
});

test("refuses labels that are not one for each row", () => {
  assert.is(
    messageOf(() => crossEntropy()(zeros([4, 3]), zeros([4, 1], "i32"))),
    "crossEntropy: logits [..., classes] and labels [...] expected, got [4, 3], [4, 1]",
  );
});

test("refuses a label that is no class", () => {
  const message = messageOf(() => item(crossEntropy()(arbitrary([1, 3]), labelsOf([3]))));
  assert.match(message, /: an index in 0…2 expected, got 3$/); // opens with all that was fused
});

test.run();
