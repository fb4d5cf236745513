// Positions: waves that turn by a fixed angle from place to place, learned rows, rotations that see distances only.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../src/core/run/checkGradients.ts";
import {
  add,
  key,
  matmul,
  mul,
  slice,
  square,
  sum,
  type Tensor,
  tensor,
  toArray,
  transpose,
  zeros,
} from "../../src/index.ts";
import { PositionalEncoding } from "../../src/nn/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

const test = suite("PositionalEncoding");

test("of waves is the formula of the paper", () => {
  const [time, width] = [7, 6];
  const expected = Array.from({ length: time }, (_, t) =>
    [0, 0, 2, 2, 4, 4].map((i, at) => {
      const angle = t / 10000 ** (i / width);
      return at % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }),
  );
  assertTreesClose(PositionalEncoding.sinusoidal(time, width), tensor(expected), 1e-7); // f32
});

test("of waves has products that depend on the distance alone", () => {
  const waves = PositionalEncoding.sinusoidal(6, 8);
  const products = toArray(matmul(waves, transpose(waves))) as number[][];
  const at = (i: number, j: number): number => products[i]?.[j] as number; // within 6 × 6
  for (const [i, j] of [
    [0, 1],
    [1, 3],
    [0, 4],
  ] as const)
    assert.ok(Math.abs(at(i, j) - at(i + 1, j + 1)) < 1e-5, `${i}, ${j}`); // 8 terms, f32
});

test("that is learned adds its rows from the offset on", () => {
  const table = arbitrary([6, 4], 1);
  const x = arbitrary([2, 3, 4], 2);
  const rows = slice({ start: [2], stop: [5] })(table);
  assertTreesClose(PositionalEncoding.apply({ table }, { offset: 2 })(x), add(x, rows), 0);
  assertGradients((p: PositionalEncoding.Params) => PositionalEncoding.apply(p)(x), [{ table }]);
});

test("that is learned ends with its table", () => {
  const layer = PositionalEncoding.init(key(0), { positions: 4, width: 2 });
  assert.is(
    messageOf(() => PositionalEncoding.apply(layer, { offset: 2 })(zeros([3, 2]))),
    "PositionalEncoding.apply: at most 4 positions expected, got 5",
  );
});

const distance = fc.integer({ min: 0, max: 5 });
test(
  "by rotation keeps lengths, and products depend on the distance alone",
  forAll(
    { from: distance, apart: distance, seed: fc.nat(100) },
    { runs: 25 },
  )(({ from, apart, seed }) => {
    const [q, k] = [arbitrary([1, 6], seed), arbitrary([1, 6], seed + 1)];
    const at = (offset: number, x: Tensor) => PositionalEncoding.rotary({ offset })(x);
    assertTreesClose(sum(square(at(from, q))), sum(square(q)), 1e-13);
    const product = (i: number) => sum(mul(at(i, q), at(i + apart, k)));
    assertTreesClose(product(from), product(0), 1e-12);
  }),
);

test("by rotation turns every pair by its own angle", () => {
  const x = tensor([
    [1, 0, 1, 0],
    [1, 0, 0, 2],
  ]);
  const [slow, fast] = [1 / 100, 1]; // 10000^(−2/4)
  assertTreesClose(
    PositionalEncoding.rotary()(x),
    tensor([
      [1, 0, 1, 0],
      [Math.cos(fast), Math.sin(fast), -2 * Math.sin(slow), 2 * Math.cos(slow)],
    ]),
    1e-7, // f32
  );
});

test("by rotation goes on from an offset, has gradients, takes leading axes", () => {
  const x = arbitrary([2, 2, 5, 4], 3);
  const tail = (y: Tensor): Tensor => slice({ start: [0, 0, 2], stop: [2, 2, 5] })(y);
  const whole = PositionalEncoding.rotary()(x);
  assertTreesClose(PositionalEncoding.rotary({ offset: 2 })(tail(x)), tail(whole), 1e-14);
  assertGradients((y: Tensor) => PositionalEncoding.rotary()(y), [tail(x)]);
});

test("refuses odd widths", () => {
  assert.is(
    messageOf(() => PositionalEncoding.sinusoidal(2, 3)),
    "PositionalEncoding.sinusoidal: an even width expected, got 3",
  );
  assert.is(
    messageOf(() => PositionalEncoding.rotary()(zeros([2, 3]))),
    "PositionalEncoding.rotary: an even width expected, got 3",
  );
});

test.run();
