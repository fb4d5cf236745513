// Warm-up and cosine: the formula in plain numbers at every step, the corners by hand, and one
// program for all steps.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { compile, item, scalar, type Tensor } from "../../../src/index.ts";
import { type WarmupCosineOptions, warmupCosine } from "../../../src/nn/index.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const rateAt = (options: WarmupCosineOptions, step: number): number =>
  item(warmupCosine(options)(scalar(step, "f64")));

const test = suite("warmupCosine");

test("rises to the peak, falls to the floor, stays there", () => {
  const options = { peak: 8, floor: 2, warmup: 3, steps: 13 };
  const rates = [0, 1, 2, 3, 8, 13, 1000].map((step) => rateAt(options, step));
  assert.equal(
    rates.map((rate) => Number(rate.toFixed(12))),
    [2, 4, 6, 8, 5, 2, 2],
  );
});

test("starts at the peak without warm-up", () => {
  assert.is(rateAt({ peak: 3, steps: 10 }, 0), 3);
});

test("warms up even if there are fewer steps than warm-up", () => {
  assert.is(rateAt({ peak: 4, steps: 2, warmup: 3 }, 2), 3);
  assert.is(rateAt({ peak: 4, steps: 2, warmup: 3 }, 4), 0);
});

const whole = (min: number, max: number) => fc.integer({ min, max });

test(
  "is the formula at every step",
  forAll({ warmup: whole(0, 5), more: whole(1, 9), step: whole(0, 20), floor: whole(0, 2) })(
    ({ warmup, more, step, floor }) => {
      const steps = warmup + more;
      const progress = Math.min((step - warmup) / more, 1);
      const expected =
        step < warmup
          ? (3 * (step + 1)) / (warmup + 1)
          : floor + ((3 - floor) * (1 + Math.cos(Math.PI * progress))) / 2;
      const found = rateAt({ peak: 3, steps, warmup, floor }, step);
      assert.ok(Math.abs(found - expected) < 1e-14, `${found}, ${expected} expected`);
    },
  ),
);

test("is one program for all steps", () => {
  const rate = compile((step: Tensor) => warmupCosine({ peak: 1, steps: 9, warmup: 2 })(step));
  for (let step = 0; step < 5; step++) item(rate(scalar(step)));
  assert.is(rate.compilations.length, 1);
});

test.run();
