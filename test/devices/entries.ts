// Kernels whose threads share work against plain ones and the reference: products, convolutions and their gradients, and long rows, at odd sizes,
// with elementwise work before and after.

import fc from "fast-check";
import * as assert from "uvu/assert";
import * as P from "../../src/index.ts";
import { assertClose, drawFrom, drawTensor } from "../support/laws.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

/** A program with the shapes of its arguments. */
interface Program {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly run: (...args: P.Tensor[]) => readonly P.Tensor[];
}

/** A quarter of all sizes is a multiple of four by chance; here it is more than half. */
const sizes = fc.oneof(
  fc.integer({ min: 1, max: 75 }),
  fc.integer({ min: 1, max: 18 }).map((fours) => 4 * fours),
);
const few = fc.integer({ min: 1, max: 3 });

/** Work after the sum, of which each needs other functions. */
const afterwards: Readonly<Record<string, (y: P.Tensor) => P.Tensor>> = {
  nothing: (y) => y,
  relu: P.relu,
  gelu: P.gelu,
  softplus: P.softplus,
  powers: (y) => P.add(P.pow(P.abs(y), 1.5), P.pow(y, 3)),
  signs: (y) => P.where(P.less(y, 0), P.sign(y), P.sin(y)),
};

const products: fc.Arbitrary<Program> = fc
  .record({
    m: sizes,
    n: sizes,
    k: sizes,
    batch: few,
    isLeftTurned: fc.boolean(),
    isRightTurned: fc.boolean(),
    after: fc.constantFrom(...Object.keys(afterwards)),
  })
  .map(({ m, n, k, batch, isLeftTurned, isRightTurned, after }) => ({
    name: `${after} of ${batch} products ${m} × ${k} × ${n}, turned ${isLeftTurned} ${isRightTurned}`,
    shapes: [isLeftTurned ? [batch, k, m] : [batch, m, k], isRightTurned ? [n, k] : [k, n], [n]],
    run: (a, b, c) => {
      const [left, right] = [
        isLeftTurned ? P.transpose(a as P.Tensor) : a,
        isRightTurned ? P.transpose(b as P.Tensor) : b,
      ];
      const f = afterwards[after] as (y: P.Tensor) => P.Tensor; // one of its keys
      return [f(P.add(P.matmul(left as P.Tensor, right as P.Tensor), c as P.Tensor))];
    },
  }));

const convolutions: fc.Arbitrary<Program> = fc
  .record({
    images: few,
    side: fc.integer({ min: 3, max: 9 }),
    channels: fc.integer({ min: 1, max: 20 }),
    filters: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(4, 8, 24)),
    stride: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ images, side, channels, filters, stride }) => ({
    name: `convolution of ${images} × ${side}² × ${channels} to ${filters}, stride ${stride}, and gradients`,
    shapes: [
      [images, side, side, channels],
      [3, 3, channels, filters],
    ],
    run: (x, w) => {
      const y = (p: { x: P.Tensor; w: P.Tensor }) => P.tanh(P.conv2d({ stride, pad: 1 })(p.x, p.w));
      const p = { x: x as P.Tensor, w: w as P.Tensor };
      const g = P.grad((q: typeof p) => P.sum(P.square(y(q))))(p);
      return [y(p), g.x, g.w];
    },
  }));

const rows: fc.Arbitrary<Program> = fc
  .record({ count: fc.integer({ min: 1, max: 9 }), length: fc.integer({ min: 1, max: 2500 }) })
  .map(({ count, length }) => ({
    name: `rows ${count} × ${length}`,
    shapes: [[count, length]],
    run: (x) => [
      P.softmax({ axis: 1 })(x as P.Tensor),
      P.variance({ axis: 1 })(x as P.Tensor),
      P.argmax({ axis: 1 })(x as P.Tensor),
      P.min({ axis: 1 })(P.cast("i32")(P.mul(x as P.Tensor, 100))),
      P.prod({ axis: 1 })(P.add(1, P.mul(x as P.Tensor, 1e-3))),
      P.any({ axis: 1 })(P.less(x as P.Tensor, -0.99)),
      P.sum(x as P.Tensor),
    ],
  }));

const withEntries = async <T>(word: "always" | "never", run: () => Promise<T>): Promise<T> => {
  const before = process.env["PULLBACK_ENTRIES"];
  process.env["PULLBACK_ENTRIES"] = word;
  try {
    return await run();
  } finally {
    if (before === undefined) delete process.env["PULLBACK_ENTRIES"];
    else process.env["PULLBACK_ENTRIES"] = before;
  }
};

const agreesOn =
  (device: P.DeviceName) =>
  async ({ shapes, run, name }: Program): Promise<void> => {
    const draw = drawFrom(name.length);
    const args = shapes.map((shape) => drawTensor(draw, shape, "f32"));
    const on = (where: string) => async (): Promise<readonly P.Tensor[]> =>
      P.ready(P.compile((...xs: P.Tensor[]) => run(...xs), { device: where })(...args));
    const ours = await withEntries("always", on(device));
    const plain = await withEntries("never", on(device));
    const wanted = await on("reference")();
    wanted.forEach((x, i) => {
      // Sums of up to 2500 terms of size 1 in f32, and their products in gradients.
      const tolerance = 2e-5;
      assertClose(
        P.values(ours[i] as P.Tensor),
        P.values(x),
        tolerance,
        `${name}, ours, result ${i}`,
      );
      assertClose(
        P.values(plain[i] as P.Tensor),
        P.values(x),
        tolerance,
        `${name}, plain, result ${i}`,
      );
    });
  };

/** Reductions of whole numbers and booleans, in one kernel and cut in two, with whole-number work around them. */
const wholes: Program = {
  name: "reductions of whole numbers",
  shapes: [
    [4, 300],
    [5001, 3],
  ],
  run: (x, y) => {
    const [n, long] = [x, y].map((it) => P.cast("i32")(P.mul(it as P.Tensor, 100))) as [
      P.Tensor,
      P.Tensor,
    ];
    const isHigh = P.less(99, long);
    return [
      P.add(P.sum({ axis: 1 })(n), 1),
      P.sub(7, P.mul(P.max({ axis: 1 })(n), 3)),
      P.sum({ axis: 1 })(P.mod(n, -3)),
      P.sum({ axis: 1 })(P.mod(n, 7)),
      P.max({ axis: [0, 1] })(long),
      P.min({ axis: [0, 1] })(long),
      P.any(isHigh),
      P.any(P.less(100, long)),
      P.all(isHigh),
      P.all(P.less(long, 101)),
    ].map((it) => P.cast("f32")(it));
  },
};

/** How a device says in its details that kernels of each kind were built, with at least one of those that share work. */
const saysKinds = /[1-9]\d* tiled, [1-9]\d* rows|[1-9]\d* of them four elements a thread/;

/** Declares the tests of one device. */
export const testEntries = (device: P.DeviceName): void => {
  const test = suite(`shared work on ${device}`);
  const kinds = { products, convolutions, rows };
  for (const [name, programs] of Object.entries(kinds))
    test(
      `${name} agree with plain kernels and the reference`,
      forAll(programs, { runs: 6 })(agreesOn(device)),
    );

  test("whole numbers and booleans agree too", () => agreesOn(device)(wholes));

  test("kernels that share work were used", () => {
    const { details } = P.deviceInfo(device);
    assert.match(details, saysKinds);
    console.log(details);
  });
  test.run();
};
