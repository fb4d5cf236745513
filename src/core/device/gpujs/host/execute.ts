// Plans on the modes of gpu.js that run on the processor, one kernel after the other. A buffer of the plan is a Float32Array on the host, at
// least as long as it has elements; other dtypes are converted where values enter and leave.

import type { Plan, PlanBuffer, PlanStep } from "../../../compile/plan.ts";
import type { TypedArray } from "../../../dtype.ts";
import { rangeOf } from "../../../kernel/affine.ts";
import { exprsOf, type Kernel } from "../../../kernel/kernel.ts";
import type { Storage } from "../../../tensor.ts";
import type { Executable } from "../../device.ts";
import { hostValues } from "../../transfer.ts";
import { indexChecks } from "../checks.ts";
import { fromKernel, toKernel } from "../convert.ts";
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
        values[id] = hostValues(inputs[i] as Storage);
      });
      for (const check of checks) check(values);
      for (const id of plan.inputs) {
        values[id] = toKernel(values[id] as TypedArray, plan.buffers[id] as PlanBuffer, device);
      }
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
          : { host: fromKernel(values[id] as Float32Array, plan.buffers[id] as PlanBuffer, label) };
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
