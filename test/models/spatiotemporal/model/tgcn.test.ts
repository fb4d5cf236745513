// T-GCN's cell: by hand, its limits, its start, and what it hears.

import * as assert from "uvu/assert";
import { assertGradients } from "../../../../src/core/run/checkGradients.ts";
import {
  expand,
  key,
  leavesOf,
  mul,
  type Tensor,
  tensor,
  toArray,
  values,
} from "../../../../src/index.ts";
import { atStep } from "../../../../src/models/spatiotemporal/model/callGraph.ts";
import * as Tgcn from "../../../../src/models/spatiotemporal/model/tgcn.ts";
import { assertTreesClose } from "../../../support/close.ts";
import { arbitrary } from "../../../support/slopes.ts";
import { suite } from "../../../support/suite.ts";

const [batch, window, nodes, inputs, hidden] = [2, 3, 4, 2, 3];
const cell: Tgcn.CellParams = {
  gates: { weight: arbitrary([inputs + hidden, 2 * hidden], 1), bias: arbitrary([2 * hidden], 2) },
  candidate: { weight: arbitrary([inputs + hidden, hidden], 3), bias: arbitrary([hidden], 4) },
};
const adjacency = mul(arbitrary([nodes, nodes], 5), 0.5);
const x = arbitrary([batch, window, nodes, inputs], 6);
const stateOf = (params: Tgcn.CellParams, a: Tensor, seen: Tensor): Tensor =>
  Tgcn.lastState(params, () => a, a)(seen);

const test = suite("Tgcn");

test("one node and two steps by hand", () => {
  const [wx, wh] = [0.5, -0.25]; // of r, u and c alike
  const one: Tgcn.CellParams = {
    gates: {
      weight: tensor(Float64Array.of(wx, wx, wh, wh), { shape: [2, 2] }),
      bias: tensor(Float64Array.of(1, -1)),
    },
    candidate: {
      weight: tensor(Float64Array.of(wx, wh), { shape: [2, 1] }),
      bias: tensor(Float64Array.of(0.1)),
    },
  };
  const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
  let h = 0;
  for (const seen of [2, -1]) {
    const [r, u] = [sigmoid(wx * seen + wh * h + 1), sigmoid(wx * seen + wh * h - 1)];
    const c = Math.tanh(wx * seen + wh * r * h + 0.1);
    h = u * h + (1 - u) * c;
  }
  const found = stateOf(
    one,
    tensor(Float64Array.of(1), { shape: [1, 1] }),
    tensor(Float64Array.of(2, -1), { shape: [1, 2, 1, 1] }),
  );
  assertTreesClose(found, tensor(Float64Array.of(h), { shape: [1, 1, 1] }), 1e-15);
});

test("with the update gate shut it keeps the state of zeros, and stays within 1 otherwise", () => {
  const bias = tensor(Float64Array.of(0, 0, 0, 50, 50, 50)); // r, then u
  const shut = { ...cell, gates: { ...cell.gates, bias } };
  assert.ok(values(stateOf(shut, adjacency, x)).every((h) => Math.abs(h) < 1e-15));
  const large = stateOf(cell, adjacency, mul(x, 1e4));
  assert.ok(values(large).every((h) => Math.abs(h) <= 1));
});

test("an adjacency for each step that is always the same is the same", () => {
  const all = expand([batch, window, nodes, nodes])(adjacency);
  const found = Tgcn.lastState(cell, (step) => atStep(all, step), all)(x);
  assertTreesClose(found, stateOf(cell, adjacency, x), 1e-14);
});

test("begins with open gates and no bias in the candidate", () => {
  const { cell: start, head } = Tgcn.init(key(1), { inputs, hidden, outputs: 5 });
  assert.equal(toArray(start.gates.bias), [1, 1, 1, 1, 1, 1]);
  assert.equal(toArray(start.candidate.bias), [0, 0, 0]);
  assert.equal([...head.weight.shape], [hidden, 5]);
  const drawn = (seed: number) =>
    leavesOf(Tgcn.init(key(seed), { inputs, hidden, outputs: 5 })).map(toArray);
  assert.equal(drawn(1), drawn(1));
  assert.not.equal(drawn(1), drawn(2));
});

test("has gradients in all weights, the adjacency and what it sees", () => {
  const params: Tgcn.Params = {
    cell,
    head: { weight: arbitrary([hidden, 2], 7), bias: arbitrary([2], 8) },
  };
  const f = (p: Tgcn.Params, a: Tensor, seen: Tensor) => Tgcn.apply(p, a)(seen);
  assertGradients(f, [params, adjacency, x], { directions: 2, maxEntries: 16 });
});

test.run();
