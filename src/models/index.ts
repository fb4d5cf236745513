// The systems that the examples train.

export * as Segmentation from "./segmentation/index.ts";
export * as Spatiotemporal from "./spatiotemporal/index.ts";
