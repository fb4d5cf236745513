// Reads and writes by index: by hand, as adjoint pairs, batched, without scatters, large, and out of range.

import fc from "fast-check";
import { pipe } from "fp-ts/lib/function.js";
import * as assert from "uvu/assert";
import type { Shape } from "../../src/core/shape.ts";
import {
  cast,
  evaluate,
  grad,
  item,
  mul,
  type Nested,
  oneHot,
  scatterAdd,
  scatterAddAlongAxis,
  sum,
  type Tensor,
  TensorError,
  take,
  takeAlongAxis,
  tensor,
  toArray,
  values,
  vmap,
  zeros,
} from "../../src/index.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { arbitrary, assertSlopes } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";
import { valuesWithoutScatter } from "../support/withoutScatter.ts";

const i32 = (data: number | readonly number[] | readonly (readonly number[])[]): Tensor =>
  tensor(data, { dtype: "i32" });
/** A tensor of which the compiler knows neither shape nor dtype, so that it lets mistakes through. */
const bare = (data: Nested): Tensor => tensor(data);
const table = tensor([
  [1, 2],
  [3, 4],
  [5, 6],
]);

/** Whole numbers as f64, so that sums are exact in any order. */
const whole = (shape: Shape): fc.Arbitrary<Tensor> => {
  const count = shape.reduce((a, b) => a * b, 1);
  return fc
    .array(fc.integer({ min: -9, max: 9 }), { minLength: count, maxLength: count })
    .map((data) => tensor(Float64Array.from(data), { shape }));
};
const indicesBelow = (n: number, shape: Shape): fc.Arbitrary<Tensor> => {
  const count = shape.reduce((a, b) => a * b, 1);
  return fc
    .array(fc.nat(Math.max(0, n - 1)), { minLength: count, maxLength: count })
    .map((data) => tensor(Int32Array.from(data), { shape }));
};
const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 2 });

/** What take and scatterAdd of one case need: x over the table, g over the picks. */
const slices = fc
  .record({ before: sizes, after: sizes, picks: sizes, n: fc.integer({ min: 1, max: 5 }) })
  .chain(({ before, after, picks, n }) =>
    fc.record({
      axis: fc.constant(before.length),
      n: fc.constant(n),
      x: whole([...before, n, ...after]),
      g: whole([...before, ...picks, ...after]),
      indices: indicesBelow(n, picks),
    }),
  );

/** The same for takeAlongAxis and scatterAddAlongAxis. */
const elements = fc
  .record({
    before: sizes,
    after: sizes,
    picks: fc.integer({ min: 0, max: 4 }),
    n: fc.integer({ min: 1, max: 5 }),
  })
  .chain(({ before, after, picks, n }) =>
    fc.record({
      axis: fc.constant(before.length),
      n: fc.constant(n),
      x: whole([...before, n, ...after]),
      g: whole([...before, picks, ...after]),
      indices: indicesBelow(n, [...before, picks, ...after]),
    }),
  );

const inner = (a: Tensor, b: Tensor): number => item(sum(mul(a, b)));

const test = suite("gather");

test("take reads rows, columns and single elements", () => {
  assert.equal(toArray(take(table, i32([2, 0, 2]))), [
    [5, 6],
    [1, 2],
    [5, 6],
  ]);
  assert.equal(toArray(take({ axis: 1 })(table, i32([1]))), [[2], [4], [6]]);
  assert.equal(toArray(take({ axis: -1 })(table, i32(0))), [1, 3, 5]);
  assert.equal(toArray(take(table, i32([[1], [0]]))), [[[3, 4]], [[1, 2]]]);
});

test("take puts the axes of the indices where the axis was", () => {
  const x = arbitrary([2, 5, 3]);
  assert.equal(take({ axis: 1 })(x, zeros([4, 6], "i32")).shape, [2, 4, 6, 3]);
});

test("take has both call forms, with and without options", () => {
  const ids = i32([1, 0]);
  const expected = toArray(take(table, ids));
  assert.equal(toArray(pipe(table, take(ids))), expected);
  assert.equal(toArray(take({})(table, ids)), expected);
  assert.equal(toArray(pipe(table, take({ axis: 0 })(ids))), expected);
});

test("take reads bool and storage dtypes too", () => {
  assert.equal(toArray(take(tensor([true, false]), i32([1, 1, 0]))), [false, false, true]);
  const halves = take(cast("f16")(tensor([0.5, 2])), i32([1]));
  assert.is(halves.dtype, "f16");
  assert.equal(toArray(halves), [2]);
});

test("takeAlongAxis reads one element for each index", () => {
  assert.equal(toArray(takeAlongAxis({ axis: 1 })(table, i32([[1], [0], [1]]))), [[2], [3], [6]]);
  assert.equal(toArray(pipe(table, takeAlongAxis({ axis: 0 })(i32([[2, 0]])))), [[5, 2]]);
});

test("scatterAdd adds where indices meet and leaves zeros elsewhere", () => {
  const updates = tensor([
    [1, 2],
    [10, 20],
    [100, 200],
  ]);
  assert.equal(toArray(scatterAdd({ size: 4 })(updates, i32([3, 0, 3]))), [
    [10, 20],
    [0, 0],
    [0, 0],
    [101, 202],
  ]);
  assert.equal(toArray(pipe(updates, scatterAdd({ size: 3, axis: -1 })(i32([2, 2])))), [
    [0, 0, 3],
    [0, 0, 30],
    [0, 0, 300],
  ]);
  assert.equal(toArray(scatterAdd({ size: 2 })(i32([7, 8]), i32([1, 1]))), [0, 15]);
});

test("scatterAddAlongAxis adds each element at its own index", () => {
  const updates = tensor([
    [1, 2],
    [3, 4],
  ]);
  const indices = i32([
    [2, 2],
    [0, 1],
  ]);
  assert.equal(toArray(scatterAddAlongAxis({ size: 3, axis: 1 })(updates, indices)), [
    [0, 0, 3],
    [3, 4, 0],
  ]);
});

test(
  "take and scatterAdd are adjoint",
  forAll(slices)(({ axis, n, x, g, indices }) => {
    const taken = inner(take({ axis })(x, indices), g);
    assert.is(taken, inner(x, scatterAdd({ size: n, axis })(g, indices)));
  }),
);

test(
  "takeAlongAxis and scatterAddAlongAxis are adjoint",
  forAll(elements)(({ axis, n, x, g, indices }) => {
    const taken = inner(takeAlongAxis({ axis })(x, indices), g);
    assert.is(taken, inner(x, scatterAddAlongAxis({ size: n, axis })(g, indices)));
  }),
);

test(
  "a device that cannot scatter gives the same sums by sorting",
  forAll(fc.record({ slices, elements }))(({ slices: s, elements: e }) => {
    const sums = () => [
      scatterAdd({ size: s.n, axis: s.axis })(s.g, s.indices),
      scatterAddAlongAxis({ size: e.n, axis: e.axis })(e.g, e.indices),
    ];
    assert.equal(valuesWithoutScatter(...sums()), sums().map(values));
  }),
);

test("gradients agree with differences to second order", () => {
  const ids = i32([2, 0, 2, 1]);
  const along = i32([[0, 2, 2]]);
  const cubed = (y: Tensor): Tensor => sum(mul(y, mul(y, y)));
  assertSlopes((x) => cubed(take(x, ids)), arbitrary([3, 2]));
  assertSlopes((x) => cubed(take({ axis: 1 })(x, ids)), arbitrary([2, 3]));
  assertSlopes((x) => cubed(takeAlongAxis({ axis: 1 })(x, along)), arbitrary([1, 3]));
  assertSlopes((u) => cubed(scatterAdd({ size: 3 })(u, ids)), arbitrary([4, 2]));
  assertSlopes(
    (u) => cubed(scatterAddAlongAxis({ size: 3, axis: 1 })(u, along)),
    arbitrary([1, 3]),
  );
});

test("gradients are those of a device that cannot scatter", () => {
  const ids = tensor(Int32Array.from({ length: 70 }, (_, i) => (i * i) % 11));
  const second = () =>
    grad((x: Tensor) =>
      sum(mul(grad((y: Tensor) => sum(mul(take(y, ids), take(y, ids))))(x), arbitrary([11, 3]))),
    )(arbitrary([11, 3]));
  // 70 terms of size 1, in another order.
  const [pulled, scattered] = [valuesWithoutScatter(second())[0], values(second())];
  scattered.forEach((y, i) => {
    assert.ok(Math.abs(y - (pulled?.[i] as number)) < 1e-12);
  });
});

test("sizes of 0 are allowed where nothing is read", () => {
  assert.equal(take(table, zeros([0], "i32")).shape, [0, 2]);
  assert.equal(values(take(zeros([0, 2]), zeros([0], "i32"))).length, 0);
  assert.equal(values(take(zeros([3, 0]), i32([1, 1]))).length, 0);
  assert.equal(toArray(scatterAdd({ size: 2 })(zeros([0]), zeros([0], "i32"))), [0, 0]);
  assert.equal(valuesWithoutScatter(scatterAdd({ size: 2 })(zeros([0]), zeros([0], "i32"))), [
    Float32Array.of(0, 0),
  ]);
  assert.equal(values(scatterAdd({ size: 0 })(zeros([0]), zeros([0], "i32"))).length, 0);
});

test("vmap maps the table, the indices, or both", () => {
  const tables = arbitrary([4, 3, 2]);
  const ids = tensor(Int32Array.from([2, 0, 1, 1, 0, 0, 2, 2]), { shape: [4, 2] });
  const at = (x: Tensor, i: number): Tensor => take(x, i32(i));
  const rows = [0, 1, 2, 3];
  const read = (x: Tensor, i: Tensor): Tensor => take(x, i);
  assert.equal(
    toArray(vmap(read)(tables, ids)),
    rows.map((b) => toArray(read(at(tables, b), at(ids, b)))),
  );
  assert.equal(
    toArray(vmap(read, { inAxes: [0, null] })(tables, at(ids, 0))),
    rows.map((b) => toArray(read(at(tables, b), at(ids, 0)))),
  );
  assert.equal(
    toArray(vmap(read, { inAxes: [null, 0] })(at(tables, 0), ids)),
    rows.map((b) => toArray(read(at(tables, 0), at(ids, b)))),
  );
  const slope = (x: Tensor, i: Tensor): Tensor =>
    grad((y: Tensor) => sum(mul(take(y, i), take(y, i))))(x);
  const looped = rows.map((b) => toArray(slope(at(tables, b), at(ids, b))));
  assert.equal(toArray(vmap(slope)(tables, ids)), looped);
  assert.equal([...(valuesWithoutScatter(vmap(slope)(tables, ids))[0] ?? [])], looped.flat(2));
});

test("100 000 rows are added into 50 000 in well under a second", () => {
  const ids = tensor(Int32Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 50_000));
  const x = tensor(new Float32Array(50_000 * 16).fill(1), { shape: [50_000, 16] });
  const start = performance.now();
  const { g } = evaluate({ g: grad((y: Tensor) => sum(take(y, ids)))(x) });
  assert.ok(performance.now() - start < 1000); // measured: 40 ms; tables × tokens would take minutes
  assert.is(item(sum(g)), 1_600_000);
});

test("without scatters the work stays proportional to the data too", () => {
  const ids = tensor(Int32Array.from({ length: 20_000 }, (_, i) => (i * 7919) % 10_000));
  const start = performance.now();
  const [found] = valuesWithoutScatter(
    scatterAdd({ size: 10_000 })(tensor(new Float32Array(20_000).fill(1)), ids),
  );
  assert.ok(performance.now() - start < 3000); // measured: 300 ms, most of it compilation
  assert.ok(found?.every((count) => count === 2));
});

const outOfRange = (run: () => unknown): void => {
  try {
    run();
  } catch (error) {
    assert.instance(error, TensorError);
    assert.is((error as TensorError).problem._tag, "IndexOutOfRange");
    return;
  }
  assert.unreachable("an index out of range went unnoticed");
};

test("indices out of range are reported with the op and the index", () => {
  assert.is(
    messageOf(() => values(take(table, i32([0, 3])))),
    "take: an index in 0…2 expected, got 3",
  );
  assert.is(
    messageOf(() => values(takeAlongAxis({ axis: 1 })(table, i32([[0], [-1], [0]])))),
    "takeAlongAxis: an index in 0…1 expected, got -1",
  );
  assert.is(
    messageOf(() => values(scatterAdd({ size: 2 })(tensor([1]), i32([2])))),
    "scatterAdd: an index in 0…1 expected, got 2",
  );
  assert.is(
    messageOf(() => take(zeros([0, 2]), i32([0]))),
    "take: an axis with elements to take from expected, got size 0",
  );
  outOfRange(() => values(take(table, i32([-1]))));
  outOfRange(() => values(oneHot({ classes: 3 })(i32([3]))));
  outOfRange(() => values(scatterAddAlongAxis({ size: 1, axis: 0 })(tensor([1]), i32([1]))));
});

test("dtypes, axes and shapes that do not fit are reported", () => {
  assert.is(
    messageOf(() => take(table, bare([0]))),
    'take: indices of dtype i32 expected, got f32\nhint: convert them with cast("i32")',
  );
  assert.is(
    messageOf(() => take({ axis: 2 })(bare([[1]]), i32([0]))),
    "take: axis in −2…1 expected for rank 2, got 2",
  );
  assert.is(
    messageOf(() => takeAlongAxis({ axis: 1 })(table, i32([[0]]))),
    "takeAlongAxis: shapes that agree except on axis 1 expected, got [3, 2], [1, 1]",
  );
  assert.is(
    messageOf(() => scatterAdd({ size: 9 })(table, i32([0, 1]))),
    "scatterAdd: updates shaped as the indices from axis 0 on expected, got [3, 2] and [2]",
  );
  assert.is(
    messageOf(() => scatterAdd({ size: -1 })(table, i32([0, 1, 2]))),
    "scatterAdd: a whole size ≥ 0 expected, got -1",
  );
  assert.is(
    messageOf(() => scatterAdd({ size: 1 })(bare([true]), i32([0]))),
    "scatterAdd: dtype f32, f64 or i32 expected, got bool\nhint: convert it with cast",
  );
  assert.is(
    messageOf(() => scatterAddAlongAxis({ size: 1, axis: 0 })(tensor([1, 2]), i32([0]))),
    "scatterAddAlongAxis: equal shapes expected, got [2] and [1]",
  );
});

test("oneHot marks the index, in any dtype", () => {
  assert.equal(toArray(oneHot({ classes: 3 })(i32([2, 0]))), [
    [0, 0, 1],
    [1, 0, 0],
  ]);
  const flags = oneHot({ classes: 2, dtype: "bool" })(i32(1));
  assert.equal(toArray(flags), [false, true]);
  assert.is(oneHot({ classes: 2 })(i32([[0]])).dtype, "f32");
});

test.run();
