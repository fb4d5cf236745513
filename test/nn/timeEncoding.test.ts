// Time as features: waves and what a shift of time does to them, Time2Vec, calendar tables.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../src/core/run/checkGradients.ts";
import {
  item,
  key,
  matmul,
  reshape,
  sum,
  type Tensor,
  tensor,
  toArray,
  transpose,
  values,
} from "../../src/index.ts";
import { CalendarEmbedding, Time2Vec, TimeEncoding } from "../../src/nn/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

const f64 = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: "f64" });
const times = fc.array(fc.integer({ min: -2000, max: 2000 }), { minLength: 1, maxLength: 6 });

const waves = suite("TimeEncoding");

waves(
  "is sin and cos of t · base^(−2i / width) in turn",
  forAll({ list: times, pairs: fc.integer({ min: 1, max: 4 }), base: fc.constantFrom(100, 1e4) })(
    ({ list, pairs, base }) => {
      const width = 2 * pairs;
      const expected = list.map((t) =>
        Array.from({ length: width }, (_, j) => {
          const angle = t * base ** (-(j - (j % 2)) / width);
          return j % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
        }),
      );
      assertTreesClose(TimeEncoding.sinusoidal({ width, base })(f64(list)), f64(expected), 1e-12);
    },
  ),
);

waves(
  "the likeness of two times depends on how far they are apart only",
  forAll({ a: fc.integer({ min: -999, max: 999 }), shift: fc.integer({ min: -50, max: 50 }) })(
    ({ a, shift }) => {
      const likeness = (start: number): number => {
        const two = TimeEncoding.sinusoidal({ width: 8 })(f64([start, start + shift]));
        return values(matmul(two, transpose(two)))[1] as number;
      };
      assert.ok(Math.abs(likeness(a) - likeness(0)) <= 1e-11);
    },
  ),
);

waves("the phase of a period comes back after it", () => {
  const phases = TimeEncoding.periodic({ periods: [24, 168] });
  assertTreesClose(phases(f64([5, 5 + 168])), phases(f64([173, 173 + 168])), 1e-12);
  const quarter = TimeEncoding.periodic({ periods: [24] })(f64([6]));
  assertTreesClose(quarter, f64([[1, 0]]), 1e-15);
});

waves("keep the axes of the time, and its dtype", () => {
  const encoded = TimeEncoding.sinusoidal({ width: 6 })(arbitrary([2, 3], 1));
  assert.equal([encoded.shape, encoded.dtype], [[2, 3, 6], "f64"]);
});

waves("have gradients in the time", () => {
  assertGradients(TimeEncoding.sinusoidal({ width: 4, base: 10 }), [arbitrary([3], 1)]);
});

waves("positions in a window end at 0", () => {
  assert.equal(toArray(TimeEncoding.relative(3)), [-2, -1, 0]);
  assert.is(TimeEncoding.relative(3, "f64").dtype, "f64");
});

waves("refuses an odd width", () => {
  assert.is(
    messageOf(() => TimeEncoding.sinusoidal({ width: 5 })(f64([1]))),
    "TimeEncoding.sinusoidal: an even width expected, got 5",
  );
});

waves.run();

const learned = suite("Time2Vec");

learned("is a trend and waves", () => {
  const params = { frequency: f64([2, Math.PI / 2, Math.PI]), phase: f64([0.5, 0, Math.PI / 2]) };
  const encoded = Time2Vec.apply(params)(f64([0, 1]));
  assertTreesClose(
    encoded,
    f64([
      [0.5, 0, 1],
      [2.5, 1, -1],
    ]),
    1e-15,
  );
});

learned("has gradients in frequencies, phases and time", () => {
  const params = { frequency: arbitrary([4], 1), phase: arbitrary([4], 2) };
  const f = (p: Time2Vec.Params, t: Tensor) => Time2Vec.apply(p)(t);
  assertGradients(f, [params, arbitrary([2, 3], 3)]);
});

learned("starts within its bounds, and may be a trend alone", () => {
  const { frequency, phase } = Time2Vec.init(key(0), { width: 64, fastest: 0.25 });
  assert.ok(values(frequency).every((w) => Math.abs(w) <= 0.25));
  assert.ok(values(phase).every((p) => Math.abs(p) <= Math.fround(Math.PI)));
  assert.equal(Time2Vec.apply(Time2Vec.init(key(0), { width: 1 }))(tensor([1, 2])).shape, [2, 1]);
});

learned.run();

const calendar = suite("CalendarEmbedding");
const hour = 3.6e6; // milliseconds

calendar(
  "reads fields as JavaScript's dates do",
  forAll(fc.integer({ min: 0, max: 4_000_000 }))((minutes) => {
    const date = new Date(minutes * 60_000);
    const found = CalendarEmbedding.ofTimes()([date.getTime()]);
    assert.is(item(sum(found.minuteOfDay)), date.getUTCHours() * 60 + date.getUTCMinutes());
    assert.is(item(sum(found.hourOfDay)), date.getUTCHours());
    assert.is(item(sum(found.dayOfWeek)), (date.getUTCDay() + 6) % 7); // ours begins on Monday
  }),
);

calendar("reads local time with an offset", () => {
  const { hourOfDay, dayOfWeek } = CalendarEmbedding.ofTimes({ offsetMinutes: 120 })([23 * hour]);
  assert.equal([toArray(hourOfDay), toArray(dayOfWeek)], [[1], [4]]); // Friday, 1 o'clock
});

calendar("adds the vectors of the fields", () => {
  const params = {
    hourOfDay: reshape([24, 1])(f64(Array.from({ length: 24 }, (_, i) => i))),
    dayOfWeek: reshape([7, 1])(f64(Array.from({ length: 7 }, (_, i) => 100 * i))),
  };
  const encoded = CalendarEmbedding.apply(params)(
    CalendarEmbedding.ofTimes()([5 * hour, 24 * hour]),
  );
  assert.equal(toArray(encoded), [[305], [400]]); // Thursday at five; Friday at midnight
});

calendar("has gradients in the tables", () => {
  const params = { hourOfDay: arbitrary([24, 2], 1), dayOfWeek: arbitrary([7, 2], 2) };
  const indices = CalendarEmbedding.ofTimes()([0, hour, 25 * hour]);
  assertGradients((p: CalendarEmbedding.Params) => CalendarEmbedding.apply(p)(indices), [params]);
});

calendar("starts with a table for each field in use", () => {
  const tables = CalendarEmbedding.init(key(0), { fields: ["minuteOfDay", "dayOfWeek"], width: 3 });
  assert.equal(
    Object.entries(tables).map(([field, table]) => [field, table.shape]),
    [
      ["minuteOfDay", [1440, 3]],
      ["dayOfWeek", [7, 3]],
    ],
  );
});

calendar("refuses a table without an index, and no table", () => {
  const tables = CalendarEmbedding.init(key(0), { fields: ["hourOfDay"], width: 3 });
  assert.is(
    messageOf(() => CalendarEmbedding.apply(tables)({})),
    "CalendarEmbedding.apply: an index for hourOfDay expected, got none",
  );
  assert.is(
    messageOf(() => CalendarEmbedding.apply({})({})),
    "CalendarEmbedding.apply: a table expected, got none",
  );
});

calendar.run();
