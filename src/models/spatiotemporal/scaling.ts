// How values are scaled before a model sees them, from the training part alone, and what stands in for
// values that were not measured.

import type { ServiceSeries } from "./series.ts";

/** How values are scaled, (value − mean) / deviation, for each node and feature, [node, feature]. */
export interface Normalizer {
  readonly mean: Float64Array;
  /** The population's (divided by n); 1 for a feature that is constant in the training part. */
  readonly deviation: Float64Array;
}

/**
 * The mean and deviation of each node and feature over what was measured in the first `steps` steps;
 * 0 and 1 where nothing was.
 */
export const fitNormalizer = (
  { services, features, values }: ServiceSeries,
  steps: number,
): Normalizer => {
  const columns = services.length * features.length;
  const mean = new Float64Array(columns);
  const deviation = new Float64Array(columns).fill(1);
  for (let column = 0; column < columns; column++) {
    const measured = columnOf(values, columns, column, steps);
    if (measured.length === 0) continue;
    const center = measured.reduce((a, b) => a + b, 0) / measured.length;
    const spread = measured.reduce((sum, value) => sum + (value - center) ** 2, 0);
    const spreadRoot = Math.sqrt(spread / measured.length);
    mean[column] = center;
    // The mean of equal numbers may be off by rounding: what is below that is constant too.
    if (spreadRoot > 1e-12 * Math.abs(center)) deviation[column] = spreadRoot;
  }
  return { mean, deviation };
};

/** What was measured of one node and feature in the first `steps` steps. */
const columnOf = (values: Float64Array, columns: number, column: number, steps: number): number[] =>
  Array.from({ length: steps }, (_, step) => values[step * columns + column] as number).filter(
    (value) => !Number.isNaN(value),
  );

/**
 * Mean 0, and for each feature the largest size that it had on any node in the first `steps` steps; 1
 * for a feature that was 0 throughout.
 */
export const fitMaximum = (
  { services, features, values }: ServiceSeries,
  steps: number,
): Normalizer => {
  const columns = services.length * features.length;
  const largest = new Float64Array(features.length);
  for (const [at, value] of values.subarray(0, steps * columns).entries()) {
    const feature = at % features.length;
    if (Math.abs(value) > (largest[feature] as number)) largest[feature] = Math.abs(value);
  }
  const deviation = Float64Array.from(
    { length: columns },
    (_, column) => (largest[column % features.length] as number) || 1,
  );
  return { mean: new Float64Array(columns), deviation };
};

/** Values [time, column] with the last one before in place of NaN; 0 where there is none before. */
export const fillForward = (scaled: Float32Array, columns: number): Float32Array => {
  const filled = scaled.slice();
  for (const [at, value] of filled.entries()) {
    if (Number.isNaN(value)) filled[at] = at < columns ? 0 : (filled[at - columns] as number);
  }
  return filled;
};

/** Values [time, node, feature], scaled. */
export const normalize = ({ mean, deviation }: Normalizer, values: Float64Array): Float32Array =>
  Float32Array.from(values, (value, at) => {
    const column = at % mean.length;
    return (value - (mean[column] as number)) / (deviation[column] as number);
  });
