// Data-parallel training against the number of workers: milliseconds of a step, bytes, and whether the result has the same bits.
//
//   npm run study:language:parallel              1 to 4 workers, beside the ordinary step on all threads of the cpu device
//   npm run study:language:parallel -- --smoke   a small model and few steps, to see that it works
//
// Times want an otherwise idle machine. Writes parallel.md and parallel.json to runs/language-study. Exit codes: 0 done, 1 a trainer failed, 2 unknown
// words, 3 results differ: nothing is written.

import { createHash } from "node:crypto";
import * as E from "fp-ts/lib/Either.js";
import {
  compile,
  deviceInfo,
  leavesOf,
  printDevice,
  ready,
  type Tensor,
  values,
} from "../../../src/index.ts";
import { Language } from "../../../src/models/index.ts";
import {
  chain,
  clipByGlobalNorm,
  dataParallel,
  type Trainer,
  type TrainerMemory,
} from "../../../src/nn/index.ts";
import { writeFiles } from "../../study/files.ts";
import { page, tableText } from "../../study/markdown.ts";
import { measuredBy } from "../../study/smoke.ts";
import { timed } from "../../study/timing.ts";
import { makeTask, optimizerOf, type TaskOptions } from "./parallelTask.ts";
import { sizesFor } from "./sizes.ts";

const out = "runs/language-study";
const microBatches = 4;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** The bits of parameters, in a word. */
const digestOf = (params: Language.Params): string => {
  const hash = createHash("sha256");
  for (const leaf of leavesOf(params) as readonly Tensor[])
    hash.update(Float32Array.from(values(leaf)));
  return hash.digest("hex").slice(0, 12);
};

/** A way to train that goes on step by step. */
interface Way {
  readonly name: string;
  readonly step: (indices: readonly number[]) => Promise<void>;
  readonly trainer?: Trainer<Language.Params>;
}

/** What a way costs, and the bits that its parameters had in the end. */
interface Measured {
  readonly name: string;
  readonly milliseconds: number;
  readonly memory?: TrainerMemory;
  readonly digest: string;
}

/** One program for a step, on all threads of the device. */
const ordinary = async (options: TaskOptions): Promise<Way> => {
  const task = await makeTask(options);
  const optimizer = chain(clipByGlobalNorm(1), optimizerOf(options));
  const step = compile(Language.trainingStep(task, optimizer), { donate: [0] });
  let state = Language.beginTraining(task.init(), optimizer, options.seed);
  return {
    name: "one program on all threads",
    step: async (indices) => {
      const made = step(state, await task.data.batch(indices));
      state = made.state;
      await ready(made.metrics.loss as Tensor);
    },
  };
};

const overWorkers = async (
  workers: number,
  options: TaskOptions,
): Promise<E.Either<string, Way>> => {
  const module = new URL("./parallelTask.ts", import.meta.url).href;
  const opened = await dataParallel<Language.Params>({
    task: { module, name: "makeTask", options },
    workers,
    microBatches,
    clip: 1,
  })();
  if (E.isLeft(opened)) return E.left(JSON.stringify(opened.left));
  const trainer = opened.right;
  return E.right({
    name: workers === 1 ? "1 worker" : `${workers} workers`,
    step: async (indices) => void (await trainer.step(indices)),
    trainer,
  });
};

const kib = (bytes: number): string => (bytes / 1024).toFixed(0);

const rowOf = (
  { name, milliseconds, memory, digest }: Measured,
  first: number,
): readonly string[] => [
  name,
  milliseconds.toFixed(1),
  (first / milliseconds).toFixed(2),
  memory === undefined ? "" : kib(memory.parameters),
  memory === undefined ? "" : memory.workers.map(({ gradients }) => kib(gradients)).join(", "),
  memory === undefined ? "" : memory.workers.map(({ optimizer }) => kib(optimizer)).join(", "),
  digest,
];

const measure = async (isSmoke: boolean): Promise<number> => {
  const sizes = sizesFor(isSmoke ? "smoke" : "full");
  const [warmUp, turns] = isSmoke ? [1, 2] : [20, 31];
  const options: TaskOptions = { text: "generated", sizes, seed: 0 };
  const indicesAt = (n: number): readonly number[] =>
    Array.from({ length: sizes.batchSize }, (_, i) => n * sizes.batchSize + i);
  // One way after the other, and none open beside another: threads that have just worked look for more for a while.
  const go = async (way: Way): Promise<Measured> => {
    const { name, step, trainer } = way;
    let turn = 0;
    const milliseconds = await timed(() => step(indicesAt(turn++)), { warmUp, repetitions: turns });
    const digest = trainer === undefined ? "" : digestOf(await trainer.params());
    const memory = await trainer?.memory();
    await trainer?.stop();
    say(`${name}: ${milliseconds.toFixed(1)} ms`);
    return {
      name,
      milliseconds,
      digest,
      ...(memory === undefined ? {} : { memory }),
    };
  };
  const found: Measured[] = [await go(await ordinary(options))];
  for (const workers of isSmoke ? [1, 2] : [1, 2, 3, 4]) {
    const way = await overWorkers(workers, options);
    if (E.isLeft(way)) {
      say(way.left);
      return 1;
    }
    found.push(await go(way.right));
  }
  const digests = found.slice(1).map(({ digest }) => digest);
  if (digests.some((digest) => digest !== digests[0])) {
    say(`parameters of the same bits expected, got ${digests.join(", ")}`);
    return 3;
  }
  const first = found[1]?.milliseconds ?? Number.NaN;
  const text = page(
    "# Data-parallel training against the number of workers",
    `\`npm run study:language:parallel\`. ${printDevice(deviceInfo())}; each worker computes on one thread of its own. The study's model on ${sizes.batchSize} pieces of ${sizes.time} characters of the generated text, in ${microBatches} micro-batches; medians of ${turns} steps after ${warmUp} that were not timed. After all of them the parameters had the bits of the digest.`,
    tableText({
      header: [
        "trained by",
        "ms a step",
        "times one worker's speed",
        "parameters, KiB",
        "gradients of each worker, KiB",
        "optimiser's state of each worker, KiB",
        "parameters' digest",
      ],
      rows: found.map((one) => rowOf(one, first)),
    }),
  );
  await writeFiles(out, "parallel", { markdown: text, numbers: found });
  console.log(text);
  return 0;
};

process.exitCode = await measuredBy("study:language:parallel", measure);
