// The simulator obeys its equations: determinism, conservation of calls, equilibrium queues,
// saturation, scaling, lags.

import { createHash } from "node:crypto";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { printOptionProblem } from "../../../../src/models/spatiotemporal/options.ts";
import type { Feature, ServiceSeries } from "../../../../src/models/spatiotemporal/series.ts";
import type { ServiceGraph } from "../../../../src/models/spatiotemporal/simulator/callgraph.ts";
import { shop } from "../../../../src/models/spatiotemporal/simulator/shop.ts";
import {
  type SimulatorOptions,
  simulate,
} from "../../../../src/models/spatiotemporal/simulator/simulate.ts";
import {
  defaultWorkload,
  steadyWorkload,
} from "../../../../src/models/spatiotemporal/simulator/workload.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("simulate");

const simulated = (options: Partial<SimulatorOptions>): ServiceSeries => {
  const result = simulate(options);
  if (E.isLeft(result)) throw new Error(printOptionProblem("simulate", result.left));
  return result.right;
};
const complaint = (options: Partial<SimulatorOptions>): string => {
  const result = simulate(options);
  return E.isLeft(result) ? printOptionProblem("simulate", result.left) : "none";
};

/** A feature of a service over time. */
const track = (series: ServiceSeries, service: string, feature: Feature): readonly number[] => {
  const { services, features, values, times } = series;
  const column = services.indexOf(service) * features.length + features.indexOf(feature);
  const width = services.length * features.length;
  return Array.from(times, (_, step) => values[step * width + column] as number);
};
const last = (list: readonly number[]): number => list.at(-1) as number;
const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
const close = (a: number, b: number, relative: number) =>
  assert.ok(Math.abs(a - b) <= relative * Math.abs(b), `${a} and ${b}`);

/** One service with one worker, so that it is an M/M/1 queue with a service time of 100 ms. */
const single: ServiceGraph = {
  entry: "only",
  services: [
    {
      name: "only",
      serviceMs: 100,
      cpuMs: 100,
      workersPerReplica: 1,
      replicas: { min: 1, max: 1 },
      replicaMegabytes: 100,
      requestKilobytes: 1000,
      patienceSeconds: 10,
    },
  ],
  calls: [],
};
const steady = (requestsPerSecond: number, graph = shop, minutes = 60): ServiceSeries =>
  simulated({
    graph,
    minutes,
    workload: steadyWorkload(requestsPerSecond),
    measurementNoise: 0,
  });

test("has a call graph of twelve services in several levels, a minute per step", () => {
  const series = simulated({ minutes: 3 });
  assert.is(series.services.length, 12);
  assert.is(series.values.length, 3 * 12 * series.features.length);
  assert.equal(Array.from(series.times.subarray(1)), [1704067260, 1704067320]);
  assert.is(series.stepSeconds, 60);
  const edge = [series.services.indexOf("storefront"), series.services.indexOf("cart")];
  assert.ok(series.edges.some(([a, b]) => a === edge[0] && b === edge[1]));
});

/** Six digits: Math.exp and Math.sin may differ in the last place between engines. */
const checksum = ({ values }: ServiceSeries): string => {
  const text = Array.from(values, (value) => value.toPrecision(6)).join("\n");
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
};

test("gives the values that it always gave", () => {
  assert.is(checksum(simulated({ minutes: 240 })), "eced2c88366eba7b");
  assert.is(checksum(simulated({})), "163d12f0edea6fef");
  assert.is(checksum(simulated({ seed: 0 })), "309908dfa1f0ce89"); // what `npm start` trains on
});

test("gives the same for the same seed and something else for another", () => {
  const [a, b, c] = [1, 1, 2].map((seed) => simulated({ seed, minutes: 30 }).values);
  assert.equal(a, b);
  assert.not.equal(a, c);
});

test("a shorter run at the same load without growth is the beginning of a longer one", () => {
  const workload = { ...defaultWorkload, growth: 0 };
  const [short, long] = [20, 40].map((minutes) => simulated({ minutes, workload }).values);
  assert.equal(short, long?.subarray(0, short?.length));
});

test("calls are conserved in equilibrium: callee rate = Σ caller rate · calls per request", () => {
  const series = steady(50);
  for (const { name } of shop.services) {
    const expected = shop.calls
      .filter(({ target }) => target === name)
      .reduce(
        (sum, { source, callsPerRequest }) => {
          return sum + callsPerRequest * last(track(series, source, "throughput"));
        },
        name === shop.entry ? 50 : 0,
      );
    close(last(track(series, name, "throughput")), expected, 1e-9);
  }
});

test("plain calls are conserved minute by minute under a changing load", () => {
  // Light enough that nothing waits for longer than a step.
  const workload = { ...defaultWorkload, load: 0.2 };
  const series = simulated({ minutes: 120, workload, measurementNoise: 0 });
  const gateway = track(series, "gateway", "throughput");
  for (const [minute, rate] of track(series, "storefront", "throughput").entries()) {
    close(rate, gateway[minute] as number, 1e-9);
  }
});

test("a service is never busier than its replicas allow", () => {
  const series = simulated({
    minutes: 240,
    workload: { ...defaultWorkload, load: 2.5 },
    measurementNoise: 0,
  });
  let busiest = 0;
  for (const { name, workersPerReplica, serviceMs, replicas } of shop.services) {
    // Replicas may be removed within the minute, so the bound is the greatest number allowed.
    const most = (replicas.max * workersPerReplica * 1000) / serviceMs;
    const rates = track(series, name, "throughput");
    busiest = Math.max(busiest, ...rates.map((rate) => rate / most));
    assert.ok(
      rates.every((rate) => rate <= most * (1 + 1e-9)),
      name,
    );
  }
  close(busiest, 1, 1e-9); // and at this load one is at its limit
});

test("an M/M/1 station answers in s / (1 − ρ), uses ρ cores and holds ρ / (1 − ρ) requests", () => {
  for (const rho of [0.2, 0.5, 0.9]) {
    const series = steady(rho * 10, single);
    close(last(track(series, "only", "responseTime")), 0.1 / (1 - rho), 1e-9);
    close(last(track(series, "only", "cpu")), rho + 0.01, 1e-9); // and an idle hundredth
    close(last(track(series, "only", "memory")), 100e6 + (rho / (1 - rho)) * 1e6, 1e-9);
  }
});

test(
  "response time grows with the load",
  forAll(
    { rho: fc.double({ min: 0.05, max: 1.5, noNaN: true }) },
    { runs: 25 },
  )(({ rho }) => {
    const [low, high] = [rho, rho * 1.1].map((r) =>
      last(track(steady(r * 10, single, 5), "only", "responseTime")),
    );
    assert.ok((high as number) >= (low as number));
  }),
);

test("beyond saturation the backlog grows to what patience allows and the rest is refused", () => {
  const series = steady(15, single);
  close(last(track(series, "only", "throughput")), 10, 1e-9);
  // Service, the stationary wait at 0.98, and 10 s of backlog.
  close(last(track(series, "only", "responseTime")), 0.1 / (1 - 0.98) + 10, 1e-9);
});

test("a caller waits for its callees", () => {
  const series = steady(20);
  const [gateway, storefront] = ["gateway", "storefront"].map((name) =>
    last(track(series, name, "responseTime")),
  );
  assert.ok((gateway as number) > (storefront as number) + 0.006);
});

test("the autoscaler holds utilisation near its target under a steady load", () => {
  const series = steady(80);
  const replicas = last(track(series, "storefront", "replicas"));
  const utilisation = (last(track(series, "storefront", "throughput")) * 0.04) / replicas;
  assert.ok(utilisation > 0.4 && utilisation <= 0.66, String(utilisation));
});

test("carts and payments follow the visitors after minutes", () => {
  const series = simulated({ measurementNoise: 0 });
  const change = (service: string) => {
    const rates = track(series, service, "throughput");
    return rates.slice(1).map((rate, k) => rate - (rates[k] as number));
  };
  const visitors = change("gateway");
  const bestLag = (service: string) => {
    const followers = change(service);
    const likeness = Array.from({ length: 10 }, (_, lag) =>
      mean(visitors.slice(0, -10).map((rate, k) => rate * (followers[k + lag] as number))),
    );
    return likeness.indexOf(Math.max(...likeness));
  };
  assert.is(bestLag("storefront"), 0);
  assert.ok(Math.abs(bestLag("cart") - 2) <= 1);
  assert.ok(Math.abs(bestLag("checkout") - 4) <= 1);
});

test(
  "every value is finite and not negative, replicas are whole and within bounds",
  forAll(
    { seed: fc.nat(), load: fc.double({ min: 0.05, max: 3, noNaN: true }) },
    { runs: 10 },
  )(({ seed, load }) => {
    const workload = { ...defaultWorkload, load };
    const series = simulated({ seed, minutes: 60, workload });
    assert.ok(series.values.every((value) => Number.isFinite(value) && value >= 0));
    for (const { name, replicas } of shop.services) {
      for (const count of track(series, name, "replicas")) {
        assert.ok(Number.isInteger(count) && count >= replicas.min && count <= replicas.max);
      }
    }
  }),
);

test("refuses options that make no sense, and says which", () => {
  assert.is(complaint({ minutes: 1.5 }), "simulate: whole minutes expected, got 1.5");
  assert.is(
    complaint({ workload: { ...defaultWorkload, load: 0 } }),
    "simulate: a positive load expected, got 0",
  );
  assert.is(
    complaint({ workload: { ...defaultWorkload, dailySwing: 1 } }),
    "simulate: dailySwing in 0…1, without 1, expected, got 1",
  );
  const withCalls = (...calls: ServiceGraph["calls"]) => ({ graph: { ...shop, calls } });
  const call = { source: "cart", target: "cache", callsPerRequest: 1, lagSeconds: 0 };
  assert.is(
    complaint(withCalls({ ...call, target: "cahce" })),
    'simulate: calls between known services expected, got "cahce" in cart → cahce',
  );
  assert.is(
    complaint(withCalls({ ...call, callsPerRequest: -1 })),
    "simulate: positive callsPerRequest expected, got -1 in cart → cache",
  );
  assert.is(
    complaint(withCalls(call, { ...call, source: "cache", target: "cart" })),
    "simulate: calls without a cycle expected, got cart, cache",
  );
  assert.is(
    complaint(withCalls(call, call)),
    "simulate: each call once expected, got cart → cache twice",
  );
  assert.is(
    complaint({ graph: { ...shop, entry: "door" } }),
    'simulate: an entry among the services expected, got "door"',
  );
  const broken = shop.services.map((spec) => ({ ...spec, serviceMs: Number.NaN }));
  assert.is(
    complaint({ graph: { ...shop, services: broken } }),
    'simulate: a positive serviceMs for "gateway" expected, got NaN',
  );
});

test.run();
