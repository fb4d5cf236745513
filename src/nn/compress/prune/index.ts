// Pruning: masks by several rules, and training with them.

export * from "./gradual.ts";
export { dropLowest, prunedCount, type ScoreArray } from "./lowest.ts";
export { type MaskedState, masked, remask } from "./masked.ts";
export {
  applyMask,
  type ChooseOptions,
  keepAll,
  makePermanent,
  type Pruning,
  sparsityOf,
} from "./masks.ts";
export * from "./patterns.ts";
export * from "./unstructured.ts";
