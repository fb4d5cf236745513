// What every worker of data-parallel training makes for itself: the study's model, its loss, AdamW, and random pieces of a text.

import * as E from "fp-ts/lib/Either.js";
import { key } from "../../../src/index.ts";
import { Language } from "../../../src/models/index.ts";
import { adamW, isMatrix, type ParallelTask } from "../../../src/nn/index.ts";
import { type Sizes, type TextName, textsFor } from "./sizes.ts";

/** What a task is made of, as plain data. */
export interface TaskOptions {
  /** The folder of data sets; of no meaning for the generated text. */
  readonly data?: string;
  readonly text: TextName;
  readonly sizes: Sizes;
  readonly seed: number;
}

/** The study's model of a text. */
const modelOf = (symbols: number, { sizes, seed }: TaskOptions): Language.Model => {
  const config = Language.configOf("nano", symbols, sizes.changes);
  return { config, params: Language.init(key(seed), config) };
};

/** The optimiser, which treats each leaf by itself; the trainer clips. */
export const optimizerOf = ({ sizes }: TaskOptions) =>
  adamW({ learningRate: sizes.learningRate, b2: 0.99, weightDecay: 0.1, mask: isMatrix });

/** Training of the study's model, as `dataParallel` takes it. */
export const makeTask = async (
  options: TaskOptions,
): Promise<ParallelTask<Language.Params, Language.Batch>> => {
  const corpus = await textsFor(options.data, options.sizes)(options.text)();
  if (E.isLeft(corpus)) throw new Error(corpus.left);
  const { train, symbols } = corpus.right;
  const { config, params } = modelOf(symbols, options);
  const { iterations, batchSize, time } = options.sizes;
  const { loss } = Language.learnerOf(config, params);
  return {
    init: () => params,
    loss,
    optimizer: optimizerOf(options),
    data: Language.randomWindows(train, {
      time,
      seed: options.seed,
      count: iterations * batchSize,
    }),
  };
};
