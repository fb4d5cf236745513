// Layer normalisation: what it makes equal, what it does not see. PyTorch's values and gradients
// are in test/golden.

import * as assert from "uvu/assert";
import { assertGradients } from "../../src/core/run/checkGradients.ts";
import {
  add,
  mean,
  mul,
  onesLike,
  type Tensor,
  tensor,
  toArray,
  variance,
  zerosLike,
} from "../../src/index.ts";
import { LayerNorm } from "../../src/nn/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

const plain = (x: Tensor): LayerNorm.Params => {
  const row = arbitrary([x.shape.at(-1) as number]);
  return { gain: onesLike(row), bias: zerosLike(row) };
};

const test = suite("LayerNorm");

test("gives mean 0 and variance 1 along the last axis", () => {
  const x = arbitrary([4, 6], 1);
  const y = LayerNorm.apply(plain(x), { epsilon: 0 })(x);
  assertTreesClose(mean({ axis: -1 })(y), zerosLike(mean({ axis: -1 })(y)), 1e-13);
  const spread = variance({ axis: -1, correction: 0 })(y);
  assertTreesClose(spread, onesLike(spread), 1e-13);
});

test("does not see shift and scale of a row", () => {
  const x = arbitrary([4, 6], 1);
  const normalise = LayerNorm.apply(plain(x), { epsilon: 0 });
  assertTreesClose(normalise(add(mul(x, 7), 100)), normalise(x), 1e-11); // 100 costs two digits
});

test("multiplies by gain, adds bias", () => {
  const params = { gain: tensor([2, 3]), bias: tensor([10, 20]) };
  assert.equal(toArray(LayerNorm.apply(params, { epsilon: 0 })(tensor([[3, 7]]))), [[8, 23]]);
});

test("gives a constant row 0 and a finite gradient", () => {
  const x = tensor([[5, 5, 5]]);
  assert.equal(toArray(LayerNorm.apply(LayerNorm.init(3))(x)), [[0, 0, 0]]);
  assertGradients((at: Tensor) => LayerNorm.apply(plain(at), { epsilon: 1 })(at), [x]);
});

test("has gradients in gain, bias and input", () => {
  const params = { gain: arbitrary([5], 1), bias: arbitrary([5], 2) };
  const f = (p: LayerNorm.Params, x: Tensor) => LayerNorm.apply(p)(x);
  assertGradients(f, [params, arbitrary([2, 3, 5], 3)]);
});

test.run();
