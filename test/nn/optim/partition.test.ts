// Partition and masks: each leaf is updated as its own optimiser would, whatever names the leaves.

import * as assert from "uvu/assert";
import { mapTree, mul, toArray } from "../../../src/index.ts";
import {
  adamW,
  addDecayedWeights,
  freeze,
  isMatrix,
  masked,
  type Optimizer,
  partition,
  scale,
  sgd,
  trace,
} from "../../../src/nn/index.ts";
import { assertTreesClose } from "../../support/close.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";
import { f64, first, type Layer, type Params, run, trees } from "./support.ts";

const test = suite("partition");

const heavy = trace({ momentum: 0.5 });
const three = (gradient: Params): readonly Params[] => [gradient, gradient, gradient];

test(
  "updates each leaf as its own optimiser alone does, by a function of the leaf",
  forAll({ gradient: trees, params: trees })(({ gradient, params }) => {
    const parts: Readonly<Record<"heavy" | "decayed", Optimizer>> = {
      heavy,
      decayed: addDecayedWeights(0.25),
    };
    const both = partition(parts, (leaf) => (isMatrix(leaf) ? "heavy" : "decayed"));
    const updates = run(both, three(gradient), params).updates;
    const [ofHeavy, ofDecayed] = [heavy, parts.decayed].map(
      (part) => run(part as Optimizer, three(gradient), params).updates,
    ) as [readonly Params[], readonly Params[]]; // two of two
    updates.forEach((update, i) => {
      assertTreesClose(update.layers[0]?.weight, ofHeavy[i]?.layers[0]?.weight, 0);
      assertTreesClose(update.layers[0]?.bias, ofDecayed[i]?.layers[0]?.bias, 0);
      assertTreesClose(update.gain, ofDecayed[i]?.gain, 0);
    });
  }),
);

test(
  "does the same by paths, by a tree and by a tree of whole branches",
  forAll({ gradient: trees, params: trees })(({ gradient, params }) => {
    const parts = { heavy, frozen: freeze() };
    const whole = partition(parts, { layers: "heavy", gain: "frozen" });
    const spelled = partition(parts, {
      layers: [{ weight: "heavy", bias: "heavy" }],
      gain: "frozen",
    });
    const byPath = partition(parts, (_, path) => (path === "gain" ? "frozen" : "heavy"));
    const expected = run(whole, three(gradient), params);
    for (const other of [spelled, byPath])
      assertTreesClose(run(other, three(gradient), params), expected, 0);
  }),
);

test(
  "with one label for everything is that optimiser",
  forAll(trees)((gradient) =>
    assertTreesClose(
      run(partition({ all: heavy }, "all"), three(gradient), gradient).updates,
      run(heavy, three(gradient), gradient).updates,
      0,
    ),
  ),
);

test("keeps state for the leaves of each optimiser only", () => {
  const p = { layers: [{ weight: f64([[1]]), bias: f64([1]) }], gain: f64(1) };
  const { state } = run(
    partition({ heavy, frozen: freeze() }, { layers: "heavy", gain: "frozen" }),
    [p],
    p,
  );
  assert.equal(
    mapTree(state.heavy, () => null),
    { trace: { layers: [{ weight: null, bias: null }], gain: null } },
  );
  assert.equal(state.frozen, []);
});

test("refuses labels without an optimiser, and leaves without a label", () => {
  const p = { w: f64([1]), layers: [{ b: f64([1]) }] };
  const optimizer = (labels: unknown) => partition({ a: heavy }, labels as "a").init(p);
  assert.is(
    messageOf(() => optimizer({ w: "a", layers: "b" })),
    'partition: a label among a expected, got "b" at layers[0].b',
  );
  assert.is(
    messageOf(() => optimizer({ w: "a" })),
    "partition: a label for every leaf expected, got none at layers",
  );
  assert.is(
    messageOf(() => optimizer({ w: "a", layers: "a", x: "a" })),
    'partition: labels for fields at the root expected, got "x"',
  );
  assert.is(
    messageOf(() => optimizer({ w: ["a"], layers: "a" })),
    "partition: a label at w expected, got a record or an array",
  );
});

test(
  "masked transforms what the mask chooses, and nothing else",
  forAll(trees)((gradient) => {
    const update = first(masked(isMatrix)(scale(2)), gradient);
    const { weight, bias } = gradient.layers[0] as Layer; // there is one
    assertTreesClose(
      update,
      { layers: [{ weight: mul(weight, 2), bias }], gain: gradient.gain },
      0,
    );
  }),
);

test("a decay mask spares what it does not choose, by shape or by name", () => {
  const p = { layers: [{ weight: f64([[4]]), bias: f64([4]) }], gain: f64(4) };
  const zero = mapTree(p, (x) => mul(x, 0));
  const decayOf = (mask: Parameters<typeof adamW>[0]["mask"]) =>
    mapTree(first(adamW({ learningRate: 0.5, weightDecay: 0.5, mask }), zero, p), (u) =>
      toArray(u),
    );
  assert.equal(decayOf(isMatrix), { layers: [{ weight: [[-1]], bias: [-0] }], gain: -0 });
  assert.equal(decayOf({ layers: false, gain: true }), {
    layers: [{ weight: [[-0]], bias: [-0] }],
    gain: -1,
  });
  const l2 = first(sgd({ learningRate: 0.5, weightDecay: 0.5, mask: isMatrix }), zero, p);
  assert.equal(toArray(l2.gain), -0);
});

test.run();
