// Resizing: by hand and by definition, as linear maps and their adjoints, differentiated, batched, and refused.

import fc from "fast-check";
import { pipe } from "fp-ts/lib/function.js";
import * as assert from "uvu/assert";
import {
  assertGradients,
  compile,
  evaluate,
  grad,
  item,
  mul,
  reshape,
  resizeBilinear,
  resizeNearest,
  slice,
  square,
  sum,
  type Tensor,
  tensor,
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

type Pair = readonly [number, number];
type Resize = (x: Tensor) => Tensor;

const flat = (x: Tensor): readonly number[] => [...values(x)];
const row = (...numbers: readonly number[]): Tensor =>
  tensor(Float64Array.from(numbers), { shape: [1, 1, numbers.length, 1] });

/** Where element i of a result of `to` elements lies in an input of `from`. */
const coordinates = {
  nearest: (i: number, from: number, to: number) => Math.floor((i * from) / to),
  bilinear: (i: number, from: number, to: number) =>
    Math.min(Math.max(((2 * i + 1) * from - to) / (2 * to), 0), from - 1),
  corners: (i: number, from: number, to: number) => (to === 1 ? 0 : (i * (from - 1)) / (to - 1)),
};
type Kind = keyof typeof coordinates;

const resizeOf = (kind: Kind, size: Pair): Resize =>
  kind === "nearest"
    ? (resizeNearest({ size }) as Resize)
    : (resizeBilinear({ size, alignCorners: kind === "corners" }) as Resize);

/** Shares of the elements of an axis in element i of the result. */
const sharesOf = (kind: Kind, i: number, from: number, to: number): readonly number[] =>
  Array.from({ length: from }, (_, a) =>
    Math.max(0, 1 - Math.abs(coordinates[kind](i, from, to) - a)),
  );

/** Resizing as it is defined. */
const byDefinition = (kind: Kind, x: Tensor, [height, width]: Pair): readonly number[] => {
  const [batch, rows, columns, channels] = x.shape as readonly [number, number, number, number];
  const data = values(x);
  const result = [];
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++)
        for (let c = 0; c < channels; c++) {
          let total = 0;
          sharesOf(kind, i, rows, height).forEach((p, h) => {
            sharesOf(kind, j, columns, width).forEach((q, w) => {
              total += p * q * (data[((n * rows + h) * columns + w) * channels + c] as number);
            });
          });
          result.push(total);
        }
  return result;
};

const size = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }));
const cases = fc.record({
  kind: fc.constantFrom<Kind[]>("nearest", "bilinear", "corners"),
  from: size,
  to: size,
  batch: fc.integer({ min: 0, max: 2 }),
});

const test = suite("resizeNearest and resizeBilinear");

test("bring a row to another size", () => {
  const x = row(1, 2, 4);
  assert.equal(flat(resizeNearest({ size: [1, 6] })(x)), [1, 1, 2, 2, 4, 4]);
  assert.equal(flat(resizeNearest({ size: [1, 2] })(x)), [1, 2]);
  assert.equal(flat(pipe(x, resizeBilinear({ size: [1, 6] }))), [1, 1.25, 1.75, 2.5, 3.5, 4]);
  assert.equal(flat(resizeBilinear({ size: [1, 5], alignCorners: true })(x)), [1, 1.5, 2, 3, 4]);
});

test("bring an image to another size", () => {
  const x = tensor([1, 3, 5, 7], { shape: [1, 2, 2, 1] });
  const y = resizeBilinear({ size: [3, 3], alignCorners: true })(x);
  assert.equal(flat(y), [1, 2, 3, 3, 4, 5, 5, 6, 7]);
  assert.equal(flat(resizeNearest({ size: [1, 4] })(x)), [1, 1, 3, 3]);
});

test("repeat an image of one pixel", () => {
  for (const kind of ["nearest", "bilinear", "corners"] as const)
    assert.equal(flat(resizeOf(kind, [1, 3])(row(7))), [7, 7, 7]);
});

test(
  "are what their definition says",
  forAll(cases)(({ kind, from, to, batch }) => {
    const x = arbitrary([batch, ...from, 2]);
    const y = resizeOf(kind, to)(x);
    assert.equal(y.shape, [batch, ...to, 2]);
    const expected = tensor(Float64Array.from(byDefinition(kind, x, to)), { shape: y.shape });
    assertTreesClose(y, expected, 1e-14); // 4 terms, f64
  }),
);

test("leave an image of that size as it is", () => {
  const x = arbitrary([2, 3, 4, 2]);
  for (const kind of ["nearest", "bilinear", "corners"] as const)
    assert.equal(values(resizeOf(kind, [3, 4])(x)), values(x));
});

test(
  "keep constants",
  forAll(cases)(({ kind, from, to }) => {
    const x = tensor(new Float64Array(from[0] * from[1]).fill(3), { shape: [1, ...from, 1] });
    assert.ok(flat(resizeOf(kind, to)(x)).every((n) => n === 3));
  }),
);

test(
  "have their adjoints as gradients",
  forAll(cases)(({ kind, from, to, batch }) => {
    const [x, g] = [arbitrary([batch, ...from, 2]), arbitrary([batch, ...to, 2], 1)];
    const resize = resizeOf(kind, to);
    const [back] = vjp(resize, x).pullback(g) as readonly [Tensor];
    const [a, b] = [item(sum(mul(resize(x), g))), item(sum(mul(x, back)))];
    assert.ok(Math.abs(a - b) <= 1e-12); // at most 196 terms, f64
  }),
);

test(
  "have gradients that are right to second order",
  forAll(
    cases.filter(({ batch }) => batch === 1),
    { runs: 25 },
  )(({ kind, from, to }) => {
    const options = { directions: 2, maxEntries: 6 };
    assertGradients(resizeOf(kind, to), [arbitrary([1, ...from, 1])], options);
  }),
);

test("are mapped over examples", () => {
  const xs = arbitrary([3, 1, 4, 3, 2]);
  const f = (x: Tensor): readonly Tensor[] =>
    (["nearest", "bilinear", "corners"] as const).flatMap((kind) => {
      const resize = resizeOf(kind, [3, 5]);
      return [resize(x), grad((x: Tensor) => sum(square(resize(x))))(x)];
    });
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

test("give the same with fusion and without", () => {
  const x = tensor(Float32Array.from(values(arbitrary([1, 4, 5, 2]))), { shape: [1, 4, 5, 2] });
  for (const kind of ["nearest", "bilinear", "corners"] as const) {
    const f = () => mul(resizeOf(kind, [7, 9])(x), 3);
    assert.equal(values(evaluate(f())), values(evaluate(f(), { fuse: false })));
  }
});

test("read repeated pixels without a division by more than the factor", () => {
  const plan = compile((x: Tensor) => resizeNearest({ size: [8, 8] })(x)).plan(zeros([1, 4, 4, 3]));
  assert.is(plan.steps.length, 1);
  assert.not.match(plan.steps[0]?.kernel.key ?? "", /min|max/);
});

test("visit each result once on the way back", () => {
  const loss = (x: Tensor) => sum(square(resizeNearest({ size: [64, 64] })(x)));
  const { steps } = compile(grad(loss)).plan(zeros([1, 4, 4, 1]));
  const loops = steps.flatMap(({ kernel }) => kernel.key.match(/sum\{[^}]*\}/g) ?? []);
  assert.ok(loops.length > 0);
  assert.ok(loops.every((loop) => loop.includes(" in "))); // loops have bounds
});

test("refuse sizes and images that cannot be", () => {
  const x = zeros([1, 2, 2, 1]);
  const rule = "a whole size ≥ 1, or one for each of 2 axes, expected";
  assert.is(
    messageOf(() => resizeNearest({ size: [0, 2] })(x)),
    `resizeNearest: ${rule}, got [0, 2]`,
  );
  assert.is(
    messageOf(() => resizeBilinear({ size: [2.5, 2] })(x)),
    `resizeBilinear: ${rule}, got [2.5, 2]`,
  );
  assert.is(
    messageOf(() => resizeBilinear({ size: [2, 2] })(zeros([1, 2, 0, 1]))),
    "resizeBilinear: images of at least one pixel expected, got [1, 2, 0, 1]",
  );
  assert.is(
    messageOf(() => resizeOf("nearest", [2, 2])(zeros([2, 2, 1]))),
    "resizeNearest: rank 4 expected, got [2, 2, 1]\nhint: axes are [batch, height, width, channels]",
  );
  assert.is(
    messageOf(() => resizeOf("bilinear", [2, 2])(zeros([1, 2, 2, 1], "bool"))),
    "resizeBilinear: dtype f32 or f64 expected, got bool\nhint: convert it with cast",
  );
});

test.run();
