// Random call graphs in the shape of microservice applications: front ends, tiers, and below them
// caches and data stores.
//
//   level 0              front ends, where load enters
//   levels 1 … L − 2     tiers; each service has a caller one level above, so all are reached
//   level L − 1          caches and data stores, called from all levels
//
// Calls go down only, so there are no cycles. How many services one calls is drawn from a law of
// fan-out, whom it calls by popularity of Pareto's law, so that few are shared by many. The shape
// follows what traces show (trees with shared hot spots and heavy tails): Luo et al.,
// "Characterizing Microservice Dependency and Performance", SoCC 2021; the numbers are invented.

import * as E from "fp-ts/lib/Either.js";
import { type Dice, makeDice } from "../../dice.ts";
import { type OptionProblem, optionProblem } from "../options.ts";
import type { CallSpec, ServiceGraph } from "./callgraph.ts";
import { type Role, sizedFor } from "./sizing.ts";
import { streams } from "./streams.ts";

/** What to draw. Every field has a default. */
export interface GraphOptions {
  readonly seed: number;
  /** How many services: 5 to 200. */
  readonly services: number;
  /** Levels from front ends to data stores, at least 3; by default about log₂ of the services. */
  readonly levels: number;
  /** Front ends: one in 40 services by default, at least one. */
  readonly entries: number;
  /** Shares of all services; at least one store. */
  readonly storeShare: number;
  readonly cacheShare: number;
  /** How many services one calls: the mean and the law. Whoever is needed as a caller may call more. */
  readonly fanOut: number;
  readonly fanOutLaw: "constant" | "geometric" | "pareto";
  /** The share of calls that only some requests make. */
  readonly optionalShare: number;
  /** The share of calls between tiers for which nobody waits, as through a message broker. */
  readonly laggedShare: number;
  /** The load at which services are about half busy: see sizing.ts. */
  readonly requestsPerSecond: number;
}

/** Twenty services for the default workload. */
export const defaultGraph = {
  seed: 1,
  services: 20,
  storeShare: 0.15,
  cacheShare: 0.1,
  fanOut: 2,
  fanOutLaw: "geometric",
  optionalShare: 0.4,
  laggedShare: 0.05,
  requestsPerSecond: 60,
} as const;

/** A service before it has a size. */
interface Node {
  readonly name: string;
  readonly role: Role;
  readonly level: number;
  /** How readily others call it, and it calls others. */
  readonly popularity: number;
}

/**
 * A random call graph: acyclic, each service reachable from an entry. The same options give the same
 * graph. Fails when the services do not suffice for the levels, or a number is out of range.
 *
 * @example
 * const graph = randomCallGraph({ services: 40, seed: 3 });
 * "right" in graph && graph.right.services.length // 40
 */
export const randomCallGraph = (
  options: Partial<GraphOptions> = {},
): E.Either<OptionProblem, ServiceGraph> => {
  const services = options.services ?? defaultGraph.services;
  const complete: GraphOptions = {
    levels: Math.max(3, Math.round(Math.log2(services) - 0.5)),
    entries: Math.max(1, Math.round(services / 40)),
    ...defaultGraph,
    ...options,
  };
  const problem = checkGraphOptions(complete);
  return problem === undefined ? E.right(draw(complete)) : E.left(problem);
};

const storesIn = ({ services, storeShare }: GraphOptions) =>
  Math.max(1, Math.round(services * storeShare));
const cachesIn = ({ services, cacheShare }: GraphOptions) => Math.round(services * cacheShare);
const tiersIn = (options: GraphOptions) =>
  options.services - options.entries - storesIn(options) - cachesIn(options);

const checkGraphOptions = (options: GraphOptions): OptionProblem | undefined => {
  const { seed, services, levels, entries, fanOut, requestsPerSecond } = options;
  const rules: readonly (readonly [boolean, string, number])[] = [
    [Number.isInteger(seed), "a whole seed expected", seed],
    [isWhole(services, 5, 200), "5 to 200 services expected", services],
    [isWhole(levels, 3, 20), "3 to 20 levels expected", levels],
    [isWhole(entries, 1, services), "at least one entry expected", entries],
    [fanOut > 0 && fanOut <= 50, "fanOut above 0, at most 50, expected", fanOut],
    [requestsPerSecond > 0, "positive requestsPerSecond expected", requestsPerSecond],
    ...(["storeShare", "cacheShare", "optionalShare", "laggedShare"] as const).map(
      (name) => [isShare(options[name]), `${name} in 0…1 expected`, options[name]] as const,
    ),
    [
      tiersIn(options) >= levels - 2,
      `services for ${levels} levels expected besides ${entries} entries, stores and caches`,
      tiersIn(options),
    ],
  ];
  const broken = rules.find(([holds]) => !holds);
  return broken && optionProblem(broken[1], String(broken[2]));
};

const isWhole = (value: number, low: number, high: number) =>
  Number.isInteger(value) && value >= low && value <= high;
const isShare = (value: number) => value >= 0 && value <= 1;

const draw = (options: GraphOptions): ServiceGraph => {
  const dice = makeDice(options.seed, streams.graph);
  const nodes = drawNodes(dice, options);
  const calls = drawCalls(dice, options, nodes);
  const fronts = nodes.filter(({ role }) => role === "front");
  const entry = Object.fromEntries(fronts.map(({ name, popularity }) => [name, popularity]));
  return sizedFor(options.requestsPerSecond, dice, nodes, calls, entry);
};

const drawNodes = (dice: Dice, options: GraphOptions): readonly Node[] => {
  const { levels, entries } = options;
  const last = levels - 1;
  // One service for each tier, and the others where chance puts them.
  const tiers = Array.from({ length: tiersIn(options) }, (_, k) =>
    k < last - 1 ? k + 1 : dice.integer(1, last - 1),
  ).sort((a, b) => a - b);
  const group = (role: Role, prefix: string, placed: readonly number[]): readonly Node[] =>
    placed.map((level, k) => ({
      name: `${prefix === "tier" ? `tier${level}` : prefix}-${String(k + 1).padStart(2, "0")}`,
      role,
      level,
      popularity: Math.min(20, dice.pareto(1.5, 1)),
    }));
  const filled = (count: number, level: number) => new Array<number>(count).fill(level);
  return [
    ...group("front", "front", filled(entries, 0)),
    ...group("tier", "tier", tiers),
    ...group("cache", "cache", filled(cachesIn(options), last)),
    ...group("store", "store", filled(storesIn(options), last)),
  ];
};

const drawCalls = (
  dice: Dice,
  options: GraphOptions,
  nodes: readonly Node[],
): readonly CallSpec[] => {
  const calls: CallSpec[] = [];
  const calledBy = new Map(nodes.map(({ name }) => [name, new Set<string>()]));
  const add = (source: Node, target: Node, isNeeded: boolean) => {
    calledBy.get(source.name)?.add(target.name);
    calls.push(drawCall(dice, options, source, target, isNeeded));
  };
  const isData = ({ role }: Node) => role === "cache" || role === "store";
  for (const target of nodes.filter(({ level }) => level > 0)) {
    const callers = nodes.filter((node) =>
      isData(target) ? !isData(node) : node.level === target.level - 1,
    );
    add(
      dice.pick(callers, ({ popularity }) => popularity),
      target,
      true,
    );
  }
  for (const source of nodes.filter((node) => !isData(node))) {
    const called = calledBy.get(source.name) as Set<string>; // one for each node
    const wanted = Math.max(source.level === 0 ? 1 : 0, drawFanOut(dice, options));
    for (let free = below(nodes, source, called); called.size < wanted && free.length > 0; ) {
      const nearness = ({ level, role }: Node) =>
        role === "tier" ? 1 / (level - source.level) : 1;
      add(
        source,
        dice.pick(free, (node) => node.popularity * nearness(node)),
        false,
      );
      free = below(nodes, source, called);
    }
  }
  const place = new Map(nodes.map(({ name }, k) => [name, k]));
  const at = ({ source, target }: CallSpec) =>
    (place.get(source) as number) * nodes.length + (place.get(target) as number);
  return calls.sort((a, b) => at(a) - at(b));
};

/** Services on deeper levels that a service does not call yet. */
const below = (nodes: readonly Node[], source: Node, called: ReadonlySet<string>): Node[] =>
  nodes.filter(({ name, level }) => level > source.level && !called.has(name));

const drawFanOut = (dice: Dice, { fanOut, fanOutLaw }: GraphOptions): number => {
  switch (fanOutLaw) {
    case "constant":
      return Math.round(fanOut);
    case "geometric": // on 0, 1, 2 …
      return Math.floor(Math.log(dice.share()) / Math.log(fanOut / (1 + fanOut)));
    case "pareto": // of shape 1.5, whose mean is three times the least value
      return Math.min(50, Math.round(dice.pareto(1.5, fanOut / 3)));
  }
};

/** A call; one that keeps its target reachable is made by each request. */
const drawCall = (
  dice: Dice,
  { optionalShare, laggedShare }: GraphOptions,
  source: Node,
  target: Node,
  isNeeded: boolean,
): CallSpec => {
  const isBetweenTiers = source.role === "tier" && target.role === "tier";
  const isLagged = isBetweenTiers && dice.chance(laggedShare);
  const isOptional = !isNeeded && dice.chance(optionalShare);
  const mostCalls = target.role === "tier" ? 1.5 : 3;
  return {
    source: source.name,
    target: target.name,
    callsPerRequest: Math.round(dice.between(1, mostCalls)),
    ...(isOptional && { probability: Number(dice.logBetween(0.05, 0.9).toFixed(3)) }),
    lagSeconds: isLagged ? Math.round(dice.logBetween(15, 120)) : 0,
  };
};
