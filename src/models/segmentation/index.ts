// Segmentation of images, which class each pixel of a picture belongs to: pictures and labels, encoder-decoders, losses, training and
// evaluation.

export * from "./augment/index.ts";
export * from "./batch.ts";
export * from "./data/problem.ts";
export * from "./evaluate.ts";
export * from "./images.ts";
export * from "./losses.ts";
export * from "./model/config.ts";
export * as Segmenter from "./model/segmenter.ts";
export * from "./saved.ts";
export * from "./scenes/index.ts";
export * from "./streetClasses.ts";
export * from "./training.ts";
// Segmentation: the class of each pixel of a picture.

export type { FileSource } from "../fileSource.ts";
export * from "./data/index.ts";
export * from "./images.ts";
