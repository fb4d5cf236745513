// Segmentation of images: which class each pixel of a picture belongs to.

export * from "./augment/index.ts";
export * from "./scenes/index.ts";
export * from "./streetClasses.ts";
