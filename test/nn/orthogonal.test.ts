// Orthogonal initial weights: orthonormal columns or rows, any shape, and no direction preferred.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { compile, eye, key, matmul, mul, reshape, transpose, values } from "../../src/index.ts";
import { orthogonal } from "../../src/nn/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const test = suite("orthogonal");

const size = fc.integer({ min: 1, max: 9 });
test(
  "has orthonormal columns, or rows where they are fewer",
  forAll(
    { rows: size, columns: size, seed: fc.nat() },
    { runs: 25 },
  )(({ rows, columns, seed }) => {
    const w = orthogonal(key(seed), [rows, columns]);
    const gram = rows >= columns ? matmul(transpose(w), w) : matmul(w, transpose(w));
    assertTreesClose(gram, eye(Math.min(rows, columns)), 3e-6); // 9 terms, f32
  }),
);

test("counts the taps of a window as inputs", () => {
  const w = orthogonal(key(1), [2, 3, 4, 5]);
  const flat = reshape([24, 5])(w);
  assertTreesClose(matmul(transpose(flat), flat), eye(5), 3e-6);
});

test("times a gain", () => {
  const [plain, doubled] = [orthogonal(key(1), [4, 4]), orthogonal(key(1), [4, 4], { gain: 2 })];
  assertTreesClose(doubled, mul(plain, 2), 0);
});

test("is a rotation by any angle, or its mirror image, alike", () => {
  const quadrants = new Set<string>();
  let mirrored = 0;
  for (let seed = 0; seed < 40; seed++) {
    const [a = 0, b = 0, c = 0, d = 0] = values(orthogonal(key(seed), [2, 2]));
    quadrants.add(`${a > 0} ${c > 0}`);
    if (a * d - b * c < 0) mirrored++;
  }
  assert.is(quadrants.size, 4);
  assert.ok(mirrored > 8 && mirrored < 32, `${mirrored} of 40`); // four deviations around 20
});

test("can be drawn inside a compiled function", () => {
  const draw = compile((from: ReturnType<typeof key>) => orthogonal(from, [3, 3]));
  assertTreesClose(draw(key(5)), orthogonal(key(5), [3, 3]), 1e-6);
});

test("refuses a vector", () => {
  assert.is(
    messageOf(() => orthogonal(key(0), [3])),
    "orthogonal: two axes or more expected, got [3]",
  );
});

test.run();
