// Plans on gpu.js, one kernel after the other. A buffer of the plan is a Float32Array on the host, at least as long as it has
// elements; other dtypes are converted where values enter and leave.

import type { Plan, PlanBuffer, PlanStep } from "../../compile/plan.ts";
import { decodeArray, dtypes, encode, type TypedArray } from "../../dtype.ts";
import { fail } from "../../errors.ts";
import { rangeOf } from "../../kernel/affine.ts";
import { exprsOf, type Kernel } from "../../kernel/kernel.ts";
import type { Storage } from "../../tensor.ts";
import type { Executable } from "../device.ts";
import { hostValues } from "../transfer.ts";
import { indexChecks } from "./checks.ts";
import type { KernelStore, RunKernel } from "./kernels.ts";

interface Step {
  readonly run: RunKernel;
  /** For each slot: the buffer, and the elements [from, to) of it that the kernel sees. */
  readonly views: readonly { readonly id: number; readonly from: number; readonly to: number }[];
  readonly output: number;
  readonly isEmpty: boolean;
  /** Buffers that nothing reads after this step. */
  readonly dying: readonly number[];
}

/** Makes a plan ready to run on the kernels of a mode. */
export const prepare = (plan: Plan, device: string, store: KernelStore): Executable => {
  const reads = new Map<Kernel, readonly number[]>();
  const steps = plan.steps.map((step, at) => prepareStep(plan, step, at, store, reads));
  const checks = indexChecks(plan);
  const makers = new Map(
    plan.steps.map(({ output, kernel }) => [output, kernel.indexedBy ?? kernel.label]),
  );
  return {
    run: (inputs) => {
      const values: (TypedArray | undefined)[] = [];
      plan.inputs.forEach((id, i) => {
        values[id] = upload(
          hostValues(inputs[i] as Storage),
          plan.buffers[id] as PlanBuffer,
          device,
        );
      });
      for (const check of checks) check(values);
      for (const { run, views, output, isEmpty, dying } of steps) {
        values[output] = isEmpty
          ? new Float32Array(0)
          : run(views.map(({ id, from, to }) => (values[id] as TypedArray).subarray(from, to)));
        for (const id of dying) values[id] = undefined;
      }
      return plan.outputs.map((id) => {
        const label = makers.get(id);
        return label === undefined
          ? (inputs[plan.inputs.indexOf(id)] as Storage) // not computed: an input that is handed on
          : { host: download(values[id] as Float32Array, plan.buffers[id] as PlanBuffer, label) };
      });
    },
  };
};

const prepareStep = (
  { buffers }: Plan,
  { kernel, inputs, offsets, output }: PlanStep,
  at: number,
  store: KernelStore,
  reads: Map<Kernel, readonly number[]>,
): Step => {
  const reach = reads.get(kernel) ?? reachOf(kernel);
  reads.set(kernel, reach);
  const views = inputs.map((id, slot) => {
    const from = offsets[slot] as number;
    const { size } = buffers[id] as PlanBuffer;
    return { id, from, to: Math.min(size, from + (reach[slot] as number)) };
  });
  const isDying = (id: number): boolean => (buffers[id] as PlanBuffer).lastStep === at;
  return {
    run: store.runner(
      kernel,
      views.map(({ from, to }) => to - from),
    ),
    views,
    output,
    isEmpty: kernel.output.size === 0,
    dying: [...new Set(inputs)].filter(isDying),
  };
};

/** How many elements of each input a kernel can reach from where it begins to read. What it does not reach is not copied. */
const reachOf = (kernel: Kernel): readonly number[] => {
  const reach = kernel.inputs.map(() => 1); // gpu.js takes no empty arrays
  for (const expr of exprsOf(kernel)) {
    if (expr.tag === "load")
      reach[expr.slot] = Math.max(reach[expr.slot] as number, rangeOf(expr.index).max + 1);
  }
  return reach;
};

/** The values of an input as kernels read them: gpu.js converts every typed array to floats, but knows no 16-bit patterns. */
const upload = (host: TypedArray, { dtype }: PlanBuffer, device: string): TypedArray => {
  if (dtype !== "i32") return decodeArray(dtype, host);
  for (const value of host) {
    if (Math.fround(value) !== value) {
      fail(
        device,
        "Unsupported",
        "i32 values that f32 holds exactly expected, such as all within ±2²⁴",
        String(value),
        "gpu.js computes with floats; use device reference for larger integers",
      );
    }
  }
  return host;
};

/** The values of an output as its dtype stores them; `label` names the kernel that made it. */
const download = (values: Float32Array, { dtype, size }: PlanBuffer, label: string): TypedArray => {
  const exact = values.length === size ? values : values.subarray(0, size);
  if (dtype === "f32") return exact;
  const { array, isFloat } = dtypes[dtype];
  // A whole number that is none: an index was out of range, and what was read there is NaN.
  if (!isFloat && exact.some(Number.isNaN))
    fail(label, "IndexOutOfRange", "indices in range expected", "one that is not");
  return new array(isFloat ? exact.map((x) => encode(dtype, x)) : exact);
};
