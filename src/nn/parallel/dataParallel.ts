// Data parallel training over worker threads. Each worker computes the gradients of some of a batch's parts; gradients are added
// up by shards (reduce-scatter), each worker does the optimiser's step on its shard and keeps the optimiser's state for no more than that
// (ZeRO, stage 1), and all of them read the new parameters from memory that they share (all-gather).
//
// Rajbhandari, Rasley, Ruwase & He, "ZeRO: memory optimizations toward training trillion parameter models", SC 2020.

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type StartThread, startThread } from "../threads/host.ts";
import { checkedOptions, type ParallelOptions } from "./options.ts";
import type { ParallelProblem } from "./problem.ts";
import { openTeam } from "./team.ts";
import { type Breakable, type Trainer, trainerOf } from "./trainer.ts";

/**
 * A trainer of a task over worker threads. Every thread makes the task for itself, and computes on one thread of its own. Losses, parameters
 * and state have the same bits for any number of workers. Threads that do nothing keep no process from ending; `stop` ends them at once.
 *
 * Fails with InvalidOption; with MissingModule, MissingExport and InvalidTask where there is no such task; with Inseparable for an optimiser
 * that mixes leaves, which is found out from the graph of its update; with LostWorker where a thread does not start. `start` starts
 * threads as the host does; it is given by tests.
 *
 * A step of two workers, on a task that a module `tokens.ts` beside this one makes (`ParallelTask` says of what):
 *
 *     const task = { module: new URL("./tokens.ts", import.meta.url).href, name: "tokens", options: { width: 128 } };
 *     const opened = await dataParallel<Params>({ task, workers: 2, microBatches: 4, clip: 1 })();
 *     if (opened._tag === "Left") throw new Error(printParallelProblem(opened.left));
 *     const { loss } = await opened.right.step([0, 1, 2, 3, 4, 5, 6, 7]);
 *
 * @example
 * const task = { module: "file:///no/such/module.js", name: "tokens" };
 * const opened = await dataParallel({ task, workers: 1, microBatches: 4 })();
 * opened._tag === "Left" && opened.left._tag // MissingModule
 */
export const dataParallel = <P = unknown>(
  options: ParallelOptions,
  start: StartThread | undefined = startThread,
): TE.TaskEither<ParallelProblem, Trainer<P>> => {
  let trainer: Breakable<P> | undefined;
  return pipe(
    TE.fromEither(checkedOptions(options, start !== undefined)),
    TE.chain(() => openTeam(start as StartThread, options, (problem) => trainer?.ruin(problem))), // checked above
    TE.map((team) => {
      trainer = trainerOf<P>(team, options);
      return trainer.trainer;
    }),
  );
};
