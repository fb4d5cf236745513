// When replicas are started and removed: the published rule, delays and bounds.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  admitStarted,
  autoscale,
  defaultScaling,
  initialScaler,
  type Scaler,
} from "../../../../src/models/spatiotemporal/simulator/autoscale.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("autoscale");
const policy = { ...defaultScaling, targetUtilisation: 0.5 };
const bounds = { min: 1, max: 8 };
const ready = (count: number): Scaler => ({ ...initialScaler(bounds), ready: count });

test("starts what ⌈ready · utilisation / target⌉ lacks, to join after the start time", () => {
  const started = autoscale(policy, bounds, ready(3), 30, 0.9);
  assert.is(started.ready, 3);
  assert.is(started.starting, 3); // ⌈3 · 1.8⌉ = 6
  assert.is(admitStarted(started, 30 + policy.startSeconds - 1).ready, 3);
  const joined = admitStarted(started, 30 + policy.startSeconds);
  assert.is(joined.ready, 6);
  assert.is(joined.starting, 0);
});

test("leaves replicas alone within the tolerance", () => {
  const scaler = autoscale(policy, bounds, ready(4), 30, 0.54);
  assert.is(scaler.ready + scaler.starting, 4);
});

test("starts nothing more while replicas are starting", () => {
  const started = autoscale(policy, bounds, ready(2), 30, 0.9);
  assert.is(autoscale(policy, bounds, started, 60, 1).starting, started.starting);
});

test("removes replicas only when the stabilisation window has wanted no more", () => {
  let scaler = autoscale(policy, bounds, ready(6), 0, 0.5);
  scaler = autoscale(policy, bounds, scaler, 30, 0.1);
  assert.is(scaler.ready, 6); // the check at 0 s wanted 6
  scaler = autoscale(policy, bounds, scaler, policy.stabilisationSeconds, 0.1);
  assert.is(scaler.ready, 2); // ⌈6 · 0.2⌉
});

test(
  "stays within its bounds, whatever it sees",
  forAll(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 50 }))(
    (utilisations) => {
      let scaler = initialScaler(bounds);
      for (const [check, utilisation] of utilisations.entries()) {
        const now = check * policy.checkSeconds;
        scaler = autoscale(policy, bounds, admitStarted(scaler, now), now, utilisation);
        assert.ok(scaler.ready >= bounds.min);
        assert.ok(scaler.ready + scaler.starting <= bounds.max);
      }
    },
  ),
);

test.run();
