// Forecasting the performance of services that call each other: data, simulator, baselines, model
// and training.

export * from "./baselines.ts";
export * from "./batches.ts";
export * from "./data.ts";
export * from "./evaluate.ts";
export * as Forecaster from "./forecaster.ts";
export { type OptionProblem, printOptionProblem } from "./options.ts";
export * from "./series.ts";
export * from "./simulator/index.ts";
export { printDataError } from "./table.ts";
export * from "./topology.ts";
export * from "./training.ts";
export * from "./windows.ts";
