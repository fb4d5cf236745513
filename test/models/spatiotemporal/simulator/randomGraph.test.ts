// Random call graphs: acyclic, reachable, in levels, the same for the same seed, and able to bear the
// load that they are made for.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { Spatiotemporal as S } from "../../../../src/models/index.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import { bedOf, complaint, graphs, right } from "./beds.ts";

const test = suite("randomCallGraph");

const options = {
  seed: fc.nat(),
  services: fc.integer({ min: 5, max: 200 }),
  fanOutLaw: fc.constantFrom("constant", "geometric", "pareto"),
  fanOut: fc.double({ min: 0.5, max: 6, noNaN: true }),
} as const;
const isData = (name: string) => /^(cache|store)/.test(name);

test(
  "has the services asked for, no cycle, and a way from an entry to each",
  forAll(options, { runs: 40 })((chosen) => {
    const graph = right(S.randomCallGraph(chosen));
    assert.is(graph.services.length, chosen.services);
    assert.is(right(S.callOrder(graph)).length, chosen.services);
    const reached = new Set(Object.keys(graph.entry));
    for (const name of reached) {
      for (const call of graph.calls) if (call.source === name) reached.add(call.target);
    }
    assert.is(reached.size, chosen.services);
  }),
);

test(
  "calls go down from level to level, caches and stores call nobody, and the depth is the levels'",
  forAll(
    {
      seed: fc.nat(),
      services: fc.integer({ min: 10, max: 200 }),
      levels: fc.integer({ min: 3, max: 6 }),
    },
    { runs: 40 },
  )((chosen) => {
    const graph = right(S.randomCallGraph(chosen));
    const levelOf = (name: string) =>
      name.startsWith("front") ? 0 : Number(/^tier(\d+)/.exec(name)?.[1] ?? chosen.levels - 1);
    for (const { source, target } of graph.calls) {
      assert.ok(levelOf(source) < levelOf(target), `${source} → ${target}`);
      assert.not(isData(source));
    }
    const { depth, entries } = S.summariseGraph(graph);
    assert.ok(depth === chosen.levels || depth === chosen.levels - 1); // a last tier may be a leaf
    assert.is(entries, Math.max(1, Math.round(chosen.services / 40)));
  }),
);

test("is the same for the same options, and another for another seed", () => {
  const [a, b, c] = [1, 1, 2].map((seed) => right(S.randomCallGraph({ seed, services: 60 })));
  assert.equal(a, b);
  assert.not.equal(a, c);
});

test("a constant fan-out is reached wherever enough services lie below", () => {
  const graph = right(
    S.randomCallGraph({ seed: 4, services: 80, fanOut: 4, fanOutLaw: "constant" }),
  );
  for (const { name } of graph.services.filter((spec) => !isData(spec.name))) {
    assert.ok(graph.calls.filter(({ source }) => source === name).length >= 4, name);
  }
});

test("heavy tails share: one service has many callers, and half have one", () => {
  const graph = right(S.randomCallGraph({ seed: 1, services: 200, fanOutLaw: "pareto" }));
  const { mostFanIn, shared, optionalCalls } = S.summariseGraph(graph);
  assert.ok(mostFanIn >= 10 && shared < 150, `${mostFanIn}, ${shared}`);
  assert.ok(optionalCalls > 20);
});

test(
  "bears the load that it is made for: nobody is refused in the long run",
  forAll(
    { graph: graphs },
    { runs: 15 },
  )(({ graph }) => {
    const { truth } = bedOf({ graph, minutes: 20, workload: S.steadyWorkload(60) });
    assert.ok(truth.refused.every((rate) => rate === 0));
    assert.ok(truth.utilisation.every((use) => use < 0.9));
  }),
);

test("refuses what cannot be drawn, and says why", () => {
  const refusal = (chosen: Partial<S.GraphOptions>) => complaint(S.randomCallGraph(chosen));
  assert.is(refusal({ services: 4 }), "test: 5 to 200 services expected, got 4");
  assert.is(
    refusal({ services: 5, levels: 6 }),
    "test: services for 6 levels expected besides 1 entries, stores and caches, got 2",
  );
  assert.is(refusal({ cacheShare: -0.1 }), "test: cacheShare in 0…1 expected, got -0.1");
  assert.is(refusal({ fanOut: 0 }), "test: fanOut above 0, at most 50, expected, got 0");
});

test("prints a graph level by level", () => {
  const lines = S.printCallGraph(S.shop).split("\n");
  assert.is(lines[0], "12 services, 21 calls, 1 entry, 6 levels");
  assert.is(lines[2], "0 calls optional, 3 without waiting");
  assert.ok(lines.includes("gateway → storefront (1)"));
  assert.is(lines.length, 3 + 12);
});

test("several entries share the load by weight, and a probability scales calls", () => {
  assert.ok(E.isRight(S.callOrder({ ...S.shop, entry: { gateway: 3, cart: 1 } })));
  const { calls } = S.shop;
  assert.is(
    complaint(S.callOrder({ ...S.shop, entry: {} })),
    "test: entries of positive weight expected, got none",
  );
  assert.is(
    complaint(S.callOrder({ ...S.shop, calls: calls.map((it) => ({ ...it, probability: 0 })) })),
    "test: a probability above 0, at most 1, expected, got 0 in gateway → storefront",
  );
});

test.run();
