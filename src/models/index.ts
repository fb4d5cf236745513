// The systems that the examples train.

export * as Language from "./language/index.ts";
export * as Segmentation from "./segmentation/index.ts";
export * as Spatiotemporal from "./spatiotemporal/index.ts";
