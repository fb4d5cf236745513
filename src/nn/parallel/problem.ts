// What can be wrong with training over threads, as a value, as an error, and how it is printed.

import { printProblem } from "../../core/errors.ts";

/** What can be wrong with training over threads. */
export type ParallelProblemTag =
  | "InvalidOption"
  | "MissingModule"
  | "MissingExport"
  | "InvalidTask"
  /** An optimiser that is no sum of its parts. */
  | "Inseparable"
  | "StepFailed"
  | "NonFinite"
  | "StateMismatch"
  | "LostWorker"
  | "Stopped";

/** What is wrong: who noticed (`op`), the rule, and what arrived instead; where it happened in a step, if it did there. */
export interface ParallelProblem {
  readonly _tag: ParallelProblemTag;
  readonly op: string;
  readonly rule: string;
  readonly got: string;
  readonly hint?: string;
  /** The worker, from 0. */
  readonly worker?: number;
  /** The micro-batch, from 0, of those of the whole batch. */
  readonly microBatch?: number;
}

/** A problem in its parts. */
export const parallelProblem = (
  _tag: ParallelProblemTag,
  rule: string,
  got: string,
  more: Pick<ParallelProblem, "hint" | "worker" | "microBatch"> = {},
): ParallelProblem => ({ _tag, op: "dataParallel", rule, got, ...more });

/**
 * A problem in one line, and a second one with the usual cause where it is known.
 *
 * @example
 * printParallelProblem(parallelProblem("StepFailed", "a loss that can be computed expected", "take: …", { worker: 1, microBatch: 3 }))
 * // dataParallel, worker 1, micro-batch 3: a loss that can be computed expected, got take: …
 */
export const printParallelProblem = ({
  op,
  worker,
  microBatch,
  ...rest
}: ParallelProblem): string =>
  printProblem({
    ...rest,
    op: [
      op,
      ...(worker === undefined ? [] : [`worker ${worker}`]),
      ...(microBatch === undefined ? [] : [`micro-batch ${microBatch}`]),
    ].join(", "),
  });

/** What a trainer's promises are rejected with. */
export class ParallelError extends Error {
  override readonly name = "ParallelError";
  readonly problem: ParallelProblem;

  constructor(problem: ParallelProblem) {
    super(printParallelProblem(problem));
    this.problem = problem;
  }
}
