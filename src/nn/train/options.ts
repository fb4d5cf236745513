// What `fit` is told, what it answers, and what can be wrong.

import * as E from "fp-ts/lib/Either.js";
import { printProblem } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { type FileProblem, printFileProblem } from "../checkpoint/problem.ts";
import type { Dataset } from "./dataset.ts";
import { batchesPerEpoch, type Dealing } from "./dealing.ts";
import type { Display, Progress } from "./display.ts";
import type { Logger, Scores } from "./logger.ts";
import type { Best, Evaluation, Monitor, Settings } from "./runState.ts";

/** How often something is done: after so many steps, so many epochs, or whichever of them is due. */
export interface Every {
  readonly steps?: number;
  readonly epochs?: number;
}

/** What a step makes of a state and a batch. */
export interface StepResult<S> {
  readonly state: S;
  /** Scalars by name. `loss` is shown, and held to be finite. */
  readonly metrics: Readonly<Record<string, Tensor>>;
}

/** Where and when checkpoints are written. */
export interface CheckpointOptions {
  /** A folder for this run alone; made if need be. */
  readonly folder: string;
  /** When to write one, besides at the end, at an interruption and for the best; default: after every epoch. */
  readonly every?: Every & { readonly seconds?: number };
  /** How many of the newest to keep; default 2, so that there is another one should the newest be damaged. */
  readonly keepLast?: number;
  /** How many of the best to keep, where a score is watched; default 1. */
  readonly keepBest?: number;
}

/** What `fit` is told. S is a tree of tensors: parameters, optimiser state, running statistics, a random key, a loss scale … */
export interface FitOptions<S, B> {
  /** The state to begin with. It stays as it is. */
  readonly state: S;
  /**
   * One step: a pure function, compiled by `fit`. `isReal`, bool [batch], tells examples from what fills the last batch of an epoch up.
   */
  readonly step: (state: S, batch: B, isReal: Tensor) => StepResult<S>;
  readonly data: Dataset<B>;
  /** Examples in a batch. */
  readonly batchSize: number;
  readonly epochs: number;
  /** What shuffles are drawn from, or false for the order of the data; default 0. */
  readonly shuffle?: number | false;
  /** What becomes of a last batch that is not full; default "drop". */
  readonly last?: "drop" | "pad";
  /** How many batches are made ahead; default 1. */
  readonly ahead?: number;
  /** The device to run on; the default one if absent. */
  readonly device?: string;
  /**
   * Measures a state, which it must not keep: the next step takes it over. Compile it for the run's device; to compute elsewhere, await
   * `ready(state)` first.
   */
  readonly evaluate?: (
    state: S,
    at: { readonly step: number; readonly epoch: number },
  ) => Promise<Scores>;
  /** When to evaluate; default: after every epoch. */
  readonly evaluateEvery?: Every;
  /** The score of evaluations that says which state is best, and when to stop early. */
  readonly monitor?: Monitor;
  readonly checkpoints?: CheckpointOptions;
  /** Whether to go on from the newest checkpoint, where there is one; default false. */
  readonly resume?: boolean;
  /**
   * Whatever else decides what the run computes, as plain data: sizes, learning rates, the data's name. A checkpoint of another
   * configuration is refused.
   */
  readonly config?: unknown;
  readonly loggers?: readonly Logger[];
  /** Where progress is shown: on the terminal ("auto", the default), nowhere, or on a display of your own. */
  readonly progress?: "auto" | "silent" | Display;
  /**
   * Makes of the state after a step the one that the next begins with, such as one with other masks; called after every step, before it is measured and
   * saved, and waited for. Tensors keep their shapes, so that the step is not compiled anew, and belong to the run from then on. Returns the
   * state itself where nothing is to change. Values can be read once `ready` has been awaited for them.
   */
  readonly between?: (
    state: S,
    at: { readonly step: number; readonly epoch: number },
  ) => S | Promise<S>;
  /** Called after every step, and waited for. */
  readonly onStep?: (progress: Progress) => void | Promise<void>;
  /** After how many steps metrics are read, which waits for the device; default 1. */
  readonly readEvery?: number;
  /** What to do about a loss that is not finite; default "stop", with an error. */
  readonly nonFinite?: "stop" | "continue";
  /** Whether Ctrl-C ends training after the step; default true. */
  readonly signals?: boolean;
}

/** How a run ended: all epochs were done, the watched score did not improve any more, or somebody pressed Ctrl-C. */
export type Outcome = "finished" | "stopped" | "interrupted";

/** A run that ended. */
export interface Fitted<S> {
  readonly outcome: Outcome;
  /** Why it stopped early, where it did. */
  readonly reason?: "patience" | "not finite";
  /** The state after the last step. */
  readonly state: S;
  /** Steps done, those before the run was taken up included. */
  readonly step: number;
  readonly evaluations: readonly Evaluation[];
  /** The best state by the watched score, where one was found. */
  readonly best?: Best & { readonly state: S };
}

/** What kept a run from ending. */
export type FitProblem =
  | FileProblem
  | {
      readonly _tag: "InvalidOption" | "OtherConfiguration" | "FolderInUse" | "NonFinite";
      readonly op: string;
      readonly rule: string;
      readonly got: string;
      readonly hint?: string;
    };

/**
 * Prints a problem of `fit`: one line, and a second one with the usual cause where it is known.
 *
 * @example
 * printFitProblem({ _tag: "InvalidOption", op: "fit", rule: "epochs ≥ 0 expected", got: "-1" }) // fit: epochs ≥ 0 expected, got -1
 */
export const printFitProblem = (problem: FitProblem): string =>
  "file" in problem ? printFileProblem(problem) : printProblem(problem);

/** Options of runs of any state and batch, as far as they can be looked at without knowing those. */
export type AnyOptions = Omit<
  FitOptions<unknown, unknown>,
  "state" | "step" | "data" | "evaluate" | "between"
> & { readonly data: { readonly length: number }; readonly evaluate?: unknown };

/** How the options deal the data. */
export const dealingOf = ({
  data,
  batchSize,
  shuffle = 0,
  last = "drop",
}: AnyOptions): Dealing => ({
  length: data.length,
  size: batchSize,
  ...(shuffle === false ? {} : { seed: shuffle }),
  last,
});

/** The options that decide what a run computes. More epochs make a longer run, not another one. */
export const settingsOf = (options: AnyOptions): Settings => {
  const { length, size, seed = null, last } = dealingOf(options);
  const { monitor = null, config = null, evaluateEvery = { epochs: 1 } } = options;
  const keepBest = options.checkpoints?.keepBest ?? 1;
  return {
    examples: length,
    batchSize: size,
    shuffle: seed,
    last,
    evaluateEvery,
    monitor,
    keepBest,
    config,
  };
};

const isCount = (n: number, least: number): boolean => Number.isSafeInteger(n) && n >= least;

/** Holds options to their ranges. */
export const checkOptions = (options: AnyOptions): E.Either<FitProblem, void> => {
  const {
    batchSize,
    epochs,
    shuffle = 0,
    ahead = 1,
    readEvery = 1,
    data,
    monitor,
    evaluate,
    resume,
    checkpoints,
  } = options;
  const { keepLast = 2, keepBest = 1, every = {} } = checkpoints ?? {};
  const periods = [
    every.steps,
    every.epochs,
    options.evaluateEvery?.steps,
    options.evaluateEvery?.epochs,
  ];
  const rules: readonly (readonly [boolean, string, unknown])[] = [
    [isCount(batchSize, 1), "batchSize ≥ 1", batchSize],
    [isCount(epochs, 0), "epochs ≥ 0", epochs],
    [shuffle === false || isCount(shuffle, 0), "a whole shuffle ≥ 0, or false", shuffle],
    [isCount(ahead, 0), "ahead ≥ 0", ahead],
    [isCount(readEvery, 1), "readEvery ≥ 1", readEvery],
    [
      periods.every((n) => n === undefined || isCount(n, 1)),
      "periods ≥ 1",
      periods.find((n) => n !== undefined && !isCount(n, 1)),
    ],
    [every.seconds === undefined || every.seconds >= 0, "seconds ≥ 0", every.seconds],
    [
      isCount(keepLast, 1) && isCount(keepBest, 1),
      "keepLast and keepBest ≥ 1",
      `${keepLast} and ${keepBest}`,
    ],
    [monitor === undefined || evaluate !== undefined, "evaluate, where a score is watched", "none"],
    [resume !== true || checkpoints !== undefined, "checkpoints, where a run is taken up", "none"],
  ];
  const broken = rules.find(([holds]) => !holds);
  if (broken !== undefined) return E.left(invalid(`${broken[1]} expected`, String(broken[2])));
  return batchesPerEpoch(dealingOf(options)) > 0
    ? E.right(undefined)
    : E.left(invalid(`data for a batch of ${batchSize} expected`, `${data.length} examples`));
};

const invalid = (rule: string, got: string): FitProblem => ({
  _tag: "InvalidOption",
  op: "fit",
  rule,
  got,
});
