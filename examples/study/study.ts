// What a study is: tables, the jobs that they need, and how a job becomes a result. Everything else in this folder is
// the same for all studies: options, the loop over jobs, results on the disk, pages, statistics over seeds.

import { createHash } from "node:crypto";
import type * as TE from "fp-ts/lib/TaskEither.js";
import type { Picture } from "../../tools/plot/index.ts";
import type { Description, Extent, Options } from "./options.ts";

/** What every job says; a study adds its data set and whatever else makes a job another one. */
export interface AnyJob {
  /** Who is judged: a model, or a baseline. */
  readonly contender: string;
  /** Null for a baseline, which has none. */
  readonly seed: number | null;
}

/** What every result says besides its job; a study adds its scores. */
export interface Finished {
  /** How much was trained. */
  readonly sizes: unknown;
  /** Of fitting and judging; only those since it was taken up where it was broken off. */
  readonly seconds: number;
  /** Whether training went on from a checkpoint; absent where it did not. */
  readonly isResumed?: true;
  readonly parameters: number;
  /** From 1; 0 for baselines. */
  readonly bestEpoch: number;
  readonly epochs: number;
  /** "none" for baselines. */
  readonly device: string;
}

/** What a table says. */
export interface Report {
  readonly markdown: string;
  readonly pictures: Readonly<Record<string, Picture>>;
}

/** One table of a study: the jobs that it needs, and what it says of their results. */
export interface Table<Job, Result> {
  readonly title: string;
  /** What one of them needs, such as a data set, all need. */
  readonly jobs: (seeds: readonly number[]) => readonly Job[];
  /** The results come in the order of the jobs. */
  readonly report: (results: readonly Result[]) => Report | Promise<Report>;
}

/** How a job is carried out. */
export interface Run<Sizes> {
  readonly sizes: Sizes;
  /** The default device where it is undefined. */
  readonly device: string | undefined;
  /** Where checkpoints go: a folder for this job and its sizes alone. */
  readonly folder: string;
  /** Shows where the job stands. */
  readonly onProgress: (text: string) => void;
}

/** Why a job gave nothing: somebody pressed Ctrl-C, or what went wrong. */
export type Failure = "interrupted" | { readonly reason: string };

/** What carries out jobs, with the data sets that it has read. */
export interface Runner<Job, Result extends Finished> {
  /** Whether a job can be carried out here. A Left is the reason why not, such as data that is absent. */
  readonly need: (job: Job) => TE.TaskEither<string, unknown>;
  /** Carries out a job, from the newest checkpoint in its folder if there is one. */
  readonly carryOut: (job: Job, run: Run<Result["sizes"]>) => TE.TaskEither<Failure, Result>;
}

/** A study. `runStudy` makes a command of it. */
export interface Study<Job extends AnyJob, Result extends Job & Finished> extends Description {
  readonly tables: Readonly<Record<string, Table<Job, Result>>>;
  /**
   * The name of a job, another one for every job. With the sizes it is all that a result is found by: whoever changes what a name stands
   * for, such as the network of a contender, gives it another name, or removes its results from `known` and from the folder of results.
   */
  readonly nameOf: (job: Job) => string;
  /** How much to train; a result is taken for a job where both name and sizes are equal. */
  readonly sizesFor: (job: Job, extent: Extent) => Result["sizes"];
  /** What results are judged on, as pages open with it; "Test part" when absent. */
  readonly judgedOn?: string;
  /** Sizes in words, without a full stop, for the page of a table; a page without it does not tell what was trained. */
  readonly sizesText?: (sizes: Result["sizes"]) => string;
  /**
   * Files of results, committed perhaps, that are read and never written; those that are not there hold none. A result here stands for the
   * code of when it was made, see `nameOf`.
   */
  readonly known?: readonly string[];
  readonly runner: (options: Options) => Runner<Job, Result>;
}

/**
 * The name of the folder of a job's checkpoints. It ends with a digest of the sizes, since `fit` refuses a folder
 * with checkpoints of other sizes, as a `--smoke` before the full study would leave them.
 */
export const folderOf = (name: string, sizes: unknown): string => {
  const digest = createHash("sha256").update(JSON.stringify(sizes)).digest("hex").slice(0, 8);
  return `${name.replaceAll(/[^\w.]+/g, "-")}-${digest}`;
};
