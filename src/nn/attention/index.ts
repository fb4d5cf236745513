// Attention: what a query takes of values, by how well their keys fit it. Exact, in blocks, to neighbours, linear; and in several heads.

export { type BlockwiseOptions, blockwise } from "./blockwise.ts";
export * from "./grouped.ts";
export * from "./heads.ts";
export { eluFeatures, type LinearOptions, linear } from "./linear.ts";
export { type Options, scaledDotProduct, weights } from "./scores.ts";
export * from "./window.ts";
