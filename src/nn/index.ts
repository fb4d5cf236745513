// Layers, losses, optimisers and metrics. Modules that share verbs are namespaces: `Linear.init`,
// `Linear.apply`.

export * as CalendarEmbedding from "./calendarEmbedding.ts";
export * from "./checkpoint/index.ts";
export * as Confusion from "./confusion.ts";
export * as DiffusionConvolution from "./graph/diffusionConvolution.ts";
export * as Gcn from "./graph/gcn.ts";
export * as GraphAttention from "./graph/graphAttention.ts";
export * as GraphConvolution from "./graph/graphConvolution.ts";
export * as GraphSage from "./graph/graphSage.ts";
export * as Graph from "./graph/index.ts";
export * as Gru from "./gru.ts";
export * from "./init.ts";
export * as LayerNorm from "./layerNorm.ts";
export * as Linear from "./linear.ts";
export * from "./loss.ts";
export * from "./maskedLoss.ts";
export * from "./metrics.ts";
export * from "./optim.ts";
export * as PercentageErrors from "./percentageErrors.ts";
export * as QuantileScores from "./quantileScores.ts";
export * from "./schedule.ts";
export * as Time2Vec from "./time2vec.ts";
export * as TimeEncoding from "./timeEncoding.ts";
export * as TopAccuracy from "./topAccuracy.ts";
export * from "./train/index.ts";
