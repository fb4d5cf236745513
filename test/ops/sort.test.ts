// Sorting: against the host's stable sort, NaN and ties, along any axis, batched, without scatters.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  argmax,
  argsort,
  grad,
  mul,
  sort,
  sum,
  type Tensor,
  take,
  tensor,
  toArray,
  topK,
  values,
  vmap,
  zeros,
} from "../../src/index.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { arbitrary, assertSlopes } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";
import { valuesWithoutScatter } from "../support/withoutScatter.ts";

const f64 = (data: readonly number[]): Tensor => tensor(data, { dtype: "f64" });

/** The stable order of numbers by the host, NaN counting as the largest. */
const orderOf = (row: readonly number[], descending = false): number[] => {
  const compare = (a: number, b: number): number =>
    Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : a - b;
  return [...row.keys()].sort((i, j) => {
    const [a, b] = [row[i] as number, row[j] as number];
    return descending ? compare(b, a) : compare(a, b);
  });
};

const numbers = fc.oneof(fc.integer({ min: -4, max: 4 }), fc.constant(Number.NaN));

const test = suite("sort");

test("sorts in both directions", () => {
  const x = tensor([3, 1, 2]);
  assert.equal(toArray(sort(x)), [1, 2, 3]);
  assert.equal(toArray(sort({ descending: true })(x)), [3, 2, 1]);
  assert.equal(toArray(argsort(x)), [1, 2, 0]);
  assert.equal(toArray(argsort({ descending: true })(x)), [0, 2, 1]);
});

test("sorts along any axis", () => {
  const x = tensor([
    [3, 1],
    [2, 4],
    [1, 0],
  ]);
  assert.equal(toArray(sort({ axis: 0 })(x)), [
    [1, 0],
    [2, 1],
    [3, 4],
  ]);
  assert.equal(toArray(argsort({ axis: 0 })(x)), [
    [2, 2],
    [1, 0],
    [0, 1],
  ]);
  assert.equal(toArray(sort(x)), [
    [1, 3],
    [2, 4],
    [0, 1],
  ]);
});

test("takes NaN for the largest, as PyTorch", () => {
  const x = f64([2, Number.NaN, -Infinity, Infinity, Number.NaN]);
  assert.equal(toArray(argsort(x)), [2, 0, 3, 1, 4]);
  assert.equal(toArray(argsort({ descending: true })(x)), [1, 4, 3, 0, 2]);
});

test("keeps equal elements in order, also −0 and 0", () => {
  assert.equal(toArray(argsort(f64([0, -0, 0, -1]))), [3, 0, 1, 2]);
  assert.equal(toArray(argsort({ descending: true })(f64([0, -0, 0, -1]))), [0, 1, 2, 3]);
});

test("sorts i32 over its whole range", () => {
  const x = tensor([2 ** 31 - 1, -(2 ** 31), 0, -1], { dtype: "i32" });
  assert.equal(toArray(argsort(x)), [1, 3, 2, 0]);
});

test(
  "argsort is the stable order of the host, for short rows and long ones",
  forAll({
    // A few lengths only, since each is compiled by itself.
    rows: fc
      .constantFrom(1, 2, 3, 7, 32, 33, 70, 150)
      .chain((n) =>
        fc.array(fc.array(numbers, { minLength: n, maxLength: n }), { minLength: 2, maxLength: 2 }),
      ),
    descending: fc.boolean(),
  })(({ rows, descending }) => {
    const order = argsort({ descending })(tensor(rows, { dtype: "f64" }));
    assert.equal(
      toArray(order),
      rows.map((row) => orderOf(row, descending)),
    );
  }),
);

test("sorts rows whose length is no multiple of a run", () => {
  for (const n of [31, 32, 33, 64, 65, 1000]) {
    const x = arbitrary([n]);
    assert.equal(toArray(argsort(x)), orderOf([...values(x)]), `n = ${n}`);
  }
});

test("sorts nothing and single elements", () => {
  assert.equal(toArray(sort(tensor([5]))), [5]);
  assert.equal(values(sort(zeros([3, 0]))).length, 0);
  assert.equal(values(argsort({ axis: 0 })(zeros([3, 0]))).length, 0);
});

test("gradients go back to where elements came from, to second order", () => {
  const weights = f64([1, 10, 100, 1000]);
  const slope = grad((x: Tensor) => sum(mul(sort(x), weights)))(f64([4, 2, 3, 1]));
  assert.equal(toArray(slope), [1000, 10, 100, 1]);
  assertSlopes((x) => sum(mul(sort(x), mul(sort(x), arbitrary([40])))), arbitrary([40], 3));
});

test("topK gives the largest first, with their places", () => {
  const { values: largest, indices } = topK({ k: 2 })(tensor([3, 9, 5, 9]));
  assert.equal(toArray(largest), [9, 9]);
  assert.equal(toArray(indices), [1, 3]);
  const columns = topK({ k: 1, axis: 0 })(
    tensor([
      [1, 8],
      [7, 2],
    ]),
  );
  assert.equal(toArray(columns.values), [[7, 8]]);
  assert.equal(toArray(columns.indices), [[1, 0]]);
});

test("topK of 1 agrees with argmax, also on NaN", () => {
  const x = f64([2, Number.NaN, 7, Number.NaN]);
  assert.equal(toArray(topK({ k: 1 })(x).indices), [toArray(argmax({ axis: 0 })(x))]);
});

test("topK has gradients through its values only", () => {
  const slope = grad((x: Tensor) => sum(mul(topK({ k: 2 })(x).values, f64([1, 10]))));
  assert.equal(toArray(slope(f64([1, 4, 3]))), [0, 1, 10]);
});

test("vmap sorts each example", () => {
  const x = arbitrary([3, 40]);
  assert.equal(
    toArray(vmap((row: Tensor) => argsort(row))(x)),
    [0, 1, 2].map((i) => orderOf([...values(x)].slice(40 * i, 40 * i + 40))),
  );
  const ids = tensor([[1, 0, 1]], { dtype: "i32" });
  const first = (row: Tensor): Tensor => take(sort(row), take(ids, tensor(0, { dtype: "i32" })));
  assert.equal(vmap(first)(x).shape, [3, 3]);
});

test("sorts the same where nothing can be scattered", () => {
  const x = arbitrary([2, 70]);
  const slope = () => grad((y: Tensor) => sum(mul(sort(y), arbitrary([2, 70], 5))))(x);
  assert.equal(valuesWithoutScatter(sort(x), slope()), [values(sort(x)), values(slope())]);
});

test("refuses bool, scalars and too large k", () => {
  const [flag, single]: readonly Tensor[] = [tensor([true]), tensor(1)];
  assert.is(
    messageOf(() => sort(flag as Tensor)),
    "sort: dtype f32, f64 or i32 expected, got bool\nhint: convert it with cast",
  );
  assert.is(
    messageOf(() => argsort(single as Tensor)),
    "argsort: a tensor with axes expected, got axis −1 for a scalar",
  );
  assert.is(
    messageOf(() => topK({ k: 3 })(tensor([1, 2]))),
    "topK: k in 0…2 expected for axis 0 of [2], got 3",
  );
});

test.run();
