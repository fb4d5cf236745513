// jacobian and hessian against closed forms and each other, on trees, and their refusals.

import * as assert from "uvu/assert";
import {
  argmax,
  checkpoint,
  compile,
  grad,
  hessian,
  item,
  jacobian,
  jvp,
  matmul,
  mul,
  reshape,
  scalar,
  sin,
  slice,
  stack,
  sum,
  type Tensor,
  tensor,
  toArray,
  transpose,
  vjp,
  vmap,
  zeros,
} from "../../src/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { suite } from "../support/suite.ts";

const f64 = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: "f64" });
const row = (x: Tensor, i: number): Tensor =>
  reshape(x.shape.slice(1))(slice({ start: [i], stop: [i + 1] })(x));
const jacobians = suite("jacobian");

const curve = (x: Tensor): Tensor => stack()([sin(sum(x)), sum(mul(x, mul(x, x)))]);
const point = f64([0.3, -0.8, 1.1]);

jacobians("has a row for each element of the result", () => {
  const [a, b, c] = [0.3, -0.8, 1.1];
  const cosine = Math.cos(a + b + c);
  const expected = f64([
    [cosine, cosine, cosine],
    [3 * a * a, 3 * b * b, 3 * c * c],
  ]);
  assertTreesClose(jacobian(curve)(point), expected, 1e-12);
});

jacobians("is the same forward and in reverse", () => {
  const f = (p: { a: Tensor; b: Tensor }) => ({
    y: matmul(p.a, sin(p.b)), // [2, 3] · [3] → [2]
    z: [sum(mul(p.a, p.a))],
  });
  const p = {
    a: f64([
      [1, 2, 3],
      [-1, 0.5, 0],
    ]),
    b: point,
  };
  const reverse = jacobian(f)(p);
  assert.equal(reverse.y.a.shape, [2, 2, 3]);
  assert.equal(reverse.z[0]?.b.shape, [3]);
  assertTreesClose(jacobian(f, { mode: "forward" })(p), reverse, 1e-12);
});

jacobians("chooses the argument, and is zero where nothing depends on it", () => {
  const f = (a: Tensor, b: Tensor): Tensor => mul(b, sum(a));
  assert.equal(toArray(jacobian(f, { argnum: 1 })(f64([2, 3]), f64([1, 1]))), [
    [5, 0],
    [0, 5],
  ]);
  assert.equal(toArray(jacobian((x: Tensor) => zeros([2], x.dtype))(point)), [
    [0, 0, 0],
    [0, 0, 0],
  ]);
  const forward = jacobian((x: Tensor) => zeros([2], x.dtype), { mode: "forward" });
  assert.equal(toArray(forward(point)), [
    [0, 0, 0],
    [0, 0, 0],
  ]);
});

jacobians("of a mapped function is block diagonal", () => {
  const all = jacobian(vmap(curve))(stack()([point, mul(point, 2)]));
  const one = jacobian(curve)(mul(point, 2));
  assert.equal(all.shape, [2, 2, 2, 3]);
  const block = reshape([2, 3])(slice({ start: [0, 1], stop: [2, 2] })(row(all, 1)));
  assertTreesClose(block, one, 1e-12);
  const off = slice({ start: [0, 0], stop: [2, 1] })(row(all, 1));
  assert.is(item(sum(mul(off, off))), 0);
});

jacobians("names what it cannot differentiate", () => {
  assert.is(
    messageOf(() => jacobian((x: Tensor) => x)(tensor([1, 2], { dtype: "i32" }))),
    "jacobian: floating-point tensors expected, got i32 at argument 0",
  );
  assert.is(
    messageOf(() => jacobian((x: Tensor) => ({ i: argmax({ axis: 0 })(x) }))(point)),
    "jacobian: floating-point tensors expected, got i32 at the result.i",
  );
  assert.is(
    messageOf(() => jacobian(curve, { argnum: 1 })(point)),
    "jacobian: argnum in 0…0 expected, got 1",
  );
});

jacobians.run();

const hessians = suite("hessian");

const energy = (x: Tensor): Tensor => sum(mul(sin(x), mul(x, sum(x))));

hessians("is symmetric, and the Jacobian of the gradient", () => {
  const h = hessian(energy)(point);
  assertTreesClose(h, transpose(h), 1e-12);
  assertTreesClose(h, jacobian(grad(energy), { mode: "forward" })(point), 1e-12);
});

hessians("times a direction is the derivative of the gradient along it", () => {
  const v = f64([1, -2, 0.5]);
  assertTreesClose(
    jvp(grad(energy), [point], [v]).tangent,
    matmul(hessian(energy)(point), v),
    1e-12,
  );
  assertTreesClose(
    vjp(grad(energy), point).pullback(v)[0],
    matmul(hessian(energy)(point), v),
    1e-12,
  );
});

hessians("of a compiled function, mapped, and compiled itself is the same", () => {
  const expected = hessian(energy)(point);
  assertTreesClose(hessian(compile(energy))(point), expected, 1e-12);
  assertTreesClose(compile(hessian(checkpoint(energy)))(point), expected, 1e-12);
  assertTreesClose(row(vmap(hessian(energy))(stack()([point, mul(point, 3)])), 0), expected, 1e-12);
});

hessians("of a tree has a block for each pair of leaves", () => {
  const f = ({ a, b }: { a: Tensor; b: Tensor }): Tensor => mul(sum(mul(a, a)), b);
  const h = hessian(f)({ a: f64([1, 2]), b: scalar(3, "f64") });
  assert.equal(toArray(h.a.a), [
    [6, 0],
    [0, 6],
  ]);
  assert.equal(toArray(h.a.b), [2, 4]);
  assert.equal(toArray(h.b.a), [2, 4]);
  assert.is(item(h.b.b), 0);
});

hessians.run();
