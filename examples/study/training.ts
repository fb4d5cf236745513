// How a study trains: in the folder of its run, from the newest checkpoint that lies there, with Ctrl-C heard and
// progress shown.

import type { FitOptions } from "../../src/nn/index.ts";
import type { Run } from "./study.ts";

/** Seconds since a moment of `performance.now()`. */
export const secondsSince = (start: number): number => (performance.now() - start) / 1000;

/** Options of `fit`, and what they have seen. */
export interface Training {
  readonly options: Pick<
    FitOptions<unknown, unknown>,
    "device" | "checkpoints" | "resume" | "signals" | "onStep"
  >;
  /** Whether training, which has ended, went on from a checkpoint. */
  readonly isResumed: () => boolean;
}

/** Options for training a run, shown by its name, that began at a moment of `performance.now()`. */
export const trainingOf = (
  name: string,
  { device, folder, onProgress }: Pick<Run<unknown>, "device" | "folder" | "onProgress">,
  start: number,
): Training => {
  let firstStep: number | undefined;
  return {
    options: {
      ...(device === undefined ? {} : { device }),
      checkpoints: { folder, every: { seconds: 30 }, keepLast: 1 },
      resume: true,
      signals: true,
      onStep: ({ step, steps, metrics }) => {
        firstStep ??= step;
        const rate = `${((step - firstStep + 1) / secondsSince(start)).toFixed(0)} steps/s`;
        const loss = `loss ${metrics.loss?.toPrecision(3)}`;
        onProgress(`${name}: step ${step}/${steps}, ${rate}, ${loss}`);
      },
    },
    isResumed: () => firstStep !== 1,
  };
};
