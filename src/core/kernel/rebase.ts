// Kernels that differ only in where they begin to read (step t of a recurrence reads row t) become one kernel with an offset
// for each input, passed when it runs.

import { linear, rangeOf } from "./affine.ts";
import { constant, type Expr, load, makeAffine, makeCall, makeReduce } from "./expr.ts";
import { exprsOf, type Kernel, makeKernel } from "./kernel.ts";

/** A kernel whose loads count from an offset for each input. */
export interface Rebased {
  readonly kernel: Kernel;
  /** Elements to skip at the start of each input. */
  readonly offsets: readonly number[];
}

/** Moves what all loads of an input have in common out of the kernel. */
export const rebaseKernel = (kernel: Kernel): Rebased => {
  const smallest = kernel.inputs.map(() => Number.POSITIVE_INFINITY);
  for (const expr of exprsOf(kernel)) {
    if (expr.tag === "load")
      smallest[expr.slot] = Math.min(smallest[expr.slot] as number, rangeOf(expr.index).min);
  }
  // No load reads below its offset: a flipped axis begins at its end and counts down, so the base alone would not do.
  const offsets = smallest.map((least) => (Number.isFinite(least) && least > 0 ? least : 0));
  if (offsets.every((offset) => offset === 0)) return { kernel, offsets };
  const rebuild = rebuilder((expr) =>
    linear(-(offsets[expr.slot] as number), [{ atom: expr.index, stride: 1 }]),
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

/** Rebuilds expressions with other load indices. */
const rebuilder = (indexOf: (load: Expr & { readonly tag: "load" }) => Expr) => {
  const known = new Map<Expr, Expr>();
  const rebuild = (expr: Expr): Expr => {
    const before = known.get(expr);
    if (before !== undefined) return before;
    const after = rebuildOne(expr);
    known.set(expr, after);
    return after;
  };
  const rebuildOne = (expr: Expr): Expr => {
    switch (expr.tag) {
      case "const":
        return constant(expr.value, expr.dtype);
      case "axis":
        return expr;
      case "affine":
        return makeAffine(
          expr.base,
          expr.terms.map(({ atom, stride }) => ({ atom: rebuild(atom), stride })),
        );
      case "load":
        return load(expr.slot, expr.dtype, rebuild(indexOf(expr)));
      case "call":
        return makeCall(expr.op, expr.args.map(rebuild), expr.dtype);
      case "reduce": {
        const { from, to } = expr;
        const bounds =
          from === undefined || to === undefined
            ? undefined
            : { from: rebuild(from), to: rebuild(to) };
        return makeReduce(expr.op, expr.axis, rebuild(expr.body), bounds);
      }
    }
  };
  return rebuild;
};
