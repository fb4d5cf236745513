// How much memory a training step takes, from its plan, before it is ever run.

import { compile } from "../../core/run/compile.ts";
import { zeros } from "../../ops/create.ts";
import { deviceOf } from "../running.ts";
import type { Standard } from "./batch.ts";
import type { Size } from "./batches/index.ts";
import type { Config } from "./model/config.ts";
import { beginTraining, optimizerFor, type TrainingOptions, trainingStep } from "./training.ts";

/** Pictures that a step sees. */
export interface Seen {
  readonly size: Size;
  readonly standard: Standard;
}

/** Bytes of a training step. */
export interface StepMemory {
  /** Of everything that is alive at once, at most: parameters, optimiser, batch and temporaries. */
  readonly peakBytes: number;
  /** Of temporaries alone: what waits for the backward pass is among them. */
  readonly temporaryBytes: number;
}

/** What a training step takes, by the plan that it is run by. */
export const stepMemory = (
  config: Config,
  options: TrainingOptions,
  { size: [height, width], standard }: Seen,
): StepMemory => {
  const optimizer = optimizerFor(options, 1);
  const { device, batchSize } = options;
  const step = compile(trainingStep(config, optimizer, { ...options, standard }), {
    donate: [0],
    ...deviceOf(device),
  });
  const plan = step.plan(beginTraining(config, optimizer, options.seed), {
    images: zeros([batchSize, height, width, config.channels ?? 3], "u8"),
    labels: zeros([batchSize, height, width], "u8"),
  });
  return { peakBytes: plan.peakBytes, temporaryBytes: plan.arenaBytes };
};
