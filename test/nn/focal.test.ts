// Focal loss: its formula in plain numbers, cross-entropy as its special case, logits of any size, refusals.
// PyTorch's values and gradients are in test/golden.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../src/core/run/checkGradients.ts";
import { grad, item, type Tensor, tensor, values, zeros } from "../../src/index.ts";
import { crossEntropy, focal } from "../../src/nn/index.ts";
import {
  assertNear,
  costsOf,
  declareLaws,
  ignoreIndex,
  labelsOf,
  logitsOf,
  outcomeOf,
  problems,
} from "../support/classLosses.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

const test = suite("focal");

const gammas = fc.constantFrom(0, 0.5, 1, 2);
const weightsOf = (weights: readonly number[]): Tensor => tensor(weights, { dtype: "f64" });

test(
  "is the weighted mean of −(1 − p)^γ log p",
  forAll({ problem: problems, gamma: gammas })(
    ({ problem: { logits, labels, weights }, gamma }) => {
      let [cost, weight] = [0, 0];
      labels.forEach((label, i) => {
        if (label === ignoreIndex) return;
        const { own, not } = costsOf(logits[i] as number[])[label] as { own: number; not: number };
        cost += (weights[label] as number) * Math.exp(-gamma * not) * own;
        weight += weights[label] as number;
      });
      const loss = focal({ gamma, weights: weightsOf(weights), ignoreIndex });
      assertNear(outcomeOf(loss, { logits, labels }).value, cost / weight, "loss");
    },
  ),
);

test(
  "of γ = 0 is cross-entropy, weights and gradient too",
  forAll({ problem: problems, isWeighted: fc.boolean() })(({ problem, isWeighted }) => {
    const options = isWeighted
      ? { weights: weightsOf(problem.weights), ignoreIndex }
      : { ignoreIndex };
    const ours = outcomeOf(focal({ ...options, gamma: 0 }), problem);
    const plain = outcomeOf(crossEntropy(options), problem);
    assertNear(ours.value, plain.value, "value");
    if (Number.isNaN(plain.value)) return; // all ignored
    ours.gradient.flat().forEach((g, i) => {
      assertNear(g, plain.gradient.flat()[i] as number, `gradient at ${i}`);
    });
  }),
);

declareLaws(test, (weights) => focal({ gamma: 1.5, weights: weightsOf(weights), ignoreIndex }));

test("has gradients in logits and weights, to second order", () => {
  const labels = labelsOf([1, ignoreIndex, 0, 2]);
  for (const gamma of [0.5, 2])
    assertGradients(
      (logits: Tensor, weights: Tensor) => focal({ gamma, weights, ignoreIndex })(logits, labels),
      [arbitrary([4, 3], 1), weightsOf([0.5, 1, 2])],
    );
});

test("has a finite slope where the label is certain, for γ below 1 too", () => {
  const { value, gradient } = outcomeOf(focal({ gamma: 0.5 }), { logits: [[900, 0]], labels: [0] });
  assert.is(value, 0);
  assert.ok(gradient.flat().every((g) => Math.abs(g) === 0));
});

test("is precise in f32 for logits of ±1e4, gradient too", () => {
  const logits = [
    [1e4, -1e4, 0],
    [-1e4, 1e4, 9999],
    [0.5, 0.25, -1e4],
  ];
  const known = [1, 2, 0];
  const costs = known.map((label, i) => costsOf(logits[i] as number[])[label]) as {
    own: number;
    not: number;
  }[];
  const expected = costs.reduce((sum, { own, not }) => sum + Math.exp(-2 * not) * own, 0) / 3;
  const [loss, labels] = [focal({ gamma: 2 }), labelsOf(known)];
  const slopes = (z: Tensor): number[] =>
    Array.from(values(grad((x: Tensor) => loss(x, labels))(z)));
  const [single, double] = [logitsOf(logits, "f32"), logitsOf(logits)];
  assertNear(item(loss(single, labels)), expected, "value", 1e-6); // rounding of f32
  const exact = slopes(double);
  slopes(single).forEach((g, i) => {
    assertNear(g, exact[i] as number, `gradient at ${i}`, 1e-6);
  });
});

test("refuses weights that are not one for each class, too many among them", () => {
  for (const weights of [[1, 2], [1, 2, 3, 4], [1]])
    assert.is(
      messageOf(() => focal({ weights: tensor(weights) })(zeros([4, 3]), zeros([4], "i32"))),
      `focal: a weight for each of 3 classes expected, got [${weights.length}]`,
    );
});

test("refuses labels that are not as many, one class, and a negative γ", () => {
  assert.is(
    messageOf(() => focal()(zeros([4, 3]), zeros([4, 1], "i32"))),
    "focal: logits [..., classes] and labels [...] expected, got [4, 3], [4, 1]",
  );
  assert.is(
    messageOf(() => focal()(zeros([4, 1]), zeros([4], "i32"))),
    "focal: logits of two or more classes expected, got [4, 1]",
  );
  assert.is(
    messageOf(() => focal({ gamma: -1 })(zeros([4, 3]), zeros([4], "i32"))),
    "focal: a finite gamma of 0 or more expected, got -1",
  );
});

test.run();
