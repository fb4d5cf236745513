// The simulated application: which services there are, what a request costs each of them, and who
// calls whom.

import * as E from "fp-ts/lib/Either.js";
import type { ReplicaBounds } from "./autoscale.ts";
import { type OptionProblem, optionProblem } from "./options.ts";

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

const service = (
  name: string,
  [serviceMs, cpuMs]: readonly [number, number],
  [workersPerReplica, min, max]: readonly [number, number, number],
  [replicaMegabytes, requestKilobytes]: readonly [number, number],
  patienceSeconds = 10,
): ServiceSpec => ({
  name,
  serviceMs,
  cpuMs,
  workersPerReplica,
  replicas: { min, max },
  replicaMegabytes,
  requestKilobytes,
  patienceSeconds,
});

const call = (
  source: string,
  target: string,
  callsPerRequest: number,
  lagSeconds = 0,
): CallSpec => ({ source, target, callsPerRequest, lagSeconds });

/**
 * A shop of twelve services in five levels. The cache and the database are shared and not scaled;
 * visitors fill a cart about two minutes after they arrive and pay two minutes later; mail is sent
 * by one worker behind a broker, which falls behind at the busiest hour. The sizes are invented, of
 * the order that small web services show.
 */
export const shop: CallGraph = {
  entry: "gateway",
  services: [
    //       name              [service, cpu ms] [workers, replicas min, max] [MB, kB a request]
    service("gateway", [6, 5], [1, 1, 4], [60, 200]),
    service("storefront", [40, 32], [1, 1, 16], [150, 1500]),
    service("catalogue", [12, 10], [1, 1, 10], [90, 400]),
    service("search", [60, 50], [1, 1, 10], [400, 3000]),
    service("recommendation", [35, 33], [1, 1, 12], [250, 2000]),
    service("cart", [15, 9], [1, 1, 6], [120, 500]),
    service("checkout", [80, 30], [1, 1, 6], [120, 1000]),
    service("payment", [150, 20], [2, 1, 6], [80, 300]),
    service("shipping", [40, 25], [1, 1, 4], [80, 300]),
    service("mail", [110, 60], [2, 1, 1], [70, 200], 1800),
    service("cache", [0.8, 0.7], [1, 1, 1], [500, 50]),
    service("database", [18, 9], [4, 1, 1], [900, 4000]),
  ],
  calls: [
    call("gateway", "storefront", 1),
    call("storefront", "catalogue", 1.2),
    call("storefront", "search", 0.35),
    call("storefront", "recommendation", 0.8),
    call("storefront", "cart", 0.5, 120),
    call("cart", "checkout", 0.25, 120),
    call("recommendation", "catalogue", 1),
    call("recommendation", "cache", 1),
    call("search", "cache", 1),
    call("search", "database", 0.6),
    call("catalogue", "cache", 1.5),
    call("catalogue", "database", 0.25),
    call("cart", "cache", 2),
    call("cart", "database", 0.3),
    call("checkout", "catalogue", 1),
    call("checkout", "payment", 1),
    call("checkout", "shipping", 1),
    call("checkout", "mail", 1, 60),
    call("checkout", "database", 2),
    call("payment", "database", 1),
    call("shipping", "database", 0.5),
  ],
};

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
