// Activations: values by hand, slopes where pieces meet, infinities and NaN. PyTorch's values and gradients are in test/golden.

import * as assert from "uvu/assert";
import {
  clamp,
  elu,
  gelu,
  geluTanh,
  grad,
  item,
  leakyRelu,
  mul,
  relu,
  silu,
  softplus,
  sum,
  type Tensor,
  tensor,
  toArray,
  values,
} from "../../src/index.ts";
import { messageOf } from "../support/messages.ts";
import { assertSlopes } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

const f64 = (data: readonly number[]): Tensor => tensor(data, { dtype: "f64" });
const slopes = (f: (x: Tensor) => Tensor, at: readonly number[]): unknown =>
  toArray(grad((x: Tensor) => sum(f(x)))(f64(at)));

const functions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  relu,
  clamp: clamp({ min: -0.5, max: 1 }),
  gelu,
  geluTanh,
  silu,
  softplus,
  elu: elu({ alpha: 0.7 }),
  leakyRelu: leakyRelu({ slope: 0.2 }),
};

const test = suite("piecewise");

test("relu keeps what is positive, also of i32", () => {
  assert.equal(toArray(relu(tensor([-2, 0, 3]))), [0, 0, 3]);
  assert.equal(toArray(relu(tensor([-2, 0, 3], { dtype: "i32" }))), [0, 0, 3]);
});

test("relu has slope 0 at 0", () => assert.equal(slopes(relu, [-1, 0, 2]), [0, 0, 1]));

test("clamp holds to one bound or both", () => {
  const x = tensor([-2, 0.5, 3]);
  assert.equal(toArray(clamp({ min: -1, max: 1 })(x)), [-1, 0.5, 1]);
  assert.equal(toArray(clamp({ min: 0 })(x)), [0, 0.5, 3]);
  assert.equal(toArray(clamp({ max: 0 })(x)), [-2, 0, 0]);
  assert.equal(toArray(clamp({ min: 0, max: 2 })(tensor([-5, 1, 9], { dtype: "i32" }))), [0, 1, 2]);
});

test("clamp gives the upper bound where bounds cross", () =>
  assert.equal(toArray(clamp({ min: 2, max: 1 })(tensor([0, 1.5, 5]))), [1, 1, 1]));

test("clamp has slope 1 at its bounds", () =>
  assert.equal(slopes(clamp({ min: -1, max: 1 }), [-2, -1, 0, 1, 2]), [0, 1, 1, 1, 0]));

test("clamp asks for numbers, whole ones for i32", () => {
  assert.is(
    messageOf(() => clamp({})),
    "clamp: a number as min, max or both expected, got undefined and undefined",
  );
  assert.is(
    messageOf(() => clamp({ min: Number.NaN })),
    "clamp: a number as min, max or both expected, got NaN and undefined",
  );
  assert.is(
    messageOf(() => clamp({ min: 0.5 })(tensor([1], { dtype: "i32" }))),
    "clamp: whole bounds for an i32 tensor expected, got 0.5",
  );
});

test("elu has slope α at 0, leakyRelu its own slope", () => {
  assert.equal(slopes(elu({ alpha: 0.5 }), [0, 1]), [0.5, 1]);
  assert.equal(slopes(leakyRelu({ slope: 0.25 }), [-1, 0, 1]), [0.25, 0.25, 1]);
});

test("elu and leakyRelu take options or not", () => {
  const x = f64([-1]);
  assert.is(item(elu(x)), Math.expm1(-1));
  assert.is(item(elu({})(x)), item(elu(x)));
  assert.is(item(leakyRelu(x)), -0.01);
});

test("elu has finite derivatives where eˣ is infinite", () => {
  const slope = grad((x: Tensor) => sum(elu(x)));
  assert.equal(toArray(slope(f64([1000]))), [1]);
  assert.equal(toArray(grad((x: Tensor) => sum(slope(x)))(f64([1000]))), [0]);
});

test("softplus neither overflows nor loses small results", () => {
  const [large, small] = values(softplus(f64([1000, -700])));
  assert.is(large, 1000);
  assert.ok(Math.abs((small as number) / Math.exp(-700) - 1) < 1e-12);
});

test("gelu and silu have the values of their formulas", () => {
  // Φ(1) = 0.841344746068543, σ(1) = 0.731058578630005
  assert.ok(Math.abs(item(gelu(f64([1]))) - 0.841344746068543) < 1e-14);
  assert.ok(Math.abs(item(silu(f64([1]))) - 0.731058578630005) < 1e-14);
  assert.ok(Math.abs(item(geluTanh(f64([1]))) - item(gelu(f64([1])))) < 2e-4);
});

for (const [name, f] of Object.entries(functions)) {
  test(`${name} passes NaN on`, () => assert.ok(Number.isNaN(item(f(f64([Number.NaN]))))));

  test(`${name} has the slopes and curvatures of its values`, () =>
    assertSlopes((x) => sum(mul(f(x), f(x))), f64([-2.3, -1.1, -0.4, 0.3, 0.8, 1.7, 2.6])));
}

test("functions of floats refuse i32", () => {
  const whole: Tensor = tensor([1], { dtype: "i32" });
  assert.is(
    messageOf(() => gelu(whole)),
    "gelu: dtype f32 or f64 expected, got i32\nhint: convert it with cast",
  );
});

test.run();
