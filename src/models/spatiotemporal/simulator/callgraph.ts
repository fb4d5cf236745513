// The simulated application: which services there are, what a request costs each of them, and who
// calls whom.

import * as E from "fp-ts/lib/Either.js";
import { type OptionProblem, optionProblem } from "../options.ts";
import type { ReplicaBounds } from "./autoscale.ts";

/** One kind of service; all its replicas are alike. */
export interface ServiceSpec {
  readonly name: string;
  /** Mean time for which a request occupies a worker, without its callees' time. */
  readonly serviceMs: number;
  /**
   * Processor time per request; less than `serviceMs` where the worker waits for a disk or another
   * company.
   */
  readonly cpuMs: number;
  readonly workersPerReplica: number;
  readonly replicas: ReplicaBounds;
  readonly replicaMegabytes: number;
  /** Memory held by a request while it is present, with its buffers and garbage. */
  readonly requestKilobytes: number;
  /** Requests that would wait longer than this for a worker are refused. */
  readonly patienceSeconds: number;
}

/** Calls that `source` makes for each request that it completes. */
export interface CallSpec {
  readonly source: string;
  readonly target: string;
  readonly callsPerRequest: number;
  /**
   * Mean delay of the call after the request. 0 is a plain call, for whose answer the source waits.
   * Otherwise nobody waits: a shopper reads and thinks before the next click, or a message lies in
   * a broker.
   */
  readonly lagSeconds: number;
}

/** Services and the calls between them, without cycles. All load enters at `entry`. */
export interface CallGraph {
  readonly entry: string;
  readonly services: readonly ServiceSpec[];
  readonly calls: readonly CallSpec[];
}

const positiveFields = [
  "serviceMs",
  "cpuMs",
  "workersPerReplica",
  "replicaMegabytes",
  "requestKilobytes",
  "patienceSeconds",
] as const satisfies readonly (keyof ServiceSpec)[];

const checkService = (spec: ServiceSpec): OptionProblem | undefined => {
  const field = positiveFields.find((key) => !(spec[key] > 0 && Number.isFinite(spec[key])));
  if (field !== undefined) {
    return optionProblem(`a positive ${field} for "${spec.name}" expected`, String(spec[field]));
  }
  const { min, max } = spec.replicas;
  return Number.isInteger(min) && Number.isInteger(max) && min >= 1 && max >= min
    ? undefined
    : optionProblem(`replicas 1 ≤ min ≤ max for "${spec.name}" expected`, `${min} and ${max}`);
};

const checkCall = (names: ReadonlySet<string>, spec: CallSpec): OptionProblem | undefined => {
  const edge = `${spec.source} → ${spec.target}`;
  const unknown = [spec.source, spec.target].find((name) => !names.has(name));
  if (unknown !== undefined) {
    return optionProblem(`calls between known services expected`, `"${unknown}" in ${edge}`);
  }
  if (!(spec.callsPerRequest > 0 && Number.isFinite(spec.callsPerRequest))) {
    return optionProblem(`positive callsPerRequest expected`, `${spec.callsPerRequest} in ${edge}`);
  }
  return spec.lagSeconds >= 0 && Number.isFinite(spec.lagSeconds)
    ? undefined
    : optionProblem(`lagSeconds of at least 0 expected`, `${spec.lagSeconds} in ${edge}`);
};

const firstTwice = (texts: readonly string[]): string | undefined =>
  texts.find((text, k) => texts.indexOf(text) < k);

/**
 * The names of the services, callers before callees: Kahn's algorithm, 1962. Fails when a name or a
 * call occurs twice, a call has an unknown end, a number is out of range, or the calls form a
 * cycle.
 */
export const callOrder = (graph: CallGraph): E.Either<OptionProblem, readonly string[]> => {
  const names = new Set(graph.services.map(({ name }) => name));
  const repeated = firstTwice(graph.services.map(({ name }) => name));
  if (repeated !== undefined) {
    return E.left(optionProblem("each service once expected", `"${repeated}" twice`));
  }
  const edge = firstTwice(graph.calls.map(({ source, target }) => `${source} → ${target}`));
  if (edge !== undefined) return E.left(optionProblem("each call once expected", `${edge} twice`));
  if (!names.has(graph.entry)) {
    return E.left(optionProblem("an entry among the services expected", `"${graph.entry}"`));
  }
  for (const spec of graph.services) {
    const problem = checkService(spec);
    if (problem !== undefined) return E.left(problem);
  }
  for (const spec of graph.calls) {
    const problem = checkCall(names, spec);
    if (problem !== undefined) return E.left(problem);
  }
  return kahnOrder(graph);
};

const kahnOrder = ({ services, calls }: CallGraph): E.Either<OptionProblem, readonly string[]> => {
  const order: string[] = [];
  let waiting = services.map(({ name }) => name);
  while (waiting.length > 0) {
    const isFree = (name: string) =>
      !calls.some(({ source, target }) => target === name && waiting.includes(source));
    const free = waiting.filter(isFree);
    if (free.length === 0) {
      return E.left(optionProblem("calls without a cycle expected", waiting.join(", ")));
    }
    order.push(...free);
    waiting = waiting.filter((name) => !free.includes(name));
  }
  return E.right(order);
};
