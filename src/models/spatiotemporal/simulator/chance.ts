// Incidents and lifetimes drawn at random, for test beds that do not spell them out.

import { type Dice, makeDice } from "../../dice.ts";
import { entryShares, type ServiceGraph } from "./callgraph.ts";
import { type Incident, type IncidentKind, incidentKinds } from "./incident.ts";
import type { Lifetime } from "./lifetime.ts";
import { streams } from "./streams.ts";

/** How many incidents to draw, of which kinds and lengths. */
export interface IncidentPlan {
  readonly count: number;
  /** All kinds by default. Those that the graph has no place for are passed over. */
  readonly kinds?: readonly IncidentKind[];
  /** The shortest and the longest; 5 and 30 by default. */
  readonly minutes?: readonly [number, number];
}

/** How many services to deploy during the run, and how many to remove. */
export interface LifetimePlan {
  readonly deployed: number;
  readonly removed: number;
}

/** Severities, drawn evenly in their logarithm. */
const severities = {
  slowdown: [2, 8],
  cpuHog: [0.3, 0.9],
  crash: [0.3, 1],
  latency: [0.05, 1],
  surge: [1.5, 4],
  outage: [0.2, 1],
} as const satisfies Record<IncidentKind, readonly [number, number]>;

type Place = Pick<Incident, "service" | "target">;

const placesOf = (graph: ServiceGraph, kind: IncidentKind): readonly Place[] => {
  const awaited = graph.calls.filter(({ lagSeconds }) => lagSeconds === 0);
  const called = new Set(graph.calls.map(({ target }) => target));
  const all = graph.services.map(({ name }) => name);
  switch (kind) {
    case "latency":
      return awaited.map(({ source, target }) => ({ service: source, target }));
    case "surge":
      return [...entryShares(graph).keys()].map((service) => ({ service }));
    case "outage":
      return all.filter((name) => called.has(name)).map((service) => ({ service }));
    default:
      return all.map((service) => ({ service }));
  }
};

/**
 * Incidents in order of time. Each lies in its own part of the run and lasts at most half of it, so
 * that they do not overlap and the application has time to recover.
 *
 * @example
 * drawIncidents(Spatiotemporal.shop, 1, 600, { count: 4 }).length // 4
 */
export const drawIncidents = (
  graph: ServiceGraph,
  seed: number,
  minutes: number,
  plan: IncidentPlan,
): readonly Incident[] => {
  const { count, kinds = Object.keys(incidentKinds) as IncidentKind[] } = plan; // its own keys
  const [shortest, longest] = plan.minutes ?? [5, 30];
  const possible = kinds.filter((kind) => placesOf(graph, kind).length > 0);
  if (possible.length === 0) return [];
  const dice = makeDice(seed, streams.incidents);
  const part = Math.floor(minutes / Math.max(1, count));
  return Array.from({ length: part < 2 ? 0 : count }, (_, k) => {
    const kind = dice.pick(possible);
    const length = Math.min(dice.integer(shortest, longest), Math.floor(part / 2));
    const begin = k * part + dice.integer(0, part - length);
    const [least, most] = severities[kind];
    const severity = Number(dice.logBetween(least, most).toPrecision(3));
    return { kind, ...dice.pick(placesOf(graph, kind)), begin, end: begin + length, severity };
  });
};

/**
 * Lifetimes of services that are no entries, each drawn once: deployments in the second to sixth
 * tenth of the run, removals in the fifth to ninth.
 *
 * @example
 * drawLifetimes(Spatiotemporal.shop, 1, 600, { deployed: 1, removed: 2 }).length // 3
 */
export const drawLifetimes = (
  graph: ServiceGraph,
  seed: number,
  minutes: number,
  { deployed, removed }: LifetimePlan,
): readonly Lifetime[] => {
  const dice = makeDice(seed, streams.lifetimes);
  const entries = entryShares(graph);
  const names = graph.services.map(({ name }) => name).filter((name) => !entries.has(name));
  const chosen = drawSome(dice, names, deployed + removed);
  return chosen.map((service, k) =>
    k < deployed
      ? { service, begin: momentIn(dice, minutes, 0.1, 0.6), end: minutes }
      : { service, begin: 0, end: momentIn(dice, minutes, 0.4, 0.9) },
  );
};

const momentIn = (dice: Dice, minutes: number, from: number, to: number): number =>
  Math.min(Math.max(1, minutes - 1), Math.max(1, Math.round(minutes * dice.between(from, to))));

const drawSome = <A>(dice: Dice, items: readonly A[], count: number): readonly A[] => {
  const left = [...items];
  const drawn: A[] = [];
  while (drawn.length < count && left.length > 0) {
    drawn.push(...left.splice(dice.integer(0, left.length - 1), 1));
  }
  return drawn;
};
