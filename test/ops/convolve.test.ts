// Convolutions: by hand and by definition, as linear maps and their adjoints, differentiated, batched and compiled.

import fc from "fast-check";
import { pipe } from "fp-ts/lib/function.js";
import * as assert from "uvu/assert";
import {
  add,
  assertGradients,
  compile,
  conv1d,
  conv2d,
  convTranspose1d,
  convTranspose2d,
  evaluate,
  grad,
  item,
  matmul,
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
import {
  convolutions,
  convolveByDefinition,
  type Geometry,
  optionsOf,
  shapesOf,
  wholeNumbers,
} from "../support/geometries.ts";
import { forAll } from "../support/property.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

type Op = (x: Tensor, w: Tensor) => Tensor;

/** The convolution of a geometry. */
const forwards = (geometry: Geometry): Op => {
  const { outputPad: _, ...options } = optionsOf(geometry);
  return geometry.axes.length === 1 ? (conv1d(options as object) as Op) : (conv2d(options) as Op);
};

/** Its adjoint in the input. */
const backwards = (geometry: Geometry): Op => {
  const options = optionsOf(geometry);
  return geometry.axes.length === 1
    ? (convTranspose1d(options as object) as Op)
    : (convTranspose2d(options) as Op);
};

const inner = (a: Tensor, b: Tensor): number => item(sum(mul(a, b)));

const series = (...numbers: readonly number[]): Tensor =>
  tensor(numbers, { shape: [1, numbers.length, 1] });
const taps = (...numbers: readonly number[]): Tensor =>
  tensor(numbers, { shape: [numbers.length, 1, 1] });
const flat = (x: Tensor): readonly number[] => [...values(x)];

const conv = suite("conv1d and conv2d");

conv("slide filters along a series", () => {
  const x = series(1, 2, 4, 7);
  const difference = taps(-1, 1);
  assert.equal(flat(conv1d(x, difference)), [1, 2, 3]);
  assert.equal(flat(conv1d({ stride: 2 })(x, difference)), [1, 3]);
  assert.equal(flat(conv1d({ pad: 1 })(x, difference)), [1, 1, 2, 3, -7]);
  assert.equal(flat(conv1d({ dilation: 2 })(x, difference)), [3, 5]);
});

conv("slide filters over an image", () => {
  const x = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], { shape: [1, 3, 3, 1] });
  const w = tensor([1, 10, 100, 1000], { shape: [2, 2, 1, 1] });
  assert.equal(flat(conv2d(x, w)), [5421, 6532, 8754, 9865]);
});

conv("give each group of filters its own channels", () => {
  const x = tensor([1, 2, 3, 4], { shape: [1, 1, 4] });
  const w = tensor([1, 1, 1, 1, 10, 10, 10, 10], { shape: [1, 2, 4] });
  // Filters 0 and 1 see channels 0 and 1, filters 2 and 3 the others.
  assert.equal(flat(conv1d({ groups: 2 })(x, w)), [21, 21, 43, 43]);
});

conv("keep the size with pad same, an odd element behind, and divide it by the stride", () => {
  const x = series(1, 2, 4, 7, 11);
  assert.equal(flat(conv1d({ pad: "same" })(x, taps(1, 1))), [3, 6, 11, 18, 11]);
  assert.equal(flat(conv1d({ pad: "same", stride: 2 })(x, taps(1, 1, 1))), [3, 13, 18]);
  assert.equal(
    conv2d({ pad: "same", stride: 2 })(zeros([1, 7, 8, 2]), zeros([3, 5, 2, 4])).shape,
    [1, 4, 4, 4],
  );
  // A stride that leaves windows apart takes no padding.
  assert.equal(flat(conv1d({ pad: "same", stride: 3 })(x, taps(1))), [1, 7]);
});

conv("are called with options or without, with filters now or later", () => {
  const [x, w] = [series(1, 2, 4), taps(-1, 1)];
  assert.equal(flat(conv1d(x, w)), [1, 2]);
  assert.equal(flat(pipe(x, conv1d(w))), [1, 2]);
  assert.equal(flat(conv1d({ pad: 1 })(x, w)), [1, 1, 2, -4]);
  assert.equal(flat(pipe(x, conv1d({ pad: 1 })(w))), [1, 1, 2, -4]);
});

conv(
  "are what their definition says",
  forAll(convolutions)(({ geometry, x, w }) => {
    const y = forwards(geometry)(x, w);
    assert.equal(y.shape, shapesOf(geometry).y);
    assert.equal(
      flat(y),
      convolveByDefinition(geometry, x, w).map((n) => n + 0),
    );
  }),
);

conv(
  "are linear in the input and in the filters",
  forAll(
    convolutions.chain(({ geometry, x, w }) =>
      fc.record({
        geometry: fc.constant(geometry),
        x: fc.tuple(fc.constant(x), wholeNumbers(x.shape)),
        w: fc.tuple(fc.constant(w), wholeNumbers(w.shape)),
      }),
    ),
  )(({ geometry, x: [x, u], w: [w, v] }) => {
    const f = forwards(geometry);
    assert.equal(values(f(add(x, mul(3, u)), w)), values(add(f(x, w), mul(3, f(u, w)))));
    assert.equal(values(f(x, add(w, mul(3, v)))), values(add(f(x, w), mul(3, f(x, v)))));
  }),
);

conv("are matrix products where windows have one element", () => {
  const [x, w] = [arbitrary([2, 3, 4, 5]), arbitrary([1, 1, 5, 6])];
  assertTreesClose(conv2d(x, w), matmul(x, reshape([5, 6])(w)), 1e-14); // 5 terms, f64
});

conv("take empty batches, and no channels", () => {
  const f = (x: Tensor, w: Tensor): Tensor => conv2d({ pad: 1, stride: 2 })(x, w);
  const loss = (x: Tensor, w: Tensor): Tensor => sum(mul(f(x, w), 2));
  const [x, w] = [zeros([0, 5, 5, 2]), ones([3, 3, 2, 4])];
  assert.equal(toArray(f(x, w)), []);
  const [dx, dw] = grad(loss, { argnums: [0, 1] })(x, w);
  assert.equal([dx.shape, flat(dw)], [[0, 5, 5, 2], new Array(72).fill(0)]);
  assert.equal(flat(conv2d(zeros([1, 2, 2, 0]), zeros([2, 2, 0, 3]))), [0, 0, 0]);
});

conv.run();

const transposed = suite("convTranspose1d and convTranspose2d");

transposed("spread filters along a series", () => {
  assert.equal(flat(convTranspose1d(series(1, 2), taps(1, 10, 100))), [1, 12, 120, 200]);
  assert.equal(
    flat(convTranspose1d({ stride: 2 })(series(1, 2), taps(1, 10, 100))),
    [1, 10, 102, 20, 200],
  );
  assert.equal(
    flat(convTranspose1d({ stride: 2, pad: 1, outputPad: 1 })(series(1, 2), taps(1, 10, 100))),
    [10, 102, 20, 200],
  );
  assert.equal(flat(convTranspose1d({ dilation: 2 })(series(1, 2), taps(1, 10))), [1, 2, 10, 20]);
});

transposed("multiply the size by the stride with pad same", () => {
  assert.equal(
    flat(convTranspose1d({ stride: 2, pad: "same" })(series(1, 2), taps(1, 10, 100))),
    [1, 10, 102, 20],
  );
  const y = convTranspose2d({ stride: 2, pad: "same" })(zeros([1, 4, 5, 3]), zeros([3, 4, 2, 3]));
  assert.equal(y.shape, [1, 8, 10, 2]);
  assert.equal(convTranspose1d({ stride: 3, pad: "same" })(series(1, 2), taps(1)).shape, [1, 6, 1]);
});

transposed(
  "are the adjoints of convolutions",
  forAll(convolutions)(({ geometry, x, w, y }) => {
    const back = backwards(geometry)(y, w);
    assert.equal(back.shape, x.shape);
    assert.is(inner(forwards(geometry)(x, w), y), inner(x, back));
  }),
);

transposed(
  "are the adjoints of convolutions with pad same",
  forAll({
    size: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    width: fc.integer({ min: 1, max: 4 }),
  })(({ size, stride, width }) => {
    const options = { stride, pad: "same" } as const;
    const [x, y, w] = [
      [1, size * stride, 2],
      [1, size, 3],
      [width, 2, 3],
    ].map((shape, i) => arbitrary(shape, i)) as [Tensor, Tensor, Tensor];
    const [found, expected] = [
      inner(conv1d(options)(x, w), y),
      inner(x, convTranspose1d(options)(y, w)),
    ];
    assert.ok(Math.abs(found - expected) < 1e-12); // at most 96 terms, f64
  }),
);

transposed("are the gradients of convolutions in the input", () => {
  const [x, w, y] = [arbitrary([2, 7, 6, 4]), arbitrary([3, 2, 2, 6]), arbitrary([2, 4, 3, 6])];
  const options = { stride: 2, pad: [1, 0], groups: 2 } as const;
  const dx = grad((x: Tensor) => sum(mul(conv2d(options)(x, w), y)))(x);
  assertTreesClose(dx, convTranspose2d(options)(y, w), 1e-14); // the same sums
});

transposed.run();

const derivatives = suite("gradients of convolutions");

derivatives(
  "are right to second order in input and filters",
  forAll(
    convolutions.filter(({ geometry }) => geometry.batch > 0),
    { runs: 25 },
  )(({ geometry, x, w, y }) => {
    const small = { x: mul(x, 0.1), w: mul(w, 0.1), y: mul(y, 0.1) };
    const options = { directions: 2, maxEntries: 6 };
    assertGradients(forwards(geometry), [small.x, small.w], options);
    assertGradients(backwards(geometry), [small.y, small.w], options);
  }),
);

derivatives(
  "in the filters are adjoint to the convolution",
  forAll(convolutions)(({ geometry, x, w, y }) => {
    const dw = grad((w: Tensor) => sum(mul(forwards(geometry)(x, w), y)))(w);
    assert.is(inner(forwards(geometry)(x, w), y), inner(w, dw));
  }),
);

derivatives.run();

const batched = suite("vmap of convolutions");

batched("equals one convolution for each example", () => {
  const [xs, ws] = [arbitrary([3, 1, 6, 4]), arbitrary([3, 3, 2, 4])];
  const f = conv1d({ stride: 2, pad: 1, groups: 2 }) as Op;
  const gradients = (x: Tensor, w: Tensor): readonly Tensor[] => [
    f(x, w),
    ...grad((x: Tensor, w: Tensor) => sum(mul(f(x, w), f(x, w))), { argnums: [0, 1] })(x, w),
  ];
  const at = (x: Tensor, i: number): Tensor =>
    reshape(x.shape.slice(1))(slice({ start: [i], stop: [i + 1] })(x));
  const together = vmap(gradients)(xs, ws);
  const shared = vmap(gradients, { inAxes: [0, null] })(xs, at(ws, 0));
  for (let i = 0; i < 3; i++) {
    assertTreesClose(
      together.map((y) => at(y, i)),
      gradients(at(xs, i), at(ws, i)),
      1e-13,
    );
    assertTreesClose(
      shared.map((y) => at(y, i)),
      gradients(at(xs, i), at(ws, 0)),
      1e-13,
    );
  }
});

batched.run();

const plans = suite("plans of convolutions");

/** The plan of a convolution and its gradients. */
const planOf = (options: object, x: Tensor, w: Tensor) => {
  const loss = (x: Tensor, w: Tensor): Tensor => {
    const y = conv2d(options)(x, w) as Tensor;
    return sum(mul(y, y));
  };
  return compile((x: Tensor, w: Tensor) => grad(loss, { argnums: [0, 1] })(x, w)).plan(x, w);
};

plans("are sums of products of two elements at affine coordinates", () => {
  for (const [options, w] of [
    [{ pad: 1 }, zeros([3, 3, 8, 16])],
    [{ pad: 1, stride: 2 }, zeros([3, 3, 8, 16])],
    [{ pad: 2, dilation: 2 }, zeros([3, 3, 8, 16])],
    [{ pad: 1, groups: 2 }, zeros([3, 3, 4, 16])],
    [{ pad: 1, groups: 8 }, zeros([3, 3, 1, 8])],
  ] as const) {
    const { steps } = planOf(options, zeros([2, 8, 8, 8]), w);
    const sums = steps.filter(({ kernel }) => kernel.label.includes("sumWindows"));
    assert.is(sums.length, 3); // forwards, and back to the input and to the filters
    for (const { kernel } of sums) assert.not.match(kernel.key, /idiv|mod|where/);
  }
});

plans("store nothing larger than padded images", () => {
  const { buffers } = planOf({ pad: 1 }, zeros([2, 16, 16, 8]), zeros([3, 3, 8, 8]));
  const padded = 2 * 18 * 18 * 8;
  assert.ok(buffers.every(({ size }) => size <= padded));
});

plans("multiply no zeros between the elements of a strided grid", () => {
  const plan = planOf({ stride: 4 }, zeros([1, 16, 16, 2]), zeros([4, 4, 2, 3]));
  // Patches that do not overlap: every pixel of the input gets one product for each filter.
  const [step] = plan.steps.filter(({ kernel }) => kernel.output.size === 16 * 16 * 2);
  assert.match(step?.kernel.key ?? "", /sum\{i\d+<3\}/);
  assert.is((step?.kernel.key ?? "").match(/sum\{/g)?.length, 1);
});

plans("give the same with fusion and without", () => {
  const [x, w] = [arbitrary([1, 6, 6, 2]), arbitrary([3, 3, 2, 2])];
  const f = () => conv2d({ pad: 1, stride: 2 })(x, w);
  assert.equal(values(evaluate(f())), values(evaluate(f(), { fuse: false })));
});

plans.run();
