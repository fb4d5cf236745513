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
  /** The share of the requests that make these calls at all, above 0; 1 when absent. */
  readonly probability?: number;
  /**
   * Mean delay of the call after the request. 0 is a plain call, for whose answer the source waits.
   * Otherwise nobody waits: a shopper reads and thinks before the next click, or a message lies in
   * a broker.
   */
  readonly lagSeconds: number;
}

/** Services and the calls between them, without cycles. */
export interface ServiceGraph {
  /** Where the load enters: one service, or several with the weight of each in the whole load. */
  readonly entry: string | Readonly<Record<string, number>>;
  readonly services: readonly ServiceSpec[];
  readonly calls: readonly CallSpec[];
}

/** The share of the load that enters at each entry; the sum is 1. */
export const entryShares = ({ entry }: ServiceGraph): ReadonlyMap<string, number> => {
  if (typeof entry === "string") return new Map([[entry, 1]]);
  const total = Object.values(entry).reduce((a, b) => a + b, 0);
  return new Map(Object.entries(entry).map(([name, weight]) => [name, weight / total]));
};

/** How often a request of the source calls the target in the mean. */
export const meanCalls = ({ callsPerRequest, probability = 1 }: CallSpec): number =>
  callsPerRequest * probability;

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
  const { probability = 1 } = spec;
  if (!(probability > 0 && probability <= 1)) {
    return optionProblem(`a probability above 0, at most 1, expected`, `${probability} in ${edge}`);
  }
  return spec.lagSeconds >= 0 && Number.isFinite(spec.lagSeconds)
    ? undefined
    : optionProblem(`lagSeconds of at least 0 expected`, `${spec.lagSeconds} in ${edge}`);
};

const checkEntries = (
  names: ReadonlySet<string>,
  { entry }: ServiceGraph,
): OptionProblem | undefined => {
  const entries = typeof entry === "string" ? { [entry]: 1 } : entry;
  const unknown = Object.keys(entries).find((name) => !names.has(name));
  if (unknown !== undefined) {
    return optionProblem("an entry among the services expected", `"${unknown}"`);
  }
  const weights = Object.values(entries);
  return weights.length > 0 && weights.every((weight) => weight > 0 && Number.isFinite(weight))
    ? undefined
    : optionProblem("entries of positive weight expected", weights.join(", ") || "none");
};

const firstTwice = (texts: readonly string[]): string | undefined =>
  texts.find((text, k) => texts.indexOf(text) < k);

const checkRepeats = ({ services, calls }: ServiceGraph): OptionProblem | undefined => {
  const name = firstTwice(services.map((spec) => spec.name));
  if (name !== undefined) return optionProblem("each service once expected", `"${name}" twice`);
  const edge = firstTwice(calls.map(({ source, target }) => `${source} → ${target}`));
  return edge === undefined ? undefined : optionProblem("each call once expected", `${edge} twice`);
};

const checkGraph = (graph: ServiceGraph): OptionProblem | undefined => {
  const names = new Set(graph.services.map(({ name }) => name));
  const problems = [
    checkRepeats(graph),
    checkEntries(names, graph),
    ...graph.services.map(checkService),
    ...graph.calls.map((spec) => checkCall(names, spec)),
  ];
  return problems.find((problem) => problem !== undefined);
};

/**
 * The names of the services, callers before callees: Kahn's algorithm, 1962. Fails when a name or a
 * call occurs twice, a call has an unknown end, a number is out of range, or the calls form a
 * cycle.
 *
 * @example
 * const order = callOrder(Spatiotemporal.shop);
 * "right" in order && order.right[0] // gateway
 */
export const callOrder = (graph: ServiceGraph): E.Either<OptionProblem, readonly string[]> => {
  const problem = checkGraph(graph);
  return problem === undefined ? kahnOrder(graph) : E.left(problem);
};

const kahnOrder = ({
  services,
  calls,
}: ServiceGraph): E.Either<OptionProblem, readonly string[]> => {
  const order: string[] = [];
  let waiting = services.map(({ name }) => name);
  while (waiting.length > 0) {
    const isWaiting = new Set(waiting);
    const called = calls.filter(({ source }) => isWaiting.has(source));
    const held = new Set(called.map(({ target }) => target));
    const free = waiting.filter((name) => !held.has(name));
    if (free.length === 0) {
      return E.left(optionProblem("calls without a cycle expected", waiting.join(", ")));
    }
    order.push(...free);
    waiting = waiting.filter((name) => held.has(name));
  }
  return E.right(order);
};
