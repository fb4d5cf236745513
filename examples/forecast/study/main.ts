// The study of the forecaster: every comparison that a careful reader expects, a table each.
//
//   npm run study -- baselines    one table
//   npm run study                 all of them
//   npm run study -- --help
//
// Exit codes: 0 done, 1 a run failed, 2 wrong options or device, 130 interrupted.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as E from "fp-ts/lib/Either.js";
import {
  deviceInfo,
  openDevice,
  printDevice,
  printProblem,
  TensorError,
} from "../../../src/index.ts";
import { type Interruption, listenForInterrupt } from "../../../src/nn/index.ts";
import { type Case, type DataName, loadCase } from "./cases.ts";
import { carryOut, type Failure, type Job, nameOf, type Result, type Run } from "./jobs.ts";
import { page } from "./markdown.ts";
import { type Options, parseOptions, sizesFor, usage } from "./options.ts";
import { openStore, type Store } from "./store.ts";
import { type TableName, tables } from "./tables.ts";

/** Cases are read once; so is the reason why one cannot be had. */
const caseLoader = ({ data, extent }: Options): Run["loadCase"] => {
  const known = new Map<string, Promise<E.Either<string, Case>>>();
  return (name, window) => () => {
    const key = `${name} ${window}`;
    const found =
      known.get(key) ??
      loadCase(name, {
        folder: data,
        window,
        simulatedMinutes: sizesFor(name, extent).simulatedMinutes,
      })();
    known.set(key, found);
    return found;
  };
};

/** Where the study stands: a line that is written over on a terminal, and a line for each run that ended. */
const progressOn = (output: NodeJS.WriteStream, jobs: number) => {
  let done = 0;
  const clear = output.isTTY ? "\r\x1b[K" : "";
  return {
    now: (text: string): void => {
      if (output.isTTY)
        output.write(`${clear}[${done}/${jobs}] ${text}`.slice(0, output.columns + 4));
    },
    ended: (text: string): void => {
      done++;
      output.write(`${clear}[${done}/${jobs}] ${text}\n`);
    },
  };
};

/** Results of jobs, from the store or from running them; the first failure ends it. */
const resultsOf = async (
  jobs: readonly Job[],
  store: Store,
  options: Options,
  progress: ReturnType<typeof progressOn>,
  load: Run["loadCase"],
  interruption: Interruption,
): Promise<E.Either<Failure, readonly Result[]>> => {
  const results: Result[] = [];
  for (const job of jobs) {
    if (interruption.isAsked()) return E.left("interrupted");
    const sizes = sizesFor(job.data, options.extent);
    const known = store.find(job, sizes);
    if (known !== undefined) {
      results.push(known);
      progress.ended(`${nameOf(job)}: known`);
      continue;
    }
    const ran = await carryOut(job, {
      loadCase: load,
      sizes,
      device: options.device,
      folder: join(options.out, "checkpoints"),
      onProgress: progress.now,
    })();
    if (E.isLeft(ran)) return ran;
    store.add(ran.right);
    results.push(ran.right);
    await nextTurn(); // signals are only heard between turns of the event loop
    progress.ended(`${nameOf(job)}: ${ran.right.seconds.toFixed(1)} s`);
  }
  return E.right(results);
};

/** Writes a table's page and pictures, and the results that they are made of. */
const write = async (name: TableName, results: readonly Result[], out: string): Promise<void> => {
  const { title, report } = tables[name];
  const { markdown, pictures } = report(results);
  const files = Object.entries(pictures).map(
    ([picture, image]) => [`${name}-${picture}.png`, image] as const,
  );
  for (const [file, image] of files) await image.save(join(out, file));
  const command = `npm run study -- ${name}`;
  const device = [...new Set(results.map((it) => it.device))].filter((it) => it !== "none");
  writeFileSync(
    join(out, `${name}.md`),
    page(
      `# ${title}`,
      `\`${command}\`. Test part; means ± deviations over seeds. Trained on: ${device.join("; ") || "nothing"}.`,
      markdown.trimEnd(),
      ...files.map(([file]) => `![${title}](${file})`),
    ),
  );
  writeFileSync(join(out, `${name}.json`), `${JSON.stringify(results, null, 1)}\n`);
  console.log(`\n# ${title}\n\n${markdown}`);
};

/** The reason why a data set cannot be had, if it cannot. */
const missing = async (
  data: DataName,
  window: number,
  load: Run["loadCase"],
): Promise<string | undefined> => {
  const found = await load(data, window)();
  return E.isLeft(found) ? found.left : undefined;
};

/** Runs the tables; Ctrl-C ends it, with a checkpoint where training is in hand. */
const study = async (options: Options): Promise<number> => {
  const interruption = listenForInterrupt();
  try {
    return await runTables(options, interruption);
  } finally {
    interruption.stop();
  }
};

const runTables = async (options: Options, interruption: Interruption): Promise<number> => {
  mkdirSync(options.out, { recursive: true });
  const store = openStore(join(options.out, "results.jsonl"));
  const load = caseLoader(options);
  const seeds = Array.from({ length: options.seeds }, (_, seed) => seed);
  const all = options.tables.map((name) => [name, tables[name].jobs(seeds)] as const);
  const progress = progressOn(process.stderr, all.flatMap(([, jobs]) => jobs).length);
  const skipped: string[] = [];
  for (const [name, jobs] of all) {
    const [first] = jobs as readonly [Job, ...Job[]]; // a table has runs
    const reason = await missing(first.data, first.window, load);
    if (reason !== undefined) {
      for (const job of jobs) progress.ended(`${nameOf(job)}: skipped`);
      skipped.push(`${name} (${reason})`);
      continue;
    }
    const results = await resultsOf(jobs, store, options, progress, load, interruption);
    if (E.isLeft(results)) return refuse(results.left);
    await write(name, results.right, options.out);
  }
  const seconds = (performance.now() / 1000).toFixed(0);
  const left = skipped.length === 0 ? "" : `; skipped: ${skipped.join("; ")}`;
  console.log(`${all.length - skipped.length} tables in ${options.out}, ${seconds} s${left}`);
  return 0;
};

const refuse = (failure: Failure): number => {
  const isInterrupted = failure === "interrupted";
  const text = isInterrupted ? "interrupted; the same command goes on from here" : failure.reason;
  process.stderr.write(`\n${text}\n`);
  return isInterrupted ? 130 : 1;
};

const complain = (message: string): number => {
  process.stderr.write(`${message}\n`);
  return 2;
};

const main = async (words: readonly string[]): Promise<number> => {
  const options = parseOptions(words);
  if (E.isLeft(options)) return complain(`study: ${options.left}\nhint: --help lists the options`);
  if (options.right === "help") {
    console.log(usage);
    return 0;
  }
  const { device = deviceInfo().device, software } = options.right;
  const opened = await openDevice(device, { allowSoftware: software })();
  if (E.isLeft(opened)) return complain(printProblem(opened.left));
  process.stderr.write(`device ${printDevice(opened.right)}\n`);
  try {
    return await study(options.right);
  } catch (error) {
    // Anything else is a bug and keeps its stack.
    if (error instanceof TensorError) return complain(printProblem(error.problem));
    throw error;
  }
};

process.exitCode = await main(process.argv.slice(2));
