// How much memory a training step takes, from its plan, before it is ever run.

import { zeros } from "../../ops/create.ts";
import { memoryOf, type StepMemory } from "../stepMemory.ts";
import type { Standard } from "./batch.ts";
import type { Size } from "./batches/index.ts";
import type { Config } from "./model/config.ts";
import { beginTraining, optimizerFor, type TrainingOptions, trainingStep } from "./training.ts";

export type { StepMemory };

/** Pictures that a step sees. */
export interface Seen {
  readonly size: Size;
  readonly standard: Standard;
}

/** What a training step takes, by the plan that it is run by. */
export const stepMemory = (
  config: Config,
  options: TrainingOptions,
  { size: [height, width], standard }: Seen,
): StepMemory => {
  const optimizer = optimizerFor(options, 1);
  const { device, seed, batchSize } = options;
  return memoryOf(
    trainingStep(config, optimizer, { ...options, standard }),
    beginTraining(config, optimizer, seed),
    {
      images: zeros([batchSize, height, width, config.channels ?? 3], "u8"),
      labels: zeros([batchSize, height, width], "u8"),
    },
    device,
  );
};
