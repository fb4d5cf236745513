// vmap against loops, on trees and axes of all kinds, and its refusals.

import * as assert from "uvu/assert";
import {
  add,
  argmax,
  checkpoint,
  compile,
  customVjp,
  grad,
  hessian,
  matmul,
  mul,
  reshape,
  scalar,
  sin,
  slice,
  softmax,
  stack,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  toArray,
  transpose,
  valueAndGrad,
  vmap,
  zeros,
} from "../../src/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { suite } from "../support/suite.ts";

const f64 = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: "f64" });
const row = (x: Tensor, i: number): Tensor =>
  reshape(x.shape.slice(1))(slice({ start: [i], stop: [i + 1] })(x));
const loop = (f: (...xs: Tensor[]) => Tensor, ...batches: Tensor[]): Tensor =>
  stack()(
    Array.from({ length: batches[0]?.shape[0] ?? 0 }, (_, i) =>
      f(...batches.map((x) => row(x, i))),
    ),
  );

const params = {
  hidden: {
    w: f64([
      [0.1, -0.4, 0.3],
      [0.7, 0.2, -0.6],
    ]),
    b: f64([0.1, 0, -0.2]),
  },
  out: f64([0.5, -0.8, 0.9]),
};
const predict = (p: typeof params, x: Tensor): Tensor =>
  sum(mul(p.out, tanh(add(matmul(x, p.hidden.w), p.hidden.b))));
const loss = (p: typeof params, x: Tensor, y: Tensor): Tensor => {
  const error = sub(predict(p, x), y);
  return mul(error, error);
};
const xs = f64([
  [1, 2],
  [-0.5, 0.3],
  [0.2, -1.1],
  [2, 0],
]);
const ys = f64([0.3, -0.2, 0.9, 0]);

const test = suite("vmap");

test("equals a loop over examples", () => {
  const f = (x: Tensor, y: Tensor): Tensor => sub(predict(params, x), y);
  assertTreesClose(vmap(f)(xs, ys), loop(f, xs, ys), 1e-12);
});

test("gives per-example gradients", () => {
  const slopes = vmap(grad(loss), { inAxes: [null, 0, 0] })(params, xs, ys);
  assert.equal(slopes.hidden.w.shape, [4, 2, 3]);
  const one = (i: number) => grad(loss)(params, row(xs, i), row(ys, i));
  [0, 1, 2, 3].forEach((i) => {
    assertTreesClose(row(slopes.hidden.w, i), one(i).hidden.w, 1e-12);
    assertTreesClose(row(slopes.out, i), one(i).out, 1e-12);
  });
});

test("is differentiable: the gradient of a mapped loss is the sum of those of the examples", () => {
  const total = (p: typeof params): Tensor => sum(vmap(loss, { inAxes: [null, 0, 0] })(p, xs, ys));
  const each = vmap(grad(loss), { inAxes: [null, 0, 0] })(params, xs, ys);
  const summed = grad(total)(params);
  assertTreesClose(summed.hidden.w, sum({ axis: 0 })(each.hidden.w), 1e-12);
  assertTreesClose(summed.out, sum({ axis: 0 })(each.out), 1e-12);
});

test("nests: two maps give the outer product of their batches", () => {
  const inner = vmap((a: Tensor, b: Tensor) => sum(mul(a, sin(b))), { inAxes: [null, 0] });
  const both = vmap(inner, { inAxes: [0, null] })(xs, xs);
  assertTreesClose(both, matmul(xs, transpose(sin(xs))), 1e-12);
});

test("maps any axis, counted from either end, and puts the batch where asked", () => {
  const f = (x: Tensor): Tensor => mul(x, 2); // [4] → [4]
  const byColumn = vmap(f, { inAxes: 1, outAxes: 1 })(xs);
  assertTreesClose(byColumn, mul(xs, 2), 0);
  assertTreesClose(vmap(f, { inAxes: -1, outAxes: -1 })(xs), mul(xs, 2), 0);
  assertTreesClose(vmap(f, { inAxes: 1 })(xs), transpose(mul(xs, 2)), 0);
});

test("takes axes as trees that begin like the arguments", () => {
  const batch = { x: xs, scale: f64([1, 2]), pair: [ys, scalar(3, "f64")] as const };
  const f = ({ x, scale, pair: [y, z] }: typeof batch): { a: Tensor; b: readonly Tensor[] } => ({
    a: mul(x, scale),
    b: [mul(y, z), z],
  });
  const axes = { x: 0, scale: null, pair: [0, null] };
  const { a, b } = vmap(f, { inAxes: [axes], outAxes: { a: 1, b: [0, null] } })(batch);
  assertTreesClose(a, transpose(mul(xs, batch.scale)), 0);
  assertTreesClose(b, [mul(ys, 3), scalar(3, "f64")], 0);
});

test("passes arguments whose axes are null as they are", () => {
  const power = (x: Tensor, options: { readonly times: number }): Tensor =>
    Array.from({ length: options.times }).reduce<Tensor>((y) => mul(y, x), x);
  const cubes = vmap(power, { inAxes: [0, null] })(ys, { times: 2 });
  assertTreesClose(cubes, mul(ys, mul(ys, ys)), 1e-15);
});

test("repeats results that do not depend on the batch", () => {
  const [own, shared] = vmap((x: Tensor) => [x, f64([7, 8])] as const)(ys);
  assert.equal(toArray(own), toArray(ys));
  assert.equal(toArray(shared), [
    [7, 8],
    [7, 8],
    [7, 8],
    [7, 8],
  ]);
});

test("uses tensors of an outer function, and lets gradients through to them", () => {
  const f = (w: Tensor): Tensor => sum(vmap((x: Tensor) => sin(sum(mul(w, x))))(xs));
  const g = (w: Tensor): Tensor => sum(sin(matmul(xs, w)));
  const w = f64([0.3, -0.7]);
  assertTreesClose(grad(f)(w), grad(g)(w), 1e-12);
  assertTreesClose(hessian(f)(w), hessian(g)(w), 1e-12);
});

test("takes batches where the function is typed for one example", () => {
  const f = (x: Tensor<readonly [2], "f64">): Tensor => sum(x);
  const totals: Tensor = vmap(f)(xs);
  assert.equal(totals.shape, [4]);
});

test("works on batches of one and of none", () => {
  const f = (x: Tensor): Tensor => softmax(mul(x, x));
  assert.equal(vmap(f)(zeros([1, 3])).shape, [1, 3]);
  assert.equal(toArray(vmap(f)(zeros([0, 3]))), []);
  assert.equal(toArray(vmap(grad((x: Tensor) => sum(f(x))))(zeros([0, 3]))), []);
});

test("keeps integer results", () => {
  const best = vmap((x: Tensor) => argmax({ axis: 0 })(x))(xs);
  assert.is(best.dtype, "i32");
  assert.equal(toArray(best), [1, 1, 0, 0]);
});

test("batches checkpoint, with gradients to its arguments and to what it captures", () => {
  const f = (w: Tensor, x: Tensor): Tensor => {
    const run = checkpoint((p: Tensor) => tanh(sin(mul(p, w))));
    return sum(run(x));
  };
  const plain = (w: Tensor, x: Tensor): Tensor => sum(tanh(sin(mul(x, w))));
  const total = (g: typeof f) => (w: Tensor, x: Tensor) =>
    sum(vmap(g, { inAxes: [null, 0] })(w, x));
  const w = f64([0.4, 1.3]);
  const argnums = [0, 1] as const;
  assertTreesClose(
    grad(total(f), { argnums })(w, xs),
    grad(total(plain), { argnums })(w, xs),
    1e-12,
  );
  const slopes = (g: typeof f) => vmap(grad(g, { argnums }), { inAxes: [null, 0] })(w, xs);
  assertTreesClose(slopes(f), slopes(plain), 1e-12);
});

test("batches customVjp with its own gradient", () => {
  // A pullback that is not linear tells examples apart from their sum.
  const squashing = customVjp(
    (x: Tensor, y: Tensor) => [mul(x, 3), mul(x, y)] as const,
    ({ inputs: [x], cotangent: [a, b] }) => [tanh(a), add(mul(b, x), a)],
  );
  const f = (x: Tensor, y: Tensor): Tensor => {
    const [a, b] = squashing(x, y);
    return add(sum(mul(a, 5)), sum(sin(b)));
  };
  const slopes = grad(f, { argnums: [0, 1] });
  const [gx, gy] = vmap(slopes)(xs, mul(xs, 0.5));
  assertTreesClose(
    gx,
    loop((x, y) => slopes(x, y)[0], xs, mul(xs, 0.5)),
    1e-12,
  );
  assertTreesClose(
    gy,
    loop((x, y) => slopes(x, y)[1], xs, mul(xs, 0.5)),
    1e-12,
  );
  const total = (x: Tensor): Tensor => sum(vmap(f)(x, mul(xs, 0.5)));
  assertTreesClose(grad(total)(xs), gx, 1e-12);
});

test("compiles, with gradients inside and outside", () => {
  const step = compile(vmap(valueAndGrad(loss), { inAxes: [null, 0, 0] }));
  const plain = vmap(valueAndGrad(loss), { inAxes: [null, 0, 0] });
  assertTreesClose(step(params, xs, ys), plain(params, xs, ys), 1e-12);
  const mapped = vmap(compile(grad(loss)), { inAxes: [null, 0, 0] });
  assertTreesClose(mapped(params, xs, ys), plain(params, xs, ys)[1], 1e-12);
});

test("says which sizes differ, and where", () => {
  const f = (a: { x: Tensor }, b: Tensor): Tensor => add(a.x, sum(b));
  assert.is(
    messageOf(() => vmap(f, { inAxes: [0, 1] })({ x: zeros([3]) }, zeros([2, 4]))),
    "vmap: equal sizes of the mapped axes expected, got 3 (argument 0.x, axis 0 of [3]) and 4 (argument 1, axis 1 of [2, 4])",
  );
});

test("refuses axes that are not there", () => {
  assert.is(
    messageOf(() => vmap((x: Tensor) => x, { inAxes: 1 })(ys)),
    "vmap: axis in −1…0 expected for rank 1, got 1 for argument 0",
  );
  assert.is(
    messageOf(() => vmap((x: Tensor) => x)(scalar(1))),
    "vmap: a tensor with axes expected, got axis 0 for a scalar for argument 0",
  );
  assert.is(
    messageOf(() => vmap((x: Tensor) => x, { outAxes: 1 })(ys)),
    "vmap: axis in −1…0 expected for rank 1, got 1 for the result",
  );
});

test("refuses to map nothing, and axes that do not fit the arguments", () => {
  const f = (a: unknown, _b?: unknown): Tensor => a as Tensor;
  assert.is(
    messageOf(() => vmap(f, { inAxes: null })(ys)),
    "vmap: at least one mapped tensor expected, got none\nhint: inAxes is null for all arguments: call the function itself",
  );
  assert.is(
    messageOf(() => vmap(f, { inAxes: [0] })(ys, ys)),
    "vmap: 2 entries in inAxes expected, one for each argument, got 1",
  );
  assert.is(
    messageOf(() => vmap(f, { inAxes: [{ x: 0 }] })({ x: ys, y: ys })),
    "vmap: an axis or null in inAxes for argument 0.y expected, got none",
  );
  assert.is(
    messageOf(() => vmap(f, { inAxes: [{ x: 0, z: 0 }] })({ x: ys })),
    "vmap: inAxes with the structure of argument 0 expected, got z",
  );
  assert.is(
    messageOf(() => vmap((x: Tensor) => x, { outAxes: null })(ys)),
    "vmap: an axis in outAxes for the result expected, which differs between examples, got null",
  );
});

test.run();
