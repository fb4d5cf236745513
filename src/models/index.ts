// The systems that the examples train.

export * as Spatiotemporal from "./spatiotemporal/index.ts";
