// How incidents and lifetimes disturb the equations of the stations, minute by minute.
//
//   slowdown f     service time · f
//   cpuHog h       service time + cpu time · (1 / (1 − h) − 1); the hog's own h cores a worker
//   crash d        ⌈d · ready replicas⌉ replicas neither serve nor are counted
//   latency τ      + τ for each call over the edge
//   surge f        requests from outside · f
//   outage l       each call is tried up to 1 + retries times, each try is lost with chance l, so
//                  that in the mean  tries = 1 + l + … + l^retries,  (1 − l)·tries arrive, and
//                  l·tries cost the time-out
//
// Incidents of one kind at one place add up as independent causes: factors multiply, shares combine
// as 1 − (1 − a)·(1 − b), delays add.

import type { ServiceGraph } from "./callgraph.ts";
import type { Incident, IncidentKind, Resilience } from "./incident.ts";
import type { Lifetime } from "./lifetime.ts";

/** The disturbances of one moment, by index of service or call. All undisturbed: factors 1, else 0. */
export interface Conditions {
  readonly serviceFactor: Float64Array;
  /** The share of each worker's processor that is taken. */
  readonly hogged: Float64Array;
  /** The share of the replicas that is down. */
  readonly down: Float64Array;
  /** The chance that a try of a call to the service is lost. */
  readonly lost: Float64Array;
  /** Tries for each call to the service. */
  readonly tries: Float64Array;
  readonly demandFactor: Float64Array;
  /** 1 where the service is deployed and called, 0 elsewhere. */
  readonly called: Float64Array;
  /** Extra time of each call, by index of the call. */
  readonly latencySeconds: Float64Array;
  readonly timeoutSeconds: number;
}

/** What disturbs a run. */
export interface Disturbances {
  readonly incidents: readonly Incident[];
  readonly lifetimes: readonly Lifetime[];
  readonly resilience: Resilience;
}

/** The conditions of a minute of the run; minutes before 0 are as minute 0, but without incidents. */
export const conditionsAt = (
  graph: ServiceGraph,
  { incidents, lifetimes, resilience }: Disturbances,
  minute: number,
): Conditions => {
  const n = graph.services.length;
  const filled = (value: number) => new Float64Array(n).fill(value);
  const conditions: Conditions = {
    serviceFactor: filled(1),
    hogged: filled(0),
    down: filled(0),
    lost: filled(0),
    tries: filled(1),
    demandFactor: filled(1),
    called: filled(1),
    latencySeconds: new Float64Array(graph.calls.length),
    timeoutSeconds: resilience.timeoutSeconds,
  };
  for (const incident of incidents) {
    if (incident.begin <= minute && minute < incident.end) disturb(conditions, graph, incident);
  }
  for (let i = 0; i < n; i++) {
    conditions.tries[i] = meanTries(conditions.lost[i] as number, resilience.retries);
  }
  for (const { service, begin, end } of lifetimes) {
    const isThere = begin <= Math.max(0, minute) && minute < end;
    if (!isThere) conditions.called[indexOf(graph, service)] = 0;
  }
  return conditions;
};

const indexOf = ({ services }: ServiceGraph, service: string): number =>
  services.findIndex(({ name }) => name === service);

/** Tries of a call until one is not lost, at most 1 + retries: 1 + l + … + l^retries. */
const meanTries = (lost: number, retries: number): number => {
  let tries = 1;
  for (let k = 1; k <= retries; k++) tries += lost ** k;
  return tries;
};

const disturb = (conditions: Conditions, graph: ServiceGraph, incident: Incident): void => {
  const { kind, service, target, severity } = incident;
  const { field, combine } = effects[kind];
  const at =
    kind === "latency"
      ? graph.calls.findIndex((call) => call.source === service && call.target === target)
      : indexOf(graph, service);
  conditions[field][at] = combine(conditions[field][at] as number, severity);
};

const product = (a: number, b: number) => a * b;
const sum = (a: number, b: number) => a + b;
/** The chance that at least one of two independent things happens. */
const either = (a: number, b: number) => 1 - (1 - a) * (1 - b);

/** What each kind changes, and how it adds to what is changed already. */
const effects = {
  slowdown: { field: "serviceFactor", combine: product },
  cpuHog: { field: "hogged", combine: either },
  crash: { field: "down", combine: either },
  latency: { field: "latencySeconds", combine: sum },
  surge: { field: "demandFactor", combine: product },
  outage: { field: "lost", combine: either },
} as const satisfies Record<
  IncidentKind,
  {
    readonly field: Exclude<keyof Conditions, "timeoutSeconds">;
    readonly combine: (before: number, severity: number) => number;
  }
>;
