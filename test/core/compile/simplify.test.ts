// What the compiler makes of graphs before it makes kernels: what says nothing is dropped, what is known is computed at once, what is
// said twice is computed once.

import * as assert from "uvu/assert";
import {
  add,
  cast,
  compile,
  concat,
  cos,
  div,
  exp,
  expand,
  eye,
  flip,
  full,
  grad,
  greater,
  matmul,
  max,
  mul,
  neg,
  ones,
  pad,
  permute,
  pow,
  relu,
  reshape,
  sin,
  slice,
  softmax,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  toArray,
  transpose,
  where,
  zeros,
} from "../../../src/index.ts";
import { suite } from "../../support/suite.ts";

const x: Tensor = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

const stepsOf = (f: (...args: Tensor[]) => unknown, ...args: readonly Tensor[]) =>
  compile(f).plan(...args).steps;

/** How many kernels run. */
const kernels = (f: (...args: Tensor[]) => unknown, ...args: readonly Tensor[]): number =>
  stepsOf(f, ...(args.length === 0 ? [x] : args)).length;

/** How often the code of all kernels calls a scalar op. */
const calls = (op: string, f: (...args: Tensor[]) => unknown): number =>
  stepsOf(f, x).reduce((sum, { kernel }) => sum + kernel.key.split(`=${op}(`).length - 1, 0);

const nothing = suite("simplify leaves nothing of");

const identities: Readonly<Record<string, (a: Tensor) => Tensor>> = {
  "x + 0": (a) => add(a, 0),
  "0 + x": (a) => add(zeros([3]), a),
  "x − 0": (a) => sub(a, 0),
  "x · 1": (a) => mul(ones([2, 1]), a),
  "x / 1": (a) => div(a, 1),
  "x¹": (a) => pow(a, 1),
  "−−x": (a) => neg(neg(a)),
  "a double transpose": (a) => transpose(transpose(a)),
  "a permutation and its inverse": (a) => permute([1, 0])(permute([1, 0])(a)),
  "reshapes that end where they began": (a) => reshape([2, 3])(reshape([6])(reshape([3, 2])(a))),
  "a pad by nothing": (a) =>
    pad({
      widths: [
        [0, 0],
        [0, 0],
      ],
    })(a),
  "a slice of everything": (a) => slice({ start: [0, 0] })(a),
  "a sum over no axis": (a) => sum({ axis: [] })(a),
  "a maximum over no axis": (a) => max({ axis: [] })(a),
  "an expansion to its own shape": (a) => expand([2, 3])(a),
  "a cast to its own dtype": (a) => cast("f32")(a),
  "a concatenation of one": (a) => concat({ axis: 0 })([a]),
  "a concatenation with nothing": (a) => concat({ axis: 0 })([zeros([0, 3]), a]),
  "a choice that is always the same": (a) => where(full([3], true), a, 7),
  "a choice between equals": (a) => where(greater(a, 2), a, a),
};
for (const [name, f] of Object.entries(identities)) {
  nothing(name, () => {
    const plan = compile(f).plan(x);
    assert.is(plan.steps.length, 0);
    assert.equal(plan.outputs, plan.inputs);
    assert.equal(toArray(compile(f)(x)), toArray(x));
  });
}
nothing.run();

const less = suite("simplify");

less("joins chains of reshapes, of permutations, and of expansions", () => {
  const f = (a: Tensor) => exp(reshape([6, 1])(reshape([3, 2])(reshape([1, 6])(a))));
  const members = compile(f, { fuse: false })
    .plan(x)
    .steps.map(({ kernel }) => kernel.label);
  assert.equal(members, ["reshape", "exp"]);
  const g = (a: Tensor) => expand([4, 2, 3])(expand([1, 2, 3])(a));
  assert.is(compile(g, { fuse: false }).plan(x).steps.length, 1);
});

less("computes constants at once", () => {
  const f = (a: Tensor) => mul(a, exp(add(zeros([3]), mul(full([3], 2), full([], 3)))));
  const [{ kernel } = assert.unreachable() as never, ...others] = stepsOf(f, x);
  assert.is(others.length, 0);
  assert.ok(
    kernel.key.includes(`${Math.fround(Math.exp(6))}`) || kernel.key.includes(`${Math.exp(6)}`),
    kernel.key,
  );
  assert.not.match(kernel.key, /exp\(/);
});

less("drops what no result depends on", () => {
  const f = (a: Tensor) => {
    matmul(a, transpose(a));
    return exp(a);
  };
  assert.is(kernels(f), 1);
  // A gradient does not need the value.
  assert.is(
    calls(
      "sin",
      grad((a: Tensor) => sum(sin(a))),
    ),
    0,
  );
  assert.is(
    calls(
      "cos",
      grad((a: Tensor) => sum(sin(a))),
    ),
    1,
  );
});

less("computes once what is said twice", () => {
  assert.is(
    calls("sin", (a) => add(sin(a), mul(sin(a), cos(sin(a))))),
    1,
  );
  assert.is(
    kernels((a) => [sum(sin(a)), sum(sin(a))]),
    1,
  );
  assert.is(
    kernels((a) => [softmax(a), softmax(a)]),
    kernels((a) => softmax(a)),
  );
});

less("does not mix up what differs in options only", () => {
  const f = compile((a: Tensor) => [
    sum({ axis: 0 })(a),
    sum({ axis: 1 })(a),
    flip({ axis: 0 })(a),
  ]);
  assert.equal(f(x).map(toArray), [
    [5, 7, 9],
    [6, 15],
    [
      [4, 5, 6],
      [1, 2, 3],
    ],
  ]);
});

less.run();

const fusion = suite("fusion");

fusion("makes one kernel of a chain of elementwise ops and movements", () => {
  const f = (a: Tensor) =>
    tanh(add(mul(transpose(a), 2), reshape([3, 1])(slice({ stop: [1] })(a))));
  assert.is(kernels(f), 1);
});

fusion("makes one kernel of a product with bias and activation", () => {
  const layer = (a: Tensor, w: Tensor, b: Tensor) => relu(add(matmul(a, w), b));
  assert.is(kernels(layer, x, eye(3), ones([3])), 1);
});

fusion("computes a product once, also where two ops use it", () => {
  const f = (a: Tensor) => {
    const y = matmul(a, transpose(a));
    return [exp(y), sin(y)];
  };
  const labels = stepsOf(f, x).map(({ kernel }) => kernel.label);
  assert.is(labels.filter((label) => label.includes("contract")).length, 1, labels.join());
});

fusion("is left out when asked for", () => {
  const f = (a: Tensor) => exp(sin(cos(a)));
  assert.is(compile(f, { fuse: false }).plan(x).steps.length, 3);
  assert.is(compile(f).plan(x).steps.length, 1);
});

fusion.run();
