// Optimisers as pairs of pure functions on trees: `init` makes the state, `update` turns gradients
// into updates, which are added to the parameters. They compose by `chain`, `partition` and wrappers.

export * from "./optim/accumulate.ts";
export * from "./optim/adam.ts";
export * from "./optim/average.ts";
export * from "./optim/clip.ts";
export * from "./optim/decay.ts";
export type { Labels, LabelTree } from "./optim/labels.ts";
export * from "./optim/largeBatch.ts";
export * from "./optim/lion.ts";
export * from "./optim/momentum.ts";
export * from "./optim/partition.ts";
export * from "./optim/rmsProp.ts";
export type { Setting } from "./optim/setting.ts";
export * from "./optim/skip.ts";
export * from "./optim/transform.ts";
