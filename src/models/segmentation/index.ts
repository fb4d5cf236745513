// Segmentation of images, which class each pixel of a picture belongs to: pictures and labels from files and from a generator, batches of
// them, encoder-decoders, losses, training and evaluation.

export type { FileSource } from "../fileSource.ts";
export * from "./augment/index.ts";
export * from "./batch.ts";
export * from "./batches/index.ts";
export * from "./data/index.ts";
export * from "./evaluate.ts";
export * from "./images.ts";
export * from "./losses.ts";
export * from "./memory.ts";
export * from "./model/config.ts";
export * as Segmenter from "./model/segmenter.ts";
export * from "./parts.ts";
export * from "./saved.ts";
export * from "./scenes/index.ts";
export * from "./streetClasses.ts";
export * from "./training.ts";
