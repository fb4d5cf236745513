// The ops and layers whose types are tested, from one place.

export * as Attention from "../../src/nn/attention/index.ts";
export * as Conv from "../../src/nn/conv.ts";
export * as Embedding from "../../src/nn/embedding.ts";
export * as Gcn from "../../src/nn/graph/gcn.ts";
export * as GraphConvolution from "../../src/nn/graph/graphConvolution.ts";
export * as GroupNorm from "../../src/nn/groupNorm.ts";
export * as Gru from "../../src/nn/gru.ts";
export * as LayerNorm from "../../src/nn/layerNorm.ts";
export * as Linear from "../../src/nn/linear.ts";
export * as Lstm from "../../src/nn/lstm.ts";
export * as RmsNorm from "../../src/nn/rmsNorm.ts";
export * as Rnn from "../../src/nn/rnn.ts";
export * from "../../src/ops/index.ts";
