// What kernels are made of besides scalar operations: indices, guarded reads, loops, words of random bits, and the dtypes in which
// values are stored. Every mode gives what the reference gives; whole numbers to the last bit.

import * as assert from "uvu/assert";
import { noise } from "../../bench/cases/case.ts";
import type { Device } from "../../src/core/device/device.ts";
import type { Dtype } from "../../src/core/dtype.ts";
import { addIndex, flatten, index, scaleIndex } from "../../src/core/kernel/affine.ts";
import { call, isBetween, reduce, reduceBetween, where } from "../../src/core/kernel/build.ts";
import {
  axis,
  constant,
  type Expr,
  load,
  makeCall,
  withFreshExprs,
} from "../../src/core/kernel/expr.ts";
import { meanings } from "../../src/core/kernel/fold.ts";
import { type Kernel, makeKernel } from "../../src/core/kernel/kernel.ts";
import { suite } from "../support/suite.ts";
import { type Input, kernelOf, reference, runKernel } from "./oneKernel.ts";

/** The coordinate along one axis, for every element of an array. */
const coordinateKernel = (shape: readonly number[], which: number): Kernel =>
  withFreshExprs(() => {
    const axes = shape.map((size) => axis(size));
    const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
    return makeKernel({
      label: "coordinate",
      axes,
      inputs: [],
      output: { dtype: "f32", size: shape.reduce((a, b) => a * b, 1) },
      target: flatten(axes, strides),
      body: makeCall("cast", [axes[which] as (typeof axes)[number]], "f32"),
    });
  });

/** Declares the tests of indices for one device. */
export const testIndices = (device: Device): void => {
  const test = suite(`indices on ${device.name}`);

  test("are exact up to 2²⁴ elements", async () => {
    const found = await runKernel(device, coordinateKernel([4093, 4099], 1), []);
    assert.is(found.length, 4093 * 4099);
    assert.is(
      found.findIndex((x, i) => x !== i % 4099),
      -1,
    );
  });

  test("are exact along every axis", async () => {
    const shape = [7, 109, 16, 3, 11];
    for (const [which, size] of shape.entries()) {
      const inner = shape.slice(which + 1).reduce((a, b) => a * b, 1);
      const found = await runKernel(device, coordinateKernel(shape, which), []);
      assert.is(
        found.findIndex((x, i) => x !== Math.floor(i / inner) % size),
        -1,
        `axis ${which}`,
      );
    }
  });

  test("split and join again, as a reshape does", async () => {
    const values = noise(1, 15 * 77);
    const inputs: readonly Input[] = [{ dtype: "f32", values }];
    const kernel = kernelOf(values.length, "f32", inputs, (i, read) => {
      const [q, r] = [call("idiv", i, index(77)), call("mod", i, index(77))];
      return read(0, addIndex(scaleIndex(r, 15), q));
    });
    const found = await runKernel(device, kernel, inputs);
    assert.equal(found, await runKernel(reference, kernel, inputs));
  });

  test.run();
};

/** An operation on words, on numbers and in kernels. */
interface WordCase {
  readonly meaning: (a: number, b: number) => number;
  readonly print: (a: Expr, b: Expr) => Expr;
}

const words = [0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xdeadbeef, 0xffffffff, 0x12345678];
const wordPairs = words.flatMap((a) => words.map((b) => [a, b] as const));
const limbsOf = (side: 0 | 1): readonly Input[] => [
  { dtype: "i32", values: wordPairs.map((pair) => pair[side] >>> 16) },
  { dtype: "i32", values: wordPairs.map((pair) => pair[side] & 0xffff) },
];

/** Declares the tests of kernels for one device. */
export const testKernels = (device: Device): void => {
  const test = suite(`kernels on ${device.name}`);
  const agrees = async (kernel: Kernel, inputs: readonly Input[]): Promise<void> => {
    const [found, wanted] = await Promise.all(
      [device, reference].map((on) => runKernel(on, kernel, inputs)),
    );
    assert.equal(found, wanted);
  };

  test("words add, mix and rotate modulo 2³²", async () => {
    const inputs = [...limbsOf(0), ...limbsOf(1)];
    const rotateBy = (by: number): WordCase => ({
      meaning: (a) => meanings.u32Rotate(a, by),
      print: (a) => makeCall("u32Rotate", [a, constant(by, "i32")]),
    });
    const cases: readonly WordCase[] = [
      { meaning: meanings.u32Add, print: (a, b) => makeCall("u32Add", [a, b]) },
      { meaning: meanings.u32Xor, print: (a, b) => makeCall("u32Xor", [a, b]) },
      ...[0, 1, 13, 15, 16, 17, 26, 31].map(rotateBy),
    ];
    for (const { meaning, print } of cases) {
      for (const half of ["u32High", "u32Low"] as const) {
        const kernel = kernelOf(wordPairs.length, "i32", inputs, (i, read) => {
          const a = makeCall("u32", [read(0, i), read(1, i)]);
          const b = makeCall("u32", [read(2, i), read(3, i)]);
          return makeCall(half, [print(a, b)]);
        });
        const wanted = wordPairs.map(([a, b]) => meanings[half](meaning(a, b)));
        assert.equal([...(await runKernel(device, kernel, inputs))], wanted);
      }
    }
  });

  test("words are chosen by conditions and made from constants", async () => {
    const inputs: readonly Input[] = [{ dtype: "i32", values: [0, 1, 2, 3] }];
    const kernel = kernelOf(4, "i32", inputs, (i, read) => {
      const word = makeCall("cast", [read(0, i)], "u32");
      const isSmall = call("lt", i, index(2));
      return makeCall("u32High", [where(isSmall, constant(0xabcd0123, "u32"), word)]);
    });
    assert.equal([...(await runKernel(device, kernel, inputs))], [0xabcd, 0xabcd, 0, 0]);
  });

  test("padding is not read", async () => {
    const inputs: readonly Input[] = [{ dtype: "f32", values: [1, 2, 3] }];
    const kernel = kernelOf(8, "f32", inputs, (i, read) => {
      const at = scaleIndex(i, 1, -2);
      return where(isBetween(at, 0, 3), read(0, at), constant(-1));
    });
    assert.equal([...(await runKernel(device, kernel, inputs))], [-1, -1, 1, 2, 3, -1, -1, -1]);
  });

  test("loops nest, and run behind conditions", async () => {
    const values = noise(2, 60).map((x) => Math.round(x * 100));
    const inputs: readonly Input[] = [{ dtype: "f32", values }];
    const kernel = kernelOf(5, "f32", inputs, (i, read) => {
      const [j, k] = [axis(4), axis(3)];
      const largest = reduce("max", k, read(0, flatten([i, j, k], [12, 3, 1])));
      const total = reduce("sum", j, call("mul", largest, largest));
      const product = reduce("prod", axis(1), read(0, i));
      return where(call("lt", i, index(3)), total, product);
    });
    await agrees(kernel, inputs);
  });

  test("maxima and minima over elements pass NaN on", async () => {
    const inputs: readonly Input[] = [{ dtype: "f32", values: [3, 1, 2, Number.NaN, 5, 4] }];
    for (const op of ["max", "min"] as const) {
      const kernel = kernelOf(2, "f32", inputs, (i, read) => {
        const j = axis(3);
        return reduce(op, j, read(0, flatten([i, j], [3, 1])));
      });
      assert.equal(
        [...(await runKernel(device, kernel, inputs))],
        [op === "max" ? 3 : 1, Number.NaN],
      );
    }
  });

  test("long sums keep their precision", async () => {
    // In one go the longest would be off by 5e-6.
    // Longer ones are cut in two before they come here, where loops are limited.
    const { maxLoop } = device.capabilities;
    for (const size of [1023, 100_000, 262_144].filter((n) => n <= maxLoop)) {
      const values = noise(4, size).map((x) => (x + 1) / 2);
      const inputs: readonly Input[] = [{ dtype: "f32", values }];
      const kernel = kernelOf(1, "f32", inputs, (_, read) => {
        const j = axis(size);
        return reduce("sum", j, read(0, j));
      });
      const [found, wanted] = await Promise.all(
        [device, reference].map(async (on) => (await runKernel(on, kernel, inputs))[0]),
      );
      assert.ok(Math.abs((found as number) / (wanted as number) - 1) < 1e-6, `${size}: ${found}`);
    }
  });

  test("loops with bounds from data run to their end", async () => {
    // gpu.js cuts such loops at 1000 turns unless it is told otherwise.
    const turns = Math.min(70_000, device.capabilities.maxLoop - 10);
    const starts = [0, 3, 3, turns + 3, turns + 4];
    const values = new Float32Array(turns + 4).fill(1);
    const inputs: readonly Input[] = [
      { dtype: "i32", values: starts },
      { dtype: "f32", values },
    ];
    const kernel = kernelOf(4, "f32", inputs, (i, read) => {
      const at = axis(values.length);
      return reduceBetween("sum", at, read(0, i), read(0, addIndex(i, index(1))), read(1, at));
    });
    assert.equal([...(await runKernel(device, kernel, inputs))], [3, 0, turns, 1]);
  });

  test("each input is read from its offset", async () => {
    const values = noise(3, 50);
    const check = async (first: number, second: number) => {
      const inputs: readonly Input[] = [
        { dtype: "f32", values, offset: first },
        { dtype: "f32", values, offset: second },
      ];
      const kernel = withFreshExprs(() => {
        const i = axis(6);
        return makeKernel({
          label: "offsets",
          axes: [i],
          inputs: inputs.map(() => ({ dtype: "f32", size: 0 })),
          output: { dtype: "f32", size: 6 },
          target: i,
          body: call("mul", load(0, "f32", i), load(1, "f32", scaleIndex(i, 3))),
        });
      });
      await agrees(kernel, inputs);
    };
    await check(0, 10);
    await check(44, 34); // the last elements
  });

  test("inputs are read in every dtype, and results stored in it", async () => {
    const patterns: Record<Exclude<Dtype, "f64">, readonly number[]> = {
      f32: [0.1, -3, 1e-30],
      i32: [-5, 0, 2 ** 24],
      bool: [0, 1, 1],
      f16: [0x3c00, 0xc000, 0x0001],
      bf16: [0x3f80, 0xc000, 0x7f7f],
      i8: [-128, 0, 127],
      u8: [0, 128, 255],
      i4: [-8, 0, 7],
    };
    for (const [dtype, values] of Object.entries(patterns) as [Dtype, readonly number[]][]) {
      const inputs: readonly Input[] = [{ dtype, values }];
      await agrees(
        kernelOf(3, dtype, inputs, (i, read) => read(0, i)),
        inputs,
      );
    }
  });

  test("small whole numbers wrap around where they are stored", async () => {
    const inputs: readonly Input[] = [{ dtype: "i32", values: [-129, -1, 128, 255, 256, 300] }];
    for (const dtype of ["i8", "u8", "i4"] as const) {
      await agrees(
        kernelOf(6, dtype, inputs, (i, read) => read(0, i)),
        inputs,
      );
    }
  });

  test("what is read at an index that failed its check is NaN, or an error", async () => {
    const inputs: readonly Input[] = [
      { dtype: "f32", values: [10, 20, 30] },
      { dtype: "f32", values: [0, 2, 3, -1, Number.NaN] },
    ];
    const kernel = kernelOf(5, "f32", inputs, (i, read) => {
      // From a float and through a loop, so that nobody can know it before the kernel runs.
      const found = reduce("sum", axis(1), read(1, i));
      const checked = makeCall("checkIndex", [makeCall("cast", [found], "i32"), index(3)]);
      return read(0, checked);
    });
    if (device.name === "cpu") {
      const problem = await runKernel(device, kernel, inputs).catch((error) => error.problem);
      assert.is(problem._tag, "IndexOutOfRange");
      assert.is(problem.got, "3");
      return;
    }
    assert.equal(
      [...(await runKernel(device, kernel, inputs))],
      [10, 30, Number.NaN, Number.NaN, 10],
    );
  });

  test.run();
};
