// Dtypes that are only stored, and booleans: read and written at odd places and in odd numbers, element for element as the reference does.

import * as assert from "uvu/assert";
import { cpuDevice } from "../../../../src/core/device/cpu/cpu.ts";
import {
  computeDtype,
  type Dtype,
  decodeArray,
  encodeBf16,
  encodeF16,
} from "../../../../src/core/dtype.ts";
import { flatten, index, scaleIndex } from "../../../../src/core/kernel/affine.ts";
import { call, convert, reduce } from "../../../../src/core/kernel/build.ts";
import { axis, type Expr, load, withFreshExprs } from "../../../../src/core/kernel/expr.ts";
import { type Kernel, makeKernel } from "../../../../src/core/kernel/kernel.ts";
import * as P from "../../../../src/index.ts";
import { type Input, reference, runKernel } from "../../../devices/oneKernel.ts";
import { suite } from "../../../support/suite.ts";
import { enginesFor, meetings, valuesOn as valuesWith } from "./engines.ts";

const test = suite("narrow dtypes of cpu");
const engines = enginesFor(test, [1, 2, 3]);

const sizes = [1, 2, 3, 4, 5, 17, 35];
const offsets = [0, 1, 3];

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
/** Numbers that are exact in few dtypes: fractions, ties, the largest and smallest of f16, and special ones. */
const floats = [
  ...[0, -0, 1, -1, 0.1, -2.5, 127.5, 128, -129, 255.9, 256, 65504, 65520, -1e5, 3e38, 1e-7],
  ...[6e-8, 2 ** -24, 2 ** -14, -(2 ** -15), 1 + 2 ** -11, 1 + 2 ** -8, 1 + 3 * 2 ** -11, nan],
  ...[inf, -inf, 1e-40, 70_000, -3.999, 2 ** 31, 99.99, -0.4],
];
const wholes = [0, 1, -1, 127, 128, -128, -129, 255, 256, 65_536, -70_000, 99, 2 ** 20, 7];

/** Elements of a dtype as it stores them. */
const patterns: Readonly<Record<Exclude<Dtype, "f64">, readonly number[]>> = {
  f32: floats,
  i32: wholes,
  bool: [0, 1, 1, 0, 1, 0, 0],
  f16: floats.map(encodeF16),
  bf16: floats.map(encodeBf16),
  i8: [-128, -1, 0, 1, 127, 64, -77],
  u8: [0, 1, 128, 255, 200, 64, 127],
  i4: [-8, 7, 0, -1, 3, -5, 6, 1, -2],
};
const dtypes = Object.keys(patterns) as (keyof typeof patterns)[]; // the record has these keys only

const inputOf = (dtype: keyof typeof patterns, size: number, offset = 0): Input => {
  const all = patterns[dtype];
  return {
    dtype,
    values: Array.from({ length: size }, (_, i) => all[i % all.length]) as number[],
    offset,
  };
};

/** A kernel of one input, which may begin at an offset. */
const kernelOf = (
  from: Dtype,
  to: Dtype,
  shape: readonly number[],
  body: (axes: readonly Expr[], read: (at: Expr) => Expr) => Expr,
  start = 0,
): Kernel =>
  withFreshExprs(() => {
    const axes = shape.map((size) => axis(size));
    const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
    const type = computeDtype(from);
    return makeKernel({
      label: "test",
      axes,
      inputs: [{ dtype: from, size: 0 }],
      output: { dtype: to, size: shape.reduce((a, b) => a * b, 1) },
      target: flatten(axes, strides),
      body: convert(
        body(axes, (at) => load(0, type, scaleIndex(at, 1, start))),
        computeDtype(to),
      ),
    });
  });

const agrees = async (kernel: Kernel, input: Input, what: string): Promise<void> => {
  const [found, wanted] = [
    await runKernel(cpuDevice, kernel, [input]),
    await runKernel(reference, kernel, [input]),
  ];
  assert.is(found.length, wanted.length, what);
  const at = found.findIndex((x, i) => !Object.is(x, wanted[i])); // NaN is NaN, −0 is not 0
  assert.is(at, -1, `${what}: element ${at} is ${found[at]}, not ${wanted[at]}`);
};

for (const from of dtypes)
  test(`${from} is read from any place, and stored as every dtype`, async () => {
    for (const to of dtypes)
      for (const size of sizes)
        for (const offset of offsets) {
          // Two elements of i4 share an address, so that indices say where reading begins.
          const [start, ahead] = from === "i4" ? [offset, 0] : [0, offset];
          const kernel = kernelOf(from, to, [size], ([i], read) => read(i as Expr), start);
          const input = inputOf(from, size + offset, ahead);
          await agrees(kernel, input, `${size} of ${from} from ${offset} as ${to}`);
        }
  });

/** What is stored of a dtype by kernels of several loops: pairs are stored by one loop only. */
const byLoops = (dtype: Dtype): Dtype => (dtype === "i4" ? "i8" : dtype);

test("each is read backwards, with steps, and along columns", async () => {
  for (const dtype of dtypes)
    for (const size of sizes)
      for (const start of dtype === "i4" ? offsets : [0]) {
        const values = inputOf(dtype, 3 * size + 2 + start, dtype === "i4" ? 0 : 1);
        const backwards = kernelOf(
          dtype,
          dtype,
          [size],
          ([i], read) => read(scaleIndex(i as Expr, -1, size - 1)),
          start,
        );
        await agrees(backwards, values, `${size} of ${dtype} backwards`);
        const everyThird = kernelOf(
          dtype,
          dtype,
          [size],
          ([i], read) => read(scaleIndex(i as Expr, 3)),
          start,
        );
        await agrees(everyThird, values, `every third of ${dtype}, ${size}`);
        const columns = kernelOf(
          dtype,
          byLoops(dtype),
          [size, 3],
          (axes, read) => read(flatten(axes, [1, size])),
          start,
        );
        await agrees(columns, values, `${size} columns of ${dtype}`);
      }
});

test("extremes along rows and along columns", async () => {
  for (const dtype of dtypes)
    for (const size of sizes) {
      const values = inputOf(dtype, 5 * size + 1, dtype === "i4" ? 0 : 1);
      for (const [outer, inner] of [
        [size, 1],
        [1, 5],
      ] as const)
        for (const op of ["max", "min"] as const) {
          const kernel = kernelOf(dtype, dtype, [5], ([i], read) => {
            const j = axis(size);
            return reduce(op, j, read(flatten([i as Expr, j], [outer, inner])));
          });
          await agrees(kernel, values, `${op} of ${size} of ${dtype}, ${inner} apart`);
        }
    }
});

test("whole ones are added up, and wrap around where they are stored", async () => {
  for (const from of ["i8", "u8", "i32", "i4"] as const)
    for (const to of ["i8", "u8", "i32", "i4"] as const)
      for (const size of sizes) {
        const kernel = kernelOf(from, to, [3], ([i], read) => {
          const j = axis(size);
          return reduce("sum", j, call("mul", read(flatten([i as Expr, j], [size, 1])), index(3)));
        });
        await agrees(kernel, inputOf(from, 3 * size), `sum of ${size} of ${from} as ${to}`);
      }
});

test("indices from data reach any half of any byte", async () => {
  for (const size of sizes) {
    const picks = Array.from({ length: size }, (_, i) => (i * 7 + 3) % (size + 2));
    const inputs: readonly Input[] = [inputOf("i4", size + 2), { dtype: "i32", values: picks }];
    const kernel = withFreshExprs(() => {
      const i = axis(size);
      return makeKernel({
        label: "test",
        axes: [i],
        inputs: inputs.map(({ dtype, values }) => ({ dtype, size: values.length })),
        output: { dtype: "i32", size },
        target: i,
        body: load(0, "i32", load(1, "i32", i)),
      });
    });
    const found = await runKernel(cpuDevice, kernel, inputs);
    const elements = patterns.i4;
    assert.equal(
      [...found],
      picks.map((pick) => elements[pick % elements.length]),
    );
  }
});

test("products of two are exact before they are rounded once", async () => {
  for (const dtype of ["f16", "bf16"] as const)
    for (const size of sizes) {
      const kernel = kernelOf(dtype, dtype, [size], ([i], read) =>
        call("mul", read(i as Expr), read(i as Expr)),
      );
      const values = [0.1, -2.5, 99.99, 1.001, 3e-3, -0.7].map((x) =>
        dtype === "f16" ? encodeF16(x) : encodeBf16(x),
      );
      const input = {
        dtype,
        values: Array.from({ length: size }, (_, i) => values[i % 6] as number),
      };
      await agrees(kernel, input, `${size} of ${dtype}`);
    }
});

/** Values of a graph on a device. */
const valuesOn = (device: string, graph: P.Tensor) => P.values(P.evaluate(graph, { device }));

test("slices at odd places are joined, and results of conditions are stored, through ops", () => {
  for (const size of sizes) {
    const x = P.tensor(
      Array.from({ length: size + 5 }, (_, i) => Math.sin(i) * 100),
      { dtype: "f32" },
    );
    const cut = (y: P.Tensor, start: number): P.Tensor =>
      P.slice({ start: [start], stop: [start + size] })(y);
    for (const dtype of ["f16", "bf16", "i8", "u8", "i4", "bool"] as const) {
      // Made anew for each device: what has values is not computed again.
      const outputsOn = (device: string) => {
        const stored = P.cast(dtype)(x);
        return [
          P.concat({ axis: 0 })([cut(stored, 3), cut(stored, 0), cut(stored, 1)]),
          P.greater(P.cast("f32")(cut(stored, 1)), P.cast("f32")(cut(stored, 5))),
          P.where(P.greater(cut(x, 2), 0), P.cast("f32")(cut(stored, 1)), -1),
        ].map((output) => valuesOn(device, output));
      };
      assert.equal(outputsOn("cpu"), outputsOn("reference"), `${dtype} ${size}`);
    }
  }
});

test("narrow inputs that the host has, and results that stay, are the same to the next program", () => {
  for (const size of [1, 3, 17, 4099]) {
    const host = Int8Array.from({ length: size }, (_, i) => (i * 37) % 256);
    const f = P.compile((x: P.Tensor) => P.cast("i8")(P.add(P.cast("i32")(x), 1)), {
      device: "cpu",
    });
    const g = P.compile((x: P.Tensor) => P.cast("u8")(P.mul(P.cast("i32")(x), 2)), {
      device: "cpu",
    });
    const found = P.values(g(f(f(P.tensor(host)))));
    // Conversions stop at the bounds.
    const wanted = Array.from(host, (x) => Math.max(0, Math.min(255, 2 * Math.min(127, x + 2))));
    assert.equal([...found], wanted);
  }
});

test("parts of several threads meet in no byte", async () => {
  const count = 2 ** 20 + 33;
  const x = P.tensor(Float32Array.from({ length: count }, (_, i) => ((i * 37) % 23) - 11));
  // Enough work to be shared, and never near a whole number.
  const stored = (): P.Tensor => {
    const work = P.tanh(P.sin(P.exp(P.tanh(P.sin(P.exp(P.mul(x, 0.1)))))));
    return P.cast("i4")(P.add(P.add(P.mul(work, 0.1), x), 0.5));
  };
  const wanted = P.values(P.evaluate(stored(), { device: "reference" }));
  for (const engine of engines) {
    const before = meetings(engine);
    const [bytes] = valuesWith(engine, [stored()]) as [P.TypedArray];
    assert.is(meetings(engine) > before, engine.pool.capacity > 1);
    assert.equal(decodeArray("i4", bytes, count), wanted);
  }
});

test.run();
