// Kernels of f64 beside other dtypes, and their results compared with those of the reference device.

import * as assert from "uvu/assert";
import { cpuDevice } from "../../../../src/core/device/cpu/cpu.ts";
import { codeOf } from "../../../../src/core/device/cpu/kernels.ts";
import type { Dtype } from "../../../../src/core/dtype.ts";
import { flatten } from "../../../../src/core/kernel/affine.ts";
import { axis, type Expr, load, withFreshExprs } from "../../../../src/core/kernel/expr.ts";
import { type Kernel, makeKernel } from "../../../../src/core/kernel/kernel.ts";
import type { ScalarDtype } from "../../../../src/core/kernel/scalar.ts";
import { type Input, reference, runKernel } from "../../../devices/oneKernel.ts";

/** Numbers of elements, few of which lanes divide. */
export const sizes = Array.from({ length: 20 }, (_, size) => size);
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Ties, edges of i32 and f32, the largest and smallest numbers, and special ones. */
export const doubles = [
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
export const inputOf = (dtype: ScalarDtype & Dtype, size: number, start = 0): Input => {
  const all = values[dtype];
  return {
    dtype,
    values: Array.from({ length: size }, (_, i) => all[(i + start) % all.length] as number),
  };
};

/** A kernel over some axes. */
export const kernelOf = (
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
export const agrees = async (
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
export const has = (kernel: Kernel, op: keyof typeof f64x2): boolean =>
  codeOf(kernel).phases.some(({ code }) =>
    Buffer.from(code.code.written).includes(Buffer.from(f64x2[op])),
  );
