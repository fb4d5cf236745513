// A simulated application with the truth beside what was measured: load levels, incidents, services
// that come and go, cells that are missing. docs/simulator.md has the whole model.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type OptionProblem, optionProblem } from "../options.ts";
import type { ServiceSeries } from "../series.ts";
import { callOrder } from "./callgraph.ts";
import { drawIncidents, drawLifetimes, type IncidentPlan, type LifetimePlan } from "./chance.ts";
import { record } from "./engine.ts";
import { type MissingOptions, missingIn, nothingMissing, withGaps } from "./gaps.ts";
import { checkIncident, defaultResilience, type Incident, type Resilience } from "./incident.ts";
import { checkLifetimes, type Lifetime } from "./lifetime.ts";
import { withErrors } from "./meter.ts";
import { regimesOf } from "./patterns.ts";
import { checkOptions, defaultSimulation, type SimulatorOptions, toSeries } from "./simulate.ts";

/** What to simulate, and what to disturb. Every field has a default; by default nothing is disturbed. */
export interface TestBedOptions extends SimulatorOptions {
  /** Spelled out, or drawn from the seed. */
  readonly incidents: readonly Incident[] | IncidentPlan;
  /** Spelled out, or drawn from the seed. */
  readonly lifetimes: readonly Lifetime[] | LifetimePlan;
  readonly resilience: Resilience;
  readonly missing: Partial<MissingOptions>;
}

/** What really happened, which no meter shows. Times are the rows of the series. */
export interface Truth {
  /** The series without errors of measurement, nothing missing. */
  readonly clean: ServiceSeries;
  /** 1 where the measured series has no value, [time, service, feature]. */
  readonly missing: Uint8Array;
  /** Requests per second that users send, at all entries together, [time]. */
  readonly demand: Float64Array;
  /** The tercile of the demand: 0 low, 1 medium, 2 high load, [time]. */
  readonly levels: Uint8Array;
  /** The index of the workload's regime, [time]; 0 where it has none. */
  readonly regimes: Uint8Array;
  /** In order of their beginning. */
  readonly incidents: readonly Incident[];
  readonly lifetimes: readonly Lifetime[];
  /** The share of the workers' time in which they were busy, 0…1, [time, service]. */
  readonly utilisation: Float64Array;
  /** Requests per second that reached the service, [time, service]. */
  readonly arrivals: Float64Array;
  /** Requests per second that it turned away, [time, service]. */
  readonly refused: Float64Array;
  /** Requests that wait at the end of the minute, beyond those of a queue in balance, [time, service]. */
  readonly backlog: Float64Array;
}

/** A measured series, the truth about it, and the options that it came from. */
export interface TestBed {
  readonly series: ServiceSeries;
  readonly truth: Truth;
  readonly options: TestBedOptions;
}

/** The shop of `simulate`, undisturbed. */
export const defaultTestBed: TestBedOptions = {
  ...defaultSimulation,
  incidents: [],
  lifetimes: [],
  resilience: defaultResilience,
  missing: nothingMissing,
};

/**
 * Simulates an application and keeps the truth. The same options give the same test bed; without
 * disturbances its series is that of `simulate`. Fails when a number is out of range, or an incident
 * or a lifetime has no place in the graph or the run.
 *
 * @example
 * const slow = { kind: "slowdown", service: "database", begin: 20, end: 30, severity: 5 } as const;
 * const bed = simulateTestBed({ minutes: 60, incidents: [slow], missing: { cellRate: 0.1 } });
 * "right" in bed && bed.right.truth.incidents[0]?.service // database
 */
export const simulateTestBed = (
  options: Partial<TestBedOptions> = {},
): E.Either<OptionProblem, TestBed> =>
  pipe(
    checkOptions({ ...defaultTestBed, ...options }),
    E.bindTo("checked"),
    E.bind("order", ({ checked }) => callOrder(checked.graph)),
    E.bind("missing", ({ checked }) => checkMissing({ ...nothingMissing, ...checked.missing })),
    E.bind("incidents", ({ checked }) => incidentsOf(checked)),
    E.bind("lifetimes", ({ checked }) => lifetimesOf(checked)),
    E.map(build),
  );

interface Checked {
  readonly checked: TestBedOptions;
  readonly order: readonly string[];
  readonly missing: MissingOptions;
  readonly incidents: readonly Incident[];
  readonly lifetimes: readonly Lifetime[];
}

const build = ({ checked: options, order, missing, incidents, lifetimes }: Checked): TestBed => {
  const { seed, minutes, graph, workload, measurementNoise } = options;
  const recording = record({ ...options, order, incidents, lifetimes });
  const { utilisation, arrivals, refused, backlog, demand } = recording;
  const clean = toSeries(graph, recording);
  const series = pipe(
    clean,
    withErrors(seed, measurementNoise),
    withGaps(seed, missing, lifetimes),
  );
  const regimes = workload.regimes
    ? regimesOf(workload.regimes, seed, minutes)
    : new Uint8Array(minutes);
  const load = { demand, levels: loadLevels(demand), regimes };
  const inside = { utilisation, arrivals, refused, backlog };
  const missingCells = missingIn(series.values);
  return {
    series,
    truth: { clean, missing: missingCells, ...load, incidents, lifetimes, ...inside },
    options,
  };
};

/**
 * The level of each value among `count` levels of about equal size, 0 the lowest: terciles by
 * default. Equal values have equal levels.
 *
 * @example
 * Array.from(loadLevels(Float64Array.of(5, 1, 9, 8, 2, 4))) // [1, 0, 2, 2, 0, 1]
 */
export const loadLevels = (values: Float64Array, count = 3): Uint8Array => {
  const sorted = values.toSorted();
  const borders = Array.from(
    { length: count - 1 },
    (_, k) => sorted[Math.ceil(((k + 1) * sorted.length) / count) - 1] as number,
  );
  return Uint8Array.from(values, (value) => borders.filter((border) => value > border).length);
};

const checkMissing = (missing: MissingOptions): E.Either<OptionProblem, MissingOptions> => {
  const { cellRate, gapsPerDay, gapMinutes } = missing;
  if (!(cellRate >= 0 && cellRate <= 1)) {
    return E.left(optionProblem("cellRate in 0…1 expected", String(cellRate)));
  }
  return gapsPerDay >= 0 && gapMinutes > 0 && Number.isFinite(gapsPerDay + gapMinutes)
    ? E.right(missing)
    : E.left(
        optionProblem(
          "gapsPerDay of at least 0 and positive gapMinutes expected",
          `${gapsPerDay} and ${gapMinutes}`,
        ),
      );
};

const isList = <A>(given: readonly A[] | object): given is readonly A[] => Array.isArray(given);

const incidentsOf = (options: TestBedOptions): E.Either<OptionProblem, readonly Incident[]> => {
  const { graph, seed, minutes, incidents: given, resilience } = options;
  const { timeoutSeconds, retries } = resilience;
  if (!(timeoutSeconds > 0 && Number.isInteger(retries) && retries >= 0)) {
    const rule = "a positive timeoutSeconds and whole retries of at least 0 expected";
    return E.left(optionProblem(rule, `${timeoutSeconds} and ${retries}`));
  }
  const incidents = isList<Incident>(given) ? given : drawIncidents(graph, seed, minutes, given);
  const problems = incidents.map((incident) => checkIncident(graph, minutes, incident));
  const problem = problems.find((it) => it !== undefined);
  return problem === undefined
    ? E.right(incidents.toSorted((a, b) => a.begin - b.begin))
    : E.left(problem);
};

const lifetimesOf = (options: TestBedOptions): E.Either<OptionProblem, readonly Lifetime[]> => {
  const { graph, seed, minutes, lifetimes: given } = options;
  const lifetimes = isList<Lifetime>(given) ? given : drawLifetimes(graph, seed, minutes, given);
  const problem = checkLifetimes(graph, minutes, lifetimes);
  return problem === undefined ? E.right(lifetimes) : E.left(problem);
};
