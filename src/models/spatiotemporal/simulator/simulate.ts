// A seeded simulator of a microservice application under load: the data set that is always at hand.
//
// Requests are a fluid that flows down the call graph in steps of Δ = 5 s. In each step and service
//
//   arrivals      = Σ over callers of calls per request · the caller's completions (those of
//                   lag/2 … 3·lag/2 ago where the call has a lag)
//   completions   = at most replicas · workers · Δ / service time; the rest waits as backlog,
//                   carried to the next step
//   utilisation ρ = completions / that most, so ρ ≤ 1
//   own time      = service time + M/M/c waiting time at min(ρ, 0.98) + backlog / rate of service
//   response time = own time + Σ over awaited callees of calls per request · their response time
//   cpu           = completions · cpu time / Δ + idle and start-up cores of the replicas
//   memory        = replicas · base + request memory · λ·R (Little), which rises at once and is
//                   given back over minutes
//
// and an autoscaler sets the replicas. The stationary waiting time stands for the randomness of a
// queue below saturation, the fluid backlog for its growth above: Newell, "Applications of Queueing
// Theory", 1982. Workers are not held while a request waits for callees, and refused requests are
// not retried.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type OptionProblem, optionProblem } from "../options.ts";
import { normals } from "../prng.ts";
import { features, type ServiceSeries, unitsOfFeatures } from "../series.ts";
import { defaultScaling, type ScalingPolicy } from "./autoscale.ts";
import { type CallGraph, callOrder } from "./callgraph.ts";
import { shop } from "./shop.ts";
import { answer, initialState, report, STEP_SECONDS, scale, serve, toStations } from "./station.ts";
import { arrivals, defaultWorkload, firstFreeStream, type Workload } from "./workload.ts";

/** What to simulate. Every field has a default. */
export interface SimulatorOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly graph: CallGraph;
  readonly workload: Workload;
  readonly scaling: ScalingPolicy;
  /** Scales the errors of measurement; 0 reports the exact state. */
  readonly measurementNoise: number;
}

/** A day and night of the shop: 1440 minutes with seed 1. */
export const defaultSimulation: SimulatorOptions = {
  seed: 1,
  minutes: 1440,
  graph: shop,
  workload: defaultWorkload,
  scaling: defaultScaling,
  measurementNoise: 1,
};

const STEPS_PER_MINUTE = 60 / STEP_SECONDS;
/** Simulated before the first minute that is given, so that lags and replicas have settled. */
const WARM_UP_MINUTES = 30;
/** Deviation of the relative error of measurement of cpu, memory, response time and throughput. */
const METER_ERRORS = [0.05, 0.004, 0.04, 0.03] as const;
/** 2024-01-01 00:00 UTC, a Monday. */
const START_TIME = Date.UTC(2024, 0, 1) / 1000;

/**
 * One value per service, feature and minute of a simulated application. The same options give the
 * same values. Fails when the call graph has a cycle or a number is out of range.
 */
export const simulate = (
  options: Partial<SimulatorOptions> = {},
): E.Either<OptionProblem, ServiceSeries> =>
  pipe(
    checkOptions({ ...defaultSimulation, ...options }),
    E.bindTo("checked"),
    E.bind("order", ({ checked }) => callOrder(checked.graph)),
    E.map(({ checked, order }) => run(checked, order)),
  );

const checkOptions = (options: SimulatorOptions): E.Either<OptionProblem, SimulatorOptions> => {
  const { seed, minutes, workload, measurementNoise } = options;
  const { load, baseRequestsPerSecond, dailySwing } = workload;
  const rules: readonly (readonly [boolean, string, number])[] = [
    [Number.isInteger(seed), "a whole seed expected", seed],
    [Number.isInteger(minutes) && minutes > 0, "whole minutes expected", minutes],
    [measurementNoise >= 0, "measurementNoise of at least 0 expected", measurementNoise],
    [load > 0, "a positive load expected", load],
    [baseRequestsPerSecond > 0, "positive baseRequestsPerSecond expected", baseRequestsPerSecond],
    [dailySwing >= 0 && dailySwing < 1, "dailySwing in 0…1, without 1, expected", dailySwing],
  ];
  const broken = rules.find(([holds]) => !holds);
  return broken === undefined
    ? E.right(options)
    : E.left(optionProblem(broken[1], String(broken[2])));
};

const run = (options: SimulatorOptions, order: readonly string[]): ServiceSeries => {
  const { seed, minutes, graph, workload, scaling, measurementNoise } = options;
  const stations = toStations(graph, order);
  const callersLast = stations.toReversed();
  const n = stations.length;
  const steps = (WARM_UP_MINUTES + minutes) * STEPS_PER_MINUTE;
  const demand = arrivals(workload, seed, steps, STEP_SECONDS);
  const state = initialState(graph, steps);
  const measure = meter(seed, n, measurementNoise);
  const values = new Float64Array(minutes * n * features.length);

  for (let step = 0; step < steps; step++) {
    for (const station of stations) serve(state, station, step, demand[step] as number);
    for (const station of callersLast) answer(state, station, step);
    for (const station of stations) scale(state, station, scaling, step);
    if ((step + 1) % STEPS_PER_MINUTE !== 0) continue;
    const minute = (step + 1) / STEPS_PER_MINUTE - 1 - WARM_UP_MINUTES;
    for (const station of stations) {
      const row = report(state, station);
      const at = (minute * n + station.index) * features.length;
      if (minute >= 0) values.set(measure(minute, station.index, row), at);
    }
  }
  const indexOf = (name: string) => graph.services.findIndex((spec) => spec.name === name);
  return {
    services: graph.services.map(({ name }) => name),
    features,
    units: unitsOfFeatures,
    times: Float64Array.from({ length: minutes }, (_, minute) => START_TIME + 60 * minute),
    values,
    edges: graph.calls.map(({ source, target }) => [indexOf(source), indexOf(target)] as const),
    stepSeconds: 60,
  };
};

/**
 * Adds the errors of measurement to a row of features: relative, normal, and never so large that a
 * value turns negative.
 */
const meter =
  (seed: number, n: number, noise: number) =>
  (minute: number, service: number, row: readonly number[]): number[] =>
    row.map((value, feature) => {
      const error = normals(seed, firstFreeStream + feature * n + service)(minute);
      return Math.max(0, value * (1 + noise * (METER_ERRORS[feature] ?? 0) * error));
    });
