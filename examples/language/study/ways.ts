// Ways to train the same model on the same pieces of text: in parts of a batch, in 16 bits, with layers computed again. Each gives updates to be timed, and the
// gradients by which it is checked.

import * as E from "fp-ts/lib/Either.js";
import {
  compile,
  item,
  key,
  leavesOf,
  mapTree,
  ready,
  type Tensor,
  values,
  zerosLike,
} from "../../../src/index.ts";
import { Language } from "../../../src/models/index.ts";
import type { Optimizer } from "../../../src/nn/index.ts";
import { type Sizes, type StudyText, textsFor } from "./sizes.ts";

/** A way to train. */
export interface Way {
  readonly name: string;
  readonly precision: "f32" | "bf16" | "f16";
  /** Parts of a batch that are computed one after the other. */
  readonly microBatches: number;
  /** Whether what is inside of layers is computed again in the backward pass. */
  readonly recompute: boolean;
}

const way = (name: string, choices: Partial<Way> = {}): Way => ({
  name,
  precision: "f32",
  microBatches: 1,
  recompute: false,
  ...choices,
});

/** What all others are held to. */
export const control: Way = way("f32");

/** What is compared; the control comes first. */
export const ways: readonly Way[] = [
  control,
  way("2 micro-batches", { microBatches: 2 }),
  way("4 micro-batches", { microBatches: 4 }),
  way("12 micro-batches", { microBatches: 12 }),
  way("bf16", { precision: "bf16" }),
  way("f16, loss scaled", { precision: "f16" }),
  way("layers computed again", { recompute: true }),
  way("computed again, 4 micro-batches", { recompute: true, microBatches: 4 }),
  way("computed again, bf16", { recompute: true, precision: "bf16" }),
];

/** A model as it starts, and what every way trains it on. */
export interface Setting {
  readonly config: Language.Config;
  readonly batchSize: number;
  /** Tokens in a piece. */
  readonly time: number;
  readonly learningRate: number;
  /** The whole text. */
  readonly corpus: StudyText;
  /** The same pieces in so many batches. */
  readonly batches: (count: number) => Promise<readonly Language.Batch[]>;
}

/** nanoGPT's small model with changes, and pieces of the text that the program writes itself. */
export const settingOf = async (sizes: Sizes): Promise<Setting> => {
  const { batchSize, time, learningRate, changes } = sizes;
  const corpus = await textsFor(undefined, sizes)("generated")();
  if (E.isLeft(corpus)) throw new Error(corpus.left); // it is written, not read
  const { train, symbols } = corpus.right;
  const pieces = Language.randomWindows(train, { time, seed: 0, count: batchSize });
  const part = (size: number, n: number): readonly number[] =>
    Array.from({ length: size }, (_, i) => n * size + i);
  return {
    config: Language.configOf("nano", symbols, changes),
    batchSize,
    time,
    learningRate,
    corpus: corpus.right,
    batches: (count) =>
      Promise.all(
        Array.from({ length: count }, (_, n) => pieces.batch(part(batchSize / count, n))),
      ),
  };
};

/** Parameters as they start, new ones at each call: steps take over what they are given. */
const paramsOf = ({ config }: Setting): Language.Params => Language.init(key(0), config);

/** The model as a way trains it. */
export const learnerOf = (
  setting: Setting,
  { recompute }: Way,
): Language.Learner<Language.Params> =>
  Language.learnerOf(setting.config, paramsOf(setting), { recompute });

/** Options of training that way. */
export const optionsOf = (
  { batchSize, time, learningRate }: Setting,
  { precision, microBatches }: Way,
): Language.TrainingOptions => ({
  seed: 0,
  iterations: 1000,
  batchSize,
  time,
  learningRate,
  precision,
  microBatches,
});

type State = Language.TrainState<Language.Params>;

/** Training that goes on update by update. */
export interface Training {
  readonly state: () => State;
  /** One update by all pieces; returns the loss. */
  readonly update: () => Promise<number>;
}

/** Training from the start, by the program that `Language.train` runs. */
export const trainingBy = async (
  setting: Setting,
  one: Way,
  changes: Partial<Language.TrainingOptions> = {},
): Promise<Training> => {
  const options = { ...optionsOf(setting, one), ...changes };
  const learner = learnerOf(setting, one);
  const optimizer = Language.optimizerFor(options);
  const step = compile(Language.trainingStep(learner, optimizer, options), { donate: [0] });
  const batches = await setting.batches(one.microBatches);
  let state = Language.beginTraining(learner.params, optimizer, options.seed);
  return {
    state: () => state,
    update: async () => {
      let total = 0;
      for (const batch of batches) {
        const made = step(state, batch);
        state = made.state;
        total += item(await ready(made.metrics.loss as Tensor)); // trainingStep gives it
      }
      return total / batches.length;
    },
  };
};

/** Changes nothing, and keeps as its state the gradients that it was given. */
const keeping: Optimizer = {
  init: (params) => mapTree(params, zerosLike),
  update: (gradients) => [mapTree(gradients, zerosLike), gradients],
};

/** The state inside of those of `accumulate` and `skipNonFinite`. */
const innermost = (state: unknown): unknown =>
  typeof state === "object" && state !== null && "inner" in state ? innermost(state.inner) : state;

/** A loss scale starts at 2¹⁶ and is halved until nothing overflows: at 1 after so many updates. */
const halvings = 16;

/** The gradients that the optimiser gets of a way's first update: of the first that is not passed over, in f16. */
export const gradientsBy = async (setting: Setting, one: Way): Promise<readonly Float32Array[]> => {
  const training = await trainingBy(setting, one, { optimizer: () => keeping });
  await training.update();
  const isPassedOver = (): boolean =>
    one.precision === "f16" && item(training.state().lossScale.finiteSteps) === 0;
  for (let i = 0; i < halvings && isPassedOver(); i++) await training.update();
  const kept = await ready(innermost(training.state().optimizer));
  return leavesOf(kept).map((leaf) => Float32Array.from(values(leaf)));
};
