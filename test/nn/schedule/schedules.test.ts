// Schedules: endpoints, bounds, direction, continuity and how they join, over random options. PyTorch's values are in test/golden.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { arange, compile, item, scalar, type Tensor, values } from "../../../src/index.ts";
import {
  constant,
  cosine,
  cosineRestarts,
  exponential,
  join,
  linear,
  oneCycle,
  piecewiseConstant,
  polynomial,
  type Schedule,
  warmUp,
  warmupCosine,
} from "../../../src/nn/index.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

/** The values at steps 0 … n − 1. */
const course = (schedule: Schedule, n: number): readonly number[] => [
  ...values(schedule(arange(n, "f64"))),
];
const at = (schedule: Schedule, step: number): number => item(schedule(scalar(step, "f64")));
const near = (found: number | undefined, wanted: number, what = "value"): void =>
  assert.ok(
    Math.abs((found ?? Number.NaN) - wanted) < 1e-12,
    `${what}: ${found}, ${wanted} expected`,
  );

const whole = (min: number, max: number) => fc.integer({ min, max });
const level = fc.integer({ min: 0, max: 32 }).map((k) => k / 8);

const falling = suite("linear, polynomial and cosine");

const shapes = fc.constantFrom<(o: { from: number; to: number; steps: number }) => Schedule>(
  linear,
  (o) => polynomial({ ...o, power: 2 }),
  (o) => polynomial({ ...o, power: 0.5 }),
  cosine,
);

falling(
  "start at `from`, end at `to`, stay there, and go one way in between",
  forAll({ make: shapes, from: level, to: level, steps: whole(1, 12) })(
    ({ make, from, to, steps }) => {
      const found = course(make({ from, to, steps }), steps + 3);
      near(found[0], from, "first");
      for (const after of found.slice(steps)) near(after, to, "last");
      const way = Math.sign(to - from);
      found.slice(1).forEach((rate, i) => {
        assert.ok((rate - (found[i] as number)) * way >= -1e-12, `step ${i + 1}`);
      });
    },
  ),
);

falling(
  "have no jumps: with twice the steps, linear and cosine move about half as far at once",
  forAll({ from: level, steps: whole(2, 10) })(({ from, steps }) => {
    const jumps = (make: typeof linear, n: number): number => {
      const found = course(make({ from, to: 0, steps: n }), n + 1);
      return Math.max(...found.slice(1).map((rate, i) => Math.abs(rate - (found[i] as number))));
    };
    for (const make of [linear, cosine])
      assert.ok(jumps(make, 2 * steps) <= 0.76 * jumps(make, steps) + 1e-12);
  }),
);

falling("refuse steps and powers that are not above 0", () => {
  assert.is(
    messageOf(() => cosine({ from: 1, steps: 0 })),
    "cosine: steps above 0 expected, got 0",
  );
  assert.is(
    messageOf(() => polynomial({ from: 1, to: 0, steps: 2, power: 0 })),
    "polynomial: a power above 0 expected, got 0",
  );
});

falling.run();

const other = suite("exponential, one cycle and restarts");

other(
  "exponential multiplies by the rate in every period, and keeps to its bound",
  forAll({ rate: fc.constantFrom(0.5, 0.9, 1.25), steps: whole(1, 5), staircase: fc.boolean() })(
    ({ rate, steps, staircase }) => {
      const free = exponential({ from: 2, rate, steps, staircase });
      const found = course(free, 12);
      found.slice(steps).forEach((value, i) => near(value, (found[i] as number) * rate));
      if (staircase) found.forEach((value, i) => near(value, found[i - (i % steps)] as number));
      const bound = rate < 1 ? 1 : 4;
      const bounded = course(exponential({ from: 2, rate, steps, staircase, bound }), 30);
      assert.ok(bounded.every((value) => (rate < 1 ? value >= bound : value <= bound)));
      near(bounded.at(-1), rate < 1 ? Math.max(1, at(free, 29)) : Math.min(4, at(free, 29)));
    },
  ),
);

other(
  "one cycle starts and ends low, has its peak where it should, and goes up once",
  forAll({
    steps: whole(10, 40),
    rising: fc.constantFrom(0.25, 0.5),
    shape: fc.constantFrom("cosine" as const, "linear" as const),
  })(({ steps, rising, shape }) => {
    const cycle = oneCycle({ peak: 3, steps, rising, shape });
    const found = course(cycle, steps + 2);
    near(found[0], 3 / 25);
    near(found[steps - 1], 3 / 25 / 1e4);
    near(found[steps + 1], 3 / 25 / 1e4);
    near(at(cycle, rising * steps - 1), 3, "peak");
    const turns = found.slice(1, steps).map((rate, i) => Math.sign(rate - (found[i] as number)));
    const lastRise = turns.lastIndexOf(1);
    assert.ok(turns.slice(0, lastRise).every((turn) => turn === 1));
  }),
);

other(
  "restarts begin each period at the peak, and the period before ends near the floor",
  forAll({ period: whole(1, 6), factor: whole(1, 4), cycles: whole(1, 5) })(
    ({ period, factor, cycles }) => {
      const schedule = cosineRestarts({ peak: 2, floor: 0.5, period, factor });
      let start = 0;
      for (let cycle = 0; cycle < cycles; cycle++) {
        const length = period * factor ** cycle;
        near(at(schedule, start), 2, `start of period ${cycle}`);
        near(at(schedule, start + length / 2), 1.25, "half-way");
        const last = 0.5 + 0.75 * (1 + Math.cos((Math.PI * (length - 1)) / length));
        near(at(schedule, start + length - 1), last, "last step");
        start += length;
      }
    },
  ),
);

other("restarts find their periods in f32 too, after a hundred thousand steps", () => {
  const schedule = cosineRestarts({ peak: 1, period: 10, factor: 2 });
  let start = 0;
  for (let cycle = 0; cycle < 14; cycle++) {
    const [before, after] = [start - 1, start].map((step) => item(schedule(scalar(step))));
    assert.ok((after as number) > 1 - 1e-6, `start ${start}: ${after}`);
    if (cycle > 0) assert.ok((before as number) < 0.3, `before ${start}: ${before}`);
    start += 10 * 2 ** cycle;
  }
});

other("refuse what has no way up, no way down, or no whole period", () => {
  assert.is(
    messageOf(() => oneCycle({ peak: 1, steps: 3, rising: 0.3 })),
    "oneCycle: rising · steps − 1 above 0 expected, got -0.10000000000000009",
  );
  assert.is(
    messageOf(() => cosineRestarts({ peak: 1, period: 2.5 })),
    "cosineRestarts: a whole period above 0 expected, got 2.5",
  );
  assert.is(
    messageOf(() => exponential({ from: 1, rate: 0 })),
    "exponential: a rate above 0 expected, got 0",
  );
});

other.run();

const joined = suite("join, piecewiseConstant and warmUp");

joined(
  "join shows each schedule from its own step 0",
  forAll({ a: whole(1, 5), b: whole(1, 5), from: level })(({ a, b, from }) => {
    const parts = [
      linear({ from, to: 1, steps: 4 }),
      constant(2),
      cosine({ from: 3, to: 1, steps: 3 }),
    ];
    const found = course(join({ boundaries: [a, a + b], schedules: parts }), a + b + 4);
    const wanted = [
      ...course(parts[0] as Schedule, a),
      ...course(parts[1] as Schedule, b),
      ...course(parts[2] as Schedule, 4),
    ];
    found.forEach((rate, i) => near(rate, wanted[i] as number, `step ${i}`));
  }),
);

joined(
  "piecewise constants are steps",
  forAll({ values: fc.array(level, { minLength: 1, maxLength: 4 }) })(({ values: given }) => {
    const boundaries = given.slice(1).map((_, i) => 2 * i + 1);
    const found = course(piecewiseConstant({ boundaries, values: given }), 9);
    found.forEach((rate, step) => {
      const i = boundaries.filter((boundary) => boundary <= step).length;
      assert.is(rate, given[i]);
    });
  }),
);

joined(
  "a warm-up is a straight line to the first value, and then the schedule",
  forAll({ steps: whole(1, 6), from: fc.option(level, { nil: undefined }), peak: level })(
    ({ steps, from, peak }) => {
      const after = cosine({ from: peak, to: 0.5, steps: 5 });
      const found = course(
        warmUp(from === undefined ? { steps } : { steps, from })(after),
        steps + 7,
      );
      const start = from ?? peak / (steps + 1);
      found.slice(0, steps).forEach((rate, i) => near(rate, start + ((peak - start) * i) / steps));
      course(after, 7).forEach((rate, i) => near(found[steps + i], rate));
    },
  ),
);

joined("warmupCosine is a warm-up and a cosine", () => {
  const whole = course(warmupCosine({ peak: 3, steps: 12, warmup: 4, floor: 1 }), 15);
  const parts = warmUp({ steps: 4 })(cosine({ from: 3, to: 1, steps: 8 }));
  assert.equal(whole, course(parts, 15));
});

joined("refuse boundaries that do not fit or do not rise", () => {
  assert.is(
    messageOf(() => join({ boundaries: [1, 2], schedules: [constant(1)] })),
    "join: one boundary less than parts, of which there are 1, expected, got 2",
  );
  assert.is(
    messageOf(() => piecewiseConstant({ boundaries: [3, 3], values: [1, 2, 3] })),
    "piecewiseConstant: rising boundaries expected, got 3, 3",
  );
});

joined("all are one program for all steps", () => {
  const all = join({
    boundaries: [3, 6],
    schedules: [
      warmUp({ steps: 2 })(exponential({ from: 1, rate: 0.5, staircase: true, steps: 2 })),
      cosineRestarts({ peak: 1, period: 2, factor: 2 }),
      oneCycle({ peak: 1, steps: 9 }),
    ],
  });
  const program = compile((step: Tensor) => all(step));
  for (let step = 0; step < 9; step++)
    near(item(program(scalar(step, "f64"))), at(all, step), `step ${step}`);
  assert.is(program.compilations.length, 1);
});

joined.run();
