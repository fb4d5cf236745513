// Pooling and unpooling: by hand and by definition, where gradients go, both ways to unpool, batched, and refused.

import fc from "fast-check";
import { pipe } from "fp-ts/lib/function.js";
import * as assert from "uvu/assert";
import {
  assertGradients,
  avgPool2d,
  compile,
  conv2d,
  evaluate,
  globalAvgPool2d,
  globalMaxPool2d,
  grad,
  item,
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
  vjp,
  vmap,
  zeros,
} from "../../src/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";
import { valuesWithoutScatter } from "../support/withoutScatter.ts";

type Pair = readonly [number, number];

const plane = (height: number, width: number, numbers: readonly number[]): Tensor =>
  tensor(Float64Array.from(numbers), { shape: [1, height, width, 1] });
const flat = (x: Tensor): readonly number[] => [...values(x)];
/** A tensor of values only: nothing is known of where they come from. */
const asData = (x: Tensor): Tensor => tensor(values(x), { shape: x.shape });

/** Images whose values are all different, with windows that fit. */
const cases = fc
  .record({
    batch: fc.integer({ min: 0, max: 2 }),
    plane: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })),
    size: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    padded: fc.tuple(fc.boolean(), fc.boolean()),
  })
  .map(({ size, padded, ...rest }) => ({
    ...rest,
    options: {
      size: size as Pair,
      stride: rest.stride as Pair,
      pad: size.map((n, at) => (padded[at] ? Math.floor(n / 2) : 0)) as unknown as Pair,
    },
  }))
  .filter(({ plane, options: { size, pad } }) =>
    plane.every((n, at) => n + 2 * (pad[at] as number) >= (size[at] as number)),
  )
  .chain(({ batch, plane: [height, width], options }) => {
    const count = batch * height * width * 2;
    return fc
      .shuffledSubarray(
        Array.from({ length: count }, (_, i) => i - 20),
        { minLength: count, maxLength: count },
      )
      .map((numbers) => ({
        options,
        x: tensor(Float64Array.from(numbers), { shape: [batch, height, width, 2] }),
      }));
  });

/** The elements of each window that lie in the image, with their indices, in the order of the pooled elements. */
const windowsOf = (
  x: Tensor,
  { size, stride, pad }: { readonly size: Pair; readonly stride: Pair; readonly pad: Pair },
): readonly (readonly { readonly value: number; readonly index: number }[])[] => {
  const [batch, height, width, channels] = x.shape as readonly [number, number, number, number];
  const data = values(x);
  const windows = [];
  for (let n = 0; n < batch; n++)
    for (let top = -pad[0]; top + size[0] <= height + pad[0]; top += stride[0])
      for (let left = -pad[1]; left + size[1] <= width + pad[1]; left += stride[1])
        for (let c = 0; c < channels; c++) {
          const window = [];
          for (let h = Math.max(0, top); h < Math.min(height, top + size[0]); h++)
            for (let w = Math.max(0, left); w < Math.min(width, left + size[1]); w++) {
              const index = h * width + w;
              window.push({
                value: data[(n * height * width + index) * channels + c] as number,
                index,
              });
            }
          windows.push(window);
        }
  return windows;
};

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
  forAll(cases)(({ options, x }) => {
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
    cases.filter(({ x }) => x.shape[0] === 1),
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

const unpool = suite("maxUnpool2d");

unpool("puts values back where they were", () => {
  const x = plane(2, 4, [1, 5, 2, 3, 4, 0, 7, 6]);
  const { values: maxima, indices } = maxPoolWithIndices2d({ size: 2 })(x);
  const expected = [0, 5, 0, 0, 0, 0, 7, 0];
  assert.equal(flat(maxUnpool2d({ size: [2, 4] })(maxima, indices)), expected);
  assert.equal(flat(pipe(maxima, maxUnpool2d({ size: [2, 4] })(indices))), expected);
});

unpool(
  "is the adjoint of reading at the indices",
  forAll(cases)(({ options, x }) => {
    const { values: maxima, indices } = maxPoolWithIndices2d(options)(x);
    const [, height, width] = x.shape as readonly [number, number, number, number];
    const put = (v: Tensor): Tensor => maxUnpool2d({ size: [height, width] })(v, indices);
    const g = arbitrary(x.shape);
    const [read] = vjp(put, maxima).pullback(g) as readonly [Tensor];
    const [a, b] = [item(sum(mul(put(maxima), g))), item(sum(mul(maxima, read)))];
    assert.ok(Math.abs(a - b) <= 1e-9); // at most 144 terms below 130, f64
  }),
);

unpool(
  "is the same for indices from elsewhere, with scatters and without",
  forAll(cases)(({ options, x }) => {
    const { values: maxima, indices } = maxPoolWithIndices2d(options)(x);
    const [, height, width] = x.shape as readonly [number, number, number, number];
    const put = (i: Tensor): Tensor => maxUnpool2d({ size: [height, width] })(maxima, i);
    const expected = flat(put(indices));
    const data = asData(indices);
    assert.equal(flat(put(data)), expected);
    assert.equal([...(valuesWithoutScatter(put(data))[0] as Float64Array)], expected);
  }),
);

unpool("adds up values that meet", () => {
  const [v, i] = [plane(1, 3, [1, 10, 100]), [2, 0, 2]];
  const indices = tensor(Int32Array.from(i), { shape: [1, 1, 3, 1] });
  assert.equal(flat(maxUnpool2d({ size: [2, 2] })(v, indices)), [10, 0, 101, 0]);
  const { indices: shared } = maxPoolWithIndices2d({ size: [1, 2], stride: 1 })(
    plane(1, 4, [1, 9, 2, 3]),
  );
  assert.equal(flat(shared), [1, 1, 3]);
  assert.equal(flat(maxUnpool2d({ size: [1, 4] })(v, shared)), [0, 11, 0, 100]);
});

unpool("goes to other sizes than that of the pooled plane", () => {
  const { values: maxima, indices } = maxPoolWithIndices2d({ size: 2 })(plane(2, 2, [1, 2, 3, 4]));
  assert.equal(flat(maxUnpool2d({ size: [2, 3] })(maxima, indices)), [0, 0, 0, 4, 0, 0]);
});

unpool("has gradients that are right to second order", () => {
  const { indices } = maxPoolWithIndices2d({ size: 3, stride: 2, pad: 1 })(arbitrary([2, 5, 6, 2]));
  const v = arbitrary([2, 3, 3, 2], 3);
  assertGradients((v: Tensor) => maxUnpool2d({ size: [5, 6] })(v, indices), [v]);
  assertGradients((v: Tensor) => maxUnpool2d({ size: [5, 6] })(v, asData(indices)), [v]);
});

unpool("scatters only where it does not know the windows", () => {
  const there = (x: Tensor): Tensor => {
    const { values: maxima, indices } = maxPoolWithIndices2d({ size: 2 })(x);
    return maxUnpool2d({ size: [8, 8] })(maxima, indices);
  };
  const scatters = ({ steps }: ReturnType<ReturnType<typeof compile>["plan"]>): number =>
    steps.filter(({ kernel }) => kernel.scatter !== undefined).length;
  const x = zeros([1, 8, 8, 3]);
  assert.is(scatters(compile(there).plan(x)), 0);
  const here = maxUnpool2d({ size: [8, 8] }) as (v: Tensor, i: Tensor) => Tensor;
  assert.is(scatters(compile(here).plan(zeros([1, 4, 4, 3]), zeros([1, 4, 4, 3], "i32"))), 1);
});

unpool.run();

const average = suite("avgPool2d");

average("counts padding, or not", () => {
  const x = plane(2, 2, [1, 2, 3, 6]);
  assert.equal(flat(avgPool2d({ size: 2 })(x)), [3]);
  assert.equal(flat(avgPool2d({ size: 2, pad: 1 })(x)), [0.25, 0.5, 0.75, 1.5]);
  assert.equal(flat(avgPool2d({ size: 2, pad: 1, countIncludePad: false })(x)), [1, 2, 3, 6]);
});

average(
  "is what its definition says",
  forAll(cases)(({ options, x }) => {
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
    cases.filter(({ x }) => x.shape[0] === 1),
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

refused("names indices that do not go with their values", () => {
  const untyped = maxUnpool2d({ size: [2, 2] }) as (v: Tensor, i: Tensor) => Tensor;
  const v = zeros([1, 1, 1, 2]);
  assert.is(
    messageOf(() => untyped(v, zeros([1, 1, 1, 1], "i32"))),
    "maxUnpool2d: equal shapes of values and indices expected, got [1, 1, 1, 2] and [1, 1, 1, 1]",
  );
  assert.is(
    messageOf(() => untyped(v, zeros([1, 1, 1, 2]))),
    'maxUnpool2d: indices of dtype i32 expected, got f32\nhint: convert them with cast("i32")',
  );
  assert.is(
    messageOf(() => untyped(v, zeros([1, 2], "i32"))),
    "maxUnpool2d: rank 4 expected, got [1, 2]\nhint: axes are [batch, height, width, channels]",
  );
  assert.is(
    messageOf(() => maxUnpool2d({ size: [2, 0] })(v, zeros([1, 1, 1, 2], "i32"))),
    "maxUnpool2d: a whole size ≥ 1, or one for each of 2 axes, expected, got [2, 0]",
  );
});

refused("finds indices outside of the plane where the device can", () => {
  const outside = tensor(Int32Array.of(4), { shape: [1, 1, 1, 1] });
  assert.match(
    messageOf(() => evaluate(maxUnpool2d({ size: [2, 2] })(ones([1, 1, 1, 1]), outside))),
    /an index in 0…3 expected, got 4/,
  );
});

refused.run();
