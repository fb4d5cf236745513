// The first part of a worker's step: gradients of its micro-batches, added up and put where all workers see them.

import { hostValues } from "../../core/device/transfer.ts";
import { item } from "../../core/run/evaluate.ts";
import { fromTypedArray, type Storage, storageOf, type Tensor } from "../../core/tensor.ts";
import { flattenTree, leavesOf } from "../../core/tree.ts";
import { messageOf } from "../threads/calls.ts";
import { type Programs, release } from "./compute.ts";
import type { Assignment, StepOrder } from "./messages.ts";
import { ParallelError, type ParallelProblemTag, parallelProblem } from "./problem.ts";
import { sumOver } from "./sums.ts";
import type { ParallelTask } from "./task.ts";

/** The values of a tensor that was computed, on the host. */
export const hostOf = (x: Tensor) => hostValues(storageOf(x) as Storage);

/** The gradient of a micro-batch, with its loss as a number. Rejects with a `ParallelError` that names it. */
const gradientFor =
  ({ data }: ParallelTask, { gradientOf }: Programs, worker: number) =>
  async (params: unknown, { step, indices, at }: StepOrder, microBatch: number) => {
    const fail = (tag: ParallelProblemTag, rule: string, got: string): never => {
      throw new ParallelError(parallelProblem(tag, rule, got, { worker, microBatch }));
    };
    const attempt = async <A>(rule: string, make: () => A | Promise<A>): Promise<A> => {
      try {
        return await make();
      } catch (error) {
        return fail("StepFailed", rule, messageOf(error));
      }
    };
    const own = indices[microBatch] as readonly number[]; // as many as micro-batches
    const batch = await attempt("a batch that can be read expected", () => data.batch(own, at));
    const made = await attempt("a loss that can be computed expected", () => {
      const { loss, gradients } = gradientOf(params, batch, step, microBatch);
      return { loss: item(loss), gradients };
    });
    if (!Number.isFinite(made.loss)) fail("NonFinite", "a finite loss expected", String(made.loss));
    return made;
  };

/**
 * What puts the sums of the gradients of a worker's micro-batches into shared memory, and gives their losses in order. It reads
 * the shared parameters, which nobody may write meanwhile.
 */
export const sharerOf = (
  task: ParallelTask,
  worker: number,
  { memory, places, dtype, nodes, skeleton }: Assignment,
  programs: Programs,
): ((order: StepOrder) => Promise<readonly number[]>) => {
  const { structure } = flattenTree(skeleton, "dataParallel", true);
  const gradientOf = gradientFor(task, programs, worker);
  /** The shared parameters as they are now, as a tree. */
  const sharedParams = (): unknown =>
    structure.rebuild(
      places.map(({ shape, offset, size }) =>
        fromTypedArray(shape, dtype, memory.params.subarray(offset, offset + size)),
      ),
    );
  return async (order) => {
    const params = sharedParams();
    const losses: number[] = [];
    const at = async (microBatch: number): Promise<unknown> => {
      const { loss, gradients } = await gradientOf(params, order, microBatch);
      losses.push(loss);
      return gradients;
    };
    for (const { node, slot } of nodes) {
      const sum = await sumOver(node, at, programs.sum);
      for (const [i, gradient] of leavesOf(sum).entries())
        memory.slots[slot]?.set(hostOf(gradient), places[i]?.offset);
      release(sum);
    }
    release(params);
    return losses;
  };
};
