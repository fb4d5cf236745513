// Layers, losses, optimisers and metrics. Modules that share verbs are namespaces: `Linear.init`,
// `Linear.apply`.

export * as Attention from "./attention.ts";
export * as BatchNorm from "./batchNorm.ts";
export * as Conv from "./conv.ts";
export * as Dropout from "./dropout.ts";
export * as Embedding from "./embedding.ts";
export * as GraphConvolution from "./graphConvolution.ts";
export * as GroupNorm from "./groupNorm.ts";
export * as Gru from "./gru.ts";
export * from "./init.ts";
export * as LayerNorm from "./layerNorm.ts";
export * as Linear from "./linear.ts";
export * from "./loss.ts";
export * as Lstm from "./lstm.ts";
export * from "./metrics.ts";
export * from "./module.ts";
export * from "./optim.ts";
export * from "./orthogonal.ts";
export * as PositionalEncoding from "./positionalEncoding.ts";
export type { Sequence } from "./recurrent.ts";
export * as RmsNorm from "./rmsNorm.ts";
export * as Rnn from "./rnn.ts";
export * from "./schedule.ts";
export * from "./summary.ts";
export * from "./truncatedNormal.ts";
