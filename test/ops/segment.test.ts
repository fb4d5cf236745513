// Reductions by segment: by hand, empty segments, ties, gradients, batched, without scatters.

import fc from "fast-check";
import { pipe } from "fp-ts/lib/function.js";
import * as assert from "uvu/assert";
import {
  grad,
  mul,
  segmentMax,
  segmentMean,
  segmentSoftmax,
  segmentSum,
  sum,
  type Tensor,
  tensor,
  toArray,
  values,
  vmap,
  zeros,
} from "../../src/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { arbitrary, assertSlopes } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";
import { valuesWithoutScatter } from "../support/withoutScatter.ts";

const i32 = (data: readonly number[]): Tensor => tensor(data, { dtype: "i32" });
const f64 = (data: readonly number[]): Tensor => tensor(data, { dtype: "f64" });
/** Five edges of four segments; segment 1 is empty. */
const ids = i32([2, 0, 2, 3, 2]);
const x = tensor([
  [1, 5],
  [2, 4],
  [3, 3],
  [4, 2],
  [8, 1],
]);
const segments = 4;
type Segmented = (options: { readonly segments: number }) => (x: Tensor, ids: Tensor) => Tensor;
const reductions: readonly Segmented[] = [segmentSum, segmentMean, segmentMax];
const all: readonly Segmented[] = [...reductions, segmentSoftmax];

const test = suite("segment");

test("sums, averages and maximises the rows of each segment; empty ones give 0", () => {
  assert.equal(toArray(segmentSum({ segments })(x, ids)), [
    [2, 4],
    [0, 0],
    [12, 9],
    [4, 2],
  ]);
  assert.equal(toArray(segmentMean({ segments })(x, ids)), [
    [2, 4],
    [0, 0],
    [4, 3],
    [4, 2],
  ]);
  assert.equal(toArray(segmentMax({ segments })(x, ids)), [
    [2, 4],
    [0, 0],
    [8, 5],
    [4, 2],
  ]);
});

test("takes numbers, matrices and i32, in both call forms", () => {
  assert.equal(toArray(pipe(f64([1, 2, 3, 4, 5]), segmentSum({ segments })(ids))), [2, 0, 9, 4]);
  assert.equal(toArray(segmentSum({ segments })(i32([1, 2, 3, 4, 5]), ids)), [2, 0, 9, 4]);
  assert.equal(segmentMean({ segments })(arbitrary([5, 2, 3]), ids).shape, [4, 2, 3]);
});

test("segmentMax keeps −∞ of a segment that has edges, and passes NaN on", () => {
  const edges = f64([-Infinity, Number.NaN, 1]);
  assert.equal(toArray(segmentMax({ segments: 3 })(edges, i32([0, 1, 1]))), [
    -Infinity,
    Number.NaN,
    0,
  ]);
});

test("segmentMax shares the gradient of ties equally", () => {
  const slope = grad((y: Tensor) =>
    sum(mul(segmentMax({ segments: 3 })(y, i32([0, 0, 0, 2])), f64([6, 5, 1]))),
  );
  assert.equal(toArray(slope(f64([7, 1, 7, 0]))), [3, 0, 3, 1]);
});

test("segmentSoftmax sums to 1 in each segment and does not overflow", () => {
  const y = segmentSoftmax({ segments })(mul(x, 1000), ids);
  assert.equal(toArray(segmentSum({ segments })(y, ids)), [
    [1, 1],
    [0, 0],
    [1, 1],
    [1, 1],
  ]);
  assert.equal(
    toArray(segmentSoftmax({ segments: 2 })(f64([2, 2, -9]), i32([0, 0, 1]))),
    [0.5, 0.5, 1],
  );
});

test("gradients agree with differences to second order", () => {
  for (const op of all) {
    assertSlopes(
      (y) => {
        const z = op({ segments })(y, ids);
        return sum(mul(z, mul(z, z)));
      },
      arbitrary([5, 2], 4),
    );
  }
});

test("there are no edges, or no segments", () => {
  for (const op of reductions) {
    assert.equal(toArray(op({ segments: 2 })(zeros([0]), zeros([0], "i32"))), [0, 0]);
    assert.equal(values(op({ segments: 0 })(zeros([0, 3]), zeros([0], "i32"))).length, 0);
  }
  assert.equal(values(segmentSoftmax({ segments: 2 })(zeros([0]), zeros([0], "i32"))).length, 0);
});

test("vmap reduces each example, by its own ids or by common ones", () => {
  const batch = arbitrary([3, 5, 2]);
  const idsOfEach = tensor(
    [
      [0, 0, 1, 3, 3],
      [3, 2, 1, 0, 0],
      [1, 1, 1, 1, 1],
    ],
    { dtype: "i32" },
  );
  for (const op of all) {
    const own = vmap((y: Tensor, i: Tensor) => op({ segments })(y, i))(batch, idsOfEach);
    const common = vmap((y: Tensor) => op({ segments })(y, ids))(batch);
    for (const i of [0, 1, 2]) {
      const y = tensor(values(batch).slice(10 * i, 10 * i + 10), { shape: [5, 2] });
      const at = (result: Tensor): Tensor => {
        const shape = result.shape.slice(1);
        const count = shape.reduce((m, n) => m * n, 1);
        return tensor(values(result).slice(count * i, count * (i + 1)), { shape });
      };
      const its = tensor(values(idsOfEach).slice(5 * i, 5 * i + 5));
      assertTreesClose(at(own), op({ segments })(y, its), 0);
      assertTreesClose(at(common), op({ segments })(y, ids), 0);
    }
  }
});

test(
  "a device that cannot scatter gives the same by sorting",
  forAll(
    {
      data: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 12, maxLength: 12 }),
      segment: fc.array(fc.nat(3), { minLength: 6, maxLength: 6 }),
    },
    { runs: 30 },
  )(({ data, segment }) => {
    const edges = tensor(Float64Array.from(data), { shape: [6, 2] });
    const squared = (op: Segmented) => (y: Tensor) => {
      const z = op({ segments })(y, i32(segment));
      return sum(mul(z, z));
    };
    const results = () => all.map((op) => grad(squared(op))(edges));
    const pulled = valuesWithoutScatter(...results());
    // Exponentials are added up in another order.
    results().forEach((result, i) => {
      assertTreesClose(tensor(pulled[i] as Float64Array, { shape: [6, 2] }), result, 1e-14);
    });
  }),
);

test("says what does not fit", () => {
  assert.is(
    messageOf(() => segmentSum({ segments })(x, i32([0, 1]))),
    "segmentSum: one segment id for each row expected, got [5, 2] and [2] (5 ≠ 2)",
  );
  assert.is(
    messageOf(() => segmentSum({ segments })(tensor(1), ids)),
    "segmentSum: rows and a vector of segment ids expected, got [] and [5]",
  );
  assert.is(
    messageOf(() => segmentMax({ segments })(x, f64([0, 1, 2, 3, 0]))),
    'segmentMax: segment ids of dtype i32 expected, got f64\nhint: convert them with cast("i32")',
  );
  assert.is(
    messageOf(() => segmentMean({ segments })(i32([1]), i32([0]))),
    "segmentMean: dtype f32 or f64 expected, got i32\nhint: convert it with cast",
  );
  assert.is(
    messageOf(() => segmentSum({ segments: 1.5 })(x, ids)),
    "segmentSum: a whole number of segments ≥ 0 expected, got 1.5",
  );
  assert.is(
    messageOf(() => values(segmentMax({ segments: 3 })(x, ids))),
    "segmentMax: an index in 0…2 expected, got 3",
  );
});

test.run();
