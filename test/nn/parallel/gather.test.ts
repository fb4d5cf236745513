// The state of an optimiser in parts, and as one.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  gatherLeaf,
  type LeafKind,
  type PlainLeaf,
  scatterLeaves,
} from "../../../src/nn/parallel/gather.ts";
import { piecesOf, placesOf, shardsOf } from "../../../src/nn/parallel/layout.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("state in shards");

/** The state of an optimiser with a mean for each parameter and a count, of parameters of these rows, and its kinds in shards. */
const stateOf = (rows: readonly number[], workers: number) => {
  const places = placesOf(
    rows.map((n, i) => ({ path: `${i}`, shape: [n, 700], isDivisible: i % 2 === 0 })),
  );
  const count: LeafKind = { path: "count", shape: [], dtype: "i32" };
  const kinds = shardsOf(places, workers).map((shard) => [
    ...piecesOf(places, shard).flatMap((piece, i): LeafKind[] =>
      piece === undefined ? [] : [{ path: `mean.${i}`, shape: piece.shape, dtype: "f32" }],
    ),
    count,
  ]);
  const means = places.map(
    ({ path, shape, size, offset }): PlainLeaf => ({
      path: `mean.${path}`,
      shape,
      dtype: "f32",
      values: Float32Array.from({ length: size }, (_, i) => offset + i),
    }),
  );
  return { whole: [...means, { ...count, values: Int32Array.of(7) }], kinds };
};

test(
  "parts of a state put together are the state",
  forAll(
    {
      rows: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
      workers: fc.integer({ min: 1, max: 6 }),
    },
    { runs: 40 },
  )(({ rows, workers }) => {
    const { whole, kinds } = stateOf(rows, workers);
    const parts = kinds.map((_, worker) => scatterLeaves(whole, kinds, worker));
    for (const [worker, part] of parts.entries())
      assert.equal(
        part.map(({ path, shape, dtype }) => ({ path, shape, dtype })),
        kinds[worker],
      );
    assert.equal(
      whole.map((leaf) => gatherLeaf(leaf, parts)),
      whole,
    );
  }),
);

test.run();
