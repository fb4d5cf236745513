// Initial weights: bounds and moments, and that keys decide them.

import * as assert from "uvu/assert";
import { key, splitKey, toArray, values } from "../../src/index.ts";
import {
  fans,
  filledWith,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  lecunNormal,
  lecunUniform,
  normalWith,
  orthogonal,
  truncatedNormal,
  uniformWithin,
  varianceScaling,
} from "../../src/nn/index.ts";
import { messageOf } from "../support/messages.ts";
import { suite } from "../support/suite.ts";

/** Mean and variance of many numbers. */
const moments = (weights: Iterable<number>) => {
  const all = [...weights];
  const mean = all.reduce((a, b) => a + b, 0) / all.length;
  return { mean, variance: all.reduce((sum, w) => sum + (w - mean) ** 2, 0) / all.length };
};
/** Five deviations of what a sample shows; a seed is fixed, so this fails always or never. */
const isNear = (found: number, expected: number, deviation: number): boolean =>
  Math.abs(found - expected) <= 5 * deviation;

const [uniformKurtosis, normalKurtosis] = [1.8, 3];
const matrix = [120, 80]; // fanIn 120, fanOut 80
const filters = [3, 5, 20, 30]; // fanIn 300, fanOut 450

const test = suite("init");

test("counts inputs and outputs, and the taps of windows with both", () => {
  assert.equal(fans([7, 9]), { fanIn: 7, fanOut: 9 });
  assert.equal(fans(filters), { fanIn: 300, fanOut: 450 });
  assert.equal(fans([4, 20, 30]), { fanIn: 80, fanOut: 120 });
});

test("refuses the fans of what is no weight", () => {
  const message = "fans: a weight of two axes or more expected, got [3]";
  assert.is(
    messageOf(() => fans([3])),
    message,
  );
  assert.is(
    messageOf(() => glorotUniform(key(0), [3])),
    message,
  );
});

interface Rule {
  readonly name: string;
  readonly init: Initializer;
  /** The variance by the fans. */
  readonly variance: (fanIn: number, fanOut: number) => number;
  readonly isUniform: boolean;
}

const average = (a: number, b: number) => (a + b) / 2;
const rules: readonly Rule[] = [
  {
    name: "glorotUniform",
    init: glorotUniform,
    variance: (i, o) => 1 / average(i, o),
    isUniform: true,
  },
  {
    name: "glorotNormal",
    init: glorotNormal,
    variance: (i, o) => 1 / average(i, o),
    isUniform: false,
  },
  { name: "heUniform", init: heUniform, variance: (i) => 2 / i, isUniform: true },
  { name: "heNormal", init: heNormal, variance: (i) => 2 / i, isUniform: false },
  { name: "lecunUniform", init: lecunUniform, variance: (i) => 1 / i, isUniform: true },
  { name: "lecunNormal", init: lecunNormal, variance: (i) => 1 / i, isUniform: false },
  {
    name: "varianceScaling by outputs",
    init: varianceScaling({ scale: 3, fan: "out", draws: "normal" }),
    variance: (_, o) => 3 / o,
    isUniform: false,
  },
  { name: "uniformWithin", init: uniformWithin(0.3), variance: () => 0.09 / 3, isUniform: true },
  { name: "normalWith", init: normalWith(0.3), variance: () => 0.09, isUniform: false },
];

for (const { name, init, variance, isUniform } of rules) {
  test(`${name} has mean 0 and the variance it says`, () => {
    for (const shape of [matrix, filters]) {
      const { fanIn, fanOut } = fans(shape);
      const drawn = init(key(1), shape);
      assert.equal([...drawn.shape], shape);
      const weights = values(drawn);
      const wanted = variance(fanIn, fanOut);
      const found = moments(weights);
      assert.ok(isNear(found.mean, 0, Math.sqrt(wanted / weights.length)), `mean ${found.mean}`);
      const kurtosis = isUniform ? uniformKurtosis : normalKurtosis;
      const deviation = wanted * Math.sqrt((kurtosis - 1) / weights.length);
      assert.ok(isNear(found.variance, wanted, deviation), `variance ${found.variance}`);
      const bound = Math.sqrt(3 * wanted);
      const isWithin = weights.every((w: number) => Math.abs(w) <= bound * (1 + 1e-6)); // f32
      assert.is(isWithin, isUniform);
    }
  });
}

for (const [name, init] of Object.entries({
  glorotUniform,
  heNormal,
  orthogonal,
  truncatedNormal,
})) {
  test(`${name} is decided by its key`, () => {
    const [a, b] = splitKey(key(1), 2);
    assert.equal(toArray(init(a, [3, 4])), toArray(init(a, [3, 4])));
    assert.not.equal(toArray(init(a, [3, 4])), toArray(init(b, [3, 4])));
  });
}

test("filledWith is the same number everywhere", () => {
  assert.equal(toArray(filledWith(2.5)(key(1), [2, 2])), [
    [2.5, 2.5],
    [2.5, 2.5],
  ]);
});

test.run();
