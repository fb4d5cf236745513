// How well a predictor does on one part of a series: per node, target and horizon, and summed up
// over nodes.

import { cellMonoid, cellStats, type ErrorStats, type Report, report } from "../../nn/metrics.ts";
import { gather } from "./batches.ts";
import { denormalize, type Part, type Windows } from "./windows.ts";

/**
 * Forecasts, scaled as the windows are, [example, node, target, horizon] in C order, for examples known by
 * their present step. May look at the series up to that step, never beyond.
 */
export type Predictor = (examples: readonly number[]) => ArrayLike<number>;

/**
 * "original" are those of the data. "deviation" are those of the scaled values, in which nodes can be pooled:
 * deviations of the training part, of the logarithm for logarithmic features; shares of the maximum in windows
 * that are scaled so.
 */
export type Units = "original" | "deviation";

/**
 * Error statistics of each [node, target, horizon] over the examples of a part, or over examples known by
 * their present step. What was not measured does not count.
 */
export const evaluate = (
  windows: Windows,
  part: Part | readonly number[],
  predictor: Predictor,
  units: Units,
): readonly ErrorStats[] => {
  const examples = typeof part === "string" ? windows.examples[part] : part;
  const { nodes, targets, horizons } = sizes(windows);
  const inUnits = (y: ArrayLike<number>) => (units === "deviation" ? y : denormalize(windows, y));
  return cellStats(nodes * targets * horizons)(
    inUnits(gather(windows)(examples).y),
    inUnits(predictor(examples)),
  );
};

const sizes = ({ series, targets, horizons }: Windows) => ({
  nodes: series.services.length,
  targets: targets.length,
  horizons: horizons.length,
});

/**
 * The cells of all nodes for the `target`-th target and `horizon`-th horizon, in the order of the
 * services.
 */
const nodesOf = (
  windows: Windows,
  cells: readonly ErrorStats[],
  target: number,
  horizon: number,
): readonly ErrorStats[] => {
  const { targets, horizons } = sizes(windows);
  return cells.filter((_, cell) => cell % (targets * horizons) === target * horizons + horizon);
};

/**
 * The report on the `target`-th target, at the `horizon`-th horizon or over all horizons when none
 * is given.
 */
export const reportOn = (
  windows: Windows,
  cells: readonly ErrorStats[],
  target: number,
  horizon?: number,
): Report => {
  const chosen = horizon === undefined ? windows.horizons.map((_, k) => k) : [horizon];
  const { concat, empty } = cellMonoid(windows.series.services.length);
  return report(chosen.map((k) => nodesOf(windows, cells, target, k)).reduce(concat, empty));
};
