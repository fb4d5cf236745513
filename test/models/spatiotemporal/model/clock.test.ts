// Encodings of the clock by hand: what each knows of the time, and what not.

import * as assert from "uvu/assert";
import { key, type Tensor, tensor, toArray, values } from "../../../../src/index.ts";
import * as Clock from "../../../../src/models/spatiotemporal/model/clock.ts";
import { calendarParts } from "../../../../src/models/spatiotemporal/model/config.ts";
import { assertTreesClose } from "../../../support/close.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("Clock");

type Time = "phase" | "time2vec" | "calendar" | "none";
/** The encoding of one example with these steps, each the phases of two cycles and hours. */
const encoded = (time: Time, steps: readonly (readonly number[])[], params?: Clock.Params) => {
  const config = { time, cycles: 2 };
  const clock = tensor(Float64Array.from(steps.flat()), { shape: [1, steps.length, 3] });
  return Clock.apply(params ?? Clock.init(key(1), config), config)(clock);
};

test("the phase is sines and cosines of each cycle, and of twice as fast", () => {
  const found = encoded("phase", [[0.25, 0, 7]]) as Tensor; // there is one
  // sin of both cycles, cos of both, then the same of the doubled phase: a quarter turn and none, half a turn and none.
  const expected = Float64Array.of(1, 0, 0, 1, 0, 0, -1, 1);
  assertTreesClose(found, tensor(expected, { shape: [1, 1, 8] }), 1e-15);
});

test("learned sines know the hours alone", () => {
  const params = {
    waves: {
      frequency: tensor(Float64Array.of(2, 0.5)),
      phase: tensor(Float64Array.of(1, 0)),
    },
  };
  const found = encoded("time2vec", [[0.3, 0.9, 3]], params) as Tensor; // there is one
  const expected = Float64Array.of(2 * 3 + 1, Math.sin(1.5));
  assertTreesClose(found, tensor(expected, { shape: [1, 1, 2] }), 1e-15);
});

test("the calendar looks up the part of each cycle, the last one included", () => {
  const table = (from: number) =>
    tensor(
      Float64Array.from({ length: calendarParts }, (_, part) => from + part),
      {
        shape: [calendarParts, 1],
      },
    );
  const found = encoded(
    "calendar",
    [
      [0, 0.5, 1],
      [1 / calendarParts - 1e-9, 1 / calendarParts, 2],
      [1 - 1e-12, 1, 3], // a phase just below 1 may be rounded to it
    ],
    { tables: [table(0), table(100)] },
  ) as Tensor; // there is one
  const last = calendarParts - 1;
  assert.equal(toArray(found), [
    [
      [0, 100 + calendarParts / 2],
      [0, 101],
      [last, 100 + last],
    ],
  ]);
});

test("none is nothing, and so are phase and calendar without cycles", () => {
  assert.is(encoded("none", [[0.1, 0.2, 3]]), undefined);
  for (const time of ["phase", "calendar"] as const) {
    const config = { time, cycles: 0 };
    const clock = tensor([[[5]]]);
    assert.is(Clock.apply(Clock.init(key(1), config), config)(clock), undefined);
  }
});

test("each cycle of the calendar has a table of its own", () => {
  const { tables = [] } = Clock.init(key(1), { time: "calendar", cycles: 2 });
  const [day, week] = tables.map((table) => [...values(table)]);
  assert.is(day?.length, week?.length);
  assert.not.equal(day, week);
});

test.run();
