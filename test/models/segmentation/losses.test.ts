// Losses by name: each is the loss of nn that it says, and leaves out pixels of no class.

import * as assert from "uvu/assert";
import {
  compile,
  full,
  grad,
  item,
  key,
  normal,
  type Tensor,
  tensor,
  valueAndGrad,
  values,
} from "../../../src/index.ts";
import { Segmentation } from "../../../src/models/index.ts";
import { balancedCrossEntropy, crossEntropy, dice, focal } from "../../../src/nn/index.ts";
import { assertTreesClose } from "../../support/close.ts";
import { suite } from "../../support/suite.ts";

const test = suite("Segmentation.lossNamed");

const counts = { pixels: [60, 30, 10], pixelsWherePresent: [100, 100, 50] };
const logits = normal(key(4), [2, 3, 4, 3]);
const labels = tensor(
  Array.from({ length: 24 }, (_, i) => (i % 7 === 0 ? Segmentation.ignored : i % 3)),
  { dtype: "i32", shape: [2, 3, 4] },
);
const ignoreIndex = Segmentation.ignored;
const valueOf = (name: Segmentation.LossName): number =>
  item(Segmentation.lossOf(Segmentation.lossNamed(name, counts))(logits, labels));

test("each name stands for what it says", () => {
  // By hand: frequencies 0.6, 0.3 and 0.2 where present, of which 0.3 is the median.
  const median = tensor([0.3 / 0.6, 1, 0.3 / 0.2]);
  // By hand: β = 1 / (1 + √(f / (1 − f))) for f = 0.6, 0.3, 0.1.
  const half = [0.6, 0.3, 0.1].map((f) => 1 / (1 + Math.sqrt(f / (1 - f))));
  const balanced = (balance: number | readonly number[] | "batch", strength?: number) =>
    balancedCrossEntropy({
      ignoreIndex,
      balance,
      normalise: "classes",
      ...(strength === undefined ? {} : { strength }),
    });
  const wanted: Readonly<
    Record<Segmentation.LossName, (logits: Tensor, labels: Tensor) => Tensor>
  > = {
    "cross-entropy": crossEntropy({ ignoreIndex }),
    "median-frequency": crossEntropy({ ignoreIndex, weights: median }),
    // So few pixels are far from 10⁶: as good as 1 / n, scaled to mean 1.
    "effective-number": crossEntropy({
      ignoreIndex,
      weights: tensor([1 / 60, 1 / 30, 1 / 10].map((w) => (3 * w) / (1 / 60 + 1 / 30 + 1 / 10))),
    }),
    balanced: balanced(half),
    "balanced-wholly": balanced([0.4, 0.7, 0.9]),
    "balanced-batch": balanced("batch", 0.5),
    "balanced-fixed": balanced(0.9),
    focal: focal({ ignoreIndex, gamma: 2 }),
    dice: dice({ ignoreIndex }),
  };
  assert.equal(Object.keys(wanted).sort(), [...Segmentation.lossNames].sort());
  for (const name of Segmentation.lossNames)
    assertTreesClose(
      tensor([valueOf(name)]),
      tensor([item(wanted[name](logits, labels))]),
      1e-4, // the effective numbers above are approximate
    );
});

test("a batch without one label that counts has the loss 0 and no gradient, not NaN", () => {
  const none = full([2, 3, 4], Segmentation.ignored, "i32");
  const first = full([2, 3, 4], 0, "i32");
  const noneOf = { pixels: [0, 0, 0], pixelsWherePresent: [0, 0, 0] };
  const cases = [
    ...Segmentation.lossNames.map((name) => [Segmentation.lossNamed(name, counts), none] as const),
    // Class 0 never occurs, so that it has weight 0.
    [{ kind: "weighted", weights: [0, 1, 2] }, none],
    [{ kind: "weighted", weights: [0, 1, 2] }, first],
    [Segmentation.lossNamed("median-frequency", noneOf), none],
  ] as const;
  for (const [loss, unlabelled] of cases)
    for (const device of ["reference", "cpu"]) {
      const both = compile(
        (z: Tensor, y: Tensor) => valueAndGrad(Segmentation.lossOf(loss))(z, y),
        { device },
      );
      const [value, slope] = both(logits, unlabelled);
      assert.is(item(value), 0, loss.kind);
      assert.ok(
        values(slope).every((x) => x === 0),
        `${loss.kind} on ${device}`,
      );
    }
});

test("pixels of no class have no gradient", () => {
  for (const name of Segmentation.lossNames) {
    const loss = Segmentation.lossOf(Segmentation.lossNamed(name, counts));
    const slope = grad((z: Tensor) => loss(z, labels))(logits);
    const flat = Array.from({ length: 24 }, (_, i) => i).filter((i) => i % 7 === 0);
    const all = [...values(slope)];
    const rows = Array.from({ length: 24 }, (_, i) => all.slice(3 * i, 3 * i + 3));
    for (const i of flat) assert.equal(rows[i], [0, 0, 0], name);
    assert.ok(
      rows.some((row) => row.some((x) => x !== 0)),
      name,
    );
  }
});

test.run();
