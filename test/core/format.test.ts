// Tensors as text. The layout is NumPy's, with precision 4: what is pinned here was compared with numpy.array2string.

import { inspect } from "node:util";
import * as assert from "uvu/assert";
import {
  add,
  arange,
  cast,
  compile,
  full,
  reshape,
  scalar,
  type Tensor,
  tensor,
  zeros,
} from "../../src/index.ts";
import { suite } from "../support/suite.ts";

const test = suite("toString");

const prints = (x: Tensor, ...lines: readonly string[]): void =>
  assert.is(String(x), lines.join("\n"));

test("shows values, dtype and shape", () => {
  prints(tensor([1, 2.5]), "Tensor([1.0, 2.5], f32[2])");
  prints(tensor([1], { dtype: "f64" }), "Tensor([1.], f64[1])");
});

test("aligns columns, signs included", () => {
  prints(tensor([-1.5, 2, 3.25]), "Tensor([-1.50,  2.00,  3.25], f32[3])");
  prints(
    tensor([
      [1, -2],
      [3, 4],
    ]),
    "Tensor([[ 1., -2.],",
    "        [ 3.,  4.]], f32[2, 2])",
  );
});

test("rounds to four decimals", () => {
  prints(tensor([0, 0.1, 0.12345678]), "Tensor([0.0000, 0.1000, 0.1235], f32[3])");
});

test("uses exponents where numbers are large, small or far apart", () => {
  prints(tensor([1e10, -2e-5]), "Tensor([ 1.e+10, -2.e-05], f32[2])");
  prints(tensor([123456789]), "Tensor([1.2346e+08], f32[1])");
  prints(tensor([1000000, 0.5]), "Tensor([1.e+06, 5.e-01], f32[2])");
  prints(
    tensor([
      [1.5e-7, -2.25e3],
      [0, Number.NaN],
    ]),
    "Tensor([[ 1.50e-07, -2.25e+03],",
    "        [ 0.00e+00,       nan]], f32[2, 2])",
  );
  prints(tensor([1e100], { dtype: "f64" }), "Tensor([1.e+100], f64[1])");
});

test("shows what is not a finite number, and the sign of zero", () => {
  const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, -0];
  prints(tensor(special), "Tensor([ nan,  inf, -inf,   1.,  -0.], f32[5])");
});

test("shows integers and booleans plainly", () => {
  prints(tensor([1, -20], { dtype: "i32" }), "Tensor([  1, -20], i32[2])");
  prints(tensor([0, 255], { dtype: "u8" }), "Tensor([  0, 255], u8[2])");
  prints(tensor([true, false]), "Tensor([ true, false], bool[2])");
  prints(cast("f16")(tensor([0.5, 2])), "Tensor([0.5, 2.0], f16[2])");
});

test("shows scalars without brackets", () => {
  prints(scalar(-2.5), "Tensor(-2.5, f32)");
  prints(scalar(true), "Tensor(true, bool)");
  prints(scalar(3, "i32"), "Tensor(3, i32)");
});

test("shows the shape of what is empty", () => {
  prints(zeros([0, 3]), "Tensor([], shape=[0, 3], f32)");
  prints(zeros([2, 0], "i32"), "Tensor([], shape=[2, 0], i32)");
});

test("puts a blank line between matrices, and two between what holds them", () => {
  prints(
    reshape([2, 2, 3])(arange(12)),
    "Tensor([[[ 0,  1,  2],",
    "         [ 3,  4,  5]],",
    "",
    "        [[ 6,  7,  8],",
    "         [ 9, 10, 11]]], i32[2, 2, 3])",
  );
  prints(
    reshape([2, 1, 1, 2])(arange(4)),
    "Tensor([[[[0, 1]]],",
    "",
    "",
    "        [[[2, 3]]]], i32[2, 1, 1, 2])",
  );
});

test("breaks long rows", () => {
  prints(
    reshape([2, 30])(arange(60)),
    "Tensor([[ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15,",
    "         16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29],",
    "        [30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45,",
    "         46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59]], i32[2, 30])",
  );
});

test("leaves out the middle of more than a thousand elements", () => {
  prints(arange(2000), "Tensor([   0,    1,    2, ..., 1997, 1998, 1999], i32[2000])");
  prints(full([1001], 1), "Tensor([1., 1., 1., ..., 1., 1., 1.], f32[1001])");
  prints(
    reshape([50, 50])(arange(2500)),
    "Tensor([[   0,    1,    2, ...,   47,   48,   49],",
    "        [  50,   51,   52, ...,   97,   98,   99],",
    "        [ 100,  101,  102, ...,  147,  148,  149],",
    "        ...,",
    "        [2350, 2351, 2352, ..., 2397, 2398, 2399],",
    "        [2400, 2401, 2402, ..., 2447, 2448, 2449],",
    "        [2450, 2451, 2452, ..., 2497, 2498, 2499]], i32[50, 50])",
  );
  // Short axes are shown whole.
  prints(
    reshape([2, 600])(arange(1200)),
    "Tensor([[   0,    1,    2, ...,  597,  598,  599],",
    "        [ 600,  601,  602, ..., 1197, 1198, 1199]], i32[2, 600])",
  );
});

test("is what the console shows, in records too", () => {
  assert.is(inspect(tensor([1, 2])), "Tensor([1., 2.], f32[2])");
  assert.is(
    inspect({ w: zeros([2, 2]) }),
    "{\n  w: Tensor([[0., 0.],\n          [0., 0.]], f32[2, 2])\n}",
  );
});

test("computes what was only described", () => {
  prints(add(tensor([1, 2]), 1), "Tensor([2., 3.], f32[2])");
});

test("says why there are no values to show", () => {
  let seen = "";
  const step = compile(
    function step(x: Tensor) {
      const y = add(x, 1);
      seen = String(y);
      return y;
    },
    { donate: [0] },
  );
  const x = tensor([1, 2]);
  step(x);
  assert.is(seen, "Tensor(f32[2], traced)");
  prints(x, "Tensor(f32[2], donated to step)");
});

test.run();
