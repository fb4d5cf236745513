// Storage dtypes: every 16-bit pattern survives a round trip, encoding rounds to nearest even, and casts saturate.

import * as assert from "uvu/assert";
import { allocate, decodeBf16, decodeF16, encodeBf16, encodeF16 } from "../../src/core/dtype.ts";
import { add, cast, type Tensor, tensor, toArray, values } from "../../src/index.ts";
import { suite } from "../support/suite.ts";

const test = suite("dtype");

const patterns = Array.from({ length: 65536 }, (_, pattern) => pattern);

test("every f16 pattern that is a number decodes and encodes to itself", () => {
  for (const pattern of patterns) {
    const x = decodeF16(pattern);
    if (Number.isNaN(x)) assert.is(encodeF16(x) & 0x7c00, 0x7c00);
    else assert.is(encodeF16(x), pattern);
  }
});

test("every bf16 pattern that is a number decodes and encodes to itself", () => {
  for (const pattern of patterns) {
    const x = decodeBf16(pattern);
    if (!Number.isNaN(x)) assert.is(encodeBf16(x), pattern);
  }
});

test("f16 rounds halfway cases to even, and overflows to infinity", () => {
  assert.is(decodeF16(encodeF16(2049)), 2048);
  assert.is(decodeF16(encodeF16(2051)), 2052);
  assert.is(decodeF16(encodeF16(65519.99)), 65504);
  assert.is(decodeF16(encodeF16(65520)), Number.POSITIVE_INFINITY);
  assert.is(decodeF16(encodeF16(2 ** -25)), 0);
  assert.is(decodeF16(encodeF16(2 ** -25 * 1.01)), 2 ** -24);
});

test("bf16 rounds halfway cases to even", () => {
  assert.is(decodeBf16(encodeBf16(257)), 256);
  assert.is(decodeBf16(encodeBf16(259)), 260);
});

test("cast to a storage dtype and back is what the dtype holds, fused or not", () => {
  const x = tensor([0.1, 70000, -300, 1e-9]);
  assert.equal(toArray(cast("f32")(cast("f16")(x))), [
    decodeF16(encodeF16(Math.fround(0.1))),
    Number.POSITIVE_INFINITY,
    -300,
    0,
  ]);
  assert.equal(toArray(cast("i8")(x)), [0, 127, -128, 0]);
  assert.equal(toArray(cast("i32")(cast("i8")(x))), [0, 127, -128, 0]);
  assert.equal(toArray(cast("u8")(x)), [0, 255, 0, 0]);
});

test("cast to i32 truncates, saturates, and makes NaN 0", () => {
  const x = tensor([1.9, -1.9, 1e20, -1e20, Number.NaN]);
  assert.equal(toArray(cast("i32")(x)), [1, -1, 2 ** 31 - 1, -(2 ** 31), 0]);
  assert.equal(toArray(cast("f32")(cast("i32")(x))), [1, -1, 2 ** 31, -(2 ** 31), 0]);
});

test("storage dtypes take as many bytes as they say", () => {
  for (const [dtype, bytes] of [
    ["f16", 2],
    ["bf16", 2],
    ["i8", 1],
    ["u8", 1],
    ["f64", 8],
  ] as const) {
    assert.is(allocate(dtype, 3).byteLength, 3 * bytes);
  }
});

test("arithmetic on a storage dtype asks for a cast", () => {
  const x: Tensor = cast("bf16")(tensor([1]));
  assert.throws(
    () => add(x, x),
    /^add: dtype f32, f64, i32 or bool expected, got bf16\nhint: bf16 is for storage: cast\("f32"\)\(x\) first/,
  );
});

test("values of 16-bit floats come back as numbers", () => {
  assert.equal([...values(cast("f16")(tensor([1.5])))], [1.5]);
});

test.run();
