// How much memory a training step takes, from its plan, before it is ever run.

import { compile } from "../../core/run/compile.ts";
import { zeros } from "../../ops/create.ts";
import { deviceOf } from "../running.ts";
import {
  beginTraining,
  type Learner,
  optimizerFor,
  type TrainingOptions,
  trainingStep,
} from "./training.ts";

/** Bytes of a training step. */
export interface StepMemory {
  /** Of everything that is alive at once, at most: parameters, optimiser, batch and temporaries. */
  readonly peakBytes: number;
  /** Of temporaries alone: what waits for the backward pass is among them. */
  readonly temporaryBytes: number;
}

/** What a training step of a learner takes, by the plan that it is run by. */
export const stepMemory = <P>(learner: Learner<P>, options: TrainingOptions): StepMemory => {
  const optimizer = optimizerFor(options);
  const { device, batchSize, microBatches = 1, time } = options;
  const step = compile(trainingStep(learner, optimizer, options), {
    donate: [0],
    ...deviceOf(device),
  });
  const tokens = zeros([batchSize / microBatches, time], "i32");
  const begun = beginTraining(learner.params, optimizer, options.seed);
  const { peakBytes, arenaBytes } = step.plan(begun, { tokens, following: tokens });
  return { peakBytes, temporaryBytes: arenaBytes };
};
