// How values are scaled before a model sees them, from the training part alone, and what stands in for
// values that were not measured.

import { median } from "../../nn/metrics.ts";
import type { ServiceSeries } from "./series.ts";

/**
 * How values are scaled, (f(value) − mean) / deviation, for each node and feature, [node, feature]. f is
 * the identity, or log(1 + value / unit) where the unit is above 0.
 */
export interface Normalizer {
  readonly unit: Float64Array;
  readonly mean: Float64Array;
  /** The population's (divided by n), of f; 1 for a feature that is constant in the training part. */
  readonly deviation: Float64Array;
}

/**
 * The mean and deviation of each node and feature over what was measured in the first `steps` steps;
 * 0 and 1 where nothing was. Features that are named logarithmic, which are never below 0, are counted on a
 * logarithmic scale beyond their usual size, the median of what is above 0: one overload would be most
 * of the deviation otherwise.
 */
export const fitNormalizer = (
  { services, features, values }: ServiceSeries,
  steps: number,
  logarithmic: readonly string[] = [],
): Normalizer => {
  const columns = services.length * features.length;
  const unit = new Float64Array(columns);
  const mean = new Float64Array(columns);
  const deviation = new Float64Array(columns).fill(1);
  for (let column = 0; column < columns; column++) {
    const seen = columnOf(values, columns, column, steps);
    if (seen.length === 0) continue;
    if (logarithmic.includes(features[column % features.length] as string))
      unit[column] = median(seen.filter((value) => value > 0)) || 1;
    const measured = seen.map((value) => curve(unit[column] as number, value));
    const center = measured.reduce((a, b) => a + b, 0) / measured.length;
    const spread = measured.reduce((sum, value) => sum + (value - center) ** 2, 0);
    const spreadRoot = Math.sqrt(spread / measured.length);
    mean[column] = center;
    // The mean of equal numbers may be off by rounding: what is below that is constant too.
    if (spreadRoot > 1e-12 * Math.abs(center)) deviation[column] = spreadRoot;
  }
  return { unit, mean, deviation };
};

const curve = (unit: number, value: number): number =>
  unit > 0 ? Math.log1p(value / unit) : value;

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
  return { unit: new Float64Array(columns), mean: new Float64Array(columns), deviation };
};

/** Values [time, column] with the last one before in place of NaN; 0 where there is none before. */
export const fillForward = (scaled: Float32Array, columns: number): Float32Array => {
  const filled = scaled.slice();
  for (const [at, value] of filled.entries()) {
    if (Number.isNaN(value)) filled[at] = at < columns ? 0 : (filled[at - columns] as number);
  }
  return filled;
};

/** A value of a column, node · features + feature, scaled: the inverse of `restore`. */
export const scaledIn =
  ({ unit, mean, deviation }: Normalizer) =>
  (column: number, value: number): number => {
    const curved = curve(unit[column] as number, value);
    return (curved - (mean[column] as number)) / (deviation[column] as number);
  };

/** Values [time, node, feature], scaled. */
export const normalize = (normalizer: Normalizer, values: Float64Array): Float32Array => {
  const scaled = scaledIn(normalizer);
  return Float32Array.from(values, (value, at) => scaled(at % normalizer.mean.length, value));
};

/** A scaled value of a column, node · features + feature, in the units of the series. */
export const restore =
  ({ unit, mean, deviation }: Normalizer) =>
  (column: number, scaled: number): number => {
    const curved = scaled * (deviation[column] as number) + (mean[column] as number);
    const size = unit[column] as number;
    return size > 0 ? size * Math.expm1(curved) : curved;
  };
