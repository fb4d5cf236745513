// Layers, losses, optimisers and metrics. Modules that share verbs are namespaces: `Linear.init`,
// `Linear.apply`.

export * as GraphConvolution from "./graphConvolution.ts";
export * as Gru from "./gru.ts";
export * from "./init.ts";
export * as LayerNorm from "./layerNorm.ts";
export * as Linear from "./linear.ts";
export * from "./loss.ts";
export * from "./metrics.ts";
export * from "./optim.ts";
export * from "./precision.ts";
export * from "./schedule.ts";
