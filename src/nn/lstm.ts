// Long short-term memory with PyTorch's equations, as a cell and over a sequence. Hochreiter &
// Schmidhuber, "Long short-term memory", 1997, with the forget gate of Gers, Schmidhuber & Cummins,
// "Learning to forget", 2000.

import type { Tensor } from "../core/tensor.ts";
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

export type { Config, Params } from "./recurrent.ts";

/** What is handed from step to step: the output h and the memory c, each [..., hidden]. */
export interface State {
  readonly h: Tensor;
  readonly c: Tensor;
}

/**
 * Weights of the gates i, f, g, o side by side, everything uniform in ±1/√hidden, as PyTorch.
 *
 * @example
 * Lstm.init(key(0), { inputs: 3, hidden: 2 }).inputWeight // → [3, 8]
 */
export const init = (key: Tensor, config: Config): Params => initGates(key, config, 4);

const stepOf =
  (params: Params): Step<State> =>
  (projected, { h, c }) => {
    const gates = add(projected, ofState(params, h));
    const gate = (i: number) => gateOf(params, gates, i);
    const kept = mul(sigmoid(gate(1)), c);
    const memory = add(kept, mul(sigmoid(gate(0)), tanh(gate(2))));
    return { h: mul(sigmoid(gate(3)), tanh(memory)), c: memory };
  };

/**
 * One step, each gate with a W, b, U, c of its own:
 *
 *   i, f, o = σ(x W + b + h U + c)   g = tanh(x W + b + h U + c)
 *   c′ = f · c + i · g   h′ = o · tanh c′
 *
 *   x [..., inputs]   h, c [..., hidden]   → h, c [..., hidden]
 *
 * @example
 * const layer = Lstm.init(key(0), { inputs: 3, hidden: 2 });
 * Lstm.cell(layer)(x, { h, c }).h // [5, 3], [5, 2], [5, 2] → [5, 2]
 */
export const cell =
  (params: Params) =>
  (x: Tensor, state: State): State =>
    stepOf(params)(ofInput(params, x), state);

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
