// f64 in lanes: every operation, read and written in any way, beside other dtypes, in numbers that lanes do not divide. Results have the
// bits of the reference device, but for the functions that are ours.

import * as assert from "uvu/assert";
import { cpuDevice } from "../../../../src/core/device/cpu/cpu.ts";
import { codeOf } from "../../../../src/core/device/cpu/kernels.ts";
import type { Dtype } from "../../../../src/core/dtype.ts";
import { flatten, scaleIndex } from "../../../../src/core/kernel/affine.ts";
import { call, checkedIndex, convert, reduce, where } from "../../../../src/core/kernel/build.ts";
import {
  axis,
  constant,
  type Expr,
  load,
  makeCall,
  withFreshExprs,
} from "../../../../src/core/kernel/expr.ts";
import { type Kernel, makeKernel } from "../../../../src/core/kernel/kernel.ts";
import type { ScalarDtype, ScalarOp } from "../../../../src/core/kernel/scalar.ts";
import * as P from "../../../../src/index.ts";
import { type Input, reference, runKernel } from "../../../devices/oneKernel.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("doubles of cpu");

const sizes = Array.from({ length: 20 }, (_, size) => size);
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Ties, edges of i32 and f32, the largest and smallest numbers, and special ones. */
const doubles = [
  ...[0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 0.1, -3.999, 7, -7, 255.3, nan, inf, -inf],
  ...[2 ** 31, 2 ** 31 - 0.5, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) - 0.5, -(2 ** 31) - 1, 2 ** 32],
  ...[1e300, -1e300, 3.4e38, 3.5e38, 1e-45, -1e-46, 5e-324, -1e-310, Number.MAX_VALUE],
  ...[2 ** 52 + 0.5, 2 ** 53 + 2, -(2 ** 52) + 0.5, 1 + 2 ** -24, 1 + 2 ** -23, 1 + 3 * 2 ** -24],
];
const values: Readonly<Record<ScalarDtype & Dtype, readonly number[]>> = {
  f64: doubles,
  f32: [0, -0, 1, -2.5, nan, inf, -inf, 3e38, 1e-40, 0.1, -7.75, 2 ** 31, 16_777_216],
  i32: [0, 1, -1, 7, 2 ** 31 - 1, -(2 ** 31), 16_777_217, -99, 3],
  bool: [0, 1, 1, 0, 1, 0, 0],
};

/** The first numbers of a dtype, from one of them on. */
const inputOf = (dtype: ScalarDtype & Dtype, size: number, start = 0): Input => {
  const all = values[dtype];
  return {
    dtype,
    values: Array.from({ length: size }, (_, i) => all[(i + start) % all.length] as number),
  };
};

/** A kernel over some axes. */
const kernelOf = (
  inputs: readonly Input[],
  dtype: Dtype,
  shape: readonly number[],
  body: (axes: readonly Expr[], read: (slot: number, at: Expr) => Expr) => Expr,
): Kernel =>
  withFreshExprs(() => {
    const axes = shape.map((size) => axis(size));
    const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
    return makeKernel({
      label: "test",
      axes,
      inputs: inputs.map((it) => ({ dtype: it.dtype, size: it.values.length })),
      output: { dtype, size: shape.reduce((a, b) => a * b, 1) },
      target: flatten(axes, strides),
      body: body(axes, (slot, at) => load(slot, inputs[slot]?.dtype as ScalarDtype, at)), // as in `values`
    });
  });

const bits = new BigInt64Array(1);
const number = new Float64Array(bits.buffer);

/** The place of a number among all of f64, in their order. */
const place = (x: number): number => {
  number[0] = x;
  const [pattern] = bits as unknown as [bigint];
  return Number(pattern < 0n ? -(pattern & 0x7fff_ffff_ffff_ffffn) : pattern);
};

/** Whether two numbers are the same, or at most some units of the last place apart. */
const areClose = (x: number, y: number, ulps: number): boolean =>
  Object.is(x, y) ||
  (ulps > 0 && Math.abs(place(x) - place(y)) <= ulps && Math.sign(x) * Math.sign(y) > 0);

/** Fails unless both devices give the same bits, or numbers at most some units of the last place apart. */
const agrees = async (
  kernel: Kernel,
  inputs: readonly Input[],
  what: string,
  ulps = 0,
): Promise<void> => {
  const found = await runKernel(cpuDevice, kernel, inputs);
  const wanted = await runKernel(reference, kernel, inputs);
  assert.is(found.length, wanted.length, what);
  const at = found.findIndex((x, i) => !areClose(x, wanted[i] as number, ulps)); // NaN is NaN, −0 is not 0
  assert.is(at, -1, `${what}: element ${at} is ${found[at]}, not ${wanted[at]}`);
};

const f64x2 = { add: [0xfd, 0xf0, 0x01], mul: [0xfd, 0xf2, 0x01], max: [0xfd, 0xf5, 0x01] };

/** Whether a kernel's code has an instruction of two lanes. */
const has = (kernel: Kernel, op: keyof typeof f64x2): boolean =>
  codeOf(kernel).phases.some(({ code }) =>
    Buffer.from(code.code.written).includes(Buffer.from(f64x2[op])),
  );

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
  for (const dtype of ["f16", "bf16", "i8", "u8"] as const)
    for (const size of sizes) {
      const x = P.tensor(
        Float64Array.from({ length: size }, (_, i) => 9.7 * i - 40),
        { dtype: "f64" },
      );
      const stored = P.cast(dtype)(x);
      const read = P.mul(P.cast("f64")(stored), 0.1);
      for (const y of [stored, read])
        assert.equal(
          P.values(P.evaluate(y, { device: "cpu" })),
          P.values(P.evaluate(y, { device: "reference" })),
          `${size} of ${dtype}`,
        );
    }
});

test("what is read along columns, backwards, in steps, and again and again", async () => {
  for (const n of sizes.slice(1)) {
    const inputs = [inputOf("f64", 3 * n), inputOf("f64", n, 5), inputOf("f64", 3, 9)];
    const sum = (a: Expr, b: Expr): Expr => call("add", a, call("max", b, constant(-3, "f64")));
    const at = (axes: readonly Expr[], ...strides: number[]): Expr => flatten(axes, strides);
    const kernels = [
      kernelOf(inputs, "f64", [n, 3], (ij, read) =>
        sum(read(0, at(ij, 1, n)), read(0, at(ij, 3, 1))),
      ),
      kernelOf(inputs, "f64", [3, n], (ij, read) =>
        sum(read(0, at(ij, 1, 3)), read(0, at(ij, n, 1))),
      ),
      kernelOf(inputs, "f64", [3, n], (ij, read) =>
        sum(read(1, at(ij, 0, 1)), read(2, at(ij, 1, 0))),
      ),
      kernelOf(inputs, "f64", [n, 3], (ij, read) =>
        sum(read(1, at(ij, 1, 0)), read(2, at(ij, 0, 1))),
      ),
      kernelOf(inputs, "f64", [n], ([i], read) =>
        sum(read(0, scaleIndex(i as Expr, -1, n - 1)), read(0, scaleIndex(i as Expr, 3))),
      ),
    ];
    for (const [i, kernel] of kernels.entries()) await agrees(kernel, inputs, `${i} of ${n}`);
  }
});

test("what is written along columns", async () => {
  for (const n of sizes.slice(1)) {
    const inputs = [inputOf("f64", 3 * n)];
    const kernel = withFreshExprs(() => {
      const [i, j] = [axis(3), axis(n)];
      return makeKernel({
        label: "test",
        axes: [i, j],
        inputs: [{ dtype: "f64", size: 3 * n }],
        output: { dtype: "f64", size: 3 * n },
        target: flatten([i, j], [1, 3]),
        body: makeCall("neg", [load(0, "f64", flatten([i, j], [n, 1]))]),
      });
    });
    await agrees(kernel, inputs, `${n}`);
  }
});

test("reductions along rows, along columns, and of everything", async () => {
  // Sums and products that are exact in any order.
  const exact = [1, 2, -1, 4, 0.5, -2, 8, 0.25, 1, 3];
  for (const n of [...sizes.slice(1), 33, 100])
    for (const op of ["sum", "prod", "max", "min"] as const)
      for (const special of op === "max" || op === "min" ? [doubles, exact] : [exact]) {
        const input: Input = {
          dtype: "f64",
          values: Array.from(
            { length: 5 * n },
            (_, i) =>
              (op === "prod"
                ? exact[(i % n) % 9]
                : special[(7 * i + 3) % special.length]) as number,
          ),
        };
        for (const strides of [
          [n, 1],
          [1, 5],
        ]) {
          const kernel = kernelOf([input], "f64", [5], ([i], read) => {
            const j = axis(n);
            return reduce(op, j, read(0, flatten([i as Expr, j], strides)));
          });
          await agrees(kernel, [input], `${op} of ${n}, strides ${strides}`);
        }
        const all = kernelOf([input], "f64", [], (_, read) => {
          const [i, j] = [axis(5), axis(n)];
          const x = read(0, flatten([i, j], [n, 1]));
          return reduce(op === "prod" ? "max" : op, i, reduce(op === "prod" ? "max" : op, j, x));
        });
        await agrees(all, [input], `${op} of 5 × ${n}`);
      }
});

test("reductions of other dtypes in f64, and of f64 to other dtypes", async () => {
  for (const n of [...sizes.slice(1), 45]) {
    const inputs = [
      { dtype: "f32", values: Array.from({ length: 6 * n }, (_, i) => (i % 13) - 2.5) },
      { dtype: "i32", values: Array.from({ length: 6 * n }, (_, i) => (i * 7) % 31) },
      { dtype: "f64", values: Array.from({ length: 6 * n }, (_, i) => ((i * 5) % 17) - 8) },
    ] as const;
    for (const strides of [
      [n, 1],
      [1, 6],
    ]) {
      const place = (i: Expr, j: Expr): Expr => flatten([i, j], strides);
      const total = kernelOf(inputs, "f64", [6], ([i], read) => {
        const j = axis(n);
        const at = place(i as Expr, j);
        const weighted = call(
          "mul",
          convert(read(0, at), "f64"),
          call("add", convert(read(1, at), "f64"), read(2, at)),
        );
        return reduce("sum", j, weighted);
      });
      await agrees(total, inputs, `sum of ${n}, strides ${strides}`);
      const positive = kernelOf(inputs, "i32", [6], ([i], read) => {
        const j = axis(n);
        const isLarge = call("lt", constant(2, "f64"), read(2, place(i as Expr, j)));
        return reduce("sum", j, convert(isLarge, "i32"));
      });
      await agrees(positive, inputs, `count of ${n}, strides ${strides}`);
      const any = kernelOf(inputs, "bool", [6], ([i], read) => {
        const j = axis(n);
        return reduce("max", j, call("eq", read(2, place(i as Expr, j)), constant(8, "f64")));
      });
      await agrees(any, inputs, `any of ${n}, strides ${strides}`);
    }
  }
});

test("dtypes in one kernel", async () => {
  for (const size of [...sizes, 50]) {
    const inputs = [
      inputOf("f64", size),
      inputOf("f32", size),
      inputOf("i32", size),
      inputOf("bool", size),
    ];
    const kernel = kernelOf(inputs, "f64", [size], ([i], read) => {
      const [x, y, k, b] = [0, 1, 2, 3].map((slot) => read(slot, i as Expr)) as [
        Expr,
        Expr,
        Expr,
        Expr,
      ];
      const isLess = call("and", call("lt", x, convert(y, "f64")), b);
      const whole = call("mul", convert(k, "f64"), constant(1.1, "f64"));
      const chosen = makeCall("where", [isLess, whole, call("sub", x, convert(i as Expr, "f64"))]);
      return call("add", chosen, convert(call("or", isLess, call("lt", k, i as Expr)), "f64"));
    });
    await agrees(kernel, inputs, `${size}`);
    const toFloat = kernelOf(inputs, "f32", [size], ([i], read) => {
      const [x, y, k, b] = [0, 1, 2, 3].map((slot) => read(slot, i as Expr)) as [
        Expr,
        Expr,
        Expr,
        Expr,
      ];
      const other = makeCall("where", [call("eq", x, x), y, convert(k, "f32")]);
      return makeCall("where", [b, convert(x, "f32"), other]);
    });
    await agrees(toFloat, inputs, `${size} to f32`);
  }
});

test("gathers, each lane from its place, and only where a condition holds", async () => {
  for (const size of sizes.slice(1)) {
    const ids = Array.from({ length: size }, (_, i) => (i * 7) % doubles.length);
    const wild = ids.map((id, i) => (i % 3 === 0 ? 2 ** 30 : id));
    const inputs = [
      inputOf("f64", doubles.length),
      { dtype: "i32", values: ids },
      { dtype: "i32", values: wild },
      inputOf("f64", size, 4),
    ] as const;
    const gathered = kernelOf(inputs, "f64", [size], ([i], read) =>
      call("neg", read(0, checkedIndex(read(1, i as Expr), doubles.length))),
    );
    await agrees(gathered, inputs, `${size}`);
    const guarded = kernelOf(inputs, "f64", [size], ([i], read) => {
      const id = read(2, i as Expr);
      const isInside = call("lt", id, constant(doubles.length, "i32"));
      return where(
        isInside,
        where(
          call("lt", constant(1, "f64"), read(3, i as Expr)),
          call("mul", read(0, id), constant(2, "f64")),
          call("abs", read(0, id)),
        ),
        read(3, i as Expr),
      );
    });
    await agrees(guarded, inputs, `${size}, guarded`);
    // One condition for all lanes of a row.
    const rows = kernelOf(inputs, "f64", [3, size], ([i, j], read) =>
      where(
        call("lt", i as Expr, constant(2, "i32")),
        call("sqrt", read(3, j as Expr)),
        call("sin", read(0, read(1, j as Expr))),
      ),
    );
    await agrees(rows, inputs, `${size}, by row`);
  }
});

test("scatters along rows add, and take extremes", async () => {
  for (const n of sizes.slice(1))
    for (const combine of ["sum", "max", "min"] as const) {
      const initial = combine === "sum" ? 0 : combine === "max" ? -inf : inf;
      const inputs = [
        { dtype: "f64", values: Array.from({ length: 6 * n }, (_, i) => ((i * 5) % 17) - 8.25) },
        { dtype: "i32", values: [2, 0, 1, 2, 2, 0] },
      ] as const;
      const kernel = withFreshExprs(() => {
        const [i, j] = [axis(6), axis(n)];
        return makeKernel({
          label: "test",
          axes: [i, j],
          inputs: inputs.map(({ dtype, values: { length } }) => ({ dtype, size: length })),
          output: { dtype: "f64", size: 4 * n },
          target: flatten([checkedIndex(load(1, "i32", i), 4), j], [n, 1]),
          body: load(0, "f64", flatten([i, j], [n, 1])),
          scatter: { combine, initial },
        });
      });
      await agrees(kernel, inputs, `${combine} of rows of ${n}`);
    }
});

test("products in f32 that are used in f64, through ops", () => {
  const side = 24;
  const x = P.tensor(
    Float32Array.from({ length: side * side }, (_, i) => ((i * 7) % 11) - 5), // exact in f32
    { shape: [side, side] },
  );
  const y = P.add(P.mul(P.cast("f64")(P.matmul(x, x)), 0.1), P.cast("f64")(x));
  assert.equal(
    P.values(P.evaluate(y, { device: "cpu" })),
    P.values(P.evaluate(y, { device: "reference" })),
  );
});

test("code of f64 is in vectors of two, and functions of JavaScript stay on the main thread", () => {
  const inputs = [inputOf("f64", 1000), inputOf("f64", 1000)];
  const sum = kernelOf(inputs, "f64", [1000], ([i], read) =>
    call("add", call("mul", read(0, i as Expr), read(1, i as Expr)), read(0, i as Expr)),
  );
  assert.ok(has(sum, "add") && has(sum, "mul"));
  assert.ok(codeOf(sum).phases.every(({ work }) => work > 0));
  for (const strides of [
    [100, 1],
    [1, 10],
  ]) {
    const most = kernelOf(inputs, "f64", [10], ([i], read) => {
      const j = axis(100);
      return reduce("max", j, read(0, flatten([i as Expr, j], strides)));
    });
    assert.ok(has(most, "max"), `${strides}`);
  }
  const sine = kernelOf(inputs, "f64", [1000], ([i], read) =>
    call("add", call("sin", read(0, i as Expr)), read(1, i as Expr)),
  );
  assert.ok(has(sine, "add"));
  assert.ok(codeOf(sine).phases.every(({ work }) => work === 0));
});

test.run();
