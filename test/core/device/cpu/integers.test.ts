// Whole numbers to the edges of 32 bits: what the reference stores, in lanes, beside them, and with divisors that are known.

import * as assert from "uvu/assert";
import { cpuDevice } from "../../../../src/core/device/cpu/cpu.ts";
import type { Dtype } from "../../../../src/core/dtype.ts";
import { flatten, index } from "../../../../src/core/kernel/affine.ts";
import { reduce } from "../../../../src/core/kernel/build.ts";
import { axis, type Expr, makeCall } from "../../../../src/core/kernel/expr.ts";
import type { Kernel } from "../../../../src/core/kernel/kernel.ts";
import type { ScalarOp } from "../../../../src/core/kernel/scalar.ts";
import * as P from "../../../../src/index.ts";
import { type Input, kernelOf, reference, runKernel } from "../../../devices/oneKernel.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("integers of cpu");

const [least, most] = [-(2 ** 31), 2 ** 31 - 1];
const edges = [0, 1, 2, 3, 7, 10, 255, 65_535, 65_536, 46_341, 2 ** 24 + 1, 2 ** 30, most];
const numbers = [...edges, ...edges.slice(1).map((n) => -n), least, least + 1];
const pairs = numbers.flatMap((a) => numbers.map((b) => [a, b] as const));

const i32 = (values: readonly number[]): Input => ({ dtype: "i32", values });

const agrees = async (
  kernel: Kernel,
  inputs: readonly Input[],
  describe: (i: number) => string,
): Promise<void> => {
  const found = await runKernel(cpuDevice, kernel, inputs);
  const wanted = await runKernel(reference, kernel, inputs);
  const at = found.findIndex((x, i) => x !== wanted[i]);
  assert.is(at, -1, `${describe(at)}: ${found[at]}, not ${wanted[at]}`);
};

/** Pairs for which the reference, in double precision, is exact before it stores. */
const exactFor = (op: ScalarOp) =>
  pairs.filter(([a, b]) => op !== "mul" || Math.abs(a * b) <= Number.MAX_SAFE_INTEGER);

const binary = ["add", "sub", "mul", "idiv", "mod", "max", "min", "lt", "le", "eq", "ne"] as const;

for (const op of binary)
  test(`${op} of every pair of edges`, async () => {
    const list = exactFor(op);
    const dtype: Dtype = ["lt", "le", "eq", "ne"].includes(op) ? "bool" : "i32";
    // All at once in lanes, and the first ones again in so few that there are no lanes.
    for (const some of [
      list,
      ...Array.from({ length: 40 }, (_, i) => list.slice(17 * i, 17 * i + 3)),
    ]) {
      if (some.length === 0) continue;
      const inputs = [i32(some.map(([a]) => a)), i32(some.map(([, b]) => b))];
      const kernel = kernelOf(some.length, dtype, inputs, (i, read) =>
        makeCall(op, [read(0, i), read(1, i)]),
      );
      await agrees(kernel, inputs, (i) => `${op}(${some[i]})`);
    }
  });

const divisors = [1, 2, 3, 7, 8, 1000, 65_536, 2 ** 30, most, 0, -1, -2, -3, -8, -65_536, least];

for (const op of ["idiv", "mod"] as const)
  test(`${op} by numbers that are known`, async () => {
    for (const divisor of divisors)
      for (const some of [numbers, numbers.slice(0, 3), numbers.slice(-3)]) {
        const inputs = [i32(some)];
        const kernel = kernelOf(some.length, "i32", inputs, (i, read) =>
          makeCall(op, [read(0, i), index(divisor)]),
        );
        await agrees(kernel, inputs, (i) => `${op}(${some[i]}, ${divisor})`);
      }
  });

test("signs, and what is nearest to them, of every edge", async () => {
  const inputs = [i32(numbers)];
  for (const op of ["neg", "abs", "sign", "floor", "ceil", "round"] as const) {
    const kernel = kernelOf(numbers.length, "i32", inputs, (i, read) => makeCall(op, [read(0, i)]));
    await agrees(kernel, inputs, (i) => `${op}(${numbers[i]})`);
  }
});

test("conversions of every edge, and of floats beyond them", async () => {
  const inputs = [i32(numbers)];
  for (const dtype of ["f32", "f64", "bool"] as const) {
    const kernel = kernelOf(numbers.length, dtype, inputs, (i, read) =>
      makeCall("cast", [read(0, i)], dtype),
    );
    await agrees(kernel, inputs, (i) => `${numbers[i]} as ${dtype}`);
  }
  const { POSITIVE_INFINITY: inf, NaN: nan } = Number;
  const floats = [
    2 ** 31,
    2 ** 31 - 128,
    -(2 ** 31),
    -(2 ** 31) - 256,
    1e30,
    -1e30,
    inf,
    -inf,
    nan,
  ];
  for (const dtype of ["f32", "f64"] as const) {
    const given = [{ dtype, values: floats }] as const;
    const kernel = kernelOf(floats.length, "i32", given, (i, read) =>
      makeCall("cast", [read(0, i)], "i32"),
    );
    await agrees(kernel, given, (i) => `${floats[i]} of ${dtype}`);
  }
});

test("sums and extremes along rows and columns wrap around once, at the end or on the way", async () => {
  const length = 27;
  const values = Array.from(
    { length: length * 6 },
    (_, i) => numbers[(i * 5) % numbers.length],
  ) as number[];
  const inputs = [i32(values)];
  for (const op of ["sum", "max", "min"] as const)
    for (const strides of [
      [length, 1],
      [1, 6],
    ]) {
      const kernel = kernelOf(6, "i32", inputs, (i, read) => {
        const j = axis(length);
        return reduce(op, j, read(0, flatten([i, j], strides)));
      });
      await agrees(kernel, inputs, (i) => `${op} ${i} of strides ${strides}`);
    }
});

test("products along rows wrap around", async () => {
  // Exact in double precision as well: 3⁸ · 2²⁴ < 2⁵³.
  const row = [3, 2 ** 12, 3, -9, 27, 2 ** 12, 3, 1, 1];
  const inputs = [i32([...row, ...row.map((n) => -n)])];
  const kernel = kernelOf(2, "i32", inputs, (i, read) => {
    const j = axis(row.length);
    return reduce("prod", j, read(0, flatten([i, j], [row.length, 1])));
  });
  await agrees(kernel, inputs, (i) => `row ${i}`);
});

test("large sums of indices are read where they point to", async () => {
  // 2³⁰ and its negative cancel.
  const inputs = [i32([0, 1, 2, 3, 4].map((i) => i + 2 ** 30)), i32([10, 11, 12, 13, 14])];
  const kernel = kernelOf(5, "i32", inputs, (i, read) => {
    const at: Expr = makeCall("sub", [read(0, i), index(2 ** 30)]);
    return read(1, makeCall("checkIndex", [at, index(5)]));
  });
  await agrees(kernel, inputs, String);
});

test("through ops: remainders have the sign of the divisor, and wrap-around shows in what is stored", () => {
  const a = P.tensor([7, -7, 7, -7, 0, least], { dtype: "i32" });
  const b = P.tensor([3, 3, -3, -3, 5, -1], { dtype: "i32" });
  const on = (device: string, x: P.Tensor) => [...P.values(P.evaluate(x, { device }))];
  // Made anew for each device: what has values is not computed again.
  const made = () => [P.mod(a, b), P.add(a, most), P.mul(a, 2 ** 20), P.neg(a), P.abs(a)];
  const [found, wanted] = ["cpu", "reference"].map((device) => made().map((x) => on(device, x)));
  assert.equal(found, wanted);
  assert.equal(on("cpu", P.mod(a, b)), [1, 2, -2, -1, 0, 0]);
});

test.run();
