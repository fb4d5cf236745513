// Sparse storage: what comes back is what went in, files are smaller, and a product with pairs is the dense one.

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  cast,
  evaluate,
  grad,
  key,
  matmul,
  normal,
  square,
  sum,
  type Tensor,
  tensor,
  toArray,
  values,
} from "../../../src/index.ts";
import { Compress, saveTree } from "../../../src/nn/index.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("sparse");

const numbers = (x: Tensor): readonly number[] => [...values(x)];
const close = (a: Tensor, b: Tensor, tolerance: number): void => {
  const other = numbers(b);
  assert.equal(a.shape, b.shape);
  numbers(a).forEach((x, i) => {
    assert.ok(Math.abs(x - (other[i] as number)) <= tolerance, `${x} and ${other[i]}`);
  });
};

const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 3 });
const pruned = (shape: readonly number[], seed: number, sparsity: number): Tensor => {
  const w = normal(key(seed), [...shape]);
  return Compress.makePermanent(Compress.random(key(seed + 1), { sparsity, choose: true })(w))(w);
};
const inPairs = (shape: readonly number[], seed: number, axis = -2): Tensor => {
  const w = normal(key(seed), [...shape]);
  return Compress.makePermanent(Compress.nOfM({ axis })(w))(w);
};

test(
  "bits and values come back as they were, of every float",
  forAll(
    {
      shape: shapes,
      seed: fc.nat(99),
      sparsity: fc.constantFrom(0, 0.3, 0.9, 1),
      dtype: fc.constantFrom("f32", "f64", "f16", "bf16"),
    },
    { runs: 40 },
  )(({ shape, seed, sparsity, dtype }) => {
    const w = evaluate(cast(dtype)(pruned(shape, seed, sparsity)));
    const parts = Compress.toSparse(w);
    const back = Compress.fromSparse(parts);
    assert.equal([back.dtype, back.shape], [w.dtype, w.shape]);
    assert.equal(numbers(back), numbers(w));
    assert.is(parts.values.shape[0], numbers(w).filter((x) => x !== 0).length);
  }),
);

test("a pruned checkpoint is smaller on the disk and loads back", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pullback-sparse-"));
  const params = { layers: [{ w: pruned([64, 64], 1, 0.75) }], b: tensor([1, 2]) };
  const [dense, sparse] = ["dense", "sparse"].map((name) => join(folder, name)) as [string, string];
  await saveTree(dense, params)();
  await saveTree(sparse, Compress.packSparse()(params))();
  // A quarter of the values and a bit each, of four bytes each, and headers of less than 500 bytes.
  assert.ok(statSync(sparse).size < (0.25 + 1 / 32) * 4 * 64 * 64 + 500);
  assert.ok(statSync(dense).size > 4 * 64 * 64);
  const back = await Compress.loadSparseTree(sparse, params)();
  const same = await Compress.loadSparseTree(dense, params)();
  const damaged = { ...params, b: Compress.toSparse(params.b) };
  const wrong = { ...damaged, b: { ...damaged.b, values: tensor([1]) } };
  await saveTree(sparse, wrong)();
  const refused = await Compress.loadSparseTree(sparse, params)();
  rmSync(folder, { recursive: true });
  if (refused._tag === "Right") throw new Error("refused expected");
  assert.is(refused.left.got, '1 in "b"');
  if (back._tag === "Left" || same._tag === "Left") throw new Error("both read expected");
  assert.equal(numbers(same.right.b), [1, 2]);
  assert.equal(numbers(back.right.layers[0]?.w as Tensor), numbers(params.layers[0]?.w as Tensor));
  assert.equal(toArray(back.right.b), [1, 2]);
});

test("parts that do not belong together are refused", () => {
  const parts = Compress.toSparse(tensor([0, 1, 2]));
  const wrong = (change: Partial<Compress.SparseParts>) =>
    messageOf(() => Compress.fromSparse({ ...parts, ...change }));
  assert.is(wrong({ values: tensor([1]) }), "fromSparse: 2 values expected, one a bit, got 1");
  assert.is(
    wrong({ shape: tensor([9], { dtype: "i32" }) }),
    "fromSparse: 2 bytes of bits expected, got 1",
  );
  assert.is(
    wrong({ shape: tensor([-1, -3], { dtype: "i32" }) }),
    "fromSparse: a shape of whole numbers ≥ 0 expected, got i32 [-1, -3]",
  );
  assert.is(
    wrong({ shape: tensor([3]) }),
    "fromSparse: a shape of whole numbers ≥ 0 expected, got f32 [3]",
  );
  assert.is(
    wrong({ values: tensor([[1], [2]]) }),
    "fromSparse: 2 values expected, one a bit, got shape [2, 1]",
  );
  // A bit behind the last element stands for nothing.
  assert.is(
    wrong({ bits: tensor([14], { dtype: "u8" }), values: tensor([1, 2, 3]) }),
    "fromSparse: 2 values expected, one a bit, got 3",
  );
  const { bits, values: some, shape } = parts;
  const named = { "w.bits": bits, "w.values": some, "w.shape": shape, w: tensor([0, 1, 2]) };
  const both = Compress.denseTensors(new Map(Object.entries(named)));
  if (both._tag === "Right") throw new Error("refused expected");
  assert.equal(both.left, {
    _tag: "ExtraTensor",
    rule: '"w" whole or in parts expected',
    got: "both",
  });
});

test(
  "pairs come back as they were, along every axis",
  forAll(
    {
      front: fc.integer({ min: 1, max: 3 }),
      columns: fc.integer({ min: 1, max: 5 }),
      axis: fc.constantFrom(0, 1, 2, -1),
      seed: fc.nat(99),
    },
    { runs: 40 },
  )(({ front, columns, axis, seed }) => {
    const at = axis < 0 ? 3 + axis : axis;
    const shape = [front, columns, 2].map((n, i) => (i === at ? 8 : n));
    const w = inPairs(shape, seed, axis);
    const parts = Compress.toPairs({ axis })(w);
    assert.equal(numbers(Compress.fromPairs({ axis })(parts)), numbers(w));
  }),
);

test("every way to place none, one and two of four comes back", () => {
  const some = [0, 1, 2, 3, 4, 5, 8, 9, 6, 10, 12];
  const groups = some.map((bits) => [0, 1, 2, 3].map((k) => ((bits >> k) & 1) * (k + 1)));
  const w = tensor(groups.flat().map((x) => [x]));
  const parts = Compress.toPairs()(w);
  assert.equal(numbers(Compress.fromPairs()(parts)), numbers(w));
  assert.equal(parts.places.dtype, "i4");
  const x = tensor([groups.flat().map((_, i) => i + 1)]);
  assert.equal(toArray(Compress.pairsMatmul(x, parts)), toArray(matmul(x, w)));
});

for (const device of ["reference", "cpu"])
  test(
    `a product with pairs is the dense one, of any rows, on ${device}`,
    forAll(
      {
        rows: fc.integer({ min: 1, max: 6 }),
        groups: fc.integer({ min: 1, max: 5 }),
        outputs: fc.integer({ min: 1, max: 40 }),
        seed: fc.nat(99),
      },
      { runs: 25 },
    )(({ rows, groups, outputs, seed }) => {
      const w = inPairs([4 * groups, outputs], seed);
      const x = normal(key(seed + 7), [rows, 4 * groups]);
      const parts = Compress.toPairs()(w);
      const { found, expected } = evaluate(
        { found: Compress.pairsMatmul(x, parts), expected: matmul(x, w) },
        { device },
      );
      close(found, expected, 1e-5); // 20 terms, f32
    }),
  );

test("a product with pairs of codes is that with their values", () => {
  const w = inPairs([8, 5], 3);
  const parts = Compress.toPairs()(w);
  const rounded = { ...parts, values: evaluate(cast("i8")(cast("i32")(parts.values))) };
  const dense = evaluate(cast("f32")(cast("i32")(w)));
  const x = normal(key(1), [1, 8]);
  close(Compress.pairsMatmul(x, rounded), matmul(x, dense), 1e-5);
});

test("gradients of a product with pairs are those of the dense one", () => {
  const parts = Compress.toPairs()(inPairs([8, 5], 3));
  const x = normal(key(1), [1, 8]);
  const loss =
    (product: (x: Tensor, values: Tensor) => Tensor) => (both: { x: Tensor; v: Tensor }) =>
      sum(square(product(both.x, both.v)));
  const few = grad(loss((a, v) => Compress.pairsMatmul(a, { ...parts, values: v })));
  const dense = grad(loss((a, v) => matmul(a, Compress.fromPairs()({ ...parts, values: v }))));
  const at = { x, v: parts.values };
  close(few(at).x, dense(at).x, 1e-4);
  close(few(at).v, dense(at).v, 1e-4);
});

test("refuses what has more than two of four, and inputs of another size", () => {
  assert.is(
    messageOf(() => Compress.toPairs()(tensor([[1], [2], [3], [0]]))).split("\n")[0],
    "toPairs: two of every four that are not 0 expected, got 1, 2, 3, 0 in [4, 1]",
  );
  assert.is(
    messageOf(() => Compress.toPairs()(tensor([[1], [2]]))).split("\n")[0],
    "toPairs: groups of 4 that divide axis 0 expected, got [2, 1]",
  );
  const parts = Compress.toPairs()(inPairs([8, 2], 0));
  assert.is(
    messageOf(() => Compress.pairsMatmul(normal(key(0), [1, 4]), parts)),
    "pairsMatmul: pairs for 4 inputs expected, got [2, 2]",
  );
});

test(
  "a tensor is sparse where its parts, with their names, take fewer bytes than itself",
  forAll(
    { shape: shapes, seed: fc.nat(99), sparsity: fc.constantFrom(0, 0.02, 0.3, 1) },
    { runs: 40 },
  )(({ shape, seed, sparsity }) => {
    const w = evaluate(pruned(shape, seed, sparsity));
    const { bits, values: some, shape: sizes } = Compress.toSparse(w);
    const [parts, own] = [Compress.packedBytes({ bits, some, sizes }), Compress.packedBytes(w)];
    assert.is(Compress.isSparse(w), shape.length >= 2 && parts + 256 < own);
  }),
);

test.run();
