// What is trained, as every worker makes it for itself: a module exports a function of plain data that gives parameters, loss,
// optimiser and data.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Tensor } from "../../core/tensor.ts";
import type { Optimizer } from "../optim/transform.ts";
import { messageOf } from "../threads/calls.ts";
import type { Dataset } from "../train/dataset.ts";
import { type ParallelProblem, parallelProblem } from "./problem.ts";

/**
 * What is trained. P are its parameters, B is a batch: trees of tensors. A step knows nothing of the one before but parameters and the
 * optimiser's state: running statistics, as batch normalisation has, and dynamic loss scales have no place here.
 */
export interface ParallelTask<P = unknown, B = unknown> {
  /** The parameters to begin with, f32 or f64. Only one worker calls it. */
  init(): P;
  /**
   * The mean loss of a micro-batch, []. Pure: what it draws, it draws from the key, which is one of its own for every step and micro-batch,
   * whoever computes it.
   */
  loss(params: P, batch: B, key: Tensor): Tensor;
  /** One that treats each leaf by itself: adamW, sgd, lion, lamb, …, in chains, with masks and in partitions. Large leaves come in parts where it
   * treats elements alike: whole rows, so that masks and labels may go by path and number of axes, but not by size. */
  readonly optimizer: Optimizer;
  readonly data: Dataset<B>;
}

/** Where a task comes from. */
export interface TaskModule {
  /** The URL of a module, as `new URL("./task.ts", import.meta.url).href`, or the name of a package. */
  readonly module: string;
  /** What the function is called that makes the task of `options`. It may be async. */
  readonly name: string;
  /** Plain data. */
  readonly options?: unknown;
}

/** A module's exports. Fails with MissingModule where there is none, and with InvalidTask where it throws. */
const imported = (module: string): TE.TaskEither<ParallelProblem, Record<string, unknown>> =>
  TE.tryCatch(
    () => import(module),
    (error) => {
      const code = (error as { code?: unknown } | null)?.code;
      return code === "ERR_MODULE_NOT_FOUND" || code === "ERR_UNSUPPORTED_DIR_IMPORT"
        ? parallelProblem("MissingModule", "a module with a task expected", messageOf(error))
        : parallelProblem(
            "InvalidTask",
            `a module that can be imported expected`,
            messageOf(error),
          );
    },
  );

const isFunction = (value: unknown): boolean => typeof value === "function";

/** What is missing of a task, if anything is. */
const flawOf = (made: unknown): string | undefined => {
  if (typeof made !== "object" || made === null) return typeof made;
  const { init, loss, optimizer, data } = made as Partial<ParallelTask>; // each is looked at
  if (!isFunction(init)) return "one without init";
  if (!isFunction(loss)) return "one without loss";
  if (!isFunction(optimizer?.init) || !isFunction(optimizer?.update))
    return "one without optimizer";
  if (!isFunction(data?.batch) || typeof data?.length !== "number") return "one without data";
  return undefined;
};

/** The task that a module makes. Fails with MissingModule, MissingExport and InvalidTask. */
export const loadTask = ({
  module,
  name,
  options,
}: TaskModule): TE.TaskEither<ParallelProblem, ParallelTask> =>
  pipe(
    imported(module),
    TE.chainEitherK((exported) => {
      const make = exported[name];
      return typeof make === "function"
        ? E.right(make as (options: unknown) => unknown)
        : E.left(
            parallelProblem(
              "MissingExport",
              `a function "${name}" expected in ${module}`,
              Object.keys(exported).join(", ") || "no exports",
            ),
          );
    }),
    TE.chain((make) =>
      TE.tryCatch(
        async () => make(options),
        (error) => parallelProblem("InvalidTask", `a task from ${name} expected`, messageOf(error)),
      ),
    ),
    TE.chainEitherK((made) => {
      const flaw = flawOf(made);
      return flaw === undefined
        ? E.right(made as ParallelTask) // its parts were looked at
        : E.left(
            parallelProblem(
              "InvalidTask",
              "a task with init, loss, optimizer and data expected",
              flaw,
            ),
          );
    }),
  );
