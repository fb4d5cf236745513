// Pooling: by hand and by definition, where gradients go, batched, and refused.

import { pipe } from "fp-ts/lib/function.js";
import * as assert from "uvu/assert";
import {
  assertGradients,
  avgPool2d,
  conv2d,
  globalAvgPool2d,
  globalMaxPool2d,
  grad,
  maxPool2d,
  maxPoolWithIndices2d,
  maxUnpool2d,
  mul,
  ones,
  reshape,
  slice,
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
import { poolings, windowsOf } from "../support/poolings.ts";
import { forAll } from "../support/property.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

type Pair = readonly [number, number];

const plane = (height: number, width: number, numbers: readonly number[]): Tensor =>
  tensor(Float64Array.from(numbers), { shape: [1, height, width, 1] });
const flat = (x: Tensor): readonly number[] => [...values(x)];

const pool = suite("maxPool2d and maxPoolWithIndices2d");

pool("give the maxima of windows and where they are", () => {
  const x = plane(2, 4, [1, 5, 2, 3, 4, 0, 7, 6]);
  const { values: maxima, indices } = maxPoolWithIndices2d({ size: 2 })(x);
  assert.equal(
    [flat(maxima), flat(indices)],
    [
      [5, 7],
      [1, 6],
    ],
  );
  assert.equal(indices.dtype, "i32");
  assert.equal(flat(maxPool2d({ size: 2, stride: 1 })(x)), [5, 7, 7]);
});

pool(
  "are what their definition says",
  forAll(poolings)(({ options, x }) => {
    const { values: maxima, indices } = maxPoolWithIndices2d(options)(x);
    const best = windowsOf(x, options).map((window) =>
      window.reduce((a, b) => (b.value > a.value ? b : a)),
    );
    assert.equal(
      flat(maxima),
      best.map(({ value }) => value),
    );
    assert.equal(
      flat(indices),
      best.map(({ index }) => index),
    );
    assert.equal(values(maxPool2d(options)(x)), values(maxima));
  }),
);

pool("take the first of equal elements, and NaN before all", () => {
  const indicesOf = (...numbers: readonly number[]): readonly number[] => {
    const { values: maxima, indices } = maxPoolWithIndices2d({ size: [1, numbers.length] })(
      plane(1, numbers.length, numbers),
    );
    return [...flat(maxima), ...flat(indices)];
  };
  assert.equal(indicesOf(3, 7, 7, 1), [7, 1]);
  assert.equal(indicesOf(3, Number.NaN, 9, Number.NaN), [Number.NaN, 1]);
  const least = Number.NEGATIVE_INFINITY;
  assert.equal(indicesOf(least, least), [least, 0]);
});

pool("never take padding, though it may be as large", () => {
  const x = plane(
    1,
    3,
    [1, 2, 3].map(() => Number.NEGATIVE_INFINITY),
  );
  const { values: maxima, indices } = maxPoolWithIndices2d({ size: [2, 3], pad: 1, stride: 1 })(x);
  assert.equal(new Set(flat(maxima)), new Set([Number.NEGATIVE_INFINITY]));
  assert.equal(flat(indices), [0, 0, 1, 0, 0, 1]);
});

pool("send the gradient to the first maximum of each window", () => {
  const x = plane(1, 4, [7, 7, 7, 1]);
  const slope = (options: { readonly size: Pair; readonly stride: Pair }) =>
    flat(grad((x: Tensor) => sum(mul(maxPool2d(options)(x), 2)))(x));
  assert.equal(slope({ size: [1, 2], stride: [1, 2] }), [2, 0, 2, 0]);
  assert.equal(slope({ size: [1, 2], stride: [1, 1] }), [2, 2, 2, 0]);
  assert.equal(slope({ size: [1, 3], stride: [1, 1] }), [2, 2, 0, 0]);
  const nothing = plane(1, 2, [Number.NaN, 1]);
  assert.equal(flat(grad((x: Tensor) => sum(maxPool2d({ size: [1, 2] })(x)))(nothing)), [1, 0]);
});

pool(
  "have gradients that are right to second order",
  forAll(
    poolings.filter(({ x }) => x.shape[0] === 1),
    { runs: 25 },
  )(({ options, x }) => {
    assertGradients(maxPool2d(options), [mul(x, 0.1)], { directions: 2, maxEntries: 6 });
  }),
);

pool("take empty batches", () => {
  const x = zeros([0, 4, 4, 3]);
  const { values: maxima, indices } = maxPoolWithIndices2d({ size: 2 })(x);
  assert.equal([maxima.shape, flat(maxima), flat(indices)], [[0, 2, 2, 3], [], []]);
  assert.equal(grad((x: Tensor) => sum(maxPool2d({ size: 2 })(x)))(x).shape, [0, 4, 4, 3]);
});

pool("are mapped over examples", () => {
  const xs = arbitrary([3, 1, 5, 4, 2]);
  const f = (x: Tensor): readonly Tensor[] => {
    const { values: maxima, indices } = maxPoolWithIndices2d({ size: 3, stride: 2, pad: 1 })(x);
    const loss = (x: Tensor) => sum(mul(maxPool2d({ size: 2 })(x), maxPool2d({ size: 2 })(x)));
    return [maxima, indices, maxUnpool2d({ size: [5, 4] })(maxima, indices), grad(loss)(x)];
  };
  const at = (x: Tensor, i: number): Tensor =>
    reshape(x.shape.slice(1))(slice({ start: [i], stop: [i + 1] })(x));
  const together = vmap(f)(xs);
  for (let i = 0; i < 3; i++)
    assertTreesClose(
      together.map((y) => at(y, i)),
      f(at(xs, i)),
      0,
    ); // the same arithmetic
});

pool.run();

const average = suite("avgPool2d");

average("counts padding, or not", () => {
  const x = plane(2, 2, [1, 2, 3, 6]);
  assert.equal(flat(avgPool2d({ size: 2 })(x)), [3]);
  assert.equal(flat(avgPool2d({ size: 2, pad: 1 })(x)), [0.25, 0.5, 0.75, 1.5]);
  assert.equal(flat(avgPool2d({ size: 2, pad: 1, countIncludePad: false })(x)), [1, 2, 3, 6]);
});

average(
  "is what its definition says",
  forAll(poolings)(({ options, x }) => {
    const windows = windowsOf(x, options).map((window) => window.map(({ value }) => value));
    const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
    const of = (count: (window: readonly number[]) => number): readonly number[] =>
      windows.map((window) => total(window) / count(window));
    const area = options.size[0] * options.size[1];
    assert.equal(
      flat(avgPool2d(options)(x)).map((n) => n + 0),
      of(() => area).map((n) => n + 0),
    );
    const without = avgPool2d({ ...options, countIncludePad: false })(x);
    assert.equal(
      flat(without),
      of(({ length }) => length),
    );
  }),
);

average("is a convolution of each channel by itself", () => {
  const x = arbitrary([2, 5, 6, 3]);
  const w = mul(ones([2, 3, 1, 3], "f64"), 1 / 6);
  const options = { stride: 2, pad: 1 } as const;
  const expected = conv2d({ ...options, groups: 3 })(x, w);
  assertTreesClose(avgPool2d({ size: [2, 3], ...options })(x), expected, 1e-14); // 6 terms, f64
});

average(
  "has gradients that are right to second order",
  forAll(
    poolings.filter(({ x }) => x.shape[0] === 1),
    { runs: 25 },
  )(({ options, x }) => {
    assertGradients(avgPool2d(options), [mul(x, 0.1)], { directions: 2, maxEntries: 6 });
    const without = avgPool2d({ ...options, countIncludePad: false });
    assertGradients(without, [mul(x, 0.1)], { directions: 2, maxEntries: 6 });
  }),
);

average("takes empty batches", () => {
  assert.equal(toArray(avgPool2d({ size: 2 })(zeros([0, 4, 4, 3]))), []);
});

average.run();

const whole = suite("globalAvgPool2d and globalMaxPool2d");

whole("reduce planes", () => {
  const x = tensor([1, 10, 5, 20, 2, 40, 4, 30], { shape: [1, 2, 2, 2] });
  assert.equal(toArray(globalAvgPool2d(x)), [[3, 25]]);
  assert.equal(toArray(pipe(x, globalMaxPool2d)), [[5, 40]]);
  assert.equal(flat(grad((x: Tensor) => sum(globalMaxPool2d(x)))(x)), [0, 0, 1, 0, 0, 1, 0, 0]);
});

whole("have gradients that are right to second order", () => {
  const x = arbitrary([2, 3, 4, 2]);
  assertGradients(globalAvgPool2d, [x]);
  assertGradients(globalMaxPool2d, [x]);
});

whole("take empty batches", () => {
  const both = [globalAvgPool2d, globalMaxPool2d].map((f) => f(zeros([0, 2, 2, 3])).shape);
  assert.equal(both, [
    [0, 3],
    [0, 3],
  ]);
});

whole.run();

const refused = suite("refused pooling");

const x = zeros([1, 4, 5, 2]);

refused("shows windows that do not fit", () => {
  const message =
    "windows no larger than the padded input expected, got windows [5, 5] and input [4, 5]";
  assert.is(
    messageOf(() => maxPool2d({ size: 5 })(x)),
    `maxPool2d: ${message}`,
  );
  assert.is(
    messageOf(() => avgPool2d({ size: 5 })(x)),
    `avgPool2d: ${message}`,
  );
  assert.is(
    messageOf(() => maxPoolWithIndices2d({ size: 5 })(x)),
    `maxPoolWithIndices2d: ${message}`,
  );
});

refused("asks for whole options, and pads of at most half the window", () => {
  const each = "or one for each of 2 axes, expected";
  assert.is(
    messageOf(() => maxPool2d({ size: 0 })(x)),
    `maxPool2d: a whole size ≥ 1, ${each}, got 0`,
  );
  assert.is(
    messageOf(() => avgPool2d({ size: 2, stride: [1, 0.5] })(x)),
    `avgPool2d: a whole stride ≥ 1, ${each}, got [1, 0.5]`,
  );
  assert.is(
    messageOf(() => maxPool2d({ size: 2, pad: -1 })(x)),
    `maxPool2d: a whole pad ≥ 0, ${each}, got -1`,
  );
  assert.is(
    messageOf(() => maxPool2d({ size: [2, 4], pad: 2 })(x)),
    "maxPool2d: pad of at most half the window expected, got pad [2, 2] and window [2, 4]",
  );
});

refused("names ranks, dtypes, and images without pixels", () => {
  const untyped = maxPool2d({ size: 2 }) as (x: Tensor) => Tensor;
  assert.is(
    messageOf(() => untyped(zeros([4, 5, 2]))),
    "maxPool2d: rank 4 expected, got [4, 5, 2]\nhint: axes are [batch, height, width, channels]",
  );
  assert.is(
    messageOf(() => untyped(zeros([1, 4, 5, 2], "i32"))),
    "maxPool2d: dtype f32 or f64 expected, got i32\nhint: convert it with cast",
  );
  const message = "images of at least one pixel expected, got [1, 0, 5, 2]";
  const none = zeros([1, 0, 5, 2]);
  assert.is(
    messageOf(() => untyped(none)),
    `maxPool2d: ${message}`,
  );
  assert.is(
    messageOf(() => globalAvgPool2d(none)),
    `globalAvgPool2d: ${message}`,
  );
  assert.is(
    messageOf(() => globalMaxPool2d(none)),
    `globalMaxPool2d: ${message}`,
  );
});

refused.run();
