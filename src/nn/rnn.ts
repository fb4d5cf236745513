// The plain recurrent layer, as a cell and over a sequence. Elman, "Finding structure in time", 1990,
// with PyTorch's two biases.

import type { Tensor } from "../core/tensor.ts";
import { add } from "../ops/arithmetic.ts";
import { tanh } from "../ops/functions.ts";
import { relu } from "../ops/piecewise.ts";
import type { Module } from "./module.ts";
import {
  type Config,
  collect,
  type Direction,
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

/** Options of a plain recurrent layer. */
export interface Options extends Direction {
  /** What bends the sum; default "tanh". */
  readonly activation?: "tanh" | "relu";
}

/**
 * One gate, everything uniform in ±1/√hidden, as PyTorch.
 *
 * @example
 * Rnn.init(key(0), { inputs: 3, hidden: 2 }).inputWeight // → [3, 2]
 */
export const init = <const Inputs extends number, const Hidden extends number>(
  key: Tensor,
  config: Config<Inputs, Hidden>,
): Params<Inputs, Hidden, 1> => initGates(key, config, 1);

const activations = { tanh, relu };

const stepOf =
  (params: Params, { activation = "tanh" }: Options): Step<Tensor> =>
  (projected, h) =>
    activations[activation](add(projected, ofState(params, h)));

/** What `cell` is under parameters P. */
type CellOf<P extends Params> = Cell<
  "Rnn.cell",
  P["inputWeight"]["shape"],
  P["hiddenWeight"]["shape"]
>;

/**
 * One step: h′ = tanh(x W + b + h U + c), or relu of the same.
 *
 *   x [..., inputs]   h [..., hidden]   → [..., hidden]
 *
 * Sizes that the compiler knows are checked there. Fails with ShapeMismatch, as `matmul`, when one is not that of the layer.
 *
 * @example
 * const layer = Rnn.init(key(0), { inputs: 3, hidden: 2 });
 * Rnn.cell(layer)(x, h) // [5, 3], [5, 2] → [5, 2]
 */
export const cell = <P extends Params>(params: P, options: Options = {}): CellOf<P> =>
  ((x: Tensor, h: Tensor): Tensor =>
    stepOf(params, options)(ofInput(params, x), h)) as unknown as CellOf<P>; // a number for each of the hidden

/**
 * The states after every step of a sequence, in order of time, from a state of zeros unless one is given.
 *
 *   x [..., time, inputs]   initial [..., hidden]   → time tensors [..., hidden]
 *
 * @example
 * const layer = Rnn.init(key(0), { inputs: 3, hidden: 2 });
 * Rnn.states(layer)(zeros([5, 4, 3])).length // 4
 */
export const states =
  (params: Params, options: Options = {}) =>
  (x: Tensor, initial: Tensor = zeroState(params, x)): readonly Tensor[] =>
    walk(stepOf(params, options), ofInput(params, x), initial, options);

/**
 * The states of a sequence stacked along time, and the last one.
 *
 *   x [..., time, inputs]   initial [..., hidden]   → outputs [..., time, hidden], last [..., hidden]
 *
 * Fails with ShapeMismatch when the sequence is empty.
 *
 * @example
 * const layer = Rnn.init(key(0), { inputs: 3, hidden: 2 });
 * Rnn.sequence(layer, { activation: "relu" })(x).outputs // [5, 4, 3] → [5, 4, 2]
 */
export const sequence =
  (params: Params, options: Options = {}) =>
  (x: Tensor, initial?: Tensor): Sequence<Tensor> => {
    requireSequence("Rnn.sequence", x);
    return collect(states(params, options)(x, initial), (h) => h, options);
  };

/**
 * The layer as a module from a sequence to its states.
 *
 * @example
 * const { init, apply } = Rnn.module({ inputs: 3, hidden: 2 });
 * apply(init(key(0)))(x) // [5, 7, 3] → [5, 7, 2]
 */
export const module = (config: Config & Options): Module<Params> => ({
  init: (key) => init(key, config),
  apply: (params) => (x) => sequence(params, config)(x).outputs,
});
