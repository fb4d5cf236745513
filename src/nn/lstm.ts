// Long short-term memory with PyTorch's equations, as a cell and over a sequence. Hochreiter &
// Schmidhuber, "Long short-term memory", 1997, with the forget gate of Gers, Schmidhuber & Cummins,
// "Learning to forget", 2000.

import type { Dtype } from "../core/dtype.ts";
import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type {
  Broadcast,
  BroadcastProblem,
  Check,
  JoinDtypes,
  MatmulProblem,
} from "../core/types/index.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { sigmoid, tanh } from "../ops/functions.ts";
import type { Module } from "./module.ts";
import {
  type Config,
  collect,
  type Direction,
  gateOf,
  initGates,
  ofInput,
  ofState,
  type Params,
  requireSequence,
  type Sequence,
  type Step,
  walk,
  zeroState,
} from "./recurrent.ts";
import type { NextState, StateProblem } from "./shapes.ts";

export type { Config, Params } from "./recurrent.ts";

/** What is handed from step to step: the output h and the memory c, each [..., hidden]. */
export interface State<H extends Shape = Shape, D extends Dtype = Dtype> {
  readonly h: Tensor<H, D>;
  readonly c: Tensor<H, D>;
}

/**
 * Weights of the gates i, f, g, o side by side, everything uniform in ±1/√hidden, as PyTorch.
 *
 * @example
 * Lstm.init(key(0), { inputs: 3, hidden: 2 }).inputWeight // → [3, 8]
 */
export const init = <const Inputs extends number, const Hidden extends number>(
  key: Tensor,
  config: Config<Inputs, Hidden>,
): Params<Inputs, Hidden, 4> => initGates(key, config, 4);

const stepOf =
  (params: Params): Step<State> =>
  (projected, { h, c }) => {
    const gates = add(projected, ofState(params, h));
    const gate = (i: number) => gateOf(params, gates, i);
    const kept = mul(sigmoid(gate(1)), c);
    const memory = add(kept, mul(sigmoid(gate(0)), tanh(gate(2))));
    return { h: mul(sigmoid(gate(3)), tanh(memory)), c: memory };
  };

/** What `cell` is for weights of shapes W and U. */
interface LstmCell<W extends Shape, U extends Shape> {
  <X extends Shape, H extends Shape, C extends Shape, D extends Dtype, E extends Dtype>(
    x: Tensor<X, D> & Check<MatmulProblem<"Lstm.cell", X, W>>,
    state: {
      readonly h: Tensor<H, E> & Check<StateProblem<"Lstm.cell", X, H, U, D, E>>;
      readonly c: Tensor<C, E> & Check<BroadcastProblem<"Lstm.cell", NextState<X, H, U>, C>>;
    },
  ): State<Broadcast<NextState<X, H, U>, C>, JoinDtypes<D, E>>;
}

/** What `cell` is under parameters P. */
type CellOf<P extends Params> = LstmCell<P["inputWeight"]["shape"], P["hiddenWeight"]["shape"]>;

/**
 * One step, each gate with a W, b, U, c of its own:
 *
 *   i, f, o = σ(x W + b + h U + c)   g = tanh(x W + b + h U + c)
 *   c′ = f · c + i · g   h′ = o · tanh c′
 *
 *   x [..., inputs]   h, c [..., hidden]   → h, c [..., hidden]
 *
 * Sizes that the compiler knows are checked there. Fails with ShapeMismatch, as `matmul`, when one is not that of the layer.
 *
 * @example
 * const layer = Lstm.init(key(0), { inputs: 3, hidden: 2 });
 * Lstm.cell(layer)(x, { h, c }).h // [5, 3], [5, 2], [5, 2] → [5, 2]
 */
export const cell = <P extends Params>(params: P): CellOf<P> =>
  ((x: Tensor, state: State): State =>
    stepOf(params)(ofInput(params, x), state)) as unknown as CellOf<P>; // a number for each of the hidden

const zeroStates = (params: Params, x: Tensor): State => {
  const zero = zeroState(params, x);
  return { h: zero, c: zero };
};

/**
 * The states after every step of a sequence, in order of time, from a state of zeros unless one is given.
 *
 *   x [..., time, inputs]   initial h, c [..., hidden]   → time records of h, c [..., hidden]
 *
 * @example
 * const layer = Lstm.init(key(0), { inputs: 3, hidden: 2 });
 * Lstm.states(layer)(zeros([5, 4, 3])).length // 4
 */
export const states =
  (params: Params, direction: Direction = {}) =>
  (x: Tensor, initial: State = zeroStates(params, x)): readonly State[] =>
    walk(stepOf(params), ofInput(params, x), initial, direction);

/**
 * The outputs h of a sequence stacked along time, and the last state.
 *
 *   x [..., time, inputs]   initial h, c [..., hidden]
 *   → outputs [..., time, hidden], last h, c [..., hidden]
 *
 * Fails with ShapeMismatch when the sequence is empty.
 *
 * @example
 * const layer = Lstm.init(key(0), { inputs: 3, hidden: 2 });
 * Lstm.sequence(layer)(x).outputs // [5, 4, 3] → [5, 4, 2]
 */
export const sequence =
  (params: Params, direction: Direction = {}) =>
  (x: Tensor, initial?: State): Sequence<State> => {
    requireSequence("Lstm.sequence", x);
    return collect(states(params, direction)(x, initial), ({ h }) => h, direction);
  };

/**
 * The layer as a module from a sequence to its outputs: several in `sequential` are a stacked LSTM.
 *
 * @example
 * const sizes = { inputs: 3, hidden: 2 };
 * const both = parallel(Lstm.module(sizes), Lstm.module({ ...sizes, reverse: true }));
 * both.apply(both.init(key(0)))(x) // [5, 7, 3] → [5, 7, 4]
 */
export const module = (config: Config & Direction): Module<Params> => ({
  init: (key) => init(key, config),
  apply: (params) => (x) => sequence(params, config)(x).outputs,
});
