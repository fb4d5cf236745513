// The programs of a worker, each compiled once: the gradient of a micro-batch, a sum of gradients, and the optimiser's step.

import { valueAndGrad } from "../../core/autodiff.ts";
import { giveAway } from "../../core/device/transfer.ts";
import { compile } from "../../core/run/compile.ts";
import { fromTypedArray, type Storage, storageOf, type Tensor } from "../../core/tensor.ts";
import { leavesOf, mapTree, zipTrees } from "../../core/tree.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { foldIn, key } from "../../ops/keys.ts";
import { applyUpdates } from "../optim/transform.ts";
import type { Assignment } from "./messages.ts";
import type { FloatDtype } from "./shared.ts";
import type { ParallelTask } from "./task.ts";

/** What a worker computes. P are trees like the parameters. */
export interface Programs<P = unknown> {
  /** The loss of a micro-batch, and its part of the gradient of the mean over all of them. */
  readonly gradientOf: (params: P, batch: unknown, step: number, microBatch: number) => Gradient<P>;
  /** a + b; takes over both. */
  readonly sum: (a: P, b: P) => P;
  /** Parameters and state after the step for gradients times a factor. Takes over what it is given. */
  readonly update: (params: P, gradients: P, state: unknown, factor: number) => Updated<P>;
}

/** A loss, [], and gradients like the parameters. */
export interface Gradient<P> {
  readonly loss: Tensor;
  readonly gradients: P;
}

/** What an optimiser leaves. */
export interface Updated<P> {
  readonly params: P;
  readonly state: unknown;
}

const scalarOf = (x: number, dtype: FloatDtype): Tensor =>
  fromTypedArray([], dtype, dtype === "f32" ? Float32Array.of(x) : Float64Array.of(x));

const wholeOf = (n: number): Tensor => fromTypedArray([], "i32", Int32Array.of(n));

/** The programs of a task. */
export const programsOf = <P>(
  { loss, optimizer }: ParallelTask<P>,
  { dtype, microBatches, seed }: Pick<Assignment, "dtype" | "microBatches" | "seed">,
): Programs<P> => {
  const gradient = compile(
    (params: P, batch: unknown, part: Tensor, step: Tensor, microBatch: Tensor): Gradient<P> => {
      const own = foldIn(foldIn(key(seed), step), microBatch);
      const [value, slope] = valueAndGrad((p: P) => loss(p, batch, own))(params);
      // Times a number that the program does not know: so no gradient is an input, or a constant of the task, which `sum` would take over.
      return { loss: value, gradients: mapTree(slope as P, (g) => mul(g, part)) };
    },
    { name: "gradients of a micro-batch" },
  );
  // Apart from the gradient, so that a sum is rounded alike however it is come by.
  const sum = compile((a: P, b: P): P => zipTrees((x, y) => add(x, y), a, b), {
    name: "sum of gradients",
    donate: [0, 1],
  });
  const update = compile(
    (params: P, gradients: P, state: unknown, factor: Tensor): Updated<P> => {
      const scaled = mapTree(gradients, (g) => mul(g, factor));
      const [updates, next] = optimizer.update(scaled, state, params);
      return { params: applyUpdates(params, updates), state: next };
    },
    { name: "update of a shard", donate: [0, 1, 2] },
  );
  const part = scalarOf(1 / microBatches, dtype);
  return {
    gradientOf: (params, batch, step, microBatch) =>
      gradient(params, batch, part, wholeOf(step), wholeOf(microBatch)),
    sum,
    update: (params, gradients, state, factor) =>
      update(params, gradients, state, scalarOf(factor, dtype)),
  };
};

/** Gives the memory of tensors back at once. */
export const release = (tree: unknown): void => {
  for (const leaf of leavesOf(tree)) giveAway(storageOf(leaf) as Storage, "a step that is over"); // they were computed
};
