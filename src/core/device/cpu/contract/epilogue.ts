// What a kernel does with sums that were computed before it, block by block, and are in the thread's own memory.

import { pointsOf } from "../../../kernel/contraction.ts";
import { type Axis, type Expr, load } from "../../../kernel/expr.ts";
import { rewriter } from "../../../kernel/rewrite.ts";
import { withAddresses } from "../emit/addresses.ts";
import type { EmitContext } from "../emit/emitter.ts";
import { KernelWriter } from "../kernelCode.ts";
import type { Nest } from "../normalise.ts";
import { parameters } from "../parameters.ts";
import type { Bound } from "../wasm/function.ts";

/** Sums in scratch memory, and the loops over a block of them. */
export interface Sums {
  /** What they stand for in the nest. */
  readonly root: Expr;
  /** Where the sum is that an element of the output needs, in elements. */
  readonly index: Expr;
  /** Elements of a block, and the byte of the scratch memory at which it begins. */
  readonly size: number;
  readonly offset: number;
  /** Axes whose turns are units of work; those of a block, outermost first; and the last of these, in vectors. */
  readonly units: readonly Axis[];
  readonly block: readonly Axis[];
  readonly along: Axis;
  /** Where the loops of a block begin and end. */
  readonly ranges: ReadonlyMap<Axis, readonly [Bound, Bound]>;
}

/** The writer of what comes after the sums: `begin` before all units, `unit` for each. */
export const epilogueOf = (nest: Nest, sums: Sums, context: EmitContext): KernelWriter => {
  const { f } = context;
  const { root, index, size, offset, units, block, along, ranges } = sums;
  const sum = load(nest.inputs.length, "f32", index);
  const loops = [...units, ...block, along];
  const whole: Nest = {
    ...nest,
    axes: loops,
    target: rewriter(() => undefined)(nest.target),
    body: rewriter((expr) => (expr === root ? sum : undefined))(nest.body),
    inputs: [...nest.inputs, { dtype: "f32", size }],
  };
  const scratch = f.param(parameters.scratch);
  const pointers = [
    f.param(parameters.output),
    ...nest.inputs.map((_, slot) => f.param(parameters.inputs + slot)),
    offset === 0 ? scratch : f.let(f.op("i32.add", f.get(scratch), f.i32(offset))),
  ];
  return new KernelWriter(
    withAddresses(whole, loops),
    { outer: [...units, ...block], along, parts: 2, across: undefined },
    { axes: units, rest: block, piece: 0, units: pointsOf(units) },
    loops,
    context,
    pointers,
    ranges,
  );
};
