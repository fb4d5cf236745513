// What a worker does in a step: gradients of its micro-batches, then its shard of the sum and of the optimiser's step. It shares memory with
// the other workers, and waits for them twice.

import { deviceStats } from "../../core/device/select.ts";
import { hostValues } from "../../core/device/transfer.ts";
import { bytesFor } from "../../core/dtype.ts";
import { evaluate, item } from "../../core/run/evaluate.ts";
import { sizeOf } from "../../core/shape.ts";
import { fromTypedArray, type Storage, storageOf, type Tensor } from "../../core/tensor.ts";
import { flattenTree, leavesOf } from "../../core/tree.ts";
import { messageOf } from "../threads/calls.ts";
import { programsOf, release } from "./compute.ts";
import type { LeafKind, PlainLeaf } from "./gather.ts";
import { type Piece, piecesOf } from "./layout.ts";
import type { Assignment, StepOrder, StepOutcome, WorkerMemory } from "./messages.ts";
import { ParallelError, type ParallelProblem, parallelProblem } from "./problem.ts";
import { normOf, reduceShard } from "./reduce.ts";
import { arrive, barriers, breakBarriers, type FloatArray } from "./shared.ts";
import { sumOver } from "./sums.ts";
import type { ParallelTask } from "./task.ts";

/** A worker that has been told its share. */
export interface Worker {
  readonly step: (order: StepOrder) => Promise<StepOutcome>;
  /** The leaves of the optimiser's state for the shard. */
  readonly kinds: () => readonly LeafKind[];
  /** The same with their values. */
  readonly state: () => readonly PlainLeaf[];
  readonly restore: (leaves: readonly PlainLeaf[]) => void;
  readonly memory: () => WorkerMemory;
}

const hostOf = (x: Tensor) => hostValues(storageOf(x) as Storage); // of what was computed

/** Leaves without values. */
export const kindsOf = (tree: unknown): readonly LeafKind[] => {
  const { leaves, structure } = flattenTree(tree, "dataParallel");
  return (leaves as readonly Tensor[]).map(({ shape, dtype }, i) => ({
    path: structure.paths[i] as string,
    shape,
    dtype,
  })); // no numbers among them
};

/** A clock that says how long it has been since it was asked last. */
const stopwatch = (): (() => number) => {
  let last = performance.now();
  return () => {
    const before = last;
    last = performance.now();
    return last - before;
  };
};

/** A worker with its share of a task. */
export const workerOf = (task: ParallelTask, worker: number, assignment: Assignment): Worker => {
  const { memory, places, dtype, shard, nodes, workers, clip } = assignment;
  const programs = programsOf(task, assignment);
  const { structure } = flattenTree(assignment.skeleton, "dataParallel", true);
  const pieces = piecesOf(places, shard);

  /** The tree of the pieces of a shard; null where it has none of a leaf. */
  const shardIn = (vector: FloatArray | Float32Array | Float64Array): unknown =>
    structure.rebuild(pieces.map((piece) => (piece === undefined ? null : pieceOf(vector, piece))));
  const pieceOf = (
    vector: FloatArray | Float32Array | Float64Array,
    { from, to, shape }: Piece,
  ): Tensor => fromTypedArray(shape, dtype, vector.subarray(from, to));

  // A state may be parameters themselves, so it is made of a copy of them.
  let state = evaluate(task.optimizer.init(shardIn(memory.params.slice())));

  /** The loss of a micro-batch as a number, and its gradients. */
  const gradientOf = async (
    params: unknown,
    { step, indices, at }: StepOrder,
    microBatch: number,
  ) => {
    const where = { worker, microBatch };
    const failed = (tag: "StepFailed" | "NonFinite", rule: string, got: string): never => {
      throw new ParallelError(parallelProblem(tag, rule, got, where));
    };
    const batch = await attempt(
      () => task.data.batch(indices[microBatch] as readonly number[], at), // as many as micro-batches
      (got) => failed("StepFailed", "a batch that can be read expected", got),
    );
    const { loss, gradients } = await attempt(
      () => programs.gradientOf(params, batch, step, microBatch),
      (got) => failed("StepFailed", "a loss that can be computed expected", got),
    );
    const value = item(loss);
    if (!Number.isFinite(value)) failed("NonFinite", "a finite loss expected", String(value));
    return { value, gradients };
  };

  /** Puts the sums of the gradients of all own micro-batches into shared memory; gives their losses. */
  const shareGradients = async (order: StepOrder): Promise<readonly number[]> => {
    const params = structure.rebuild(
      places.map(({ shape, offset, size }) =>
        fromTypedArray(shape, dtype, memory.params.subarray(offset, offset + size)),
      ),
    );
    const losses: number[] = [];
    for (const { node, slot } of nodes) {
      const sum = await sumOver(
        node,
        async (microBatch) => {
          const { value, gradients } = await gradientOf(params, order, microBatch);
          losses.push(value);
          return gradients;
        },
        programs.sum,
      );
      for (const [i, gradient] of leavesOf(sum).entries())
        memory.slots[slot]?.set(hostOf(gradient), places[i]?.offset);
      release(sum);
    }
    if (nodes.length > 0) release(params);
    return losses;
  };

  /** The optimiser's step on the shard. */
  const update = (norm: number): void => {
    const after = programs.update(
      shardIn(memory.params),
      shardIn(memory.slots[0] as FloatArray), // there is one at least
      state,
      norm > clip ? clip / norm : 1,
    );
    state = after.state;
    const own = pieces.filter((piece) => piece !== undefined);
    for (const [i, param] of leavesOf(after.params).entries())
      memory.params.set(hostOf(param), own[i]?.from);
    release(after.params);
  };

  const step = async (order: StepOrder): Promise<StepOutcome> => {
    const lap = stopwatch();
    const fail = (problem: ParallelProblem, isFatal: boolean): StepOutcome => {
      breakBarriers(memory);
      return { _tag: "Failed", problem, isFatal };
    };
    let losses: readonly number[];
    try {
      losses = await shareGradients(order);
    } catch (error) {
      return fail(problemOf(error, worker), false);
    }
    const gradientsMs = lap();
    if (!arrive(memory, barriers.gradients, workers)) return { _tag: "Abandoned" };
    let waitingMs = lap();
    reduceShard(memory, assignment.additions, assignment.blocks, shard);
    const reduceMs = lap();
    if (!arrive(memory, barriers.squares, workers)) return { _tag: "Abandoned" };
    waitingMs += lap();
    const norm = normOf(memory.squares);
    if (!Number.isFinite(norm)) {
      // Everybody comes to this.
      const rule = "a gradient of finite norm expected";
      const problem = parallelProblem("NonFinite", rule, String(norm));
      return { _tag: "Failed", problem, isFatal: false };
    }
    try {
      update(norm);
    } catch (error) {
      return fail(problemOf(error, worker), true);
    }
    return {
      _tag: "Done",
      losses,
      norm,
      times: { gradientsMs, reduceMs, updateMs: lap(), waitingMs },
    };
  };

  const stateLeaves = (): readonly PlainLeaf[] => {
    const leaves = leavesOf(state);
    return kindsOf(state).map((kind, i) => ({
      ...kind,
      values: hostOf(leaves[i] as Tensor).slice(),
    }));
  };

  return {
    step,
    kinds: () => kindsOf(state),
    state: stateLeaves,
    restore: (leaves) => {
      const before = flattenTree(state, "dataParallel").structure;
      state = before.rebuild(leaves.map((x) => fromTypedArray(x.shape, x.dtype, x.values)));
    },
    memory: () => ({
      parameters: memory.params.byteLength,
      gradients: nodes.length * memory.params.byteLength,
      optimizer: kindsOf(state).reduce(
        (sum, kind) => sum + bytesFor(kind.dtype, sizeOf(kind.shape)),
        0,
      ),
      device: deviceStats().bufferBytes,
    }),
  };
};

/** What a function makes; what it throws, now or later, goes to `failed` as its message. */
const attempt = async <A>(
  make: () => A | Promise<A>,
  failed: (got: string) => never,
): Promise<A> => {
  try {
    return await make();
  } catch (error) {
    return failed(messageOf(error));
  }
};

const problemOf = (error: unknown, worker: number): ParallelProblem =>
  error instanceof ParallelError
    ? error.problem
    : parallelProblem("StepFailed", "a step that can be computed expected", messageOf(error), {
        worker,
      });
