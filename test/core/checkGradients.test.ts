// checkGradients: passes what is right, and finds what is wrong, to the entry.

import * as assert from "uvu/assert";
import {
  add,
  assertGradients,
  checkGradients,
  checkpoint,
  compile,
  customVjp,
  equal,
  exp,
  iota,
  key,
  matmul,
  mul,
  scalar,
  sin,
  softmax,
  stopGradient,
  sum,
  type Tensor,
  take,
  tanh,
  tensor,
  uniform,
  where,
  zeros,
} from "../../src/index.ts";
import { messageOf } from "../support/messages.ts";
import { suite } from "../support/suite.ts";

const test = suite("checkGradients");

test("passes right gradients of trees, with integers held fixed", () => {
  const f = (p: { w: Tensor; b: Tensor }, x: Tensor, ids: Tensor) => ({
    y: tanh(add(matmul(take({ axis: 0 })(x, ids), p.w), p.b)),
    sizes: [sum(mul(p.w, p.w)), exp(p.b)],
    ids,
  });
  const report = checkGradients(f, [
    {
      w: tensor([
        [1, -2],
        [0.5, 0.3],
      ]),
      b: tensor([0.1, -0.2]),
    },
    tensor([
      [1, 2],
      [3, -1],
      [0, 0.5],
    ]),
    tensor([2, 0, 2], { dtype: "i32" }),
  ]);
  assert.is(report.passed, true);
  assert.ok(report.worst.error < 1e-7); // f64 and a step of 1e-6
});

test("passes what is compiled, checkpointed, or of one number", () => {
  assertGradients(
    compile((x: Tensor) => sin(x)),
    [scalar(1)],
  );
  assertGradients(
    checkpoint((x: Tensor) => softmax(x)),
    [tensor([1, 2, 3])],
  );
});

const cube = (x: Tensor): Tensor => mul(x, mul(x, x));
/** x³ with three times x² as its slope, except at one entry of `size`. */
const wrongAt = (entry: number, size: number) =>
  customVjp(cube, ({ inputs: [x], cotangent }) => {
    const slope = mul(mul(x, x), 3);
    const isWrong = equal(iota([size], 0), entry);
    return [mul(cotangent, where(isWrong, mul(slope, 3), slope))];
  });

test("names the entry of a small argument that is wrong", () => {
  const { passed, order, worst } = checkGradients(wrongAt(2, 4), [tensor([1, 2, -1, 0.5])]);
  assert.is(passed, false);
  assert.is(order, 1);
  assert.is(worst.path, "args[0]");
  assert.equal(worst.index, [2]);
  assert.ok(Math.abs(worst.analytic / worst.numeric - 3) < 1e-3);
  assert.ok(worst.error > worst.tolerance);
});

test("finds the entry of a large argument that is wrong, by halving directions", () => {
  const x = uniform(key(0), [1000], { min: 1, max: 2 });
  const { passed, worst } = checkGradients(wrongAt(637, 1000), [x], { order: 1 });
  assert.is(passed, false);
  assert.equal(worst.index, [637]);
  assert.is(checkGradients(cube, [x]).passed, true);
});

test("finds a second derivative that is wrong", () => {
  const f = customVjp(cube, ({ inputs: [x], cotangent }) => [
    mul(cotangent, stopGradient(mul(mul(x, x), 3))),
  ]);
  assert.is(checkGradients(f, [tensor([1, 2])], { order: 1 }).passed, true);
  const { passed, order, worst } = checkGradients(f, [tensor([[1, 2]])]);
  assert.is(passed, false);
  assert.is(order, 2);
  assert.equal(worst.index, [0, 1]);
  assert.is(worst.analytic, 0);
});

test("does not pass NaN", () => {
  const f = customVjp(cube, ({ cotangent }) => [mul(cotangent, Number.NaN)]);
  assert.is(checkGradients(f, [tensor([1, 2])]).passed, false);
});

test("keeps to the tolerances that it is given", () => {
  const f = wrongAt(0, 2);
  assert.is(checkGradients(f, [tensor([1, 2])], { rtol: 3, order: 1 }).passed, true);
  assert.is(checkGradients(f, [tensor([1, 2])], { atol: 10, order: 1 }).passed, true);
});

test("throws as an assertion, naming path, entry and both values", () => {
  const f = (p: { layers: readonly Tensor[] }) => wrongAt(1, 2)(p.layers[1] as Tensor);
  const message = messageOf(() => assertGradients(f, [{ layers: [scalar(1), tensor([1, 2])] }]));
  assert.match(
    message,
    /^checkGradients: a derivative of order 1 of args\[0\]\.layers\[1\] at \[1\] within 0\.\d+ of central differences expected, got -?[\d.]+ for -?[\d.]+\nhint: /,
  );
});

test("refuses what it cannot check", () => {
  assert.is(
    messageOf(() => checkGradients((x: Tensor) => x, [tensor([1], { dtype: "i32" })])),
    "checkGradients: a floating-point tensor in args expected, got i32",
  );
  assert.is(
    messageOf(() => checkGradients((x: Tensor) => equal(x, 1), [scalar(1)])),
    "checkGradients: results in f64 expected, got no floating-point tensor\nhint: f computes in the dtype of its arguments, which are f64 here: cast constants",
  );
  assert.is(
    messageOf(() => checkGradients((x: Tensor) => x, [zeros([0, 3])])),
    "checkGradients: something to differentiate in args expected, got [0, 3]",
  );
});

test.run();
