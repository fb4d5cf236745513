// Operations on f64 in lanes, in numbers that lanes do not divide: the bits of the reference device, but for the functions that are ours.

import * as assert from "uvu/assert";
import { cpuDevice } from "../../../../src/core/device/cpu/cpu.ts";
import { codeOf } from "../../../../src/core/device/cpu/kernels.ts";
import { convert } from "../../../../src/core/kernel/build.ts";
import { constant, type Expr, makeCall } from "../../../../src/core/kernel/expr.ts";
import type { Kernel } from "../../../../src/core/kernel/kernel.ts";
import type { ScalarOp } from "../../../../src/core/kernel/scalar.ts";
import * as P from "../../../../src/index.ts";
import { type Input, runKernel } from "../../../devices/oneKernel.ts";
import { suite } from "../../../support/suite.ts";
import { agrees, doubles, inputOf, kernelOf, sizes } from "./doubles.ts";

const test = suite("operations on doubles of cpu");

const unary = [
  ...["neg", "abs", "sign", "floor", "ceil", "round", "sqrt", "rsqrt", "roundF32"],
  ...["isNaN", "isFinite", "exp", "log", "expm1", "log1p", "sin", "cos", "tanh", "sigmoid"],
  ...["erf", "roundF16", "roundBf16"],
] as readonly ScalarOp[];
const binary = [
  ...["add", "sub", "mul", "div", "idiv", "mod", "max", "min", "lt", "le", "eq", "ne", "pow"],
] as readonly ScalarOp[];
/** How far our functions may be from those of Math, which are up to 1 ulp, for tanh 2 ulp, from the exact value themselves. */
const ulpsOf: Partial<Record<ScalarOp, number>> = { exp: 1, log: 1, sigmoid: 3, tanh: 4 };
const givesBool: readonly ScalarOp[] = ["lt", "le", "eq", "ne", "isNaN", "isFinite"];

for (const op of unary)
  test(`${op} in any number of elements`, async () => {
    const dtype = givesBool.includes(op) ? "bool" : "f64";
    for (const size of [...sizes, doubles.length])
      for (const start of size === doubles.length ? [0] : [0, 11, 22]) {
        const inputs = [inputOf("f64", size, start)];
        const kernel = kernelOf(inputs, dtype, [size], ([i], read) =>
          makeCall(op, [read(0, i as Expr)]),
        );
        await agrees(kernel, inputs, `${op} of ${size} from ${start}`, ulpsOf[op]);
      }
  });

for (const op of binary)
  test(`${op} of every pair, and in any number of elements`, async () => {
    const dtype = givesBool.includes(op) ? "bool" : "f64";
    const { length } = doubles;
    const all = [
      { dtype: "f64", values: doubles.flatMap((a) => doubles.map(() => a)) },
      { dtype: "f64", values: doubles.flatMap(() => doubles) },
    ] as const;
    const cases = [all, ...sizes.map((n) => [inputOf("f64", n), inputOf("f64", n, 13)])];
    for (const inputs of cases) {
      const size = inputs[0]?.values.length as number;
      const kernel = kernelOf(inputs, dtype, [size], ([i], read) =>
        makeCall(op, [read(0, i as Expr), read(1, i as Expr)]),
      );
      await agrees(kernel, inputs, `${op} of ${size}, element of ${length} pairs each`);
    }
    // A number for all lanes, known and read.
    const inputs = [inputOf("f64", length), inputOf("f64", 1, 7)];
    const withOne = kernelOf(inputs, dtype, [length], ([i], read) =>
      makeCall(op, [read(0, i as Expr), read(1, constant(0, "i32"))]),
    );
    await agrees(withOne, inputs, `${op} with one of memory`);
    const withConstant = kernelOf(inputs, dtype, [length], ([i], read) =>
      makeCall(op, [constant(0.1, "f64"), read(0, i as Expr)]),
    );
    await agrees(withConstant, inputs, `${op} with a constant`);
  });

test("our functions are those of Math, for all exponents and in the middle of their range", async () => {
  const fractions = [1, 1.0000001, 1.2, Math.SQRT2, 1.5, 1.7, 1.9999999];
  const positive = Array.from({ length: 2098 }, (_, i) =>
    fractions.map((m) => m * 2 ** (i - 1074)),
  ).flat();
  const middle = Array.from({ length: 20_001 }, (_, i) => (i - 10_000) * 0.0123);
  const edges = [709.78, 709.7827128933841, 709.79, -708.4, -745.13, -745.14, 22, 1, 0.9999999];
  const numbers = [...positive, ...positive.map((x) => -x), ...middle, ...edges, ...doubles];
  const inputs: readonly Input[] = [{ dtype: "f64", values: numbers }];
  for (const op of ["exp", "log", "tanh", "sigmoid"] as const) {
    const kernel = kernelOf(inputs, "f64", [numbers.length], ([i], read) =>
      makeCall(op, [read(0, i as Expr)]),
    );
    await agrees(kernel, inputs, op, ulpsOf[op]);
    assert.ok(
      codeOf(kernel).phases.every(({ work }) => work > 0),
      "on any thread",
    );
  }
});

test("elements have the same bits in lanes and beside them", async () => {
  const inputs = [inputOf("f64", 19, 3)];
  for (const op of ["exp", "log", "tanh", "sigmoid", "sign"] as const) {
    const kernel = (size: number): Kernel =>
      kernelOf(inputs, "f64", [size], ([i], read) => makeCall(op, [read(0, i as Expr)]));
    const all = await runKernel(cpuDevice, kernel(19), inputs);
    for (const size of [1, 2, 3, 5, 7, 14]) {
      const some = await runKernel(cpuDevice, kernel(size), inputs);
      assert.ok(
        some.every((x, i) => Object.is(x, all[i])),
        `${op} of ${size}`,
      );
    }
  }
});

test("conversions to and from every dtype", async () => {
  for (const from of ["f64", "f32", "i32", "bool"] as const)
    for (const to of ["f64", "f32", "i32", "bool"] as const)
      for (const size of [...sizes, doubles.length]) {
        const inputs = [inputOf(from, size)];
        const kernel = kernelOf(inputs, to, [size], ([i], read) =>
          convert(convert(read(0, i as Expr), "f64"), to),
        );
        await agrees(kernel, inputs, `${size} of ${from} as ${to}`);
      }
});

test("narrow dtypes are stored from f64, and read as f64", async () => {
  for (const dtype of ["f16", "bf16", "i8", "u8", "i4"] as const)
    for (const size of sizes) {
      const x = P.tensor(
        Float64Array.from({ length: size }, (_, i) => 9.7 * i - 40),
        { dtype: "f64" },
      );
      // Made anew for each device: what has values is not computed again.
      const [found, wanted] = ["cpu", "reference"].map((device) => {
        const stored = P.cast(dtype)(x);
        const read = P.mul(P.cast("f64")(P.cast(dtype)(x)), 0.1);
        return [stored, read].map((y) => P.values(P.evaluate(y, { device })));
      });
      assert.equal(found, wanted, `${size} of ${dtype}`);
    }
});

test.run();
