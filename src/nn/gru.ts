// The gated recurrent unit with PyTorch's equations, as a cell and over a sequence. Cho et al.,
// "Learning phrase representations using RNN encoder–decoder", EMNLP 2014.

import type { Tensor } from "../core/tensor.ts";
import { add, mul, sub } from "../ops/arithmetic.ts";
import { matmul } from "../ops/contract.ts";
import { zeros } from "../ops/create.ts";
import { sigmoid, tanh } from "../ops/functions.ts";
import { splitKey, uniform } from "../ops/random.ts";
import { narrow } from "../ops/slice.ts";
import { squeeze } from "../ops/structural.ts";

/** Weights and biases of the gates r, z, n side by side; PyTorch keeps the weights transposed. */
export interface Params {
  /** [inputs, 3·hidden] */
  readonly inputWeight: Tensor;
  /** [hidden, 3·hidden] */
  readonly hiddenWeight: Tensor;
  /** [3·hidden] */
  readonly inputBias: Tensor;
  /** [3·hidden] */
  readonly hiddenBias: Tensor;
}

/** Sizes of a recurrent layer. */
export interface Config {
  readonly inputs: number;
  readonly hidden: number;
}

/**
 * Everything uniform in ±1/√hidden, as PyTorch.
 *
 * @example
 * Gru.init(key(0), { inputs: 3, hidden: 2 }).inputWeight // → [3, 6]
 */
export const init = (key: Tensor, { inputs, hidden }: Config): Params => {
  const [a, b, c, d] = splitKey(key, 4);
  const bound = 1 / Math.sqrt(hidden);
  const draw = (from: Tensor, shape: readonly number[]): Tensor =>
    uniform(from, shape, { min: -bound, max: bound });
  return {
    inputWeight: draw(a, [inputs, 3 * hidden]),
    hiddenWeight: draw(b, [hidden, 3 * hidden]),
    inputBias: draw(c, [3 * hidden]),
    hiddenBias: draw(d, [3 * hidden]),
  };
};

/**
 * The gates' share of the input, x W + b, which does not depend on the state: computed for a whole
 * sequence at once.
 */
const project = ({ inputWeight, inputBias }: Params, x: Tensor): Tensor =>
  add(matmul(x, inputWeight), inputBias);

const step = ({ hiddenWeight, hiddenBias }: Params, projected: Tensor, h: Tensor): Tensor => {
  const axis = h.shape.length - 1;
  const hidden = h.shape[axis] as number; // a state has one axis or more
  const recurrent = add(matmul(h, hiddenWeight), hiddenBias);
  const part = (x: Tensor, gate: number) => narrow(x, axis, gate * hidden, hidden);
  const r = sigmoid(add(part(projected, 0), part(recurrent, 0)));
  const z = sigmoid(add(part(projected, 1), part(recurrent, 1)));
  const n = tanh(add(part(projected, 2), mul(r, part(recurrent, 2))));
  return add(mul(sub(1, z), n), mul(z, h));
};

/**
 * One step, each gate with a W, b, U, c of its own:
 *
 *   r, z = σ(x W + b + h U + c)   n = tanh(x W + b + r · (h U + c))   h′ = (1 − z) · n + z · h
 *
 *   x [..., inputs]   h [..., hidden]   → [..., hidden]
 *
 * @example
 * const layer = Gru.init(key(0), { inputs: 3, hidden: 2 });
 * Gru.cell(layer)(x, h) // [5, 3], [5, 2] → [5, 2]
 */
export const cell =
  (params: Params) =>
  (x: Tensor, h: Tensor): Tensor =>
    step(params, project(params, x), h);

/**
 * The states after every step of a sequence, from a state of zeros.
 *
 *   x [..., time, inputs]   → time tensors [..., hidden]
 *
 * @example
 * const layer = Gru.init(key(0), { inputs: 3, hidden: 2 });
 * Gru.states(layer)(zeros([5, 4, 3])).length // 4
 */
export const states =
  (params: Params) =>
  (x: Tensor): readonly Tensor[] => {
    const axis = x.shape.length - 2;
    const projected = project(params, x); // [..., time, 3·hidden]
    const hidden = params.hiddenWeight.shape[0] as number; // a matrix
    let h: Tensor = zeros([...x.shape.slice(0, axis), hidden], x.dtype);
    return Array.from({ length: x.shape[axis] as number }, (_, t) => {
      h = step(params, squeeze(axis)(narrow(projected, axis, t, 1)), h);
      return h;
    });
  };
