// What goes wrong in the simulated application, when, where and how badly: the ground truth of tests
// that look for incidents or for their causes. The kinds are those that fault injection tools for
// clusters offer (chaos-mesh.org/docs: stress, network delay, pod kill); their effects are written
// in conditions.ts.

import { type OptionProblem, optionProblem } from "../options.ts";
import { entryShares, type ServiceGraph } from "./callgraph.ts";

/** The kinds of incidents, and what `severity` means for each. */
export const incidentKinds = {
  /** Requests take `severity` times their service time, not more processor time; above 1. */
  slowdown: "times the service time",
  /**
   * A process beside the service takes the share `severity` of every worker's processor, above 0
   * and below 1. It is seen in the service's cpu.
   */
  cpuHog: "of the processor taken",
  /** The share `severity` of the replicas is down, rounded up to whole ones; above 0, at most 1. */
  crash: "of the replicas down",
  /** Each call from `service` to `target` takes `severity` seconds longer; above 0. */
  latency: "s more a call",
  /** `severity` times as many requests enter at `service`, which is an entry; above 1. */
  surge: "times the load",
  /**
   * The share `severity` of the calls to the service is lost; above 0, at most 1. Callers wait for
   * the time-out and try again, as `Resilience` says.
   */
  outage: "of the calls lost",
} as const;

/** A kind of incident. */
export type IncidentKind = keyof typeof incidentKinds;

/** One thing that goes wrong, and the whole truth about it. */
export interface Incident {
  readonly kind: IncidentKind;
  /** Where the cause is; the caller where the kind is `latency`. */
  readonly service: string;
  /** The callee where the kind is `latency`; absent otherwise. */
  readonly target?: string;
  /** The first minute of the run that is disturbed, from 0. */
  readonly begin: number;
  /** The first minute that no longer is. */
  readonly end: number;
  /** How badly, in the unit of the kind: see `incidentKinds`. */
  readonly severity: number;
}

/** What callers do about calls that are lost. */
export interface Resilience {
  /** How long a caller waits for an answer. */
  readonly timeoutSeconds: number;
  /** How often it tries again. */
  readonly retries: number;
}

/** A second, and two more tries. */
export const defaultResilience: Resilience = { timeoutSeconds: 1, retries: 2 };

/**
 * The incident in one line.
 *
 * @example
 * printIncident({ kind: "slowdown", service: "cart", begin: 30, end: 45, severity: 4 }) // slowdown of cart, minutes 30 to 45: 4 times the service time
 */
export const printIncident = ({
  kind,
  service,
  target,
  begin,
  end,
  severity,
}: Incident): string => {
  const place = target === undefined ? service : `${service} → ${target}`;
  const size = Number(severity.toPrecision(3));
  return `${kind} of ${place}, minutes ${begin} to ${end}: ${size} ${incidentKinds[kind]}`;
};

const severityRules = {
  slowdown: [(severity) => severity > 1, "above 1"],
  cpuHog: [(severity) => severity > 0 && severity < 1, "in 0…1, without both,"],
  crash: [(severity) => severity > 0 && severity <= 1, "above 0, at most 1,"],
  latency: [(severity) => severity > 0, "above 0"],
  surge: [(severity) => severity > 1, "above 1"],
  outage: [(severity) => severity > 0 && severity <= 1, "above 0, at most 1,"],
} as const satisfies Record<IncidentKind, readonly [(severity: number) => boolean, string]>;

/** What is wrong with an incident in a run of so many minutes of this application, if anything. */
export const checkIncident = (
  graph: ServiceGraph,
  minutes: number,
  incident: Incident,
): OptionProblem | undefined => {
  const { kind, service, begin, end, severity } = incident;
  if (!graph.services.some(({ name }) => name === service)) {
    return optionProblem("incidents of known services expected", `"${service}"`);
  }
  const [isAllowed, range] = severityRules[kind];
  if (!(Number.isFinite(severity) && isAllowed(severity))) {
    return optionProblem(`a severity ${range} expected for ${kind}`, String(severity));
  }
  if (![begin, end].every(Number.isInteger) || begin < 0 || end <= begin || end > minutes) {
    const rule = `whole minutes 0 ≤ begin < end ≤ ${minutes} expected for ${kind} of "${service}"`;
    return optionProblem(rule, `${begin} and ${end}`);
  }
  return checkPlace(graph, incident);
};

const checkPlace = (
  graph: ServiceGraph,
  { kind, service, target }: Incident,
): OptionProblem | undefined => {
  if (kind === "surge" && !entryShares(graph).has(service)) {
    return optionProblem("a surge at an entry expected", `"${service}"`);
  }
  const isAwaited = graph.calls.some(
    (call) => call.source === service && call.target === target && call.lagSeconds === 0,
  );
  if (kind === "latency" && !isAwaited) {
    return optionProblem("latency of an awaited call expected", `"${service}" → "${target}"`);
  }
  return kind !== "latency" && target !== undefined
    ? optionProblem(`no target expected for ${kind}`, `"${target}"`)
    : undefined;
};

/** Where an incident can show. All other services are as if it had not happened. */
export interface IncidentReach {
  /** Services whose work may change: capacity, or requests that arrive. */
  readonly worked: ReadonlySet<string>;
  /** These, and all that wait for their answers, or for one over the disturbed edge. */
  readonly affected: ReadonlySet<string>;
}

/**
 * Where an incident can show while load is open: work changes at the service and at all that it
 * calls, directly or not, and time is lost by those who wait for any of them.
 *
 * @example
 * const { shop } = Spatiotemporal;
 * const { affected } = incidentReach(shop, { kind: "latency", service: "search" });
 * [...affected].sort().join(" ") // gateway search storefront
 */
export const incidentReach = (
  graph: ServiceGraph,
  { kind, service }: Pick<Incident, "kind" | "service">,
): IncidentReach => {
  const worked = new Set(kind === "latency" ? [] : reachable(graph.calls, [service]));
  const awaited = graph.calls.filter(({ lagSeconds }) => lagSeconds === 0);
  const backwards = awaited.map(({ source, target }) => ({ source: target, target: source }));
  return { worked, affected: new Set(reachable(backwards, [service, ...worked])) };
};

type Step = Readonly<Record<"source" | "target", string>>;

const reachable = (steps: readonly Step[], from: readonly string[]): readonly string[] => {
  const found = new Set(from);
  // A set hands out what is added to it during the walk.
  for (const place of found) {
    for (const { source, target } of steps) if (source === place) found.add(target);
  }
  return [...found];
};
