// Graph convolution: who hears whom, node for node, its gradient, and its refusal. PyTorch's values
// are in test/golden.

import * as assert from "uvu/assert";
import { assertGradients } from "../../../src/core/run/checkGradients.ts";
import {
  eye,
  key,
  matmul,
  type Tensor,
  take,
  tensor,
  toArray,
  transpose,
  vmap,
  zeros,
} from "../../../src/index.ts";
import { GraphConvolution } from "../../../src/nn/index.ts";
import { assertTreesClose } from "../../support/close.ts";
import { messageOf } from "../../support/messages.ts";
import { arbitrary } from "../../support/slopes.ts";
import { suite } from "../../support/suite.ts";

const params: GraphConvolution.Params = {
  self: arbitrary([3, 2], 1),
  neighbours: [arbitrary([3, 2], 2), arbitrary([3, 2], 3)],
  bias: arbitrary([2], 4),
};
const adjacencies = [arbitrary([4, 4], 5), arbitrary([4, 4], 6)];
const h = arbitrary([5, 4, 3], 7); // [batch, nodes, inputs]

const test = suite("GraphConvolution");

test("adds what a node knows to what those it hears know", () => {
  const layer = { self: tensor([[1]]), neighbours: [tensor([[10]])], bias: tensor([0.5]) };
  const listens = tensor([
    [0, 1, 1], // node 0 hears 1 and 2
    [0, 0, 0],
    [0, 0.5, 0],
  ]);
  const known = tensor([[1], [2], [3]]);
  assert.equal(toArray(GraphConvolution.apply(layer, [listens])(known)), [[51.5], [2.5], [13.5]]);
});

test("renaming the nodes renames the result", () => {
  const order = tensor([2, 0, 3, 1], { dtype: "i32" });
  const rename = (axis: number) => (x: Tensor) => take({ axis })(x, order);
  const renamed = adjacencies.map((a) => rename(0)(rename(1)(a)));
  assertTreesClose(
    GraphConvolution.apply(params, renamed)(rename(1)(h)),
    rename(1)(GraphConvolution.apply(params, adjacencies)(h)),
    1e-14, // sums in another order
  );
});

test("treats every graph of a batch alone", () => {
  const convolve = GraphConvolution.apply(params, adjacencies);
  assertTreesClose(convolve(h), vmap(convolve)(h), 1e-14);
});

test("is a linear layer for each node where nobody hears anybody", () => {
  const alone = GraphConvolution.apply({ ...params, bias: zeros([2], "f64") }, [
    zeros([4, 4], "f64"),
    zeros([4, 4], "f64"),
  ]);
  assertTreesClose(alone(h), matmul(h, params.self), 1e-15);
});

test("hears the other way round through the transposed adjacency", () => {
  const only = { ...params, neighbours: params.neighbours.slice(0, 1) };
  const [a] = adjacencies as [Tensor];
  const [there, back] = [a, transpose(a)].map((it) => GraphConvolution.apply(only, [it])(h));
  assert.not.equal(toArray(there as Tensor), toArray(back as Tensor));
});

test("has gradients in parameters, adjacencies and input", () => {
  const f = (p: GraphConvolution.Params, a: readonly Tensor[], x: Tensor) =>
    GraphConvolution.apply(p, a)(x);
  assertGradients(f, [params, adjacencies, h]);
});

test("starts with a weight for each adjacency, all different, and bias 0", () => {
  const start = GraphConvolution.init(key(1), { inputs: 3, outputs: 2, adjacencies: 2 });
  const weights = [start.self, ...start.neighbours].map((w) => JSON.stringify(toArray(w)));
  assert.is(new Set(weights).size, 3);
  assert.equal(toArray(start.bias), [0, 0]);
});

test("refuses adjacencies without a weight", () => {
  assert.is(
    messageOf(() => GraphConvolution.apply(params, [eye(4)])(h)),
    "GraphConvolution.apply: as many adjacencies as weights for neighbours expected, got 1 and 2",
  );
});

test.run();
