// Models made smaller.

export * from "./prune/index.ts";
export * from "./sparse.ts";
export * from "./sparsePairs.ts";
