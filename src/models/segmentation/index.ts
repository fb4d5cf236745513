// Segmentation of pictures: what class each pixel belongs to.

export * from "./batches/index.ts";
export { type ImageProblem, type ImageProblemTag, printImageProblem } from "./data/problem.ts";
export * from "./images.ts";
