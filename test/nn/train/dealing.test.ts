// Dealing: every epoch is a permutation of the examples, drawn from seed and epoch alone, and any batch can be had on its own.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { batchesPerEpoch, deal, shuffledIndices } from "../../../src/nn/index.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("deal");

const dealings = fc.record({
  length: fc.integer({ min: 0, max: 60 }),
  size: fc.integer({ min: 1, max: 9 }),
  seed: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  last: fc.constantFrom("drop" as const, "pad" as const),
});
const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
const sorted = (xs: readonly number[]): readonly number[] => [...xs].sort((a, b) => a - b);

test(
  "shuffled indices are a permutation, the same each time",
  forAll({ length: fc.nat(80), seed: fc.nat(), epoch: fc.nat(9) })(({ length, seed, epoch }) => {
    const order = [...shuffledIndices(length, seed, epoch)];
    assert.equal(sorted(order), upTo(length));
    assert.equal([...shuffledIndices(length, seed, epoch)], order);
  }),
);

test(
  "the real examples of an epoch are all of them once, or all but those of a last batch that is dropped",
  forAll({ dealing: dealings, epoch: fc.nat(5) })(({ dealing, epoch }) => {
    const { length, size, last } = dealing;
    const { count, at } = deal(dealing, epoch);
    const dealt = upTo(count).map(at);
    assert.is(count, batchesPerEpoch(dealing));
    assert.ok(dealt.every(({ indices }) => indices.length === size));
    const real = dealt.flatMap(({ indices, filled }) => indices.slice(0, filled));
    assert.is(new Set(real).size, real.length);
    assert.is(real.length, last === "pad" ? length : length - (length % size));
    assert.ok(dealt.flatMap(({ indices }) => indices).every((i) => i >= 0 && i < length));
  }),
);

test("without a seed examples come in order", () => {
  const { at } = deal({ length: 7, size: 3, last: "pad" }, 4);
  assert.equal(
    upTo(3).map((i) => at(i).indices),
    [
      [0, 1, 2],
      [3, 4, 5],
      [6, 6, 6],
    ],
  );
  assert.is(at(2).filled, 1);
});

test("epochs and seeds, near ones too, give different orders", () => {
  const orders = [0, 1, 2, 2 ** 32, 2 ** 40].flatMap((seed) =>
    upTo(20).map((epoch) => shuffledIndices(12, seed, epoch).join()),
  );
  assert.is(new Set(orders).size, orders.length); // 100 of 12! orders
});

test("every order is as likely as any other", () => {
  const counts = new Map<string, number>();
  const epochs = 24_000;
  for (const epoch of upTo(epochs)) {
    const order = shuffledIndices(4, 7, epoch).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  const wanted = epochs / 24;
  const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - wanted) ** 2 / wanted, 0);
  assert.is(counts.size, 24);
  assert.ok(chiSquare < 49.7, `χ² ${chiSquare}`); // 23 degrees of freedom: exceeded once in a thousand
});

test("an example's place in one epoch says nothing of that in the next", () => {
  const length = 2000;
  const [one, next] = [shuffledIndices(length, 3, 0), shuffledIndices(length, 3, 1)];
  const same = one.filter((x, i) => next[i] === x).length;
  assert.ok(same <= 7, `${same} in the same place`); // Poisson of mean 1: above 7 once in 100 000
});

test("mistakes are named", () => {
  assert.is(
    messageOf(() => deal({ length: 3, size: 0 }, 0)),
    "deal: a length ≥ 0 and a batch size ≥ 1 expected, got 3 and 0",
  );
  assert.is(
    messageOf(() => deal({ length: 3, size: 1, seed: 0.5 }, 0)),
    "deal: a whole seed ≥ 0 expected, got 0.5",
  );
});

test.run();
