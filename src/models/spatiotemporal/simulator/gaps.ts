// Measurements that are missing: cells lost by chance, gaps in which nothing comes from a service, and
// the time before a service is deployed or after it is removed.

import { makeDice } from "../../dice.ts";
import { uniforms } from "../../prng.ts";
import type { ServiceSeries } from "../series.ts";
import { isDeployed, type Lifetime } from "./lifetime.ts";
import { streams } from "./streams.ts";

/** How much is missing; all 0 for nothing. */
export interface MissingOptions {
  /** The chance that a cell is lost, each by itself. */
  readonly cellRate: number;
  /** Gaps of each service in a day: times in which all of its cells are lost. */
  readonly gapsPerDay: number;
  /** Their mean length; exponential, in whole minutes, at least one. */
  readonly gapMinutes: number;
}

/** Nothing is missing. */
export const nothingMissing: MissingOptions = { cellRate: 0, gapsPerDay: 0, gapMinutes: 10 };

/** A series with NaN where something is missing, in `values` and in `callRates`. */
export const withGaps =
  (seed: number, options: MissingOptions, lifetimes: readonly Lifetime[]) =>
  (series: ServiceSeries): ServiceSeries => {
    const { services, features, values, edges, callRates } = series;
    const minutes = series.times.length;
    const outages = services.map((_, i) => gapsOf(seed, options, i, minutes));
    const away = services.map((service, i) =>
      outages[i]?.map((gap, minute) => Number(gap || !isDeployed(lifetimes, service, minute))),
    );
    const isGone = (service: number, minute: number) => away[service]?.[minute] === 1;
    const width = services.length * features.length;
    const isCellLost = lost(seed, streams.lostCells, options.cellRate);
    const isRateLost = lost(seed, streams.lostRates, options.cellRate);
    return {
      ...series,
      values: values.map((value, at) => {
        const [minute, column] = [Math.floor(at / width), at % width];
        const isMissing = isGone(Math.floor(column / features.length), minute);
        return isMissing || isCellLost(column, minute) ? Number.NaN : value;
      }),
      ...(callRates && {
        // Calls are counted by the caller; there are none to a service that is not deployed.
        callRates: callRates.map((rate, at) => {
          const [minute, edge] = [Math.floor(at / edges.length), at % edges.length];
          const [source, target] = edges[edge] as (typeof edges)[number]; // edge < edges.length
          const isThere = isDeployed(lifetimes, services[target] as string, minute);
          const isMissing = isGone(source, minute) || !isThere;
          return isMissing || isRateLost(edge, minute) ? Number.NaN : rate;
        }),
      }),
    };
  };

/** Whether a cell is lost by itself. */
const lost =
  (seed: number, stream: number, rate: number) =>
  (column: number, minute: number): boolean =>
    rate > 0 && uniforms(seed, stream + column)(minute) < rate;

/** 1 in the minutes of a service's gaps, [time]. */
const gapsOf = (
  seed: number,
  { gapsPerDay, gapMinutes }: MissingOptions,
  service: number,
  minutes: number,
): Uint8Array => {
  const gaps = new Uint8Array(minutes);
  if (gapsPerDay === 0) return gaps;
  const dice = makeDice(seed, streams.gaps + service);
  const between = 1440 / gapsPerDay;
  for (let minute = dice.exponential(between); minute < minutes; ) {
    const length = Math.max(1, Math.round(dice.exponential(gapMinutes)));
    gaps.fill(1, Math.floor(minute), Math.floor(minute) + length);
    minute += length + dice.exponential(between);
  }
  return gaps;
};

/** 1 where a value is missing, 0 where it is there. */
export const missingIn = (values: Float64Array): Uint8Array =>
  Uint8Array.from(values, (value) => Number(Number.isNaN(value)));
