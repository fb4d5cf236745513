// Parameters as one vector, and its shards.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  blocksOf,
  piecesOf,
  placesOf,
  shardsOf,
  totalOf,
} from "../../../src/nn/parallel/layout.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("shards");

const leaves = fc
  .array(
    fc.record({
      shape: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 3 }),
      isDivisible: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((all) => placesOf(all.map((leaf, i) => ({ ...leaf, path: `p${i}` }))));

const workers = fc.integer({ min: 1, max: 9 });

test(
  "shards follow one another and are the whole vector",
  forAll({ leaves, workers })(({ leaves: places, workers: count }) => {
    const shards = shardsOf(places, count);
    assert.is(shards.length, count);
    const ends = [0, ...shards.map(({ to }) => to)];
    for (const [i, { from, to }] of shards.entries()) assert.ok(from === ends[i] && from <= to);
    assert.is(ends.at(-1), totalOf(places));
  }),
);

test(
  "pieces of all shards put together are the leaves, and only leaves that can be divided are",
  forAll({ leaves, workers })(({ leaves: places, workers: count }) => {
    const pieces = shardsOf(places, count).map((shard) => piecesOf(places, shard));
    for (const [i, { shape, size, isDivisible }] of places.entries()) {
      const own = pieces.flatMap((all) => all[i] ?? []);
      if (!isDivisible) assert.is(own.length, 1);
      assert.is(
        own.reduce((sum, { from, to }) => sum + to - from, 0),
        size,
      );
      for (const piece of own) {
        assert.is(
          piece.shape.reduce((a, b) => a * b, 1),
          piece.to - piece.from,
        );
        assert.equal(piece.shape.slice(1), shape.slice(1));
      }
    }
  }),
);

test(
  "blocks are the whole vector, and each lies whole in one shard",
  forAll({ leaves, workers })(({ leaves: places, workers: count }) => {
    const blocks = blocksOf(places);
    const ends = [0, ...blocks.map(({ to }) => to)];
    for (const [i, { from }] of blocks.entries()) assert.is(from, ends[i]);
    assert.is(ends.at(-1), totalOf(places));
    const shards = shardsOf(places, count);
    const isIn = (block: { from: number; to: number }): number =>
      shards.filter(({ from, to }) => block.from >= from && block.to <= to).length;
    assert.ok(blocks.every((block) => isIn(block) === 1));
  }),
);

test(
  "where all can be divided, a shard is off by a block at most",
  forAll({ leaves, workers })(({ leaves: some, workers: count }) => {
    const places = some.map((place) => ({ ...place, isDivisible: true }));
    const block = Math.max(...blocksOf(places).map(({ from, to }) => to - from));
    for (const { from, to } of shardsOf(places, count))
      assert.ok(Math.abs(to - from - totalOf(places) / count) <= block);
  }),
);

test("a matrix of ten rows in three", () => {
  const places = placesOf([
    { path: "bias", shape: [4], isDivisible: true },
    { path: "weight", shape: [10, 3000], isDivisible: true },
  ]);
  const shards = shardsOf(places, 3);
  assert.equal(
    shards.map((shard) => piecesOf(places, shard).map((piece) => piece?.shape)),
    [
      [[4], [3, 3000]],
      [undefined, [4, 3000]],
      [undefined, [3, 3000]],
    ],
  );
});

test.run();
