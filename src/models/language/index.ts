// The third system: Transformers, and what makes them cheaper.

export type { Precision } from "../gradient.ts";
export * from "./distil.ts";
export * from "./evaluate.ts";
export * from "./generate.ts";
export * from "./gpt2/index.ts";
export * from "./memory.ts";
export * from "./model/cache.ts";
export * from "./model/config.ts";
export { readConfig } from "./model/readConfig.ts";
export * from "./model/transformer.ts";
export { type ModelProblem, type ModelTag, printModelProblem } from "./problem.ts";
export * from "./reader.ts";
export { type Choice, candidates, draw, type Likely, logProbabilities } from "./sampling.ts";
export * from "./saved.ts";
export * from "./slim.ts";
export * from "./specimen.ts";
export * from "./texts/index.ts";
export * from "./tokens/index.ts";
export * from "./training.ts";
export * from "./windows.ts";
