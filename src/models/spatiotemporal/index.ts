// Forecasting the performance of services that call each other: data, simulator, baselines, model
// and training.

export { shuffled } from "../prng.ts";
export * from "./baselines.ts";
export * from "./batches.ts";
export * from "./data/index.ts";
export * from "./evaluate.ts";
export * from "./model/callGraph.ts";
export type { Choices, Config } from "./model/config.ts";
export { defaultChoices } from "./model/config.ts";
export * as Forecaster from "./model/forecaster.ts";
export * from "./model/model.ts";
export * as Tgcn from "./model/tgcn.ts";
export { type OptionProblem, printOptionProblem } from "./options.ts";
export * from "./scaling.ts";
export * from "./series.ts";
export * from "./simulator/index.ts";
export * from "./training.ts";
export * from "./windows.ts";
