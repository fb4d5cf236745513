// Trainers for tests, and what a step in one process makes of the same task. Everything is built to JavaScript first, as it is in the package:
// threads start in a tenth of the time.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import * as E from "fp-ts/lib/Either.js";
import type { Tensor } from "../../../src/index.ts";
import type { ParallelOptions, ParallelProblem, Trainer } from "../../../src/nn/index.ts";
import { root } from "../../support/files.ts";
import type * as Library from "./library.ts";
import type { Network, NetworksOptions } from "./task.ts";

// Below the project's root, where packages are found.
const folder = join(root, ".cache", `parallel-${process.pid}`);
mkdirSync(folder, { recursive: true });
process.on("exit", () => rmSync(folder, { recursive: true }));
await build({
  entryPoints: [
    "test/nn/parallel/library.ts",
    "test/nn/parallel/task.ts",
    "src/nn/parallel/serve.ts",
  ],
  entryNames: "[name]", // the worker is looked for beside the module that starts it
  absWorkingDir: root,
  outdir: folder,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  packages: "external",
  logLevel: "error",
});
const urlOf = (file: string): string => pathToFileURL(join(folder, file)).href;

/** The library that was built. Its tensors are not those of src. */
export const library: typeof Library = await import(urlOf("library.js"));
const { dataParallel, leavesOf, ParallelError, printParallelProblem, values } = library;
const { examples, networks } = library.Tasks;

/** The module of the tasks. */
export const module = urlOf("task.js");

/** What is asked of a trainer that is stopped afterwards. */
export const withTrainer = async <A>(
  options: ParallelOptions,
  use: (trainer: Trainer<readonly Network[]>) => Promise<A>,
): Promise<A> => {
  const opened = await dataParallel<readonly Network[]>(options)();
  if (E.isLeft(opened)) throw new Error(printParallelProblem(opened.left));
  try {
    return await use(opened.right);
  } finally {
    await opened.right.stop();
  }
};

/** The options of trainers of networks. */
export const training = (options: NetworksOptions, workers: number, microBatches = 4) => ({
  task: { module, name: "networks", options },
  workers,
  microBatches,
});

/** The examples of a step: as many as `size`, which go on from step to step. */
export const indicesOf = (step: number, size: number): readonly number[] =>
  Array.from({ length: size }, (_, i) => (step * size + i) % examples);

/** All values of a tree, leaf by leaf. */
export const valuesOf = (tree: unknown) => leavesOf(tree).map((x) => [...values(x)]);

/** What a promise is rejected with. */
export const problemOf = async (promise: Promise<unknown>): Promise<ParallelProblem> => {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ParallelError) return error.problem;
    throw error;
  }
  throw new Error("a promise that is rejected expected");
};

/** Losses and parameters of training in this process, with gradients accumulated over micro-batches. */
export const accumulated = async (
  options: NetworksOptions,
  {
    steps,
    size,
    microBatches,
    clip,
  }: { steps: number; size: number; microBatches: number; clip: number },
) => {
  const { accumulate, applyUpdates, chain, clipByGlobalNorm, compile, item, key, valueAndGrad } =
    library;
  const { init, loss, optimizer, data } = networks(options);
  const stepped = accumulate(microBatches)(chain(clipByGlobalNorm(clip), optimizer));
  let params = init();
  let state = stepped.init(params);
  const step = compile(
    (p: typeof params, s: typeof state, batch: { symbol: Tensor; target: Tensor }) => {
      const [value, slope] = valueAndGrad((q: typeof params) => loss(q, batch, key(0)))(p);
      const [updates, after] = stepped.update(slope, s, p);
      return { value, params: applyUpdates(p, updates), state: after };
    },
    { device: "cpu" },
  );
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    let sum = 0;
    const indices = indicesOf(i, size);
    for (let part = 0; part < microBatches; part++) {
      const from = (part * size) / microBatches;
      const batch = await data.batch(indices.slice(from, from + size / microBatches));
      const after = step(params, state, batch);
      ({ params, state } = after);
      sum += item(after.value);
    }
    losses.push(sum / microBatches);
  }
  return { losses, params };
};
