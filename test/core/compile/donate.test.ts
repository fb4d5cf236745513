// Donated arguments: their memory holds results where that changes nothing, and only there.

import * as assert from "uvu/assert";
import {
  add,
  compile,
  mul,
  sub,
  sum,
  type Tensor,
  TensorError,
  take,
  tensor,
  toArray,
  valueAndGrad,
} from "../../../src/index.ts";
import { suite } from "../../support/suite.ts";

const test = suite("donate");

const descend = (p: Tensor, g: Tensor): Tensor => sub(p, mul(g, 0.5));
const overCount = (plan: { readonly buffers: readonly { readonly over?: number }[] }): number =>
  plan.buffers.filter(({ over }) => over !== undefined).length;

test("writes new parameters over the old ones", () => {
  const kept = compile(descend);
  const donated = compile(descend, { donate: [0] });
  const [p, g] = [tensor([1, 2]), tensor([2, 2])];
  assert.is(overCount(donated.plan(p, g)), 1);
  assert.is(kept.plan(p, g).peakBytes - donated.plan(p, g).peakBytes, 8);
  assert.equal(toArray(kept(p, g)), [0, 1]);
  assert.equal(toArray(donated(p, g)), [0, 1]);
  assert.throws(
    () => toArray(p),
    (error: unknown) => error instanceof TensorError && error.problem._tag === "Donated",
  );
  assert.equal(toArray(g), [2, 2]);
});

test("copies a donated argument that is passed twice", () => {
  const f = compile((a: Tensor, b: Tensor) => ({ first: add(a, 1), second: sum(mul(b, b)) }), {
    donate: [0],
  });
  const x = tensor([1, 2]);
  const { first, second } = f(x, x);
  assert.equal(toArray(first), [2, 3]);
  assert.is(toArray(second), 5);
});

test("does not write over an argument that is read later", () => {
  const f = compile((a: Tensor) => [add(a, 1), add(mul(a, a), sum(a))], { donate: [0] });
  const [first, second] = f(tensor([1, 2])) as [Tensor, Tensor];
  assert.equal(toArray(first), [2, 3]);
  assert.equal(toArray(second), [4, 7]);
});

test("loses nothing when a later step refuses an index", () => {
  const f = compile((a: Tensor, i: Tensor) => [add(a, 1), take({ axis: 0 })(a, i)], {
    donate: [0],
  });
  const a = tensor([1, 2]);
  assert.throws(() => f(a, tensor([5], { dtype: "i32" })), /take: an index in 0…1 expected, got 5/);
  assert.equal(toArray(a), [1, 2]);
});

test("checks indices first, so that all that is donated can be written over", () => {
  const step = (w: Tensor, i: Tensor) => {
    const loss = (p: Tensor): Tensor => sum(take({ axis: 0 })(mul(p, p), i));
    const [value, gradient] = valueAndGrad(loss)(w);
    // The loss comes last, and so would its check of the indices.
    return [sub(w, mul(gradient, 0.5)), value];
  };
  const f = compile(step, { donate: [0] });
  const [w, i] = [tensor([1, 2, 3]), tensor([0, 2], { dtype: "i32" })];
  const plan = f.plan(w, i);
  assert.is(overCount(plan), 1);
  const checks = plan.steps.map(({ kernel }) => kernel.indexedBy !== undefined);
  assert.ok(checks.lastIndexOf(true) < plan.steps.length - 1);
  const expected = step(w, i).map((it) => toArray(it));
  assert.equal(
    (f(w, i) as Tensor[]).map((it) => toArray(it)),
    expected,
  );
});

test("an index that is refused leaves donated values as they were", () => {
  const f = compile((w: Tensor, i: Tensor) => [mul(w, 2), sum(take({ axis: 0 })(w, i))], {
    donate: [0],
  });
  const w = tensor([1, 2, 3]);
  assert.throws(() => f(w, tensor([3], { dtype: "i32" })), /index/);
  assert.equal(toArray(w), [1, 2, 3]);
});

test("results that are one tensor know of each other", () => {
  const f = compile((a: Tensor) => {
    const b = add(a, 1);
    return [b, b];
  });
  const g = compile((a: Tensor) => mul(a, 2), { donate: [0] });
  const [first, second] = f(tensor([1])) as [Tensor, Tensor];
  assert.equal(toArray(g(first)), [4]);
  assert.throws(() => toArray(second), /donated to/);
});

test.run();
