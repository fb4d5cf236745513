// How training over threads is told what to do, and what is wrong with it.

import * as E from "fp-ts/lib/Either.js";
import { type ParallelProblem, parallelProblem } from "./problem.ts";
import type { TaskModule } from "./task.ts";

/** How a task is trained over threads. */
export interface ParallelOptions {
  readonly task: TaskModule;
  /** Threads that compute, in 1…64. The result does not depend on it. */
  readonly workers: number;
  /**
   * Into how many parts of the same size a batch is cut, in 1…4096. Each has its gradients computed by itself and they are added up in
   * a fixed order, so that the result depends on their number, by rounding. No more workers than that compute gradients.
   */
  readonly microBatches: number;
  /** The greatest norm of the gradient, over all parameters; longer ones are scaled down to it. Default: no limit. */
  readonly clip?: number;
  /** What the keys of losses are drawn from, a whole number from 0; default 0. */
  readonly seed?: number;
  /** The device of the workers, as PULLBACK_DEVICE names it; default "cpu". Each has one to itself, with one thread. */
  readonly device?: string;
}

const isWholeIn = (n: number, least: number, most: number): boolean =>
  Number.isSafeInteger(n) && n >= least && n <= most;

/** The options, if they are right. `hasThreads` says whether the host has any. */
export const checkedOptions = (
  options: ParallelOptions,
  hasThreads: boolean,
): E.Either<ParallelProblem, ParallelOptions> => {
  const { task, workers, microBatches, clip = Number.POSITIVE_INFINITY, seed = 0 } = options;
  const wrong = (rule: string, got: unknown, hint?: string): E.Either<ParallelProblem, never> =>
    E.left(parallelProblem("InvalidOption", rule, String(got), hint === undefined ? {} : { hint }));
  if (!isWholeIn(workers, 1, 64)) return wrong("workers in 1…64 expected", workers);
  if (!isWholeIn(microBatches, 1, 4096))
    return wrong("microBatches in 1…4096 expected", microBatches);
  if (!(clip > 0)) return wrong("clip above 0 expected", clip);
  if (!isWholeIn(seed, 0, Number.MAX_SAFE_INTEGER)) return wrong("a whole seed ≥ 0 expected", seed);
  if (task.module.startsWith("."))
    return wrong(
      "task.module as a URL expected",
      task.module,
      'new URL("./task.ts", import.meta.url).href is one',
    );
  return hasThreads ? E.right(options) : wrong("a host with threads expected", "a browser");
};

/** The examples of a batch in the parts of a step, or what is wrong with them. */
export const partsOfBatch = (
  indices: readonly number[],
  microBatches: number,
  length: number,
): E.Either<ParallelProblem, readonly (readonly number[])[]> => {
  const wrong = (rule: string, got: string): E.Either<ParallelProblem, never> =>
    E.left(parallelProblem("InvalidOption", rule, got));
  const size = indices.length / microBatches;
  if (!Number.isInteger(size) || size === 0)
    return wrong(
      `a batch that ${microBatches} micro-batches divide expected`,
      `${indices.length} examples`,
    );
  const stray = indices.find((index) => !isWholeIn(index, 0, length - 1));
  if (stray !== undefined) return wrong(`examples in 0…${length - 1} expected`, String(stray));
  return E.right(
    Array.from({ length: microBatches }, (_, i) => indices.slice(i * size, (i + 1) * size)),
  );
};
