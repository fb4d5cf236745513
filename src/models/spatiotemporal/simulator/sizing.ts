// Sizes for the services of a random call graph: how long they work, and how many workers and
// replicas they need for what reaches them.
//
//   visits   v = share of the load at an entry, or Σ over callers of v · calls per request
//   busy     b = load · v · service time      workers kept busy at the nominal load
//
// Front ends and tiers scale up to some 3·b workers. Caches and stores do not scale and have 2 to 4
// times b, so that the peaks of a day fill some of them: these become bottlenecks.

import type { Dice } from "../../dice.ts";
import { type CallSpec, meanCalls, type ServiceGraph, type ServiceSpec } from "./callgraph.ts";

/** What a service is for. */
export type Role = "front" | "tier" | "cache" | "store";

/** The ranges that sizes are drawn from, evenly in the logarithm. */
const ranges = {
  front: { serviceMs: [3, 8], cpuShare: [0.7, 1], megabytes: [60, 150], kilobytes: [100, 400] },
  tier: { serviceMs: [4, 60], cpuShare: [0.4, 1], megabytes: [60, 500], kilobytes: [100, 3000] },
  cache: { serviceMs: [0.3, 1], cpuShare: [0.7, 1], megabytes: [300, 2000], kilobytes: [20, 100] },
  store: {
    serviceMs: [2, 15],
    cpuShare: [0.3, 0.7],
    megabytes: [500, 4000],
    kilobytes: [500, 4000],
  },
} as const satisfies Record<Role, Readonly<Record<string, readonly [number, number]>>>;

/** A service that is called very often is a fast one: at most so many of its workers are busy. */
const MOST_BUSY = 20;

/** How often each service is called for one request from outside; callers come before callees. */
const visitsOf = (
  names: readonly string[],
  calls: readonly CallSpec[],
  entry: Readonly<Record<string, number>>,
): ReadonlyMap<string, number> => {
  const total = Object.values(entry).reduce((a, b) => a + b, 0);
  const visits = new Map(names.map((name) => [name, (entry[name] ?? 0) / total]));
  const of = (name: string) => visits.get(name) ?? 0;
  for (const name of names) {
    for (const call of calls.filter(({ source }) => source === name)) {
      visits.set(call.target, of(call.target) + of(name) * meanCalls(call));
    }
  }
  return visits;
};

/** The call graph of services without sizes, callers before callees, for a load that it bears. */
export const sizedFor = (
  requestsPerSecond: number,
  dice: Dice,
  nodes: readonly { readonly name: string; readonly role: Role }[],
  calls: readonly CallSpec[],
  entry: Readonly<Record<string, number>>,
): ServiceGraph => {
  const visits = visitsOf(
    nodes.map(({ name }) => name),
    calls,
    entry,
  );
  const services = nodes.map(({ name, role }) =>
    drawService(dice, name, role, requestsPerSecond * (visits.get(name) ?? 0)),
  );
  return { entry, services, calls };
};

const drawService = (dice: Dice, name: string, role: Role, rate: number): ServiceSpec => {
  const draw = (range: readonly [number, number], digits = 2) =>
    Number(dice.logBetween(...range).toPrecision(digits));
  const range = ranges[role];
  const serviceMs = Math.min(draw(range.serviceMs), (MOST_BUSY / rate) * 1000);
  const busy = (rate * serviceMs) / 1000;
  const headroom = dice.between(2, 4);
  const isScaled = role === "front" || role === "tier";
  const workersPerReplica = isScaled
    ? dice.pick([1, 1, 2, 4])
    : Math.max(2, Math.ceil(busy * headroom));
  const wanted = Math.ceil((busy * headroom) / workersPerReplica);
  return {
    name,
    serviceMs,
    cpuMs: serviceMs * draw(range.cpuShare),
    workersPerReplica,
    replicas: isScaled
      ? { min: Math.max(1, Math.floor(busy / 4 / workersPerReplica)), max: Math.max(2, wanted) }
      : { min: 1, max: 1 },
    replicaMegabytes: draw(range.megabytes),
    requestKilobytes: draw(range.kilobytes),
    patienceSeconds: 10,
  };
};
