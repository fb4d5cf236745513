// Normal draws without the tails: never beyond the cut, with the moments of what is left.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { key, values } from "../../src/index.ts";
import { truncatedNormal } from "../../src/nn/index.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const test = suite("truncatedNormal");

test(
  "stays within the cut",
  forAll(
    {
      seed: fc.nat(),
      within: fc.double({ min: 0.1, max: 4, noNaN: true }),
      std: fc.constantFrom(0.02, 1, 30),
    },
    { runs: 20 },
  )(({ seed, within, std }) => {
    const draws = values(truncatedNormal(key(seed), [200], { mean: 5, std, within }));
    const furthest = Math.max(...draws.map((w: number) => Math.abs(w - 5)));
    assert.ok(furthest <= within * std * (1 + 1e-5) + 5e-6, `${furthest}`); // f32, at 5
  }),
);

/** The variance of a standard normal number that is cut at ±a: 1 − 2 a φ(a) / (Φ(a) − Φ(−a)). */
const kept: Readonly<Record<number, number>> = {
  1: 0.682689492137,
  2: 0.954499736104,
  3: 0.997300203937,
};
const varianceAt = (a: number): number =>
  1 - (2 * a * Math.exp(-(a ** 2) / 2)) / (Math.sqrt(2 * Math.PI) * (kept[a] as number)); // one of three

for (const within of [1, 2, 3]) {
  test(`has the moments of a normal distribution cut at ${within} deviations`, () => {
    const n = 20_000;
    const draws = [...values(truncatedNormal(key(7), [n], { within }))];
    const mean = draws.reduce((a, b) => a + b, 0) / n;
    const variance = draws.reduce((sum, w) => sum + w ** 2, 0) / n;
    assert.ok(Math.abs(mean) < 5 / Math.sqrt(n), `mean ${mean}`);
    // Five deviations of a sample variance, whose kurtosis is below that of a normal one, 3.
    assert.ok(Math.abs(variance - varianceAt(within)) < 5 * Math.sqrt(2 / n), `${variance}`);
  });
}

test("has as many draws within one deviation as the normal distribution says", () => {
  const n = 20_000;
  const draws = values(truncatedNormal(key(9), [n], { within: 4 }));
  const share = draws.filter((w: number) => Math.abs(w) < 1).length / n;
  assert.ok(Math.abs(share - 0.68273) < 5 * Math.sqrt((0.6827 * 0.3173) / n), `${share}`);
});

test("refuses a cut that is none", () => {
  assert.is(
    messageOf(() => truncatedNormal(key(0), [3], { within: 0 })),
    "truncatedNormal: within in (0, 4] expected, got 0",
  );
});

test.run();
