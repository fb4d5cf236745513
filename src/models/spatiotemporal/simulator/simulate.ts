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
// and an autoscaler sets the replicas. What incidents change in this is in conditions.ts, the whole
// model in docs/simulator.md. The stationary waiting time stands for the randomness of a queue below
// saturation, the fluid backlog for its growth above: Newell, "Applications of Queueing Theory",
// 1982. Workers are not held while a request waits for callees, and refused requests are not
// retried.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type OptionProblem, optionProblem } from "../options.ts";
import { features, type ServiceSeries, unitsOfFeatures } from "../series.ts";
import { defaultScaling, type ScalingPolicy } from "./autoscale.ts";
import { callOrder, type ServiceGraph } from "./callgraph.ts";
import { type Recording, record } from "./engine.ts";
import { defaultResilience } from "./incident.ts";
import { withErrors } from "./meter.ts";
import { shop } from "./shop.ts";
import { checkWorkload, defaultWorkload, type Workload } from "./workload.ts";

/** What to simulate. Every field has a default. */
export interface SimulatorOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly graph: ServiceGraph;
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

/** 2024-01-01 00:00 UTC, a Monday. */
const START_TIME = Date.UTC(2024, 0, 1) / 1000;

/**
 * One value per service, feature and minute of a simulated application. The same options give the
 * same values. Fails when the call graph has a cycle or a number is out of range.
 *
 * @example
 * const result = simulate({ minutes: 30 });
 * "right" in result && result.right.services.length // 12
 */
export const simulate = (
  options: Partial<SimulatorOptions> = {},
): E.Either<OptionProblem, ServiceSeries> =>
  pipe(
    checkOptions({ ...defaultSimulation, ...options }),
    E.bindTo("checked"),
    E.bind("order", ({ checked }) => callOrder(checked.graph)),
    E.map(({ checked, order }) => {
      const { seed, graph, measurementNoise } = checked;
      const recording = record({
        ...checked,
        order,
        incidents: [],
        lifetimes: [],
        resilience: defaultResilience,
      });
      return withErrors(seed, measurementNoise)(toSeries(graph, recording));
    }),
  );

/** The options, or what is wrong with them; the call graph is checked by `callOrder`. */
export const checkOptions = <Options extends SimulatorOptions>(
  options: Options,
): E.Either<OptionProblem, Options> => {
  const { seed, minutes, workload, measurementNoise } = options;
  const rules: readonly (readonly [boolean, string, number])[] = [
    [Number.isInteger(seed), "a whole seed expected", seed],
    [Number.isInteger(minutes) && minutes > 0, "whole minutes expected", minutes],
    [measurementNoise >= 0, "measurementNoise of at least 0 expected", measurementNoise],
  ];
  const broken = rules.find(([holds]) => !holds);
  const problem =
    broken === undefined ? checkWorkload(workload) : optionProblem(broken[1], String(broken[2]));
  return problem === undefined ? E.right(options) : E.left(problem);
};

/** What happened, as a series without errors of measurement. */
export const toSeries = (graph: ServiceGraph, recording: Recording): ServiceSeries => {
  const { values, callRates, demand } = recording;
  const indexOf = new Map(graph.services.map(({ name }, index) => [name, index]));
  const at = (name: string) => indexOf.get(name) as number; // callOrder has checked the names
  return {
    services: graph.services.map(({ name }) => name),
    features,
    units: unitsOfFeatures,
    times: demand.map((_, minute) => START_TIME + 60 * minute),
    values,
    edges: graph.calls.map(({ source, target }) => [at(source), at(target)] as const),
    callRates,
    stepSeconds: 60,
  };
};
