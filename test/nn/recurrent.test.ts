// What the three recurrent layers have in common: a sequence is a loop of cells, forwards or backwards, from a given state or from
// zeros, for every sequence of a batch alone. PyTorch's values and gradients are in test/golden.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../src/core/run/checkGradients.ts";
import {
  cast,
  concat,
  flip,
  key,
  leavesOf,
  mapTree,
  slice,
  squeeze,
  stack,
  type Tensor,
  tensor,
  toArray,
  vmap,
  zeros,
} from "../../src/index.ts";
import { Gru, Lstm, parallel, Rnn, sequential } from "../../src/nn/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { arbitrary } from "../support/slopes.ts";
import { suite } from "../support/suite.ts";

type Params = Gru.Params;

/** A layer with a state that may be one tensor or several. */
interface Layer<S> {
  readonly name: string;
  readonly gates: number;
  readonly init: (from: Tensor, config: Gru.Config) => Params;
  readonly cell: (params: Params) => (x: Tensor, state: S) => S;
  readonly sequence: (
    params: Params,
    direction?: { readonly reverse?: boolean },
  ) => (x: Tensor, initial?: S) => { readonly outputs: Tensor; readonly last: S };
  readonly stateOf: (h: Tensor, c: Tensor) => S;
  readonly output: (state: S) => Tensor;
}

const single = { stateOf: (h: Tensor) => h, output: (h: Tensor) => h };
const bent = { activation: "relu" } as const;
const gru: Layer<Tensor> = { name: "Gru", gates: 3, ...Gru, ...single };
const rnn: Layer<Tensor> = { name: "Rnn", gates: 1, ...Rnn, ...single };
const rnnRelu: Layer<Tensor> = {
  ...rnn,
  name: "Rnn with relu",
  cell: (params) => Rnn.cell(params, bent),
  sequence: (params, direction) => Rnn.sequence(params, { ...direction, ...bent }),
};
const lstm: Layer<Lstm.State> = {
  name: "Lstm",
  gates: 4,
  ...Lstm,
  stateOf: (h, c) => ({ h, c }),
  output: ({ h }) => h,
};

const at = (x: Tensor, t: number): Tensor =>
  squeeze(-2)(slice({ start: [0, t], stop: [x.shape[0] as number, t + 1] })(x));

const laws = <S>({ name, gates, init, cell, sequence, stateOf, output }: Layer<S>): void => {
  const test = suite(name);
  const weights = (inputs: number, hidden: number): Params => ({
    inputWeight: arbitrary([inputs, gates * hidden], 1),
    hiddenWeight: arbitrary([hidden, gates * hidden], 2),
    inputBias: arbitrary([gates * hidden], 3),
    hiddenBias: arbitrary([gates * hidden], 4),
  });
  const small = fc.integer({ min: 1, max: 3 });

  test(
    "gives the outputs of a loop of cells, and the state after it",
    forAll(
      { batch: small, time: small, inputs: small, hidden: small, reverse: fc.boolean() },
      { runs: 15 },
    )(({ batch, time, inputs, hidden, reverse }) => {
      const params = weights(inputs, hidden);
      const x = arbitrary([batch, time, inputs], 5);
      const initial = stateOf(arbitrary([batch, hidden], 6), arbitrary([batch, hidden], 7));
      const order = [...Array(time).keys()];
      let state = initial;
      const loop = (reverse ? order.reverse() : order).map((t) => {
        state = cell(params)(at(x, t), state);
        return output(state);
      });
      const outputs = stack({ axis: 1 })(reverse ? loop.reverse() : loop);
      const found = sequence(params, { reverse })(x, initial);
      assertTreesClose(found, { outputs, last: state }, 1e-14);
    }),
  );

  const [inputs, hidden] = [3, 2];
  const params = weights(inputs, hidden);
  const x = arbitrary([5, 4, inputs], 5); // [batch, time, inputs]

  test("starts from zeros", () => {
    const zero = zeros([5, hidden], "f64");
    assertTreesClose(sequence(params)(x), sequence(params)(x, stateOf(zero, zero)), 0);
  });

  test("goes on where a state was left", () => {
    const whole = sequence(params)(x);
    const part = (from: number, to: number) => slice({ start: [0, from], stop: [5, to] })(x);
    const first = sequence(params)(part(0, 1));
    const second = sequence(params)(part(1, 4), first.last);
    assertTreesClose(concat({ axis: 1 })([first.outputs, second.outputs]), whole.outputs, 1e-14);
    assertTreesClose(second.last, whole.last, 1e-14);
  });

  test("read backwards is the mirror of the mirrored sequence", () => {
    const mirrored = sequence(params)(flip({ axis: 1 })(x));
    const found = sequence(params, { reverse: true })(x);
    const expected = { outputs: flip({ axis: 1 })(mirrored.outputs), last: mirrored.last };
    assertTreesClose(found, expected, 1e-14);
  });

  test("treats every sequence of a batch alone", () => {
    const outputs = (one: Tensor) => sequence(params)(one).outputs;
    assertTreesClose(outputs(x), vmap(outputs)(x), 1e-14);
  });

  test("has gradients in all parameters, the input and the first state", () => {
    const f = (p: Params, input: Tensor, initial: S) => sequence(p)(input, initial);
    const initial = stateOf(arbitrary([2, hidden], 6), arbitrary([2, hidden], 7));
    assertGradients(f, [params, arbitrary([2, 3, inputs], 5), initial]);
  });

  test("starts within ±1/√hidden", () => {
    const start = init(key(1), { inputs: 7, hidden: 16 });
    assert.equal([...start.inputWeight.shape], [7, gates * 16]);
    assert.equal([...start.hiddenWeight.shape], [16, gates * 16]);
    const all = leavesOf(start)
      .flatMap((leaf) => toArray(leaf) as number[])
      .flat();
    assert.ok(Math.max(...all.map(Math.abs)) <= 0.25 && Math.max(...all) > 0.2);
  });

  test("refuses a sequence without steps", () => {
    const rule = "a sequence [..., time, inputs] of one step or more expected";
    assert.is(
      messageOf(() => sequence(params)(zeros([5, 0, inputs], "f64"))),
      `${name.split(" ")[0]}.sequence: ${rule}, got [5, 0, 3]`,
    );
  });

  test.run();
};

laws(gru);
laws(rnn);
laws(rnnRelu);
laws(lstm);

const test = suite("recurrent");

const f64 = <P>(params: P): P => mapTree(params, cast("f64"));
const x = arbitrary([2, 5, 3], 8);

test("layers in a row are a stacked layer", () => {
  const deep = sequential(
    Gru.module({ inputs: 3, hidden: 4 }),
    Lstm.module({ inputs: 4, hidden: 2 }),
    Rnn.module({ inputs: 2, hidden: 3, activation: "relu" }),
  );
  const params = f64(deep.init(key(1)));
  const [a, b, c] = params;
  const byHand = Rnn.sequence(c, { activation: "relu" })(
    Lstm.sequence(b)(Gru.sequence(a)(x).outputs).outputs,
  );
  assertTreesClose(deep.apply(params)(x), byHand.outputs, 0);
});

test("a layer beside its reverse reads in both directions", () => {
  const sizes = { inputs: 3, hidden: 4 };
  const both = parallel(Lstm.module(sizes), Lstm.module({ ...sizes, reverse: true }));
  const params = f64(both.init(key(1)));
  const [there, back] = params;
  const expected = [
    Lstm.sequence(there)(x).outputs,
    Lstm.sequence(back, { reverse: true })(x).outputs,
  ];
  assertTreesClose(both.apply(params)(x), concat({ axis: -1 })(expected), 0);
});

test("an Lstm whose gates are shut but for the forget gate keeps its memory", () => {
  const none = { inputWeight: zeros([1, 4]), hiddenWeight: zeros([1, 4]), hiddenBias: zeros([4]) };
  const layer = { ...none, inputBias: tensor([-200, 200, 0, 200]) }; // i, f, g, o
  const next = Lstm.cell(layer)(tensor([9]), { h: tensor([1]), c: tensor([0.5]) });
  assertTreesClose(next, { h: tensor([Math.tanh(0.5)]), c: tensor([0.5]) }, 1e-7); // f32
});

test("an Rnn without weights is tanh of its biases", () => {
  const none = { inputWeight: zeros([1, 1]), hiddenWeight: zeros([1, 1]) };
  const layer = { ...none, inputBias: tensor([0.25]), hiddenBias: tensor([0.5]) };
  assertTreesClose(Rnn.cell(layer)(tensor([9]), tensor([1])), tensor([Math.tanh(0.75)]), 1e-7);
});

test.run();
