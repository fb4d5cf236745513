// Weights of stored integers: products read the integers, so that no plan holds their numbers as floats.

import * as assert from "uvu/assert";
import {
  compile,
  matmul,
  sum,
  type Tensor,
  take,
  tanh,
  tensor,
  transpose,
  zeros,
} from "../../../src/index.ts";
import { Compress } from "../../../src/nn/index.ts";
import { type Parts, partsOf, restored } from "../../support/storedIntegers.ts";
import { suite } from "../../support/suite.ts";

const test = suite("weights of stored integers in plans");

const [n, m] = [64, 32];

/** Sizes of the temporaries of a function of rows [rows, n] and a weight [n, m]. */
const temporariesOf = (
  f: (x: Tensor, parts: Parts) => unknown,
  rows: number,
  dtype: "i8" | "i4" = "i8",
): readonly number[] =>
  compile(f, { device: "reference" })
    .plan(zeros([rows, n]), partsOf(1, [n, m], 4, dtype))
    .buffers.filter(({ kind }) => kind === "temporary")
    .map(({ size }) => size);

test("a product has no temporary of the weight's size, whatever the number of rows", () => {
  for (const rows of [1, 2, 16, 300])
    for (const dtype of ["i8", "i4"] as const)
      assert.ok(
        temporariesOf((x, parts) => tanh(matmul(tanh(x), restored(parts))), rows, dtype).every(
          (size) => size !== n * m,
        ),
      );
});

test("several products of one weight have none, nor has the gradient in what is multiplied", () => {
  const sizes = temporariesOf((x, parts) => {
    const w = restored(parts);
    return matmul(matmul(matmul(x, w), transpose(w)), w);
  }, 5);
  assert.ok(sizes.every((size) => size !== n * m));
});

test("a table that is looked up and multiplied has none", () => {
  const sizes = temporariesOf((x, parts) => {
    const table = transpose(restored(parts)); // [m, n]
    const rows = take({ axis: 0 })(table, tensor([3, 1], { dtype: "i32" }));
    return [matmul(rows, transpose(table)), sum(x)];
  }, 1);
  assert.ok(sizes.every((size) => size !== n * m));
});

test("two of every four weights have none, nor what counts their places, however many weights are alike", () => {
  const parts = Compress.toPairs()(zeros([n, n]));
  const many = compile(
    (x: Tensor, all: readonly Compress.Pairs[]) =>
      all.reduce((y, pairs) => tanh(matmul(y, Compress.fromPairs()(pairs))), x),
    { device: "reference" },
  );
  for (const rows of [1, 16]) {
    const { buffers } = many.plan(
      zeros([rows, n]),
      Array.from({ length: 9 }, () => parts),
    );
    assert.ok(buffers.every(({ kind, size }) => kind !== "temporary" || size <= rows * n));
  }
});

test("what costs more than scales is stored where many read it", () => {
  const sizes = temporariesOf((x, parts) => matmul(x, tanh(restored(parts))), 16);
  assert.ok(sizes.includes(n * m));
});

test.run();
