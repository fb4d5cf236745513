// Examples as arrays: the windows of the past that a model sees, and what it should say of each.

import type { ServiceSeries } from "./series.ts";
import type { Windows } from "./windows.ts";

/** Examples as arrays in C order. x and y are scaled. */
export interface Batch {
  readonly size: number;
  /** [batch, window, node, feature], gaps filled */
  readonly x: Float32Array;
  /** [batch, node, target, horizon]; NaN where nothing was measured */
  readonly y: Float32Array;
  /**
   * [batch, window, cycles + 1]: the phase of each cycle in 0 … 1, then the hours since the series
   * began.
   */
  readonly clock: Float32Array;
  /** [batch, window, node, feature]: 1 where x was measured, 0 where it is filled; only with gaps. */
  readonly observed?: Float32Array;
  /** [batch, window, edge] in calls per second; only where they were measured. */
  readonly callRates?: Float32Array;
}

/**
 * The batch of the examples with these present steps. Truths after the end of the series are NaN. Throws a
 * RangeError for a step whose window is not all in the series.
 */
export const gather =
  (windows: Windows) =>
  (examples: readonly number[]): Batch => {
    const { scaled, filled, hasGaps, series, window, cycleSeconds } = windows;
    requireWithin(windows, examples);
    const columns = series.services.length * series.features.length;
    /** The windows' rows of an array [time, width]. */
    const rows = (from: Float32Array | Float64Array, width: number): Float32Array => {
      const found = new Float32Array(examples.length * window * width);
      for (const [k, now] of examples.entries()) {
        const begin = (now - window + 1) * width;
        found.set(from.subarray(begin, begin + window * width), k * window * width);
      }
      return found;
    };
    const measured = (): Float32Array =>
      rows(scaled, columns).map((value) => (Number.isNaN(value) ? 0 : 1));
    const clock = examples.flatMap((now) =>
      Array.from({ length: window }, (_, k) =>
        clockAt(series, cycleSeconds, now - window + 1 + k),
      ).flat(),
    );
    return {
      size: examples.length,
      x: rows(filled, columns),
      y: truthsOf(windows, examples),
      clock: Float32Array.from(clock),
      ...(hasGaps ? { observed: measured() } : {}),
      ...(series.callRates === undefined
        ? {}
        : { callRates: rows(series.callRates, series.edges.length).map(orNone) }),
    };
  };

const requireWithin = ({ series, window }: Windows, examples: readonly number[]): void => {
  const [first, last] = [window - 1, series.times.length - 1];
  const isWithin = (now: number) => Number.isInteger(now) && now >= first && now <= last;
  const wrong = examples.find((now) => !isWithin(now));
  if (wrong !== undefined)
    throw new RangeError(`gather: steps in ${first} … ${last} expected, got ${wrong}`);
};

/** A rate of calls; where there is no record of any, none. */
const orNone = (rate: number): number => (Number.isNaN(rate) ? 0 : rate);

/** The scaled values at each horizon, [example, node, target, horizon]. */
const truthsOf = (
  { scaled, series, targets, horizons }: Windows,
  examples: readonly number[],
): Float32Array => {
  const nodes = series.services.length;
  const y = new Float32Array(examples.length * nodes * targets.length * horizons.length);
  let at = 0;
  for (const now of examples) {
    for (let node = 0; node < nodes; node++) {
      for (const target of targets) {
        for (const ahead of horizons) {
          const row = (now + ahead) * nodes + node;
          y[at++] = scaled[row * series.features.length + target] as number;
        }
      }
    }
  }
  return y;
};

/** Phases and hours; unix time 0 was a Thursday, from which the phase of the week counts. */
const clockAt = (
  { times }: ServiceSeries,
  cycleSeconds: readonly number[],
  step: number,
): readonly number[] => {
  const time = times[step] as number;
  const hours = (time - (times[0] as number)) / 3600;
  return [...cycleSeconds.map((cycle) => time / cycle - Math.floor(time / cycle)), hours];
};
