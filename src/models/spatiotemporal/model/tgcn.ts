// T-GCN's recurrent cell, whose gates are graph convolutions, and the published model made of it: the
// cell and a linear layer. Zhao et al., "T-GCN: a temporal graph convolutional network for traffic
// prediction", IEEE Transactions on Intelligent Transportation Systems 2019; gates, and the cell's first
// weights, as in the authors' code (github.com/lehaifeng/T-GCN), which starts the linear layer larger.

import type { Tensor } from "../../../core/tensor.ts";
import { type Adjacency, propagate } from "../../../nn/graph/adjacency.ts";
import { glorotUniform } from "../../../nn/init.ts";
import * as Linear from "../../../nn/linear.ts";
import { add, mul, sub } from "../../../ops/arithmetic.ts";
import { matmul } from "../../../ops/contract.ts";
import { ones, zeros } from "../../../ops/create.ts";
import { sigmoid, tanh } from "../../../ops/functions.ts";
import { splitKey } from "../../../ops/random.ts";
import { narrow } from "../../../ops/slice.ts";
import { squeeze } from "../../../ops/structural.ts";

/** Weights of the gates r, u side by side and of the candidate; each [inputs + hidden, …]. */
export interface CellParams {
  /** weight [inputs + hidden, 2·hidden], bias [2·hidden] */
  readonly gates: Linear.Params;
  /** weight [inputs + hidden, hidden], bias [hidden] */
  readonly candidate: Linear.Params;
}

/** Sizes of a cell. */
export interface CellConfig {
  readonly inputs: number;
  readonly hidden: number;
}

/** Weights by Glorot's rule; bias 1 for the gates, so that they start open, and 0 for the candidate. */
export const initCell = (key: Tensor, { inputs, hidden }: CellConfig): CellParams => {
  const [a, b] = splitKey(key, 2);
  return {
    gates: { weight: glorotUniform(a, [inputs + hidden, 2 * hidden]), bias: ones([2 * hidden]) },
    candidate: { weight: glorotUniform(b, [inputs + hidden, hidden]), bias: zeros([hidden]) },
  };
};

/**
 * The state after the last step, from a state of zeros:
 *
 *   [r, u] = σ(Â [x, h] W + b)   c = tanh(Â [x, r · h] W′ + b′)   h′ = u · h + (1 − u) · c
 *
 *   Â [nodes, nodes], normalised, or [batch, window, nodes, nodes]
 *   x [batch, window, nodes, inputs]   → [batch, nodes, hidden]
 *
 * What comes from x does not depend on the state, and is computed for all steps at once.
 */
export const lastState =
  ({ gates, candidate }: CellParams, adjacency: (step: number) => Adjacency, all: Adjacency) =>
  (x: Tensor): Tensor => {
    const [batch, window, nodes, inputs] = x.shape as [number, number, number, number]; // four axes
    const hidden = candidate.bias.shape[0] as number; // a vector
    const ofInput = ({ weight }: Linear.Params) => narrow(weight, 0, 0, inputs);
    const ofState = ({ weight }: Linear.Params) => narrow(weight, 0, inputs, hidden);
    const heard = propagate(all)(x); // [batch, window, nodes, inputs]
    const at = (sequence: Tensor, step: number) => squeeze(1)(narrow(sequence, 1, step, 1));
    const [toGates, toCandidate] = [gates, candidate].map((part) =>
      add(matmul(heard, ofInput(part)), part.bias),
    ) as [Tensor, Tensor];
    let h: Tensor = zeros([batch, nodes, hidden], x.dtype);
    for (let step = 0; step < window; step++) {
      const mix = propagate(adjacency(step));
      const both = sigmoid(add(at(toGates, step), matmul(mix(h), ofState(gates))));
      const [r, u] = [narrow(both, 2, 0, hidden), narrow(both, 2, hidden, hidden)];
      const c = tanh(add(at(toCandidate, step), matmul(mix(mul(r, h)), ofState(candidate))));
      h = add(mul(u, h), mul(sub(1, u), c));
    }
    return h;
  };

/** The published model. */
export interface Params {
  readonly cell: CellParams;
  readonly head: Linear.Params;
}

/** Sizes of the published model. */
export interface Config extends CellConfig {
  /** What is forecast of each node: steps ahead. */
  readonly outputs: number;
}

/** Random weights of the published model. */
export const init = (key: Tensor, { outputs, ...cell }: Config): Params => {
  const [a, b] = splitKey(key, 2);
  return { cell: initCell(a, cell), head: Linear.init(b, { inputs: cell.hidden, outputs }) };
};

/**
 * A linear layer of the last state.
 *
 *   Â [nodes, nodes], normalised   x [batch, window, nodes, inputs]   → [batch, nodes, outputs]
 */
export const apply =
  ({ cell, head }: Params, adjacency: Adjacency) =>
  (x: Tensor): Tensor =>
    Linear.apply(head)(lastState(cell, () => adjacency, adjacency)(x));
