// How much memory a training step takes, from its plan, before it is ever run.

import { zeros } from "../../ops/create.ts";
import { memoryOf, type StepMemory } from "../stepMemory.ts";
import {
  beginTraining,
  type Learner,
  optimizerFor,
  type TrainingOptions,
  trainingStep,
} from "./training.ts";

export type { StepMemory };

/** What a training step of a learner takes, by the plan that it is run by. */
export const stepMemory = <P>(learner: Learner<P>, options: TrainingOptions): StepMemory => {
  const optimizer = optimizerFor(options);
  const { device, seed, batchSize, microBatches = 1, time } = options;
  const tokens = zeros([batchSize / microBatches, time], "i32");
  return memoryOf(
    trainingStep(learner, optimizer, options),
    beginTraining(learner.params, optimizer, seed),
    { tokens, following: tokens },
    device,
  );
};
