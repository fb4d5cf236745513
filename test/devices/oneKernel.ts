// Kernels built by hand and run on a device as a plan of one step, so that tests reach what no op asks for.

import type { Plan } from "../../src/core/compile/plan.ts";
import type { Device } from "../../src/core/device/device.ts";
import { referenceDevice } from "../../src/core/device/reference/reference.ts";
import { awaitValues, hostValues } from "../../src/core/device/transfer.ts";
import {
  allocate,
  bytesFor,
  computeDtype,
  type Dtype,
  decodeArray,
  dtypes,
  encodeI4,
  type TypedArray,
} from "../../src/core/dtype.ts";
import { axis, type Expr, load, withFreshExprs } from "../../src/core/kernel/expr.ts";
import { type Kernel, makeKernel } from "../../src/core/kernel/kernel.ts";
import type { Storage } from "../../src/core/tensor.ts";

/** The device that the others are judged by. */
export const reference = referenceDevice;

/** An input of a kernel: numbers, or 16-bit patterns. */
export interface Input {
  readonly dtype: Dtype;
  readonly values: ArrayLike<number>;
  /** Where the kernel begins to read; at the start in i4. */
  readonly offset?: number;
}

/** A plan of one kernel. */
export const planOf = (kernel: Kernel, inputs: readonly Input[]): Plan => {
  const buffer = (kind: "input" | "output", id: number, dtype: Dtype, size: number) => ({
    id,
    kind,
    dtype,
    size,
    bytes: bytesFor(dtype, size),
    firstStep: kind === "input" ? -1 : 0,
    lastStep: kind === "input" ? 0 : 1,
  });
  const ids = inputs.map((_, id) => id);
  return {
    buffers: [
      ...inputs.map(({ dtype, values }, id) => buffer("input", id, dtype, values.length)),
      buffer("output", inputs.length, kernel.output.dtype, kernel.output.size),
    ],
    steps: [
      {
        kernel,
        inputs: ids,
        offsets: inputs.map(({ offset = 0 }) => offset),
        output: inputs.length,
      },
    ],
    inputs: ids,
    outputs: [inputs.length],
    arenaBytes: 0,
    peakBytes: 0,
  };
};

/** Runs one kernel on a device. */
export const runKernel = async (
  device: Device,
  kernel: Kernel,
  inputs: readonly Input[],
): Promise<TypedArray> => {
  const storages = inputs.map((input) => ({ host: hostOf(input) }));
  const [output] = device.prepare(planOf(kernel, inputs)).run(storages) as [Storage];
  await awaitValues([output]);
  const { dtype, size } = kernel.output;
  const host = hostValues(output);
  return dtype === "i4" ? decodeArray(dtype, host, size) : host;
};

/** The array of an input: numbers, 16-bit patterns, and of i4 the elements. */
const hostOf = ({ dtype, values }: Input): TypedArray => {
  if (dtype !== "i4") return new dtypes[dtype].array(values);
  const pairs = allocate(dtype, values.length);
  for (let i = 0; i < values.length; i++) encodeI4(pairs, i, values[i] as number);
  return pairs;
};

/** The kernel of one value for each i in 0…size − 1. */
export const kernelOf = (
  size: number,
  dtype: Dtype,
  inputs: readonly Input[],
  body: (i: Expr, read: (slot: number, index: Expr) => Expr) => Expr,
): Kernel =>
  withFreshExprs(() => {
    const i = axis(size);
    const read = (slot: number, at: Expr): Expr =>
      load(slot, computeDtype((inputs[slot] as Input).dtype), at);
    return makeKernel({
      label: "test",
      axes: [i],
      inputs: inputs.map(({ dtype: type, values }) => ({ dtype: type, size: values.length })),
      output: { dtype, size },
      target: i,
      body: body(i, read),
    });
  });
