// The shapes of load: regimes, days that change, bursts of mean one, self-similarity, the closed loop.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { Spatiotemporal as S } from "../../../../src/models/index.ts";
import { burstsOf } from "../../../../src/models/spatiotemporal/simulator/patterns.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import { bedOf, complaint, mean, near, track, worker, workloads } from "./beds.ts";

const test = suite("arrivals");

const variance = (values: readonly number[]) => {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
};
/** Means over blocks of a length. */
const blocks = (values: Float64Array, length: number) =>
  Array.from({ length: Math.floor(values.length / length) }, (_, k) =>
    mean(values.subarray(k * length, (k + 1) * length)),
  );
/** The Hurst exponent by the variance of means over blocks, which falls as length^(2H − 2). */
const hurstOf = (values: Float64Array, [short, long]: readonly [number, number]) =>
  1 +
  Math.log(variance(blocks(values, long)) / variance(blocks(values, short))) /
    Math.log(long / short) /
    2;

test(
  "are finite and not negative, whatever the shape",
  forAll(
    { workload: workloads, seed: fc.nat() },
    { runs: 20 },
  )(({ workload, seed }) => {
    const counts = S.arrivals(workload, seed, 2000, 5);
    assert.ok(counts.every((count) => Number.isFinite(count) && count >= 0));
  }),
);

test("a stationary load has the same mean in both halves, a drifting one has not", () => {
  const halves = (workload: S.Workload) => {
    const counts = S.arrivals(workload, 3, 17280, 5);
    return [mean(counts.subarray(0, 8640)), mean(counts.subarray(8640))] as const;
  };
  const [early, late] = halves(S.loadPatterns.stationary);
  near(late, early, 0.03); // mood of 8 % with 90 independent values in each half: 1 % each
  const [before, after] = halves(S.loadPatterns.drifting);
  assert.ok(after > 1.25 * before);
});

test("a cycle of regimes scales the load in turn", () => {
  const workload = {
    ...S.steadyWorkload(10),
    regimes: { regimes: [{ scale: 1 }, { scale: 3 }], holdMinutes: 10, order: "cycle" },
  } as const;
  const { truth } = bedOf({ workload, minutes: 40 });
  truth.regimes.forEach((regime, minute) => {
    assert.is(regime, Math.floor(minute / 10) % 2);
    near(truth.demand[minute] as number, regime === 0 ? 10 : 30, 1e-9);
  });
});

test("regimes at random are held for the mean time, and another always follows", () => {
  const plan = { regimes: [{ scale: 1 }, { scale: 2 }, { scale: 3 }], holdMinutes: 30 } as const;
  const regimes = S.regimesOf({ ...plan, order: "random" }, 5, 60_000);
  const changes = regimes.filter((regime, k) => k > 0 && regime !== regimes[k - 1]).length;
  near(60_000 / changes, 30, 0.08); // 2000 exponential times: deviation 2.2 %
  for (const regime of [0, 1, 2])
    near(mean(regimes.map((it) => Number(it === regime))), 1 / 3, 0.1);
});

test("days that grow from 60 to 120 minutes pass T / 60 · ln 2 times, and lose their swing", () => {
  const workload = {
    ...S.steadyWorkload(10),
    dayMinutes: 60,
    dailySwing: 0.8,
    drift: { dayMinutes: 120, dailySwing: 0.2 },
  };
  const counts = S.arrivals(workload, 1, 14_400, 5); // 1200 minutes
  const rises = counts.filter((count, k) => k > 0 && count > 50 && (counts[k - 1] as number) <= 50);
  assert.ok(Math.abs(rises.length - (1200 / 60) * Math.LN2) <= 1, String(rises.length));
  const swing = (from: number, to: number) => Math.max(...counts.subarray(from, to)) / 50 - 1;
  assert.ok(swing(0, 720) > 2.5 * swing(13_000, 14_400));
});

test("Markov bursts have two rates, mean 1, and the mean times", () => {
  const factors = burstsOf(
    { kind: "markov", factor: 4, burstMinutes: 5, quietMinutes: 15 },
    7,
    400_000,
    0.25,
  );
  const [low, high] = [Math.min(...factors.slice(0, 5000)), Math.max(...factors.slice(0, 5000))];
  near(high / low, 4, 1e-12);
  assert.ok(factors.every((factor) => factor === low || factor === high));
  near(mean(factors), 1, 0.05);
  const bursts = factors.filter((factor, k) => k > 0 && factor === high && factors[k - 1] === low);
  near(bursts.length, 100_000 / 20, 0.05);
});

test("self-similar bursts have their Hurst exponent on long scales, Markov bursts have ½", () => {
  const heavy = burstsOf(
    { kind: "selfSimilar", sources: 30, hurst: 0.85, meanMinutes: 2 },
    2,
    200_000,
    1,
  );
  assert.ok(heavy.every((factor) => factor >= 0 && factor <= 2 + 1e-9));
  near(mean(heavy), 1, 0.1);
  // The estimate by block variances is biased down, and few blocks are long.
  near(hurstOf(heavy, [50, 1000]), 0.85, 0, 0.1);
  const light = burstsOf(
    { kind: "markov", factor: 4, burstMinutes: 2, quietMinutes: 2 },
    2,
    200_000,
    1,
  );
  near(hurstOf(light, [50, 1000]), 0.5, 0, 0.1);
});

test("a closed loop of N users obeys X = N / (R + Z)", () => {
  const graph = { entry: "only", services: [worker("only", 100)], calls: [] };
  const workload = { ...S.steadyWorkload(12), thinkSeconds: 5 }; // 60 users
  const { series } = bedOf({ graph, workload, minutes: 60, measurementNoise: 0 });
  const [rate, seconds] = [
    track(series, "only", "throughput"),
    track(series, "only", "responseTime"),
  ];
  near(rate.at(-1) as number, 60 / ((seconds.at(-1) as number) + 5), 1e-6);
  assert.ok((rate.at(-1) as number) < 10); // and overload, which an open loop would have, is gone
});

test("refuse shapes that make no sense, and say which", () => {
  const refusal = (workload: Partial<S.Workload>) =>
    complaint(S.simulateTestBed({ workload: { ...S.defaultWorkload, ...workload } }));
  const plan = { regimes: [{ scale: 1 }], holdMinutes: 0, order: "cycle" } as const;
  assert.is(refusal({ regimes: plan }), "test: regimes held for at least a minute expected, got 0");
  assert.is(
    refusal({ drift: { dailySwing: 1 } }),
    "test: dailySwing in 0…1, without 1, expected, got 1",
  );
  assert.is(refusal({ growth: -1 }), "test: growth above −1 expected, got -1");
  assert.is(refusal({ thinkSeconds: 0 }), "test: a positive thinkSeconds expected, got 0");
  const bursts = { kind: "selfSimilar", sources: 3, hurst: 0.5, meanMinutes: 1 } as const;
  assert.is(
    refusal({ bursts }),
    "test: whole sources, hurst in ½…1 and positive meanMinutes expected, got 3, 0.5 and 1",
  );
});

test.run();
