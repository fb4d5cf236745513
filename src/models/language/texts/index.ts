// Texts to learn from.

export * from "./corpus.ts";
export * from "./generated/index.ts";
export * from "./problem.ts";
export * from "./read.ts";
