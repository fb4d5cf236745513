// What a monitoring system makes of the exact state: values with errors, cells that are lost, and
// services of which nothing is known before they are deployed and after they are removed.

import { normals } from "../../prng.ts";
import type { ServiceSeries } from "../series.ts";
import { streams } from "./streams.ts";

/** Deviation of the relative error of cpu, memory, response time and throughput; replicas are exact. */
const METER_ERRORS = [0.05, 0.004, 0.04, 0.03] as const;
/** The same for the calls over an edge, which are counted like throughput. */
const RATE_ERROR = 0.03;

/**
 * Adds errors of measurement: relative, normal, and never so large that a value turns negative.
 * `noise` scales them; 0 leaves all values as they are.
 */
export const withErrors =
  (seed: number, noise: number) =>
  (series: ServiceSeries): ServiceSeries => {
    const { services, features, values, edges, callRates } = series;
    const [n, width] = [services.length, features.length];
    const columns = features.map((_, feature) => (METER_ERRORS[feature] ?? 0) * noise);
    // The stream of cell c of a minute: feature by feature, then edge by edge.
    const streamOf = (cell: number) => (cell % width) * n + Math.floor(cell / width);
    const deviations = services.flatMap(() => columns);
    const rates = edges.map(() => RATE_ERROR * noise);
    return {
      ...series,
      values: blurred(values, deviations, (cell) => normals(seed, streams.errors + streamOf(cell))),
      ...(callRates && {
        callRates: blurred(callRates, rates, (edge) =>
          normals(seed, streams.errors + n * width + edge),
        ),
      }),
    };
  };

/** A grid [time, cell] with an error in each cell, relative and of the cell's deviation. */
const blurred = (
  exact: Float64Array,
  deviations: readonly number[],
  errorsOf: (cell: number) => (minute: number) => number,
): Float64Array => {
  const errors = deviations.map((_, cell) => errorsOf(cell));
  return exact.map((value, at) => {
    const cell = at % deviations.length;
    const deviation = deviations[cell] as number;
    if (deviation === 0) return value;
    const error = errors[cell]?.(Math.floor(at / deviations.length)) as number; // one a cell
    return Math.max(0, value * (1 + deviation * error));
  });
};
