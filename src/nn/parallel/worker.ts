// What a worker does in a step: gradients of its micro-batches, its shard of their sum, and the optimiser's step on that shard. It shares
// memory with the other workers, and waits for them twice.

import { deviceStats } from "../../core/device/select.ts";
import { messageOf } from "../threads/calls.ts";
import { programsOf } from "./compute.ts";
import { sharerOf } from "./gradients.ts";
import type { Assignment, StepOrder, StepOutcome, WorkerMemory } from "./messages.ts";
import { ParallelError, type ParallelProblem, parallelProblem } from "./problem.ts";
import { normOf, reduceShard } from "./reduce.ts";
import { type Shard, shardOf } from "./shard.ts";
import { arrive, barriers, breakBarriers } from "./shared.ts";
import type { ParallelTask } from "./task.ts";

/** A worker that has been told its share. */
export interface Worker extends Pick<Shard, "kinds" | "state" | "restore"> {
  readonly step: (order: StepOrder) => Promise<StepOutcome>;
  readonly memory: () => WorkerMemory;
}

/** A clock that says how long it has been since it was asked last. */
const stopwatch = (): (() => number) => {
  let last = performance.now();
  return () => {
    const before = last;
    last = performance.now();
    return last - before;
  };
};

const problemOf = (error: unknown, worker: number): ParallelProblem => {
  if (error instanceof ParallelError) return error.problem;
  const rule = "a step that can be computed expected";
  return parallelProblem("StepFailed", rule, messageOf(error), { worker });
};

/** A worker with its share of a task. */
export const workerOf = (task: ParallelTask, worker: number, assignment: Assignment): Worker => {
  const { memory, workers, clip, nodes } = assignment;
  const programs = programsOf(task, assignment);
  const shareGradients = sharerOf(task, worker, assignment, programs);
  const shard = shardOf(task, assignment, programs);

  const fail = (error: unknown, isFatal: boolean): StepOutcome => {
    breakBarriers(memory);
    return { _tag: "Failed", problem: problemOf(error, worker), isFatal };
  };

  const step = async (order: StepOrder): Promise<StepOutcome> => {
    const lap = stopwatch();
    let losses: readonly number[];
    try {
      losses = await shareGradients(order);
    } catch (error) {
      return fail(error, false); // nobody has written parameters yet
    }
    const gradientsMs = lap();
    if (!arrive(memory, barriers.gradients, workers)) return { _tag: "Abandoned" };
    let waitingMs = lap();
    try {
      reduceShard(memory, assignment.additions, assignment.blocks, assignment.shard);
      const reduceMs = lap();
      if (!arrive(memory, barriers.squares, workers)) return { _tag: "Abandoned" };
      waitingMs += lap();
      const norm = normOf(memory.squares);
      if (!Number.isFinite(norm)) return infinite(norm); // everybody comes to this
      shard.update(norm > clip ? clip / norm : 1);
      const times = { gradientsMs, reduceMs, updateMs: lap(), waitingMs };
      return { _tag: "Done", losses, norm, times };
    } catch (error) {
      return fail(error, true);
    }
  };

  return {
    step,
    kinds: shard.kinds,
    state: shard.state,
    restore: shard.restore,
    memory: () => ({
      parameters: memory.params.byteLength,
      gradients: nodes.length * memory.params.byteLength,
      optimizer: shard.bytes(),
      device: deviceStats().bufferBytes,
    }),
  };
};

const infinite = (norm: number): StepOutcome => ({
  _tag: "Failed",
  problem: parallelProblem("NonFinite", "a gradient of finite norm expected", String(norm)),
  isFatal: false,
});
