// Embeddings: rows by index, gradients of the rows that were read, and scores by the same table.

import * as assert from "uvu/assert";
import { assertGradients } from "../../src/core/run/checkGradients.ts";
import {
  grad,
  key,
  matmul,
  oneHot,
  sum,
  type Tensor,
  tensor,
  toArray,
  transpose,
} from "../../src/index.ts";
import { Embedding, filledWith } from "../../src/nn/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

const table = arbitrary([5, 3], 1);
const indices = tensor(
  [
    [4, 0],
    [4, 2],
  ],
  { dtype: "i32" },
);

const test = suite("Embedding");

test("is a product with one-hot rows", () => {
  const hot = oneHot({ classes: 5, dtype: "f64" })(indices);
  assertTreesClose(Embedding.apply({ table })(indices), matmul(hot, table), 0);
});

test("adds up the gradients of a row that is read twice", () => {
  const read = (p: Embedding.Params) => sum(Embedding.apply(p)(indices));
  const { table: slope } = grad(read)({ table });
  assert.equal(toArray(slope), [
    [1, 1, 1],
    [0, 0, 0],
    [1, 1, 1],
    [0, 0, 0],
    [2, 2, 2],
  ]);
});

test("scores symbols by their rows", () => {
  const x = arbitrary([2, 4, 3], 2);
  assertTreesClose(Embedding.scores({ table })(x), matmul(x, transpose(table)), 0);
});

test("has gradients in a table that is used for input and output", () => {
  const f = (p: Embedding.Params) => Embedding.scores(p)(Embedding.apply(p)(indices));
  assertGradients(f, [{ table }]);
  assertGradients((x: Tensor) => Embedding.scores({ table })(x), [arbitrary([2, 3], 2)]);
});

test("starts as asked", () => {
  assert.equal([...Embedding.init(key(1), { symbols: 7, width: 2 }).table.shape], [7, 2]);
  const zero = Embedding.init(key(1), { symbols: 1, width: 2, initial: filledWith(0) });
  assert.equal(toArray(zero.table), [[0, 0]]);
});

test("refuses an index outside of the table", () => {
  const beyond = tensor([5], { dtype: "i32" });
  assert.match(
    messageOf(() => toArray(Embedding.apply({ table })(beyond))),
    /index in .*5/,
  );
});

test.run();
