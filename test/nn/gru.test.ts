// The gated recurrent unit: gates that are forced open and shut, the sequence as a loop of cells,
// gradients through time. PyTorch's values and gradients of cell and sequence are in test/golden.

import * as assert from "uvu/assert";
import { assertGradients } from "../../src/core/run/checkGradients.ts";
import {
  add,
  concat,
  key,
  stack,
  type Tensor,
  tensor,
  values,
  vmap,
  zeros,
} from "../../src/index.ts";
import { Gru } from "../../src/nn/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

const [inputs, hidden] = [3, 2];
const params: Gru.Params = {
  inputWeight: arbitrary([inputs, 3 * hidden], 1),
  hiddenWeight: arbitrary([hidden, 3 * hidden], 2),
  inputBias: arbitrary([3 * hidden], 3),
  hiddenBias: arbitrary([3 * hidden], 4),
};
const x = arbitrary([5, 4, inputs], 5); // [batch, time, inputs]
const h = arbitrary([5, hidden], 6);
const at = (t: number): Tensor => arbitrary([5, inputs], 10 + t);

const test = suite("Gru");

/** The same layer with amounts added to the biases of its gates r, z, n. */
const biased = (...gates: readonly [number, number, number]): Gru.Params => {
  const shift = concat({ axis: 0 })(gates.map((by) => add(zeros([hidden], "f64"), by)));
  return { ...params, inputBias: add(params.inputBias, shift) };
};

test("keeps its state when z is open", () => {
  assertTreesClose(Gru.cell(biased(0, 50, 0))(at(0), h), h, 1e-15); // σ(50) is 1 − 2e-22
});

test("forgets its state when r and z are shut", () => {
  const shut = Gru.cell(biased(-800, -800, 0)); // σ is 0 in f64
  assertTreesClose(shut(at(0), h), shut(at(0), arbitrary([5, hidden], 7)), 0);
});

test("stays between its state and ±1", () => {
  const next = values(Gru.cell(params)(at(0), h));
  assert.ok(next.every((y: number) => Math.abs(y) < 1));
});

test("gives the states of a loop of cells from 0", () => {
  const sequence = [at(0), at(1), at(2)];
  let state: Tensor = zeros([5, hidden], "f64");
  const loop = sequence.map((input) => {
    state = Gru.cell(params)(input, state);
    return state;
  });
  assertTreesClose(Gru.states(params)(stack({ axis: 1 })(sequence)), loop, 1e-14);
});

test("treats every sequence of a batch alone", () => {
  const lastOf = (one: Tensor) => Gru.states(params)(one).at(-1) as Tensor;
  assertTreesClose(lastOf(x), vmap(lastOf)(x), 1e-14);
});

test("has gradients in all parameters through time", () => {
  const last = (p: Gru.Params, input: Tensor) => Gru.states(p)(input).at(-1) as Tensor;
  assertGradients(last, [params, arbitrary([2, 3, inputs], 5)]);
});

test("starts within ±1/√hidden, biases too", () => {
  const start = Gru.init(key(1), { inputs: 7, hidden: 16 });
  for (const leaf of Object.values(start)) {
    assert.ok(values(leaf).every((w: number) => Math.abs(w) <= 0.25));
    assert.ok(values(leaf).some((w: number) => Math.abs(w) > 0.2));
  }
  assert.equal([...start.inputWeight.shape], [7, 48]);
  assert.equal([...start.hiddenWeight.shape], [16, 48]);
});

test("without weights goes half the way to tanh of its bias", () => {
  const none = { inputWeight: zeros([1, 3]), hiddenWeight: zeros([1, 3]), hiddenBias: zeros([3]) };
  const layer = { ...none, inputBias: tensor([0, 0, Math.atanh(0.5)]) };
  assertTreesClose(Gru.cell(layer)(tensor([9]), tensor([1])), tensor([0.75]), 1e-7); // z = ½, f32
});

test("refuses an input of another width", () => {
  assert.is(
    messageOf(() => Gru.cell(params)(zeros([5, 4], "f64"), h)),
    "matmul: inner dimensions equal expected, got [5, 4] · [3, 6] (4 ≠ 3)",
  );
});

test.run();
