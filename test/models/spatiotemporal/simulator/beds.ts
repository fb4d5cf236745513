// What the tests of the simulator share: small test beds, and their numbers by name.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { Spatiotemporal as S } from "../../../../src/models/index.ts";

/** The result, or an error that says why there is none. */
export const right = <A>(result: E.Either<S.OptionProblem, A>): A => {
  if (E.isLeft(result)) throw new Error(S.printOptionProblem("test", result.left));
  return result.right;
};

/** Why there is no result. */
export const complaint = (result: E.Either<S.OptionProblem, unknown>): string =>
  E.isLeft(result) ? S.printOptionProblem("test", result.left) : "none";

export const bedOf = (options: Partial<S.TestBedOptions>): S.TestBed =>
  right(S.simulateTestBed(options));

/** A feature of a service over time. */
export const track = (
  { services, features, values }: S.ServiceSeries,
  service: string,
  feature: S.Feature,
): Float64Array =>
  column(values, services.length * features.length, {
    at: services.indexOf(service) * features.length + features.indexOf(feature),
  });

/** One column of a grid [time, width]. */
export const column = (grid: Float64Array, width: number, { at }: { at: number }): Float64Array =>
  grid.filter((_, k) => k % width === at);

/** A column of the truth [time, service]. */
export const truthOf = (
  { truth, series: { services } }: S.TestBed,
  name: "utilisation" | "arrivals" | "refused" | "backlog",
  service: string,
): Float64Array => column(truth[name], services.length, { at: services.indexOf(service) });

export const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length;

/** Fails unless |a − b| ≤ relative · |b| + absolute. */
export const near = (a: number, b: number, relative: number, absolute = 0, what = ""): void =>
  assert.ok(Math.abs(a - b) <= relative * Math.abs(b) + absolute, `${what} ${a} and ${b}`);

/** Random call graphs, small enough for a property. */
export const graphs: fc.Arbitrary<S.ServiceGraph> = fc
  .record({ seed: fc.nat(), services: fc.integer({ min: 5, max: 24 }) })
  .map((options) => right(S.randomCallGraph(options)));

/** Loads of every shape and some levels. */
export const workloads: fc.Arbitrary<S.Workload> = fc
  .record({
    pattern: fc.constantFrom(...Object.values<S.Workload>(S.loadPatterns)),
    load: fc.constantFrom(0.3, 1, 2.5),
    thinkSeconds: fc.constantFrom(undefined, 2),
  })
  .map(({ pattern, load, thinkSeconds }) => ({
    ...pattern,
    load,
    ...(thinkSeconds !== undefined && { thinkSeconds }),
  }));

/** A service of one worker that is always one replica. */
export const worker = (name: string, serviceMs: number): S.ServiceSpec => ({
  name,
  serviceMs,
  cpuMs: serviceMs,
  workersPerReplica: 1,
  replicas: { min: 1, max: 1 },
  replicaMegabytes: 100,
  requestKilobytes: 1000,
  patienceSeconds: 10,
});

/**
 * Two queues M/M/1 that can be reckoned by hand: `front` (10 ms) calls `back` (20 ms) twice for half
 * of its requests, so once in the mean. `aside` has an entry of its own and calls nobody.
 */
export const pair: S.ServiceGraph = {
  entry: { front: 2, aside: 1 },
  services: [worker("front", 10), worker("back", 20), worker("aside", 10)],
  calls: [{ source: "front", target: "back", callsPerRequest: 2, probability: 0.5, lagSeconds: 0 }],
};

/** `pair` with 20 requests/s at the front and 10 aside, without chance or errors. */
export const pairBed = (incidents: readonly S.Incident[], minutes = 20): S.TestBed =>
  bedOf({
    graph: pair,
    minutes,
    workload: S.steadyWorkload(30),
    measurementNoise: 0,
    incidents,
    resilience: { timeoutSeconds: 1, retries: 1 },
  });
