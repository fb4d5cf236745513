// Summaries: every leaf with its place and size, and totals that add up.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { cast, key, leavesOf, zeros } from "../../src/index.ts";
import { Gru, LayerNorm, Linear, printSummary, sequential, summary } from "../../src/nn/index.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const test = suite("summary");

const shapes = fc.array(fc.array(fc.nat(4), { maxLength: 3 }), { maxLength: 5 });
test(
  "has a row for every leaf, and totals that add up",
  forAll(shapes, { runs: 30 })((all) => {
    const tree = all.map((shape) => ({ weight: zeros(shape) }));
    const { rows, count, bytes } = summary(tree);
    assert.equal(
      rows.map(({ shape }) => [...shape]),
      leavesOf(tree).map(({ shape }) => [...shape]),
    );
    assert.is(
      count,
      rows.reduce((sum, row) => sum + row.count, 0),
    );
    assert.is(bytes, 4 * count);
  }),
);

test("names the places of leaves", () => {
  const net = sequential(LayerNorm.module(3), Gru.module({ inputs: 3, hidden: 2 }));
  const { rows } = summary({ net: net.init(key(0)) });
  assert.equal(
    rows.map(({ path }) => path),
    [
      ...["net[0].gain", "net[0].bias"],
      ...["net[1].inputWeight", "net[1].hiddenWeight", "net[1].inputBias", "net[1].hiddenBias"],
    ],
  );
});

test("counts bytes by dtype, packed ones too", () => {
  const bytes = (["f64", "f32", "f16", "i8", "i4"] as const).map(
    (dtype) => summary(cast(dtype)(zeros([5]))).bytes,
  );
  assert.equal(bytes, [40, 20, 10, 5, 3]); // two of i4 in a byte
});

test("prints aligned columns", () => {
  const layer = Linear.init(key(0), { inputs: 784, outputs: 10 });
  assert.is(
    printSummary(summary({ fc: layer })),
    [
      "path       shape      dtype  count   bytes",
      "fc.weight  [784, 10]  f32    7,840  31,360",
      "fc.bias    [10]       f32       10      40",
      "total                        7,850  31,400",
    ].join("\n"),
  );
});

test("refuses what is no tree of tensors", () => {
  assert.match(
    messageOf(() => summary({ size: 3 })),
    /^summary: a tree of tensors/,
  );
});

test.run();
