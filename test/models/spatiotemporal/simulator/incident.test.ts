// Incidents show where they should and nowhere else, and change what the queues are by the amount that
// can be reckoned by hand.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { Spatiotemporal as S } from "../../../../src/models/index.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import { bedOf, complaint, graphs, near, pair, pairBed, right, track, truthOf } from "./beds.ts";

const test = suite("incidents");

const kinds = Object.keys(S.incidentKinds) as S.IncidentKind[];
/** A feature in the minute before the incident, in its sixth and in the last of a run. */
const at = (series: S.ServiceSeries, service: string, feature: S.Feature) => {
  const values = track(series, service, feature);
  return [values[4], values[9], values.at(-1)] as [number, number, number];
};
/** From minute 5 to minute 10, so that minute 9 is its last. */
const incident = (
  kind: S.IncidentKind,
  service: string,
  severity: number,
  target?: string,
): S.Incident => ({
  kind,
  service,
  begin: 5,
  end: 10,
  severity,
  ...(target !== undefined && { target }),
});

test("without incidents the pair of queues answers as M/M/1: s / (1 − λ·s)", () => {
  const { series } = pairBed([]);
  const back = 0.02 / (1 - 0.4);
  near(at(series, "back", "responseTime")[1], back, 1e-12);
  near(at(series, "front", "responseTime")[1], 0.01 / (1 - 0.2) + back, 1e-12);
  near(at(series, "aside", "responseTime")[1], 0.01 / (1 - 0.1), 1e-12);
});

test("slowdown: the service time is so many times as long, for the callers too", () => {
  const { series } = pairBed([incident("slowdown", "back", 2)]);
  const slow = 0.04 / (1 - 0.8);
  near(at(series, "back", "responseTime")[1], slow, 1e-12);
  near(at(series, "front", "responseTime")[1], 0.01 / (1 - 0.2) + slow, 1e-12);
  near(at(series, "back", "cpu")[1], 0.4 + 0.01, 1e-12); // cpu time is the same
});

test("cpuHog: requests wait for the processor, and the hog is seen in cpu", () => {
  const { series, truth } = pairBed([incident("cpuHog", "back", 0.5)]);
  near(at(series, "back", "responseTime")[1], 0.04 / (1 - 0.8), 1e-12);
  near(at(series, "back", "cpu")[1], 0.4 + 0.01 + 0.5, 1e-12);
  near(truth.utilisation[9 * 3 + 1] as number, 0.8, 1e-12);
});

test("latency: each call takes that much longer, at the caller alone", () => {
  const { series } = pairBed([incident("latency", "front", 0.25, "back")]);
  const [before, during, after] = at(series, "front", "responseTime");
  near(during, before + 0.25, 1e-12); // one call in the mean
  near(after, before, 1e-12);
  near(at(series, "back", "responseTime")[1], 0.02 / (1 - 0.4), 1e-12);
});

test("surge: so many times the requests at that entry, none more at the other", () => {
  const { series } = pairBed([incident("surge", "front", 2)]);
  assert.equal(at(series, "front", "throughput").map(Math.round), [20, 40, 20]);
  assert.equal(at(series, "back", "throughput").map(Math.round), [20, 40, 20]);
  assert.equal(at(series, "aside", "throughput").map(Math.round), [10, 10, 10]);
});

test("outage: lost tries cost the time-out and are tried again", () => {
  const bed = pairBed([incident("outage", "back", 0.5)]); // 1.5 tries, of which half arrive
  near(truthOf(bed, "arrivals", "back")[9] as number, 15, 1e-12);
  near(bed.series.callRates?.[9] as number, 30, 1e-12);
  const back = 0.02 / (1 - 0.3);
  near(at(bed.series, "back", "responseTime")[1], back, 1e-12);
  const calls = 1.5 * (0.5 * back + 0.5 * 1);
  near(at(bed.series, "front", "responseTime")[1], 0.01 / (1 - 0.2) + calls, 1e-12);
});

test("crash: nothing is served, patience limits the queue, and it is worked off afterwards", () => {
  const bed = pairBed([incident("crash", "back", 1)], 40);
  assert.equal(at(bed.series, "back", "throughput").slice(0, 2).map(Math.round), [20, 0]);
  assert.is(at(bed.series, "back", "replicas")[1], 0);
  near(truthOf(bed, "backlog", "back")[9] as number, 500, 1e-12); // 10 s at 50 a second
  near(at(bed.series, "front", "responseTime")[1], 0.01 / (1 - 0.2) + 0.02 + 10, 1e-12);
  assert.is(truthOf(bed, "backlog", "back")[39], 0);
});

test("crash: whole replicas are down, and the others carry the load", () => {
  const [front, back, aside] = pair.services as [S.ServiceSpec, S.ServiceSpec, S.ServiceSpec];
  const graph = { ...pair, services: [front, { ...back, replicas: { min: 3, max: 3 } }, aside] };
  const { series } = bedOf({
    graph,
    minutes: 20,
    workload: S.steadyWorkload(30),
    measurementNoise: 0,
    incidents: [incident("crash", "back", 0.34)], // two of three
  });
  assert.equal(at(series, "back", "replicas"), [3, 1, 3]);
  near(at(series, "back", "responseTime")[1], 0.02 / (1 - 0.4), 1e-12);
});

test("incidents at one place add up", () => {
  const { series } = pairBed([
    incident("slowdown", "aside", 2),
    incident("slowdown", "aside", 3),
    incident("latency", "front", 0.1, "back"),
    incident("latency", "front", 0.2, "back"),
  ]);
  near(at(series, "aside", "responseTime")[1], 0.06 / (1 - 0.6), 1e-12);
  const [before, during] = at(series, "front", "responseTime");
  near(during, before + 0.3, 1e-12);
});

test("reach: work changes below, time is lost above, as far as somebody waits", () => {
  const names = (set: ReadonlySet<string>) => [...set].sort().join(" ");
  const mail = S.incidentReach(S.shop, { kind: "slowdown", service: "mail" });
  assert.is(names(mail.affected), "mail"); // nobody waits for mail
  const search = S.incidentReach(S.shop, { kind: "latency", service: "search" });
  assert.is(names(search.worked), "");
  assert.is(names(search.affected), "gateway search storefront");
  const shipping = S.incidentReach(S.shop, { kind: "crash", service: "shipping" });
  assert.is(names(shipping.worked), "database shipping");
  assert.ok(shipping.affected.has("catalogue") && !shipping.affected.has("cache"));
});

test(
  "whatever the graph, kind and place: only services in reach differ, and none before it begins",
  forAll(
    { graph: graphs, seed: fc.nat(), kind: fc.constantFrom(...kinds) },
    { runs: 40 },
  )(({ graph, seed, kind }) => {
    const options = { graph, seed, minutes: 30, measurementNoise: 0 };
    const plan = { count: 1, kinds: [kind], minutes: [8, 8] } as const;
    const [calm, disturbed] = [bedOf(options), bedOf({ ...options, incidents: plan })];
    const found = disturbed.truth.incidents[0] as S.Incident;
    const { affected } = S.incidentReach(graph, found);
    const [n, width] = [graph.services.length, 5];
    disturbed.series.values.forEach((value, k) => {
      const name = graph.services[Math.floor(k / width) % n]?.name as string;
      const isBefore = Math.floor(k / (n * width)) < found.begin;
      if (isBefore || !affected.has(name)) assert.is(value, calm.series.values[k], name);
    });
  }),
);

test(
  "whoever waits for a service that slows down waits longer, all the way up",
  forAll(
    { graph: graphs, at: fc.nat(), kind: fc.constantFrom("slowdown", "cpuHog", "outage") },
    { runs: 25 },
  )(({ graph, at, kind }) => {
    const called = graph.services.filter((it) => graph.calls.some((c) => c.target === it.name));
    const { name } = called[at % called.length] as S.ServiceSpec;
    const severity = kind === "slowdown" ? 3 : 0.6;
    // A light load, so that nobody below is spared work by a service that chokes.
    const options = {
      graph,
      minutes: 20,
      workload: S.steadyWorkload(6),
      measurementNoise: 0,
    };
    const incidents = [incident(kind as S.IncidentKind, name, severity)];
    const [calm, disturbed] = [bedOf(options), bedOf({ ...options, incidents })];
    const awaited = graph.calls.filter(({ lagSeconds }) => lagSeconds === 0);
    const callers = new Set([name]);
    for (const callee of callers) {
      for (const call of awaited) if (call.target === callee) callers.add(call.source);
    }
    if (kind === "outage") callers.delete(name); // it is fine itself, only not reached
    for (const caller of callers) {
      const [usual, slow] = [calm, disturbed].map(({ series }) => at9(series, caller));
      assert.ok((slow as number) > (usual as number), `${caller}: ${usual} → ${slow}`);
    }
  }),
);

const at9 = (series: S.ServiceSeries, service: string): number =>
  track(series, service, "responseTime")[9] as number;

test(
  "drawn incidents are allowed, do not overlap, and are the same for the same seed",
  forAll(
    { graph: graphs, seed: fc.nat(), count: fc.integer({ min: 0, max: 12 }) },
    { runs: 50 },
  )(({ graph, seed, count }) => {
    const drawn = S.drawIncidents(graph, seed, 400, { count });
    assert.is(drawn.length, count);
    assert.equal(drawn, S.drawIncidents(graph, seed, 400, { count }));
    drawn.slice(1).forEach(({ begin }, k) => {
      assert.ok(begin >= (drawn[k]?.end as number));
    });
    right(S.simulateTestBed({ graph, minutes: 400, incidents: drawn, seed: 1 }));
  }),
);

test("refuses incidents without a place or a meaning, and says why", () => {
  const refusal = (given: S.Incident) =>
    complaint(S.simulateTestBed({ minutes: 20, incidents: [given] }));
  assert.is(
    refusal(incident("crash", "cash", 1)),
    'test: incidents of known services expected, got "cash"',
  );
  assert.is(
    refusal(incident("cpuHog", "cart", 1)),
    "test: a severity in 0…1, without both, expected for cpuHog, got 1",
  );
  assert.is(
    refusal(incident("surge", "cart", 2)),
    'test: a surge at an entry expected, got "cart"',
  );
  assert.is(
    refusal(incident("latency", "cart", 1, "checkout")),
    'test: latency of an awaited call expected, got "cart" → "checkout"',
  );
  assert.is(
    refusal({ ...incident("crash", "cart", 1), end: 21 }),
    'test: whole minutes 0 ≤ begin < end ≤ 20 expected for crash of "cart", got 5 and 21',
  );
});

test.run();
