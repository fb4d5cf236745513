// Known answers of Philox, moments of the laws drawn from it, and fair shuffles.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { normals, philox, shuffled, uniforms } from "../../src/models/prng.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const test = suite("prng");

test("philox gives the known answers of Random123 (kat_vectors, philox2x32 10)", () => {
  assert.equal(philox(0, 0, 0), [0xff1dae59, 0x6cd10df2]);
  assert.equal(philox(0xffffffff, 0xffffffff, 0xffffffff), [0x2c3f628b, 0xab4fd7ad]);
  assert.equal(philox(0x13198a2e, 0x243f6a88, 0x85a308d3), [0xdd7ce038, 0xf62a4c12]);
});

const draws = 20_000;
const sample = (stream: (index: number) => number): readonly number[] =>
  Array.from({ length: draws }, (_, index) => stream(index));
const moment = (xs: readonly number[], power: number): number =>
  xs.reduce((sum, x) => sum + x ** power, 0) / xs.length;

test("uniforms lie in (0, 1) with the mean and second moment of the uniform law", () => {
  const xs = sample(uniforms(7, 3));
  assert.ok(xs.every((x) => x > 0 && x < 1));
  // Four deviations: 0.289/√20000 and 0.298/√20000.
  assert.ok(Math.abs(moment(xs, 1) - 1 / 2) < 0.0082);
  assert.ok(Math.abs(moment(xs, 2) - 1 / 3) < 0.0085);
});

test("normals have the first four moments of the normal law", () => {
  const xs = sample(normals(7, 3));
  // Four deviations of the sample moments: √1, √2, √15, √96 over √20000.
  assert.ok(Math.abs(moment(xs, 1)) < 0.029);
  assert.ok(Math.abs(moment(xs, 2) - 1) < 0.04);
  assert.ok(Math.abs(moment(xs, 3)) < 0.11);
  assert.ok(Math.abs(moment(xs, 4) - 3) < 0.28);
});

test("seeds and streams give draws that are not correlated", () => {
  const a = sample(normals(1, 0));
  for (const other of [normals(2, 0), normals(1, 1)]) {
    const correlation = a.reduce((sum, x, k) => sum + x * other(k), 0) / draws;
    assert.ok(Math.abs(correlation) < 0.029); // four deviations
  }
});

test(
  "shuffled gives each item once, and the same order for the same seed and stream",
  forAll({ items: fc.array(fc.nat()), seed: fc.nat(), stream: fc.nat() })(
    ({ items, seed, stream }) => {
      const order = shuffled(seed, stream)(items);
      assert.equal(order, shuffled(seed, stream)(items));
      assert.equal([...order].sort(), [...items].sort());
    },
  ),
);

test("shuffled brings each item to each place equally often", () => {
  const runs = 3000;
  const counts = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
  for (let seed = 0; seed < runs; seed++) {
    for (const [place, item] of shuffled(seed, 0)([0, 1, 2, 3]).entries()) {
      const row = counts[item] as number[];
      row[place] = (row[place] as number) + 1;
    }
  }
  // Four deviations of a binomial count: √(3000 · ¼ · ¾) = 23.7.
  assert.ok(counts.flat().every((count) => Math.abs(count - runs / 4) < 95));
});

test.run();
