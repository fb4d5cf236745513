// The laws of queues against closed forms, and the conservation of a fluid step.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  erlangB,
  erlangC,
  fluidStep,
  waitingSeconds,
} from "../../../../src/models/spatiotemporal/simulator/queueing.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("queueing");
const close = (a: number, b: number, tolerance: number) =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a} and ${b}`);

test("Erlang B is (aᶜ/c!) / Σ aᵏ/k!", () => {
  close(erlangB(2, 1), 0.5 / 2.5, 1e-15);
  close(erlangB(3, 2), 8 / 6 / (1 + 2 + 2 + 8 / 6), 1e-15);
  close(erlangB(10, 5), 0.0184, 5e-5); // to the digits of printed Erlang tables
});

test("Erlang C of one server is its utilisation, of two at 1 erlang a third", () => {
  close(erlangC(1, 0.7), 0.7, 1e-15);
  close(erlangC(2, 1), 1 / 3, 1e-15);
});

test("one server waits as an M/M/1 queue, ρ·s / (1 − ρ)", () => {
  close(waitingSeconds(1, 0.8, 0.5), (0.8 * 0.5) / 0.2, 1e-12);
});

test("waits for ever at saturation and beyond", () => {
  assert.is(waitingSeconds(2, 2, 1), Number.POSITIVE_INFINITY);
  assert.is(erlangC(2, 3), 1);
});

const servers = fc.integer({ min: 1, max: 60 });
const share = fc.double({ min: 0.01, max: 0.99, noNaN: true });

test(
  "waiting grows with the load, and pooling two stations never lengthens it",
  forAll({ c: servers, rho: share })(({ c, rho }) => {
    const wait = waitingSeconds(c, c * rho, 1);
    assert.ok(wait >= 0);
    assert.ok(waitingSeconds(c, c * Math.min(0.995, rho + 0.005), 1) >= wait);
    assert.ok(waitingSeconds(2 * c, 2 * c * rho, 1) <= wait * (1 + 1e-12));
  }),
);

const amount = fc.double({ min: 0, max: 1e4, noNaN: true });

test(
  "a fluid step loses nothing, serves at most its capacity and keeps at most its limit",
  forAll({ backlog: amount, arrivals: amount, capacity: amount, limit: amount })(
    ({ backlog, arrivals, capacity, limit }) => {
      const next = fluidStep(backlog, arrivals, capacity, limit);
      close(next.completed + next.backlog + next.shed, backlog + arrivals, 1e-9);
      assert.ok(next.completed <= capacity && next.backlog <= limit);
      assert.ok(next.completed >= 0 && next.backlog >= 0 && next.shed >= 0);
      // It works whenever there is work: nothing is left unless the capacity is used up.
      if (next.backlog + next.shed > 0) assert.is(next.completed, capacity);
    },
  ),
);

test.run();
