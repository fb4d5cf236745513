// Unpooling: by hand, as an adjoint, both ways to do it, and refused.

import { pipe } from "fp-ts/lib/function.js";
import * as assert from "uvu/assert";
import {
  assertGradients,
  compile,
  evaluate,
  item,
  maxPoolWithIndices2d,
  maxUnpool2d,
  mul,
  ones,
  sum,
  type Tensor,
  tensor,
  values,
  vjp,
  zeros,
} from "../../src/index.ts";
import { messageOf } from "../support/messages.ts";
import { poolings } from "../support/poolings.ts";
import { forAll } from "../support/property.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";
import { valuesWithoutScatter } from "../support/withoutScatter.ts";

const plane = (height: number, width: number, numbers: readonly number[]): Tensor =>
  tensor(Float64Array.from(numbers), { shape: [1, height, width, 1] });
const flat = (x: Tensor): readonly number[] => [...values(x)];
/** A tensor of values only: nothing is known of where they come from. */
const asData = (x: Tensor): Tensor => tensor(values(x), { shape: x.shape });

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
  forAll(poolings)(({ options, x }) => {
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
  forAll(poolings)(({ options, x }) => {
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

unpool("refuses indices that do not go with their values", () => {
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

unpool("finds indices outside of the plane where the device can", () => {
  const outside = tensor(Int32Array.of(4), { shape: [1, 1, 1, 1] });
  assert.match(
    messageOf(() => evaluate(maxUnpool2d({ size: [2, 2] })(ones([1, 1, 1, 1]), outside))),
    /an index in 0…3 expected, got 4/,
  );
});

unpool.run();
