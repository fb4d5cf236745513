// One kernel run, and whether it may write its output over one of its inputs.

import { type Dtype, dtypes } from "../dtype.ts";
import type { Expr } from "../kernel/expr.ts";
import { exprsOf, type Kernel } from "../kernel/kernel.ts";

/** One kernel run: which buffers it reads, in the order of the kernel's slots, and which one it writes. */
export interface PlanStep {
  readonly kernel: Kernel;
  readonly inputs: readonly number[];
  /** The element at which each input begins for this run; the kernel's indices count from there. */
  readonly offsets: readonly number[];
  readonly output: number;
}

/** Whether a kernel reads a buffer only at the index that it writes, so that it may write over it. */
export const canOverwrite = ({ kernel, inputs, offsets }: PlanStep, id: number): boolean => {
  if (
    kernel.scatter !== undefined ||
    inputs.some((input, slot) => input === id && offsets[slot] !== 0)
  )
    return false;
  const slots = new Set(inputs.flatMap((input, slot) => (input === id ? [slot] : [])));
  const slot = slots.values().next().value as number; // id is one of the inputs
  // Of two elements in a byte, the second would be read after the first was written.
  if (kernel.output.dtype === "i4") return false;
  const hasSameWidth =
    dtypes[(kernel.inputs[slot] as { dtype: Dtype }).dtype].bytes ===
    dtypes[kernel.output.dtype].bytes;
  return (
    hasSameWidth &&
    exprsOf(kernel).every(
      (expr: Expr) => expr.tag !== "load" || !slots.has(expr.slot) || expr.index === kernel.target,
    )
  );
};
