// Kernels that differ only in where they begin to read (step t of a recurrence reads row t) become one kernel with an offset
// for each input, passed when it runs.

import { linear, rangeOf } from "./affine.ts";
import { load } from "./expr.ts";
import { exprsOf, type Kernel, type KernelBuffer, makeKernel } from "./kernel.ts";
import { rewriter } from "./rewrite.ts";

/** A kernel whose loads count from an offset for each input. */
export interface Rebased {
  readonly kernel: Kernel;
  /** Elements to skip at the start of each input. */
  readonly offsets: readonly number[];
}

/** Whether a buffer can be read from any element on: two elements of i4 share an address. */
const canBeginAt = (input: KernelBuffer | undefined): boolean => input?.dtype !== "i4";

/** Moves what all loads of an input have in common out of the kernel. */
export const rebaseKernel = (kernel: Kernel): Rebased => {
  const smallest = kernel.inputs.map(() => Number.POSITIVE_INFINITY);
  for (const expr of exprsOf(kernel)) {
    if (expr.tag === "load")
      smallest[expr.slot] = Math.min(smallest[expr.slot] as number, rangeOf(expr.index).min);
  }
  // No load reads below its offset: a flipped axis begins at its end and counts down, so the base alone would not do.
  const offsets = smallest.map((least, slot) =>
    Number.isFinite(least) && least > 0 && canBeginAt(kernel.inputs[slot]) ? least : 0,
  );
  if (offsets.every((offset) => offset === 0)) return { kernel, offsets };
  const rebuild = rewriter((expr, rebuildBelow) =>
    expr.tag === "load"
      ? load(
          expr.slot,
          expr.dtype,
          rebuildBelow(linear(-(offsets[expr.slot] as number), [{ atom: expr.index, stride: 1 }])),
        )
      : undefined,
  );
  // Sizes are part of the key, and differ from step to step; what is read does not.
  const inputs = kernel.inputs.map((input, slot) =>
    offsets[slot] === 0 ? input : { dtype: input.dtype, size: 0 },
  );
  return {
    kernel: makeKernel({
      ...kernel,
      inputs,
      target: rebuild(kernel.target),
      body: rebuild(kernel.body),
    }),
    offsets,
  };
};
