// From pictures to batches of tensors.

export {
  type BatchesOptions,
  openBatches,
  type PictureDataset,
  type SegmentationData,
} from "./dataset.ts";
export { ImageError, orProblem, problemOf } from "./error.ts";
export { fitTo, type Size } from "./fitTo.ts";
export type { ChannelSums, PictureSurvey } from "./maker.ts";
export { type MemoryOptions, openSource, type Source } from "./open.ts";
export { type PixelStatistics, type Survey, survey } from "./survey.ts";
