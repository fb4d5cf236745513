// Dropout: what is kept is scaled, the mean stays, the key decides, gradients flow through what is kept only.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  add,
  div,
  grad,
  key,
  mean,
  mul,
  notEqual,
  ones,
  splitKey,
  sum,
  type Tensor,
  toArray,
  values,
  where,
  zeros,
} from "../../src/index.ts";
import { Dropout } from "../../src/nn/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

const test = suite("Dropout");

const rates = fc.double({ min: 0, max: 0.95, noNaN: true });

test(
  "leaves 0 or x / (1 − rate)",
  forAll(
    { rate: rates, seed: fc.nat() },
    { runs: 25 },
  )(({ rate, seed }) => {
    const x = arbitrary([4, 5], 1);
    const y = Dropout.train(key(seed), { rate })(x);
    const kept = where(notEqual(y, 0), div(x, 1 - rate), 0);
    assertTreesClose(y, kept, 1e-15);
  }),
);

test("drops as often as it says, and keeps the mean", () => {
  for (const rate of [0.1, 0.5, 0.9]) {
    const n = 10_000;
    const y = [...values(Dropout.train(key(2), { rate })(ones([n])))];
    const dropped = y.filter((each) => each === 0).length / n;
    assert.ok(Math.abs(dropped - rate) < 5 * Math.sqrt((rate * (1 - rate)) / n), `${dropped}`);
    const deviation = Math.sqrt(rate / (1 - rate) / n);
    assert.ok(Math.abs(y.reduce((a, b) => a + b, 0) / n - 1) < 5 * deviation);
  }
});

test("keeps everything at rate 0, and nothing at rate 1", () => {
  const x = arbitrary([3, 4], 1);
  assertTreesClose(Dropout.train(key(1), { rate: 0 })(x), x, 0);
  assertTreesClose(Dropout.train(key(1), { rate: 1 })(x), zeros([3, 4], "f64"), 0);
  assertTreesClose(Dropout.infer(x), x, 0);
});

test("is decided by its key", () => {
  const [a, b] = splitKey(key(1));
  const drop = (from: Tensor) => toArray(Dropout.train(from, { rate: 0.5 })(ones([32])));
  assert.equal(drop(a), drop(a));
  assert.not.equal(drop(a), drop(b));
});

test("has the gradient of the mask", () => {
  const x = add(arbitrary([20], 1), 2); // no entry is 0
  const drop = Dropout.train(key(3), { rate: 0.4 });
  const slope = grad((at: Tensor) => sum(drop(at)))(x);
  assertTreesClose(mul(slope, x), drop(x), 1e-15);
});

test("drops whole channels along shared axes", () => {
  const y = Dropout.train(key(4), { rate: 0.5, shared: [1, -2] })(ones([3, 5, 6, 8]));
  const channels = mean({ axis: [1, 2] })(y); // [batch, channels]
  assert.ok(values(channels).every((each: number) => each === 0 || each === 2));
  assert.is(new Set(values(channels)).size, 2);
});

test("refuses a rate that is no probability", () => {
  assert.is(
    messageOf(() => Dropout.train(key(0), { rate: 1.5 })(ones([2]))),
    "Dropout.train: a rate in [0, 1] expected, got 1.5",
  );
});

test.run();
