// A test bed in words, for the head of a report.

import { summariseGraph } from "./graphSummary.ts";
import { printIncident } from "./incident.ts";
import type { TestBed } from "./testBed.ts";

/**
 * A test bed in a few lines: its graph, its load, what disturbs it and what is missing.
 *
 * @example
 * const bed = Spatiotemporal.simulateTestBed({ minutes: 120 });
 * "right" in bed && describeTestBed(bed.right).split("\n")[0] // seed 1: 12 services, 21 calls, 6 levels, 1 entry, 120 minutes
 */
export const describeTestBed = ({ series, truth, options }: TestBed): string => {
  const { services, calls, depth, entries } = summariseGraph(options.graph);
  const doors = `${entries} ${entries === 1 ? "entry" : "entries"}`;
  return [
    `seed ${options.seed}: ${services} services, ${calls} calls, ${depth} levels, ${doors}, ` +
      `${options.minutes} minutes`,
    describeLoad(truth.demand, truth.levels),
    describeUse(series.services, truth.utilisation),
    ...truth.incidents.map(printIncident),
    ...truth.lifetimes.map(
      ({ service, begin, end }) => `${service} is there in minutes ${begin} to ${end}`,
    ),
    `${percent(mean(truth.missing))} of the values missing`,
  ].join("\n");
};

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / Math.max(1, values.length);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const rate = (value: number): string => String(Number(value.toPrecision(3)));

const describeLoad = (demand: Float64Array, levels: Uint8Array): string => {
  const means = [0, 1, 2].map((level) => mean(demand.filter((_, at) => levels[at] === level)));
  const peak = demand.reduce((a, b) => Math.max(a, b), 0);
  return (
    `load ${rate(mean(demand))} req/s in the mean, ${rate(peak)} at most; ` +
    `low, medium, high: ${means.map(rate).join(", ")}`
  );
};

const describeUse = (services: readonly string[], utilisation: Float64Array): string => {
  const n = services.length;
  const uses = services.map((name, i) => ({
    name,
    use: mean(utilisation.filter((_, at) => at % n === i)),
  }));
  const busiest = uses.reduce((a, b) => (b.use > a.use ? b : a));
  const full = mean(utilisation.map((use) => Number(use > 0.99)));
  return `busiest ${busiest.name}, ${percent(busiest.use)} of its workers; ${percent(full)} of all minutes saturated`;
};
