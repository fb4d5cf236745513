// Bytes of training steps by their plans, for models that need not be trained for it. Of the notebook.

import { key } from "../../src/index.ts";
import { Language } from "../../src/models/index.ts";

/** How a step is run, but for the length of its pieces, which is the model's context. */
export type StepOptions = Omit<Language.TrainingOptions, "time">;

/** Bytes of a training step of a model, by pieces as long as its context. */
export const memoryOf = (
  config: Language.Config,
  options: StepOptions,
  recompute = false,
): Language.StepMemory => {
  const learner = Language.learnerOf(config, Language.init(key(0), config), { recompute });
  return Language.stepMemory(learner, { ...options, time: config.context });
};

/** The peak of a step in whole MiB: in f32 and bf16, each as it is and with the inside of layers computed again. */
export const peaksOf = (
  config: Language.Config,
  options: StepOptions,
): Readonly<Record<string, number>> => {
  const peak = (precision: Language.Precision, recompute: boolean): number =>
    Math.round(memoryOf(config, { ...options, precision }, recompute).peakBytes / 2 ** 20);
  return {
    f32: peak("f32", false),
    bf16: peak("bf16", false),
    "f32, computed again": peak("f32", true),
    "bf16, computed again": peak("bf16", true),
  };
};
