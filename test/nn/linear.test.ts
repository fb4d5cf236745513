// A linear layer: the formula by hand, over any leading axes, its gradient, and its refusal.

import * as assert from "uvu/assert";
import { assertGradients } from "../../src/core/run/checkGradients.ts";
import { key, sub, tensor, toArray, values, vmap, zeros } from "../../src/index.ts";
import { Linear } from "../../src/nn/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

const test = suite("Linear");

const layer: Linear.Params = {
  weight: tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]),
  bias: tensor([10, 20, 30]),
};
const precise: Linear.Params = { weight: arbitrary([3, 2], 1), bias: arbitrary([2], 2) };

test("is x W + b", () => {
  assert.equal(toArray(Linear.apply(layer)(tensor([1, 2]))), [19, 32, 45]);
});

test("is affine: a difference of inputs does not see the bias", () => {
  const [a, b] = [arbitrary([4, 3], 3), arbitrary([4, 3], 4)];
  const { apply } = Linear;
  const unbiased = apply({ ...precise, bias: zeros([2], "f64") })(sub(a, b));
  assertTreesClose(sub(apply(precise)(a), apply(precise)(b)), unbiased, 1e-14); // some roundings
});

test("works over the last axis, whatever the others", () => {
  const x = arbitrary([2, 4, 3], 3);
  const rows = vmap(vmap(Linear.apply(precise)))(x);
  assertTreesClose(Linear.apply(precise)(x), rows, 1e-14);
});

test("has gradients in weight, bias and input", () => {
  const f = (p: Linear.Params, x: typeof precise.bias) => Linear.apply(p)(x);
  assertGradients(f, [precise, arbitrary([4, 3], 3)]);
});

test("starts with weights within Glorot's bound and bias 0", () => {
  const { weight, bias } = Linear.init(key(1), { inputs: 30, outputs: 24 });
  const bound = Math.sqrt(6 / 54);
  assert.equal([...weight.shape], [30, 24]);
  assert.ok(values(weight).every((w: number) => Math.abs(w) <= bound));
  assert.ok(values(weight).some((w: number) => Math.abs(w) > 0.98 * bound));
  assert.equal(toArray(bias), new Array(24).fill(0));
});

test("refuses an input of another width", () => {
  assert.is(
    messageOf(() => Linear.apply(layer)(zeros([5, 3]))),
    "matmul: inner dimensions equal expected, got [5, 3] · [2, 3] (3 ≠ 2)",
  );
});

test.run();
