// A study as a command: each table's jobs are taken from what is known or carried out, and its page is written.
// Exit codes: 0 done, 1 a run failed, 2 wrong options or device, 130 interrupted.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as E from "fp-ts/lib/Either.js";
import { deviceInfo, openDevice, printDevice, printProblem, TensorError } from "../../src/index.ts";
import { type Interruption, listenForInterrupt } from "../../src/nn/index.ts";
import { commandOf, type Options, parseOptions, unusualSeeds, usageOf } from "./options.ts";
import { writePage } from "./pages.ts";
import { type Progress, progressOn } from "./progress.ts";
import { openStore, type Store } from "./store.ts";
import {
  type AnyJob,
  type Failure,
  type Finished,
  folderOf,
  type Runner,
  type Study,
  type Table,
} from "./study.ts";

/** A study under way. */
interface Session<Job extends AnyJob, Result extends Job & Finished> {
  readonly study: Study<Job, Result>;
  readonly options: Options;
  readonly runner: Runner<Job, Result>;
  readonly store: Store<Result>;
  readonly progress: Progress;
  readonly interruption: Interruption;
}

/** What a result is found by: the name of its job and its sizes. */
export const keyOf = (name: string, sizes: unknown): string => `${name} ${JSON.stringify(sizes)}`;

const knownOf = <Job extends AnyJob, Result extends Job & Finished>(
  { study, options, store }: Session<Job, Result>,
  job: Job,
): Result | undefined => store.find(keyOf(study.nameOf(job), study.sizesFor(job, options.extent)));

/** The result of a job, known or new. */
const resultOf = async <Job extends AnyJob, Result extends Job & Finished>(
  session: Session<Job, Result>,
  job: Job,
): Promise<E.Either<Failure, Result>> => {
  const { study, options, runner, store, progress } = session;
  const name = study.nameOf(job);
  const sizes = study.sizesFor(job, options.extent);
  const known = knownOf(session, job);
  if (known !== undefined) {
    progress.ended(`${name}: known`);
    return E.right(known);
  }
  const ran = await runner.carryOut(job, {
    sizes,
    device: options.device,
    folder: join(options.out, "checkpoints", folderOf(name, sizes)),
    onProgress: progress.now,
  })();
  if (E.isLeft(ran)) return ran;
  store.add(ran.right);
  await nextTurn(); // signals are only heard between turns of the event loop
  progress.ended(`${name}: ${ran.right.seconds.toFixed(1)} s`);
  // Another process may have ended the same job before.
  return E.right(knownOf(session, job) ?? ran.right);
};

/** Results of jobs, in their order, without those that are left to other processes; the first failure ends it. */
const resultsOf = async <Job extends AnyJob, Result extends Job & Finished>(
  session: Session<Job, Result>,
  jobs: readonly Job[],
): Promise<E.Either<Failure, readonly Result[]>> => {
  const { options, study, progress } = session;
  const { rest, of } = options.share ?? { rest: 0, of: 1 };
  const results: Result[] = [];
  for (const [i, job] of jobs.entries()) {
    if (i % of !== rest) {
      progress.ended(`${study.nameOf(job)}: left to others`);
      continue;
    }
    if (session.interruption.isAsked()) return E.left("interrupted");
    const result = await resultOf(session, job);
    if (E.isLeft(result)) return result;
    results.push(result.right);
  }
  return E.right(results);
};

/** Runs the tables, but for those whose jobs are neither all known nor can be carried out here. */
const runTables = async <Job extends AnyJob, Result extends Job & Finished>(
  session: Session<Job, Result>,
  all: readonly (readonly [name: string, table: Table<Job, Result>, jobs: readonly Job[]])[],
): Promise<number> => {
  const { study, options, runner, progress } = session;
  const skipped: string[] = [];
  for (const [name, table, jobs] of all) {
    const first = jobs.find((job) => knownOf(session, job) === undefined);
    const need = first === undefined ? E.right(undefined) : await runner.need(first)();
    if (E.isLeft(need)) {
      for (const job of jobs) progress.ended(`${study.nameOf(job)}: skipped`);
      skipped.push(`${name} (${need.left})`);
      continue;
    }
    const results = await resultsOf(session, jobs);
    if (E.isLeft(results)) return refuse(results.left);
    if (options.share !== undefined) continue; // the others may not have ended
    const page = {
      name,
      table,
      command: commandOf(study, name, options),
      seeds: unusualSeeds(study, options),
      judgedOn: study.judgedOn ?? "Test part",
      sizesText: study.sizesText,
    };
    await writePage(page, results.right, options.out);
  }
  const seconds = (performance.now() / 1000).toFixed(0);
  const left = skipped.length === 0 ? "" : `; skipped: ${skipped.join("; ")}`;
  const what = options.share === undefined ? "tables" : "tables, as far as they are ours,";
  console.log(`${all.length - skipped.length} ${what} in ${options.out}, ${seconds} s${left}`);
  return 0;
};

const refuse = (failure: Failure): number => {
  const isInterrupted = failure === "interrupted";
  const text = isInterrupted ? "interrupted; the same command goes on from here" : failure.reason;
  process.stderr.write(`\n${text}\n`);
  return isInterrupted ? 130 : 1;
};

/** Runs what is asked for; Ctrl-C ends it, with a checkpoint where training is in hand. */
const carryThrough = async <Job extends AnyJob, Result extends Job & Finished>(
  study: Study<Job, Result>,
  options: Options,
): Promise<number> => {
  const interruption = listenForInterrupt();
  try {
    mkdirSync(options.out, { recursive: true });
    const store = openStore<Result>({
      path: join(options.out, "results.jsonl"),
      ...(study.known === undefined ? {} : { known: study.known }),
      keyOf: (result) => keyOf(study.nameOf(result), result.sizes),
    });
    const seeds = Array.from({ length: options.seeds }, (_, seed) => seed);
    const all = options.tables.map((name) => {
      const table = study.tables[name] as Table<Job, Result>; // names are checked
      return [name, table, table.jobs(seeds)] as const;
    });
    const progress = progressOn(process.stderr, all.flatMap(([, , jobs]) => jobs).length);
    const runner = study.runner(options);
    return await runTables({ study, options, runner, store, progress, interruption }, all);
  } finally {
    interruption.stop();
  }
};

const complain = (message: string): number => {
  process.stderr.write(`${message}\n`);
  return 2;
};

/** The exit code of a study that is run with words of the command line. */
export const runStudy = async <Job extends AnyJob, Result extends Job & Finished>(
  study: Study<Job, Result>,
  words: readonly string[],
): Promise<number> => {
  const options = parseOptions(study, words);
  if (E.isLeft(options))
    return complain(`${study.name}: ${options.left}\nhint: --help lists the options`);
  if (options.right === "help") {
    console.log(usageOf(study));
    return 0;
  }
  const { device = deviceInfo().device, software } = options.right;
  const opened = await openDevice(device, { allowSoftware: software })();
  if (E.isLeft(opened)) return complain(printProblem(opened.left));
  process.stderr.write(`device ${printDevice(opened.right)}\n`);
  try {
    return await carryThrough(study, options.right);
  } catch (error) {
    // Anything else is a bug and keeps its stack.
    if (error instanceof TensorError) return complain(printProblem(error.problem));
    throw error;
  }
};
