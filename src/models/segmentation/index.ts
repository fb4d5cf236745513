// Segmentation: the class of each pixel of a picture.

export type { FileSource } from "../fileSource.ts";
export * from "./data/index.ts";
export * from "./images.ts";
