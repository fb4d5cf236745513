// A call graph at a glance: its depth, its fan-out, what is shared, and a listing level by level.

import { type CallSpec, entryShares, meanCalls, type ServiceGraph } from "./callgraph.ts";

/** Numbers that describe a call graph, which has no cycles. */
export interface GraphSummary {
  readonly services: number;
  readonly calls: number;
  readonly entries: number;
  /** Services on the longest chain of calls. */
  readonly depth: number;
  /** The names on each level: a service is one level below the deepest of its callers. */
  readonly levels: readonly (readonly string[])[];
  /** Over services that call others. */
  readonly meanFanOut: number;
  readonly mostFanOut: number;
  /** Services with more than one caller. */
  readonly shared: number;
  readonly mostFanIn: number;
  /** Calls that only some requests make, and calls for which nobody waits. */
  readonly optionalCalls: number;
  readonly laggedCalls: number;
  /** Calls that one request from outside brings about in the mean. */
  readonly callsPerRequest: number;
}

const count = (calls: readonly CallSpec[], end: "source" | "target"): readonly number[] => {
  const counts = new Map<string, number>();
  for (const call of calls) counts.set(call[end], (counts.get(call[end]) ?? 0) + 1);
  return [...counts.values()];
};

/**
 * The summary of a call graph that `callOrder` accepts.
 *
 * @example
 * const { depth, mostFanOut, mostFanIn } = summariseGraph(Spatiotemporal.shop);
 * console.log(depth, mostFanOut, mostFanIn) // 6 5 6
 */
export const summariseGraph = (graph: ServiceGraph): GraphSummary => {
  const { services, calls } = graph;
  const levels = levelsOf(graph);
  const [fanOut, fanIn] = [count(calls, "source"), count(calls, "target")];
  return {
    services: services.length,
    calls: calls.length,
    entries: entryShares(graph).size,
    depth: levels.length,
    levels,
    meanFanOut: calls.length / Math.max(1, fanOut.length),
    mostFanOut: Math.max(0, ...fanOut),
    shared: fanIn.filter((callers) => callers > 1).length,
    mostFanIn: Math.max(0, ...fanIn),
    optionalCalls: calls.filter(({ probability = 1 }) => probability < 1).length,
    laggedCalls: calls.filter(({ lagSeconds }) => lagSeconds > 0).length,
    callsPerRequest: callsForOne(graph, levels),
  };
};

const levelsOf = ({ services, calls }: ServiceGraph): readonly (readonly string[])[] => {
  const levels: string[][] = [];
  // Peeled from the top: a service is free once all its callers are on a level.
  for (let left = services.map(({ name }) => name); left.length > 0; ) {
    const waiting = new Set(left);
    const held = new Set(calls.filter((it) => waiting.has(it.source)).map((it) => it.target));
    const free = left.filter((name) => !held.has(name));
    if (free.length === 0) return [...levels, left]; // a cycle, which callOrder refuses
    levels.push(free);
    left = left.filter((name) => held.has(name));
  }
  return levels;
};

const callsForOne = (graph: ServiceGraph, levels: readonly (readonly string[])[]): number => {
  const visits = new Map(entryShares(graph));
  let total = 0;
  for (const name of levels.flat()) {
    for (const call of graph.calls.filter(({ source }) => source === name)) {
      const made = (visits.get(name) ?? 0) * meanCalls(call);
      visits.set(call.target, (visits.get(call.target) ?? 0) + made);
      total += made;
    }
  }
  return total;
};

const rounded = (value: number): string => value.toFixed(1);

/**
 * A call graph in a few lines: its summary, and each service with whom it calls, level by level.
 *
 * @example
 * printCallGraph(Spatiotemporal.shop).split("\n")[0] // 12 services, 21 calls, 1 entry, 6 levels
 */
export const printCallGraph = (graph: ServiceGraph): string => {
  const all = summariseGraph(graph);
  const entries = `${all.entries} ${all.entries === 1 ? "entry" : "entries"}`;
  return [
    `${all.services} services, ${all.calls} calls, ${entries}, ${all.depth} levels`,
    `fan-out ${rounded(all.meanFanOut)} in the mean, ${all.mostFanOut} at most; ` +
      `${all.shared} services shared, by ${all.mostFanIn} at most; ` +
      `${rounded(all.callsPerRequest)} calls a request`,
    `${all.optionalCalls} calls optional, ${all.laggedCalls} without waiting`,
    ...all.levels.flatMap((names, level) => names.map((name) => printService(graph, name, level))),
  ].join("\n");
};

const printService = ({ calls }: ServiceGraph, name: string, level: number): string => {
  const called = calls.filter(({ source }) => source === name);
  const targets = called.map((call) => {
    const lag = call.lagSeconds > 0 ? `, ${call.lagSeconds} s later` : "";
    return `${call.target} (${Number(meanCalls(call).toPrecision(2))}${lag})`;
  });
  return `${"  ".repeat(level)}${name}${targets.length > 0 ? ` → ${targets.join(", ")}` : ""}`;
};
