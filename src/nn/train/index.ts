// Training: `fit` does all of it; the pieces that it is made of can be used without it.

export {
  batches,
  type Dataset,
  type Dealt,
  datasetOf,
  type Place,
  type StreamOptions,
} from "./dataset.ts";
export {
  batchesPerEpoch,
  type Deal,
  type Dealing,
  type DealtEpoch,
  deal,
  shuffledIndices,
} from "./dealing.ts";
export { type Display, displayOn, type Output, type Progress, silent } from "./display.ts";
export { fit } from "./fit.ts";
export {
  checkpointPath,
  listCheckpoints,
  loadCheckpoint,
  pruneCheckpoints,
  saveCheckpoint,
} from "./folder.ts";
export { type Interruption, listenForInterrupt } from "./interrupt.ts";
export { jsonLines, type Logger, type LogRecord, type Scores } from "./logger.ts";
export {
  type CheckpointOptions,
  type Every,
  type FitOptions,
  type FitProblem,
  type Fitted,
  type Outcome,
  printFitProblem,
  type StepResult,
} from "./options.ts";
export type { Best, Evaluation, Monitor } from "./runState.ts";
export {
  beginStopping,
  type StoppingOptions,
  type StoppingState,
  stopping,
} from "./stopping.ts";
export { tensorBoard } from "./tensorboard.ts";
