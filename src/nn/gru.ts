// The gated recurrent unit with PyTorch's equations, as a cell and over a sequence. Cho et al.,
// "Learning phrase representations using RNN encoder–decoder", EMNLP 2014.

import type { Tensor } from "../core/tensor.ts";
import { add, mul, sub } from "../ops/arithmetic.ts";
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
import type { Cell } from "./shapes.ts";

export type { Config, Params } from "./recurrent.ts";

/**
 * Weights of the gates r, z, n side by side, everything uniform in ±1/√hidden, as PyTorch.
 *
 * @example
 * Gru.init(key(0), { inputs: 3, hidden: 2 }).inputWeight // → [3, 6]
 */
export const init = <const Inputs extends number, const Hidden extends number>(
  key: Tensor,
  config: Config<Inputs, Hidden>,
): Params<Inputs, Hidden, 3> => initGates(key, config, 3);

const stepOf =
  (params: Params): Step<Tensor> =>
  (projected, h) => {
    const recurrent = ofState(params, h);
    const part = (gates: Tensor, i: number) => gateOf(params, gates, i);
    const r = sigmoid(add(part(projected, 0), part(recurrent, 0)));
    const z = sigmoid(add(part(projected, 1), part(recurrent, 1)));
    const n = tanh(add(part(projected, 2), mul(r, part(recurrent, 2))));
    return add(mul(sub(1, z), n), mul(z, h));
  };

/** What `cell` is under parameters P. */
type CellOf<P extends Params> = Cell<
  "Gru.cell",
  P["inputWeight"]["shape"],
  P["hiddenWeight"]["shape"]
>;

/**
 * One step, each gate with a W, b, U, c of its own:
 *
 *   r, z = σ(x W + b + h U + c)   n = tanh(x W + b + r · (h U + c))   h′ = (1 − z) · n + z · h
 *
 *   x [..., inputs]   h [..., hidden]   → [..., hidden]
 *
 * Sizes that the compiler knows are checked there. Fails with ShapeMismatch, as `matmul`, when one is not that of the layer.
 *
 * @example
 * const layer = Gru.init(key(0), { inputs: 3, hidden: 2 });
 * Gru.cell(layer)(x, h) // [5, 3], [5, 2] → [5, 2]
 */
export const cell = <P extends Params>(params: P): CellOf<P> =>
  ((x: Tensor, h: Tensor): Tensor => stepOf(params)(ofInput(params, x), h)) as unknown as CellOf<P>; // a number for each of the hidden

/**
 * The states after every step of a sequence, in order of time, from a state of zeros unless one is given.
 *
 *   x [..., time, inputs]   initial [..., hidden]   → time tensors [..., hidden]
 *
 * @example
 * const layer = Gru.init(key(0), { inputs: 3, hidden: 2 });
 * Gru.states(layer)(zeros([5, 4, 3])).length // 4
 */
export const states =
  (params: Params, direction: Direction = {}) =>
  (x: Tensor, initial: Tensor = zeroState(params, x)): readonly Tensor[] =>
    walk(stepOf(params), ofInput(params, x), initial, direction);

/**
 * The states of a sequence stacked along time, and the last one.
 *
 *   x [..., time, inputs]   initial [..., hidden]   → outputs [..., time, hidden], last [..., hidden]
 *
 * Fails with ShapeMismatch when the sequence is empty.
 *
 * @example
 * const layer = Gru.init(key(0), { inputs: 3, hidden: 2 });
 * Gru.sequence(layer)(x).outputs // [5, 4, 3] → [5, 4, 2]
 */
export const sequence =
  (params: Params, direction: Direction = {}) =>
  (x: Tensor, initial?: Tensor): Sequence<Tensor> => {
    requireSequence("Gru.sequence", x);
    return collect(states(params, direction)(x, initial), (h) => h, direction);
  };

/**
 * The layer as a module from a sequence to its states: several in `sequential` are a stacked GRU.
 *
 * @example
 * const deep = sequential(Gru.module({ inputs: 3, hidden: 4 }), Gru.module({ inputs: 4, hidden: 2 }));
 * deep.apply(deep.init(key(0)))(x) // [5, 7, 3] → [5, 7, 2]
 */
export const module = (config: Config & Direction): Module<Params> => ({
  init: (key) => init(key, config),
  apply: (params) => (x) => sequence(params, config)(x).outputs,
});
