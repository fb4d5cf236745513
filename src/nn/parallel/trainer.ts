// The main thread's end of training over worker threads: steps in turn, and what is known of them all as one.

import * as E from "fp-ts/lib/Either.js";
import { hostValues } from "../../core/device/transfer.ts";
import { ready, values } from "../../core/run/evaluate.ts";
import { fromTypedArray, type Storage, storageOf, type Tensor } from "../../core/tensor.ts";
import { flattenTree, leavesOf } from "../../core/tree.ts";
import { tensorsOf, treeOf } from "../checkpoint/tree.ts";
import { messageOf } from "../threads/calls.ts";
import type { Place } from "../train/dataset.ts";
import { gatherLeaf, type PlainLeaf, scatterLeaves } from "./gather.ts";
import type { StepOutcome, StepTimes, WorkerMemory } from "./messages.ts";
import { type ParallelOptions, partsOfBatch } from "./options.ts";
import { ParallelError, type ParallelProblem, parallelProblem } from "./problem.ts";
import { breakBarriers, resetBarriers, type SharedMemory } from "./shared.ts";
import type { Member, Team } from "./team.ts";

/** What a step says. */
export interface StepReport {
  /** The mean loss of the batch before the step. */
  readonly loss: number;
  /** The norm of the gradient, before it was clipped. */
  readonly norm: number;
  /** What each worker did for how long. */
  readonly times: readonly StepTimes[];
}

/** All that a run needs to go on, as a tree of tensors: what a checkpoint holds. */
export interface TrainerState<P = unknown> {
  readonly params: P;
  /** As the optimiser has it for all parameters. */
  readonly optimizer: unknown;
  /** How many steps were done, i32 []. */
  readonly step: Tensor;
}

/** Bytes of a trainer. */
export interface TrainerMemory {
  /** The parameters that all threads share. */
  readonly parameters: number;
  /** The gradients that they share: what is under `gradients` of all workers. */
  readonly gradients: number;
  readonly workers: readonly WorkerMemory[];
}

/** A trainer of parameters P. Calls wait for those before them. Promises are rejected with a `ParallelError`. */
export interface Trainer<P = unknown> {
  readonly workers: number;
  readonly microBatches: number;
  /** How many examples the task has. */
  readonly length: number;
  /**
   * One step on the examples with these indices; micro-batches of them follow one another. `at` goes on to the data set. A step
   * that is rejected with StepFailed (a loss that throws) or NonFinite leaves everything as it was, and others may follow.
   */
  readonly step: (indices: readonly number[], at?: Place) => Promise<StepReport>;
  /** A copy of the parameters. */
  readonly params: () => Promise<P>;
  /** A copy of all that a run needs to go on, the same for any number of workers. */
  readonly state: () => Promise<TrainerState<P>>;
  /** Goes on from a state of a trainer of this task, whatever its number of workers was. Rejects with StateMismatch where it is of another. */
  readonly restore: (state: TrainerState<P>) => Promise<void>;
  readonly memory: () => Promise<TrainerMemory>;
  /** Ends the threads, and comes when they have ended. What is not done by then is rejected with Stopped. */
  readonly stop: () => Promise<void>;
}

/** Runs functions one after the other, each when the one before has ended however it did. */
const oneByOne = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <A>(run: () => Promise<A>): Promise<A> => {
    const next = last.then(run, run);
    last = next.catch(() => undefined);
    return next;
  };
};

const rejected = (problem: ParallelProblem): never => {
  throw new ParallelError(problem);
};

/** A trainer, and how it learns that it cannot go on. */
export interface Breakable<P> {
  readonly trainer: Trainer<P>;
  readonly ruin: (problem: ParallelProblem) => void;
}

/** The trainer of workers that are ready. */
export const trainerOf = <P>(
  team: Team,
  { workers, microBatches }: ParallelOptions,
): Breakable<P> => {
  const { members, memory, description } = team;
  const length = members[0]?.length ?? 0;
  const inTurn = oneByOne();
  let steps = 0;
  /** Why there can be no more steps, once something was left half done or a worker is lost. */
  let ruined: ParallelProblem | undefined;
  const ruin = (problem: ParallelProblem): void => {
    ruined ??= problem;
    breakBarriers(memory); // whoever waits there for a worker that is lost would wait for ever
  };
  const ruinedBy = (worker: number) => (error: unknown) => {
    const problem =
      error instanceof ParallelError
        ? error.problem
        : parallelProblem("LostWorker", "workers that answer expected", messageOf(error), {
            worker,
          });
    ruin(problem);
    return rejected(problem);
  };
  /** What all workers answer. */
  const answers = <A>(ask: (member: Member, worker: number) => Promise<A>) =>
    // Nobody goes on while another may still wait for one that gives no answer.
    allOf(members.map((member, worker) => ask(member, worker).catch(ruinedBy(worker))));
  /** Does something in turn, unless all is lost. */
  const guarded = <A>(run: () => Promise<A>): Promise<A> =>
    inTurn(async () => (ruined === undefined ? run() : rejected(ruined)));

  const step = async (parts: readonly (readonly number[])[], at?: Place): Promise<StepReport> => {
    resetBarriers(memory);
    const order = { step: steps, indices: parts, at };
    const outcomes = await answers(({ ask }) => ask("step", order));
    const failed = outcomes.find((one) => one._tag === "Failed");
    if (failed?.isFatal) ruin(failed.problem);
    if (failed !== undefined) return rejected(failed.problem);
    steps++;
    return reportOf(outcomes);
  };

  const params = (): P => {
    const { skeleton, places, dtype } = description;
    const { structure } = flattenTree(skeleton, "dataParallel", true);
    const leaves = places.map(({ shape, offset, size }) =>
      fromTypedArray(shape, dtype, copyOf(memory, offset, size)),
    );
    return structure.rebuild(leaves) as P; // the structure that `init` gave
  };

  const state = async (): Promise<TrainerState<P>> => {
    const parts = await answers(({ ask }) => ask("state"));
    const { stateSkeleton, stateKinds } = description;
    const leaves = stateKinds.map((kind) => {
      const { shape, dtype, values } = gatherLeaf(kind, parts);
      return fromTypedArray(shape, dtype, values);
    });
    const { structure } = flattenTree(stateSkeleton, "dataParallel", true);
    return {
      params: params(),
      optimizer: structure.rebuild(leaves),
      step: fromTypedArray([], "i32", Int32Array.of(steps)),
    };
  };

  const restore = async (wanted: TrainerState<P>): Promise<void> => {
    await ready(wanted);
    const fits = treeOf(tensorsOf(wanted), await state());
    if (E.isLeft(fits))
      return rejected(
        parallelProblem("StateMismatch", "a state of the same task expected", fits.left.got),
      );
    const leaves = plainLeaves(wanted.optimizer);
    const settled = answers(({ ask }, worker) =>
      ask("restore", scatterLeaves(leaves, team.kinds, worker)),
    );
    leavesOf(wanted.params).forEach((x, i) => {
      memory.params.set(values(x), description.places[i]?.offset);
    });
    steps = Number(values(wanted.step)[0]);
    await settled;
  };

  const trainer: Trainer<P> = {
    ...{ workers, microBatches, length },
    step: (indices, at) =>
      guarded(async () => {
        const parts = partsOfBatch(indices, microBatches, length);
        return E.isLeft(parts) ? rejected(parts.left) : step(parts.right, at);
      }),
    params: () => guarded(async () => params()),
    state: () => guarded(state),
    restore: (wanted) => guarded(() => restore(wanted)),
    memory: () =>
      guarded(async () => ({
        parameters: memory.params.byteLength,
        gradients: memory.slots.length * memory.params.byteLength,
        workers: await answers(({ ask }) => ask("memory")),
      })),
    stop: async () => {
      await Promise.all(members.map(({ close }) => close()));
    },
  };
  return { trainer, ruin };
};

/** All values, when all are settled: nobody goes on while a worker still works. */
const allOf = async <A>(promises: readonly Promise<A>[]): Promise<readonly A[]> => {
  await Promise.allSettled(promises);
  return Promise.all(promises);
};

const copyOf = ({ params }: SharedMemory, offset: number, size: number) =>
  params instanceof Float32Array
    ? new Float32Array(params.subarray(offset, offset + size))
    : new Float64Array(params.subarray(offset, offset + size));

const plainLeaves = (tree: unknown): readonly PlainLeaf[] => {
  const { leaves, structure } = flattenTree(tree, "dataParallel");
  return (leaves as readonly Tensor[]).map((x, i) => ({
    path: structure.paths[i] as string,
    shape: x.shape,
    dtype: x.dtype,
    values: hostValues(storageOf(x) as Storage),
  })); // no numbers among them, and all are computed
};

/** The report of workers that have all done their part. */
const reportOf = (outcomes: readonly StepOutcome[]): StepReport => {
  const done = outcomes.flatMap((one) => (one._tag === "Done" ? [one] : []));
  const losses = done.flatMap(({ losses: own }) => own); // of all micro-batches, in their order
  return {
    loss: losses.reduce((a, b) => a + b, 0) / losses.length,
    norm: done[0]?.norm ?? 0,
    times: done.map(({ times }) => times),
  };
};
