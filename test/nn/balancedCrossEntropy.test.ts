// Balanced cross-entropy: its formula in plain numbers, cross-entropy as its special case, what balance
// means, logits of any size, refusals. PyTorch's values and gradients are in test/golden.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../src/core/run/checkGradients.ts";
import { grad, item, reshape, type Tensor, values, zeros } from "../../src/index.ts";
import {
  type BalancedCrossEntropyOptions,
  balancedCrossEntropy,
  balanceOf,
  crossEntropy,
} from "../../src/nn/index.ts";
import {
  assertNear,
  costsOf,
  declareLaws,
  ignoreIndex,
  labelsOf,
  logitsOf,
  outcomeOf,
  problems,
  type Rows,
} from "../support/classLosses.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

const modes = ["pixels", "classes"] as const;

const balances = suite("balanceOf");

balances("of strength 1 is the share of negatives, of strength 0 one half", () => {
  const frequencies = [0, 0.125, 0.5, 1];
  assert.equal(balanceOf(frequencies), [1, 0.875, 0.5, 0]);
  assert.equal(balanceOf(frequencies, 0), [0.5, 0.5, 0.5, 0.5]);
});

balances(
  "raises the odds of a negative to the strength",
  forAll({
    f: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    strength: fc.constantFrom(0.25, 0.5, 2),
  })(({ f, strength }) => {
    const [beta] = balanceOf([f], strength) as [number];
    assertNear(beta / (1 - beta), ((1 - f) / f) ** strength, "odds", 1e-9);
  }),
);

balances("refuses what is no share, and negative strengths", () => {
  assert.is(
    messageOf(() => balanceOf([0.5, 1.5])),
    "balanceOf: frequencies in 0…1 expected, got 1.5",
  );
  assert.is(
    messageOf(() => balanceOf([0.5], -1)),
    "balanceOf: a finite strength of 0 or more expected, got -1",
  );
});

balances.run();

/** The docstring's formula, sample by sample. */
const byHand = (
  { logits, labels }: Rows,
  beta: (frequencies: readonly number[]) => readonly number[],
  normalise: "pixels" | "classes",
): number => {
  const counted = logits.map((row, i) => ({ costs: costsOf(row), label: labels[i] }));
  const known = counted.filter(({ label }) => label !== ignoreIndex);
  const classes = (logits[0] as readonly number[]).map((_, c) => c);
  const counts = classes.map((c) => known.filter(({ label }) => label === c).length);
  const factors = beta(counts.map((n) => n / Math.max(known.length, 1)));
  const sums = classes.map((c) => {
    const b = factors[c] as number;
    let [cost, weight] = [0, 0];
    for (const { costs, label } of known) {
      const { own, not } = costs[c] as { own: number; not: number };
      cost += label === c ? b * own : (1 - b) * not;
      weight += label === c ? b : 1 - b;
    }
    return { cost, weight, isThere: (counts[c] as number) > 0 };
  });
  const add = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
  const quotient = (a: number, b: number): number => (b === 0 ? 0 : a / b);
  if (normalise === "pixels")
    return quotient(add(sums.map(({ cost }) => cost)), add(sums.map(({ weight }) => weight)));
  const there = sums.filter(({ isThere }) => isThere);
  return quotient(add(there.map(({ cost, weight }) => quotient(cost, weight))), there.length);
};

const test = suite("balancedCrossEntropy");

test(
  "is the formula of its docstring",
  forAll({
    problem: problems,
    kind: fc.constantFrom("number", "classes", "batch"),
    strength: fc.constantFrom(0, 0.5, 1),
    normalise: fc.constantFrom(...modes),
  })(({ problem, kind, strength, normalise }) => {
    const { weights } = problem;
    const balance =
      kind === "number"
        ? (weights[0] as number)
        : kind === "classes"
          ? weights
          : ("batch" as const);
    const loss = balancedCrossEntropy({ balance, strength, normalise, ignoreIndex });
    const beta = (frequencies: readonly number[]): readonly number[] =>
      balance === "batch"
        ? balanceOf(frequencies, strength)
        : typeof balance === "number"
          ? frequencies.map(() => balance)
          : balance;
    assertNear(outcomeOf(loss, problem).value, byHand(problem, beta, normalise), "loss", 1e-11);
  }),
);

test(
  "of β = 1 is cross-entropy, gradient too",
  forAll(problems)((problem) => {
    if (problem.labels.every((label) => label === ignoreIndex)) return;
    const [ours, plain] = [
      balancedCrossEntropy({ balance: 1, ignoreIndex }),
      crossEntropy({ ignoreIndex }),
    ].map((loss) => outcomeOf(loss, problem)) as [
      ReturnType<typeof outcomeOf>,
      ReturnType<typeof outcomeOf>,
    ]; // two
    assertNear(ours.value, plain.value, "value");
    ours.gradient.flat().forEach((g, i) => {
      assertNear(g, plain.gradient.flat()[i] as number, `gradient at ${i}`);
    });
  }),
);

for (const normalise of modes) {
  const laws = suite(`balancedCrossEntropy by ${normalise}`);
  declareLaws(laws, (balance) => balancedCrossEntropy({ balance, normalise, ignoreIndex }));
  laws.run();
  const batchLaws = suite(`balancedCrossEntropy by ${normalise} of the batch`);
  declareLaws(batchLaws, () => balancedCrossEntropy({ normalise, ignoreIndex }));
  batchLaws.run();
}

test(
  "of the batch is that of the batch's own frequencies",
  forAll({
    problem: problems,
    strength: fc.constantFrom(0.5, 1),
    normalise: fc.constantFrom(...modes),
  })(({ problem, strength, normalise }) => {
    const known = problem.labels.filter((label) => label !== ignoreIndex);
    if (known.length === 0) return;
    const share = (c: number): number => known.filter((label) => label === c).length / known.length;
    const balance = balanceOf(
      problem.weights.map((_, c) => share(c)),
      strength,
    );
    const [batch, given] = [
      balancedCrossEntropy({ strength, normalise, ignoreIndex }),
      balancedCrossEntropy({ balance, normalise, ignoreIndex }),
    ];
    assertNear(outcomeOf(batch, problem).value, outcomeOf(given, problem).value, "loss");
  }),
);

test("by classes is ½ the mean cost of positives and ½ that of negatives, however rare a class", () => {
  // 1 pixel of class 0 and 9 of class 1, all alike: positives of class 0 cost what negatives of class 1 do.
  const row = [1, 3];
  const labels = [0, ...new Array<number>(9).fill(1)];
  const [zero, one] = costsOf(row) as [{ own: number; not: number }, { own: number; not: number }];
  const loss = balancedCrossEntropy({ normalise: "classes" });
  const { value } = outcomeOf(loss, { logits: labels.map(() => row), labels });
  assertNear(value, (zero.own / 2 + zero.not / 2 + one.own / 2 + one.not / 2) / 2, "loss");
});

test("has gradients, to second order, on both sides of where log(1 − p) changes its form", () => {
  const labels = labelsOf([1, ignoreIndex, 0, 2]);
  for (const scale of [1, 6])
    for (const options of [
      { balance: 0.3 },
      { normalise: "classes" },
    ] as BalancedCrossEntropyOptions[]) {
      const loss = balancedCrossEntropy({ ...options, ignoreIndex });
      const logits = Array.from(values(arbitrary([4, 3], 1)), (z: number) => scale * z);
      const rows = [0, 1, 2, 3].map((i) => logits.slice(3 * i, 3 * i + 3));
      assertGradients((z: Tensor) => loss(z, labels), [logitsOf(rows)]);
    }
});

test("is precise in f32 for logits of ±1e4, gradient too", () => {
  const logits = [
    [1e4, -1e4, 0],
    [-1e4, 1e4, 9999],
    [3, -2, 1e4],
    [0.5, 0.25, -1e4],
  ];
  const labels = [1, 2, 2, 0];
  const expected = byHand({ logits, labels }, () => [0.25, 0.5, 0.75], "pixels");
  const loss = balancedCrossEntropy({ balance: [0.25, 0.5, 0.75] });
  const single = logitsOf(logits, "f32");
  assertNear(item(loss(single, labelsOf(labels))), expected, "value", 1e-6); // rounding of f32
  const slopes = (z: Tensor): number[] =>
    Array.from(values(grad((x: Tensor) => loss(x, labelsOf(labels)))(z)));
  const exact = slopes(logitsOf(logits));
  slopes(single).forEach((g, i) => {
    assertNear(g, exact[i] as number, `gradient at ${i}`, 1e-6);
  });
});

test("costs what is confidently wrong by how wrong it is, and no more than that in slope", () => {
  const at = (z: number) =>
    outcomeOf(balancedCrossEntropy({ balance: 0 }), { logits: [[z, 0]], labels: [1] });
  // β = 0 leaves the negatives alone: −log(1 − σ(z)) is about z, and its slope 1.
  assert.is(at(800).value, 800);
  assert.equal(at(800).gradient, [[1, -1]]);
});

test("is 0, without gradient, where nothing has weight", () => {
  const rows = {
    logits: [
      [1, 2],
      [3, 4],
    ],
    labels: [ignoreIndex, ignoreIndex],
  };
  for (const normalise of modes)
    for (const labels of [rows.labels, [1, 1]]) {
      const loss = balancedCrossEntropy({ normalise, ignoreIndex });
      const { value, gradient } = outcomeOf(loss, { ...rows, labels });
      assert.is(Math.abs(value), 0);
      assert.ok(gradient.flat().every((g) => g === 0));
    }
});

test("of images counts every pixel once", () => {
  const logits = arbitrary([2, 3, 4, 5], 1); // [batch, height, width, classes]
  const flat = Array.from(values(logits)) as number[];
  const rows = Array.from({ length: 24 }, (_, i) => flat.slice(5 * i, 5 * i + 5));
  const labels = Array.from({ length: 24 }, (_, i) => i % 4);
  const loss = balancedCrossEntropy();
  const images = item(loss(logits, reshape([2, 3, 4])(labelsOf(labels))));
  assertNear(images, outcomeOf(loss, { logits: rows, labels }).value, "loss");
});

test("refuses labels and factors that are not as many, one class, and a label that is no class", () => {
  const labels = zeros([4], "i32");
  assert.is(
    messageOf(() => balancedCrossEntropy()(zeros([4, 3]), zeros([4, 1], "i32"))),
    "balancedCrossEntropy: logits [..., classes] and labels [...] expected, got [4, 3], [4, 1]",
  );
  assert.is(
    messageOf(() => balancedCrossEntropy()(zeros([4, 1]), labels)),
    "balancedCrossEntropy: logits of two or more classes expected, got [4, 1]",
  );
  assert.is(
    messageOf(() => balancedCrossEntropy({ balance: [0.5, 0.5] })(zeros([4, 3]), labels)),
    "balancedCrossEntropy: a balance for each of 3 classes expected, got 2",
  );
  assert.is(
    messageOf(() => balancedCrossEntropy({ balance: 2 })(zeros([4, 3]), labels)),
    "balancedCrossEntropy: balance in 0…1 expected, got 2",
  );
  assert.is(
    messageOf(() => balancedCrossEntropy({ strength: -1 })(zeros([4, 3]), labels)),
    "balancedCrossEntropy: a finite strength of 0 or more expected, got -1",
  );
  const message = messageOf(() => item(balancedCrossEntropy()(arbitrary([1, 3]), labelsOf([3]))));
  assert.match(message, /: an index in 0…2 expected, got 3$/);
});

test.run();
