// Weights of classes: counting as a monoid, what each kind of weight evens out, classes that never occur,
// and CamVid's numbers.

import fc from "fast-check";
import { concatAll } from "fp-ts/lib/Monoid.js";
import * as assert from "uvu/assert";
import { ClassWeights } from "../../src/nn/index.ts";
import { camvidClasses, camvidMasks } from "../support/camvid.ts";
import { testOnData } from "../support/data.ts";
import { messageOf } from "../support/messages.ts";
import { assertNumbersClose, mergesLikeOnePass } from "../support/monoids.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const {
  countClasses,
  effectiveNumber,
  frequencies,
  inverseFrequency,
  inverseLogFrequency,
  medianFrequency,
  monoid,
} = ClassWeights;

const classes = 5;
const options = { classes, ignoreIndex: 255 };
const picture = fc
  .array(fc.oneof(fc.nat(classes - 1), fc.constant(255)), { minLength: 1, maxLength: 9 })
  .map((labels) => Uint8Array.from(labels));
const pictures = fc.array(picture, { minLength: 1, maxLength: 6 });

const countsOf = (list: readonly Uint8Array[]): ClassWeights.ClassCounts =>
  concatAll(monoid(classes))(list.map(countClasses(options)));

const test = suite("ClassWeights");

test(
  "counting picture by picture merges in any grouping",
  mergesLikeOnePass(picture, monoid(classes), countsOf),
);

test(
  "counts are those of the sets of pixels",
  forAll(pictures)((list) => {
    const { pixels, pixelsWherePresent } = countsOf(list);
    for (let k = 0; k < classes; k++) {
      const sizes = list.map((labels) => labels.filter((label) => label === k).length);
      const there = list.filter((_, i) => (sizes[i] as number) > 0);
      assert.is(
        pixels[k],
        sizes.reduce((a, b) => a + b, 0),
      );
      assert.is(
        pixelsWherePresent[k],
        there.reduce((n, labels) => n + labels.length, 0),
      );
    }
  }),
);

const kinds = {
  medianFrequency,
  "effectiveNumber, β 0.9": effectiveNumber({ beta: 0.9 }),
  inverseFrequency: inverseFrequency(),
  "its root": inverseFrequency({ exponent: 0.5 }),
  inverseLogFrequency: inverseLogFrequency(),
} satisfies Record<string, (counts: ClassWeights.ClassCounts) => readonly number[]>;

for (const [name, weightsOf] of Object.entries(kinds)) {
  test(
    `${name}: above 0 and finite where a class occurs, 0 elsewhere`,
    forAll(pictures)((list) => {
      const counts = countsOf(list);
      weightsOf(counts).forEach((w, k) => {
        assert.ok(counts.pixels[k] === 0 ? w === 0 : w > 0 && Number.isFinite(w), `${k}: ${w}`);
      });
    }),
  );
  if (name !== "medianFrequency")
    test(
      `${name}: the rarer the heavier`,
      forAll(pictures)((list) => {
        const { pixels } = countsOf(list);
        const weights = weightsOf(countsOf(list));
        pixels.forEach((n, k) => {
          pixels.forEach((m, j) => {
            if (n > 0 && n < m) assert.ok((weights[k] as number) >= (weights[j] as number));
          });
        });
      }),
    );
}

test(
  "median frequencies: weight times frequency is one number for all classes, the median",
  forAll(pictures)((list) => {
    const counts = countsOf(list);
    const weights = medianFrequency(counts);
    const there = [...counts.pixels.keys()].filter((k) => (counts.pixels[k] as number) > 0);
    const share = there.map(
      (k) => (counts.pixels[k] as number) / (counts.pixelsWherePresent[k] as number),
    );
    const sorted = share.toSorted((a, b) => a - b);
    const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
    const median = middle.reduce((a, b) => a + b, 0) / middle.length;
    assertNumbersClose(
      there.map((k, i) => (weights[k] as number) * (share[i] as number)),
      there.map(() => median),
    );
  }),
);

const meanOfThere = (weights: readonly number[]): number => {
  const there = weights.filter((w) => w > 0);
  return there.reduce((a, b) => a + b, 0) / there.length;
};

test(
  "effective numbers: β = 0 weighs all alike, towards 1 they are inverse frequencies; the mean is 1",
  forAll(pictures)((list) => {
    const counts = countsOf(list);
    if (counts.pixels.every((n) => n === 0)) return;
    const alike = counts.pixels.map((n) => (n > 0 ? 1 : 0));
    assertNumbersClose(effectiveNumber({ beta: 0 })(counts), alike);
    assertNumbersClose(effectiveNumber({ beta: 1 - 1e-12 })(counts), inverseFrequency()(counts)); // off by n · 1e−12
    for (const weights of [
      effectiveNumber({ beta: 0.9 })(counts),
      inverseFrequency({ exponent: 0.5 })(counts),
    ])
      assertNumbersClose(meanOfThere(weights), 1);
  }),
);

test("effective numbers of 1, 10 and 1000 pixels, β = 0.99", () => {
  // Cui et al.: (1 − βⁿ) / (1 − β) is 1, 9.5618 and 99.9957, here before scaling to mean 1.
  const weights = effectiveNumber({ beta: 0.99 })({
    pixels: [1, 10, 1000],
    pixelsWherePresent: [1, 1, 1],
  });
  const [first, second, third] = weights as [number, number, number];
  assert.is((first / second).toFixed(4), "9.5618");
  assert.is((first / third).toFixed(4), "99.9957");
});

test("inverse frequencies even out: weight times frequency is one number", () => {
  const counts = { pixels: [90, 9, 1, 0], pixelsWherePresent: [100, 100, 100, 0] };
  assert.equal(frequencies(counts), [0.9, 0.09, 0.01, 0]);
  const [a, b, c, none] = inverseFrequency()(counts) as [number, number, number, number];
  assertNumbersClose([b / a, c / a, none], [10, 90, 0]);
  assertNumbersClose(inverseFrequency({ exponent: 0 })(counts), [1, 1, 1, 0]);
});

test("of nothing are all 0", () => {
  for (const weightsOf of Object.values(kinds)) assert.equal(weightsOf(monoid(2).empty), [0, 0]);
  assert.equal(frequencies(monoid(2).empty), [0, 0]);
});

test("refuse what is no class and settings out of range", () => {
  for (const label of [5, -1, 0.5])
    assert.throws(
      () => countClasses({ classes })([0, label]),
      (error: Error) =>
        error.message === `ClassWeights.countClasses: labels in 0…4 expected, got ${label}`,
    );
  assert.is(
    messageOf(() => effectiveNumber({ beta: 1 })(monoid(2).empty)),
    "effectiveNumber: 0 ≤ beta < 1 expected, got 1",
  );
  assert.is(
    messageOf(() => inverseLogFrequency({ c: 1 })(monoid(2).empty)),
    "inverseLogFrequency: c > 1 expected, got 1",
  );
});

// Of masks of 120 × 90, by NumPy: bincount of every mask, then the definition.
const quarter = [0.2805, 0.2018, 4.7064, 0.1483, 1, 0.4222, 3.8422, 1.9779, 0.789, 6.352, 8.7327];
// Of the masks of 480 × 360 that these are drawn from, as README.txt beside the data has them.
const full = [0.2793, 0.2017, 4.7865, 0.149, 1, 0.4217, 3.8467, 1.9736, 0.7889, 6.3747, 8.8587];

testOnData(test, "camvid", "median frequencies of CamVid's training masks", (folder) => {
  const count = countClasses({ classes: camvidClasses, ignoreIndex: camvidClasses });
  const masks = camvidMasks(folder, "quarter_120x90/trainannot");
  const weights = medianFrequency(concatAll(monoid(camvidClasses))(masks.map(count)));
  weights.forEach((w, k) => {
    assert.is(w.toFixed(4), (quarter[k] as number).toFixed(4), `class ${k}`);
    // One pixel in sixteen is there: thin classes are off by up to 1.7 %.
    assert.ok(Math.abs(w / (full[k] as number) - 1) < 0.02, `class ${k}: ${w} beside ${full[k]}`);
  });
});

test.run();
