// Models in fewer bytes: quantisation, pruning, packed storage, and losses for distillation.

export * from "./distill.ts";
export type {
  Codec,
  Dense,
  Format,
  Formats,
  Kind,
  LeafInfo,
  PairsFormat,
  Parts,
  QuantizedFormat,
} from "./format.ts";
export {
  type Choose,
  denseBytes,
  fakeQuantizeTree,
  formatsOf,
  int4,
  int8,
  matrices,
  type Packed,
  pack,
  packedBytes,
  unpack,
} from "./pack.ts";
export * from "./prune/index.ts";
export * from "./quantize.ts";
export { type LoadedPacked, loadPacked, type PackedModel, savePacked } from "./saved.ts";
export type { Per, Scheme } from "./scheme.ts";
export * from "./sparse.ts";
export { fromPairs, type Pairs, type PairsOptions, pairsMatmul, toPairs } from "./sparsePairs.ts";
