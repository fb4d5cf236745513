// The tree in which micro-batches are added up: the same whoever adds what.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  additionsOf,
  nodesIn,
  type Range,
  sharesOf,
  sumOver,
  wholeOf,
} from "../../../src/nn/parallel/sums.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("sums of micro-batches");

const counts = {
  microBatches: fc.integer({ min: 1, max: 40 }),
  workers: fc.integer({ min: 1, max: 12 }),
};

// A sum as its own text, so that two are the same only if all brackets are.
const written = (node: Range): Promise<string> =>
  sumOver(
    node,
    async (i) => String(i),
    (a, b) => `(${a} + ${b})`,
  );

test(
  "workers together add what one adds, in the same order",
  forAll(counts)(async ({ microBatches, workers }) => {
    const slots = sharesOf(microBatches, workers).flatMap((share) => nodesIn(share, microBatches));
    const sums = await Promise.all(slots.map(written));
    for (const { into, from } of additionsOf(slots, microBatches))
      sums[into] = `(${sums[into]} + ${sums[from]})`;
    assert.is(sums[0], await written(wholeOf(microBatches)));
  }),
);

test(
  "shares are as even as can be and cover all micro-batches in order",
  forAll(counts)(({ microBatches, workers }) => {
    const shares = sharesOf(microBatches, workers);
    const all = shares.flatMap(({ from, to }) =>
      Array.from({ length: to - from }, (_, i) => from + i),
    );
    assert.equal(all, [...Array(microBatches).keys()]);
    const sizes = shares.map(({ from, to }) => to - from);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
  }),
);

test(
  "a worker shares few sums, one where its micro-batches are a node of the tree",
  forAll(counts)(({ microBatches, workers }) => {
    for (const share of sharesOf(microBatches, workers)) {
      const most = 2 * Math.ceil(Math.log2(share.to - share.from + 1));
      assert.ok(nodesIn(share, microBatches).length <= most);
    }
    if (microBatches % workers === 0 && Number.isInteger(Math.log2(microBatches / workers)))
      for (const share of sharesOf(microBatches, workers))
        assert.is(nodesIn(share, microBatches).length, 1);
  }),
);

test("six micro-batches: four, and two", async () => {
  assert.is(await written(wholeOf(6)), "(((0 + 1) + (2 + 3)) + (4 + 5))");
  assert.equal(nodesIn({ from: 3, to: 6 }, 6), [
    { from: 3, to: 4 },
    { from: 4, to: 6 },
  ]);
});

test.run();
