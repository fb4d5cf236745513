// How a run is carried out, whatever model it trains: where, with which files, and who hears of it.

import type {
  CheckpointOptions,
  Display,
  FitOptions,
  Logger,
  Progress,
} from "../nn/train/index.ts";

/** How a run is carried out. None of it changes what is computed, but for the last digits by the device. */
export interface Running {
  /** The device to run on; the default one if absent. */
  readonly device?: string;
  /** Where checkpoints are written, and whether to go on from the newest. */
  readonly checkpoints?: CheckpointOptions;
  readonly resume?: boolean;
  readonly loggers?: readonly Logger[];
  /** Where progress is shown; default nowhere. */
  readonly progress?: "auto" | "silent" | Display;
  /** Called after every step, and waited for. */
  readonly onStep?: (progress: Progress) => void | Promise<void>;
  /** Whether Ctrl-C ends training with a checkpoint; default false. */
  readonly signals?: boolean;
}

/** The device where one is given, for functions that take it as an option. */
export const deviceOf = (device: string | undefined): { readonly device?: string } =>
  device === undefined ? {} : { device };

/** The same as options of `fit`. */
export const fitOptionsOf = (
  running: Running,
): Pick<FitOptions<unknown, unknown>, keyof Running> => {
  const { checkpoints, loggers, onStep, progress, signals, resume } = running;
  return {
    progress: progress ?? "silent",
    signals: signals ?? false,
    resume: resume ?? false,
    ...deviceOf(running.device),
    ...(checkpoints === undefined ? {} : { checkpoints }),
    ...(loggers === undefined ? {} : { loggers }),
    ...(onStep === undefined ? {} : { onStep }),
  };
};
