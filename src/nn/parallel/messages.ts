// What the threads of a trainer say to each other. All of it is plain data; what is large lies in shared memory.

import type { Place } from "../train/dataset.ts";
import type { LeafKind, PlainLeaf } from "./gather.ts";
import type { LeafPlace, Span } from "./layout.ts";
import type { ParallelProblem } from "./problem.ts";
import type { FloatDtype, SharedMemory } from "./shared.ts";
import type { Addition, Range } from "./sums.ts";
import type { TaskModule } from "./task.ts";

/** What a worker is told when it starts. */
export interface WorkerOptions {
  readonly task: TaskModule;
  /** Its number, from 0. */
  readonly worker: number;
}

/** What the first worker says of the task. */
export interface Description {
  /** The parameters with their numbers, from 0, in place of leaves. */
  readonly skeleton: unknown;
  readonly dtype: FloatDtype;
  readonly places: readonly LeafPlace[];
  /** The parameters to begin with, as one vector. */
  readonly values: Float32Array | Float64Array;
  /** The optimiser's state for all parameters, and its leaves. */
  readonly stateSkeleton: unknown;
  readonly stateKinds: readonly LeafKind[];
}

/** Everything that a worker has to know before the first step. */
export interface Assignment extends Pick<Description, "skeleton" | "dtype" | "places"> {
  readonly workers: number;
  readonly microBatches: number;
  /** The limit of the gradient's norm; Infinity for none. */
  readonly clip: number;
  /** What keys are drawn from. */
  readonly seed: number;
  readonly memory: SharedMemory;
  readonly blocks: readonly Span[];
  readonly shard: Span;
  readonly additions: readonly Addition[];
  /** What the worker adds up by itself, and the slots for it. */
  readonly nodes: readonly { readonly node: Range; readonly slot: number }[];
}

/** One step. */
export interface StepOrder {
  /** How many steps there were before. */
  readonly step: number;
  /** The examples of every micro-batch. */
  readonly indices: readonly (readonly number[])[];
  readonly at: Place | undefined;
}

/** Milliseconds of a worker in a step. */
export interface StepTimes {
  /** Losses and gradients, and sums of those within its share. */
  readonly gradientsMs: number;
  /** Adding up its shard of what others have summed, and its norm. */
  readonly reduceMs: number;
  /** The optimiser's step on its shard. */
  readonly updateMs: number;
  /** At barriers. */
  readonly waitingMs: number;
}

/** How a step ended for a worker. */
export type StepOutcome =
  | {
      readonly _tag: "Done";
      /** Of its micro-batches, in their order. */
      readonly losses: readonly number[];
      /** The norm of the mean gradient before clipping. */
      readonly norm: number;
      readonly times: StepTimes;
    }
  /** `isFatal`: parameters may be half updated. */
  | { readonly _tag: "Failed"; readonly problem: ParallelProblem; readonly isFatal: boolean }
  /** Another worker failed. */
  | { readonly _tag: "Abandoned" };

/** Bytes of a worker. */
export interface WorkerMemory {
  /** Its copy of all parameters, while it computes gradients. */
  readonly parameters: number;
  /** The sums of gradients that it shares. */
  readonly gradients: number;
  /** The optimiser's state for its shard. */
  readonly optimizer: number;
  /** What its device holds now, by its own count: programs, constants and the optimiser's state; not what a running program needs. */
  readonly device: number;
}

/** What a worker does for the main thread, by the names of calls. */
export interface WorkerVerbs {
  readonly describe: () => Promise<Description | ParallelProblem>;
  /** The leaves of the optimiser's state for the shard. */
  readonly begin: (assignment: Assignment) => readonly LeafKind[];
  readonly step: (order: StepOrder) => Promise<StepOutcome>;
  readonly state: () => readonly PlainLeaf[];
  readonly restore: (leaves: readonly PlainLeaf[]) => void;
  readonly memory: () => WorkerMemory;
}
