// Losses of the first updates of a training run, whose weights and batches PyTorch gets as they are: what curve.ts compares, and the tests repeat.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { compile, item, key, ready, stack, type Tensor } from "../../src/index.ts";
import {
  type Batch,
  beginTraining,
  type Config,
  charactersOf,
  characterTokenizer,
  configOf,
  init,
  learnerOf,
  optimizerFor,
  type Params,
  randomWindows,
  type Tokenizer,
  type TrainingOptions,
  trainingStep,
} from "../../src/models/language/index.ts";
import type { Tensors } from "../../src/nn/index.ts";
import { dataFolder } from "../support/data.ts";

/** A training run. */
export interface Curve {
  readonly config: Config;
  readonly options: TrainingOptions;
  /** Updates that are compared; the schedule is that of the whole run. */
  readonly updates: number;
  readonly tokens: Int32Array;
}

/** The characters of a text as numbers, as nanoGPT numbers them, and how many there are. */
const numbered = (text: string): { readonly tokens: Int32Array; readonly symbols: number } => {
  const made = characterTokenizer(charactersOf(text));
  const found = E.chain(({ encode }: Tokenizer) => encode(text))(made);
  if (E.isLeft(made) || E.isLeft(found)) throw new Error("a text has all of its characters");
  return { tokens: found.right, symbols: made.right.symbols };
};

/** nanoGPT's small-machine setting on the first nine tenths of the text. */
const nano = (folder: string): Curve => {
  const { tokens, symbols } = numbered(readFileSync(join(folder, "input.txt"), "utf8"));
  return {
    config: configOf("nano", symbols),
    options: { seed: 1, iterations: 2000, batchSize: 12, time: 64, learningRate: 1e-3 },
    updates: 100,
    tokens: tokens.subarray(0, Math.floor(0.9 * tokens.length)),
  };
};

/** A small model of the other kind, through a whole run, on numbers that follow from their places. */
const small = (): Curve => ({
  config: configOf("nano-modern", 11, { context: 16, width: 16, hidden: 40, layers: 2, heads: 2 }),
  options: { seed: 2, iterations: 120, batchSize: 4, time: 16, learningRate: 3e-3, warmup: 20 },
  updates: 120,
  tokens: Int32Array.from({ length: 1000 }, (_, i) => (i * i + 3 * Math.floor(i / 7)) % 11),
});

/** The run of a name; undefined where its text is absent. */
export const curveOf = (name: CurveName): Curve | undefined => {
  if (name === "small") return small();
  const folder = dataFolder("tinyshakespeare");
  return folder === undefined ? undefined : nano(folder);
};

/** Names of runs. */
export const curveNames = ["small", "nano"] as const;
export type CurveName = (typeof curveNames)[number];

/** What a run begins with. */
export const weightsOf = ({ config, options }: Curve): Params => init(key(options.seed), config);

const batchesOf = async ({ tokens, options, updates }: Curve): Promise<readonly Batch[]> => {
  const { time, seed, batchSize, iterations } = options;
  const pieces = randomWindows(tokens, { time, seed, count: iterations * batchSize });
  return Promise.all(
    Array.from({ length: updates }, (_, update) =>
      pieces.batch(Array.from({ length: batchSize }, (_, i) => update * batchSize + i)),
    ),
  );
};

/** All batches as tokens and following, i32 [updates, batch, time]. */
export const batchTensors = async (curve: Curve): Promise<Tensors> => {
  const all = await batchesOf(curve);
  const joined = (part: keyof Batch): Tensor => stack({ axis: 0 })(all.map((it) => it[part]));
  return new Map([
    ["tokens", joined("tokens")],
    ["following", joined("following")],
  ]);
};

/** The loss before each update. */
export const lossesOf = async (curve: Curve, device: string): Promise<readonly number[]> => {
  const optimizer = optimizerFor(curve.options);
  const learner = learnerOf(curve.config, weightsOf(curve));
  const step = compile(trainingStep(learner, optimizer), { device });
  let state = beginTraining(learner.params, optimizer, curve.options.seed);
  const losses: number[] = [];
  for (const batch of await batchesOf(curve)) {
    const found = await ready(step(state, batch));
    state = found.state;
    losses.push(item(found.metrics["loss"] as Tensor));
  }
  return losses;
};

/** PyTorch's losses, as curve.ts wrote them. */
export const goldenLosses = (name: CurveName): readonly number[] =>
  JSON.parse(readFileSync(new URL(`curves/${name}.json`, import.meta.url), "utf8")) as number[]; // one for each update

/** The largest distance between two curves, and at which update. */
export const apart = (
  a: readonly number[],
  b: readonly number[],
): { readonly distance: number; readonly update: number } =>
  a
    .map((x, update) => ({ distance: Math.abs(x - (b[update] ?? Number.NaN)), update }))
    .reduce((worst, it) =>
      it.distance > worst.distance || Number.isNaN(it.distance) ? it : worst,
    );
