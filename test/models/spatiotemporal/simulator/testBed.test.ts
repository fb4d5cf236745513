// The truth beside the measurements: laws of conservation and of queues, levels, lifetimes, and what
// is missing.

import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import * as assert from "uvu/assert";
import { Spatiotemporal as S } from "../../../../src/models/index.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import {
  bedOf,
  column,
  complaint,
  graphs,
  mean,
  near,
  right,
  track,
  truthOf,
  worker,
  workloads,
} from "./beds.ts";

const test = suite("simulateTestBed");

const beds = { graph: graphs, workload: workloads, seed: fc.nat() };
const rates = (bed: S.TestBed, edge: number) =>
  column(bed.truth.clean.callRates as Float64Array, bed.series.edges.length, { at: edge });

test("without disturbances its series is the simulator's", () => {
  const options = { seed: 5, minutes: 90 };
  const { series, truth } = bedOf(options);
  assert.equal(series, right(S.simulate(options)));
  assert.is(truth.missing.includes(1), false);
});

test(
  "is the same for the same options; every number is finite and not negative",
  forAll(beds, { runs: 12 })((options) => {
    const disturbed = {
      ...options,
      minutes: 80,
      incidents: { count: 4 },
      lifetimes: { deployed: 1, removed: 1 },
    };
    const [a, b] = [bedOf(disturbed), bedOf(disturbed)];
    assert.ok(isDeepStrictEqual(a, b)); // for which NaN equals NaN
    const { clean, utilisation, arrivals, refused, backlog, demand } = a.truth;
    for (const grid of [
      clean.values,
      clean.callRates,
      utilisation,
      arrivals,
      refused,
      backlog,
      demand,
    ]) {
      assert.ok(grid?.every((value) => Number.isFinite(value) && value >= 0));
    }
    assert.ok(utilisation.every((use) => use <= 1 + 1e-12));
  }),
);

test(
  "calls are conserved: made = completions · calls per request, arrived = made + users'",
  forAll(beds, { runs: 15 })((options) => {
    const bed = bedOf({
      ...options,
      minutes: 40,
      incidents: { count: 2, kinds: ["slowdown", "crash"] },
    });
    const { graph, truth } = { ...options, ...bed };
    const shares = new Map(Object.entries(graph.entry));
    const total = [...shares.values()].reduce((a, b) => a + b, 0);
    graph.calls.forEach((call, edge) => {
      if (call.lagSeconds > 0) return;
      const { callsPerRequest, probability = 1 } = call;
      const completed = track(truth.clean, call.source, "throughput");
      rates(bed, edge).forEach((rate, minute) => {
        near(rate, callsPerRequest * probability * (completed[minute] as number), 1e-9, 1e-9);
      });
    });
    for (const { name } of graph.services) {
      if (shares.has(name) && shares.size > 1) continue; // shares are met in the mean only
      const outside = truth.demand.map((rate) => (rate * (shares.get(name) ?? 0)) / total);
      truthOf(bed, "arrivals", name).forEach((rate, minute) => {
        const made = graph.calls.map((call, edge) =>
          call.target === name ? (rates(bed, edge)[minute] as number) : 0,
        );
        near(
          rate,
          made.reduce((a, b) => a + b, outside[minute] as number),
          1e-9,
          1e-9,
        );
      });
    }
  }),
);

test(
  "nothing is lost at a service: arrivals = completions + refusals + growth of the backlog",
  forAll(beds, { runs: 15 })((options) => {
    const bed = bedOf({ ...options, minutes: 40, incidents: { count: 2 } });
    for (const { name } of options.graph.services) {
      const [arrived, refused, backlog] = (["arrivals", "refused", "backlog"] as const).map((it) =>
        truthOf(bed, it, name),
      ) as [Float64Array, Float64Array, Float64Array];
      track(bed.truth.clean, name, "throughput").forEach((completed, k) => {
        if (k === 0) return;
        const grown = ((backlog[k] as number) - (backlog[k - 1] as number)) / 60;
        near(arrived[k] as number, completed + (refused[k] as number) + grown, 1e-9, 1e-9);
      });
    }
  }),
);

test(
  "utilisation law: busy share = throughput · service time / workers, where replicas are fixed",
  forAll(beds, { runs: 15 })((options) => {
    const bed = bedOf({ ...options, minutes: 30 });
    for (const { name, replicas, serviceMs, workersPerReplica } of options.graph.services) {
      if (replicas.min < replicas.max) continue;
      const throughput = track(bed.truth.clean, name, "throughput");
      truthOf(bed, "utilisation", name).forEach((use, k) => {
        const workers = replicas.max * workersPerReplica;
        near(use, ((throughput[k] as number) * serviceMs) / 1000 / workers, 1e-9);
      });
    }
  }),
);

test("Little's law: the area under the backlog is the time that requests waited", () => {
  const graph = { entry: "only", services: [worker("only", 100)], calls: [] };
  const surge = { kind: "surge", service: "only", begin: 10, end: 14, severity: 2.1 } as const;
  const bed = bedOf({
    graph,
    minutes: 40,
    workload: S.steadyWorkload(5),
    measurementNoise: 0,
    incidents: [surge],
  });
  const backlog = truthOf(bed, "backlog", "only");
  const [rate, seconds] = (["throughput", "responseTime"] as const).map((feature) =>
    track(bed.series, "only", feature),
  ) as [Float64Array, Float64Array];
  const area = backlog.reduce((sum, waiting) => sum + 60 * waiting, 0);
  // Above what a queue in balance takes, at most 0.1 s / (1 − 0.98).
  const balanced = (load: number) => 0.1 / (1 - Math.min(0.98, load * 0.1));
  const waited = rate.reduce(
    (sum, served, k) => sum + 60 * served * ((seconds[k] as number) - balanced(served)),
    0,
  );
  assert.ok(Math.max(...backlog) > 50);
  near(waited, area, 0.1); // the backlog is sampled once a minute, and the rate changes within it
});

test(
  "levels are terciles of the demand, which they part",
  forAll(
    { workload: workloads, seed: fc.nat() },
    { runs: 15 },
  )(({ workload, seed }) => {
    const { demand, levels } = bedOf({ workload, seed, minutes: 90 }).truth;
    const of = (level: number) => Array.from(demand).filter((_, k) => levels[k] === level);
    const [low, medium, high] = [of(0), of(1), of(2)];
    assert.equal([low.length, medium.length, high.length], [30, 30, 30]);
    assert.ok(Math.max(...low) < Math.min(...medium) && Math.max(...medium) < Math.min(...high));
  }),
);

test("equal loads have equal levels", () => {
  assert.equal([...new Set(S.loadLevels(new Float64Array(9).fill(4)))], [0]);
  assert.equal(Array.from(S.loadLevels(Float64Array.of(1, 2, 3, 4), 2)), [0, 0, 1, 1]);
});

test("a service that is not deployed is not called, not measured, and its callees have less to do", () => {
  const lifetimes = [{ service: "search", begin: 20, end: 40 }];
  const options = { minutes: 60, workload: S.steadyWorkload(30), measurementNoise: 0 };
  const bed = bedOf({ ...options, lifetimes });
  const calls = track(bed.truth.clean, "search", "throughput");
  const seen = track(bed.series, "search", "throughput");
  const below = track(bed.series, "cache", "throughput");
  calls.forEach((rate, minute) => {
    const isThere = minute >= 20 && minute < 40;
    assert.is(rate > 0, isThere);
    assert.is(Number.isNaN(seen[minute] as number), !isThere);
  });
  assert.ok((below[30] as number) > (below[10] as number));
  const edges = bed.series.edges.length;
  const into = S.shop.calls.findIndex(({ target }) => target === "search");
  const measured = column(bed.series.callRates as Float64Array, edges, { at: into });
  assert.equal(
    [10, 30, 50].map((k) => Number.isNaN(measured[k] as number)),
    [true, false, true],
  );
});

test(
  "what is missing is NaN, the mask says where, and everything else is what it would have been",
  forAll(
    { seed: fc.nat(), cellRate: fc.constantFrom(0, 0.02, 0.3), gapsPerDay: fc.constantFrom(0, 20) },
    { runs: 12 },
  )(({ seed, ...missing }) => {
    const options = { seed, minutes: 200 };
    const [whole, holed] = [bedOf(options), bedOf({ ...options, missing })];
    assert.equal(holed.truth.clean, whole.truth.clean);
    assert.not(holed.truth.clean.values.some(Number.isNaN));
    holed.series.values.forEach((value, k) => {
      assert.is(Number.isNaN(value), holed.truth.missing[k] === 1);
      if (!Number.isNaN(value)) assert.is(value, whole.series.values[k]);
    });
    // 12 000 cells: a deviation of at most 0.0042.
    if (missing.gapsPerDay === 0) near(mean(holed.truth.missing), missing.cellRate, 0, 0.02);
  }),
);

test("gaps take all cells of a service, as many and as long as asked", () => {
  const missing = { gapsPerDay: 12, gapMinutes: 20 };
  const { truth } = bedOf({ minutes: 2880, missing });
  const rows = Array.from({ length: 2880 * 12 }, (_, k) =>
    mean(truth.missing.subarray(5 * k, 5 * k + 5)),
  );
  assert.ok(rows.every((share) => share === 0 || share === 1));
  near(mean(rows), 20 / (120 + 20), 0.27); // about 250 exponential gaps: deviation 9 %
});

test("refuses what makes no sense, and says what", () => {
  const refusal = (options: Partial<S.TestBedOptions>) =>
    complaint(S.simulateTestBed({ minutes: 30, ...options }));
  assert.is(refusal({ missing: { cellRate: 2 } }), "test: cellRate in 0…1 expected, got 2");
  assert.is(
    refusal({ lifetimes: [{ service: "cart", begin: 5, end: 31 }] }),
    'test: whole minutes 0 ≤ begin < end ≤ 30 expected for "cart", got 5 and 31',
  );
  assert.is(
    refusal({ resilience: { timeoutSeconds: 1, retries: 0.5 } }),
    "test: a positive timeoutSeconds and whole retries of at least 0 expected, got 1 and 0.5",
  );
});

test("is described in words", () => {
  const bed = bedOf({
    minutes: 240,
    incidents: { count: 2 },
    lifetimes: { deployed: 1, removed: 0 },
  });
  const lines = S.describeTestBed(bed).split("\n");
  assert.is(lines[0], "seed 1: 12 services, 21 calls, 6 levels, 1 entry, 240 minutes");
  assert.match(lines[1] as string, /^load .* req\/s in the mean, .* low, medium, high: /);
  assert.equal(lines.slice(3, 5), bed.truth.incidents.map(S.printIncident));
  assert.match(lines[5] as string, /is there in minutes \d+ to 240$/);
});

test("two hundred services over a day take seconds", () => {
  const graph = right(S.randomCallGraph({ services: 200, seed: 1 }));
  const used = process.cpuUsage();
  bedOf({ graph, minutes: 1440, incidents: { count: 6 } });
  const seconds = process.cpuUsage(used).user / 1e6;
  assert.ok(seconds < 15, `${seconds} s`); // 2 s here; the bound is for slow machines
});

test.run();
