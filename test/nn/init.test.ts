// Initial weights: bounds and moments, and that keys decide them.

import * as assert from "uvu/assert";
import { key, splitKey, toArray, values } from "../../src/index.ts";
import { glorotUniform, heNormal } from "../../src/nn/index.ts";
import { suite } from "../support/suite.ts";

const [fanIn, fanOut] = [120, 80];
const n = fanIn * fanOut;
const moments = (weights: Iterable<number>) => {
  const all = [...weights];
  const mean = all.reduce((a, b) => a + b, 0) / n;
  return { mean, variance: all.reduce((sum, w) => sum + (w - mean) ** 2, 0) / n };
};
/** Five deviations of what a sample of n shows; a seed is fixed, so this fails always or never. */
const isNear = (found: number, expected: number, deviation: number): boolean =>
  Math.abs(found - expected) <= 5 * deviation;

const test = suite("init");

test("glorotUniform has variance 2 / (fanIn + fanOut) within ±√(6 / (fanIn + fanOut))", () => {
  const weights = values(glorotUniform(key(1), fanIn, fanOut));
  const wanted = 2 / (fanIn + fanOut);
  const { mean, variance } = moments(weights);
  assert.ok(isNear(mean, 0, Math.sqrt(wanted / n)), `mean ${mean}`);
  const deviation = wanted * Math.sqrt(0.8 / n); // kurtosis 1.8
  assert.ok(isNear(variance, wanted, deviation), `variance ${variance}`);
  assert.ok(weights.every((w: number) => Math.abs(w) <= Math.sqrt(6 / (fanIn + fanOut))));
});

test("heNormal has variance 2 / fanIn", () => {
  const wanted = 2 / fanIn;
  const { mean, variance } = moments(values(heNormal(key(1), fanIn, fanOut)));
  assert.ok(isNear(mean, 0, Math.sqrt(wanted / n)), `mean ${mean}`);
  const deviation = wanted * Math.sqrt(2 / n); // kurtosis 3
  assert.ok(isNear(variance, wanted, deviation), `variance ${variance}`);
});

for (const init of [glorotUniform, heNormal]) {
  test(`${init.name} is decided by its key`, () => {
    const [a, b] = splitKey(key(1), 2);
    assert.equal([...init(a, 3, 4).shape], [3, 4]);
    assert.equal(toArray(init(a, 3, 4)), toArray(init(a, 3, 4)));
    assert.not.equal(toArray(init(a, 3, 4)), toArray(init(b, 3, 4)));
  });
}

test.run();
