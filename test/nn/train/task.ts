// A small task for tests of training: a network on 22 random examples, with a state that has everything a real one has: parameters,
// optimiser state and a random key.

import {
  add,
  item,
  key,
  matmul,
  mul,
  normal,
  ready,
  splitKey,
  type Tensor,
  tanh,
  valueAndGrad,
} from "../../../src/index.ts";
import {
  adamW,
  applyUpdates,
  datasetOf,
  type FitOptions,
  Linear,
  meanSquaredError,
} from "../../../src/nn/index.ts";

const optimizer = adamW({ learningRate: 0.02 });

export interface Params {
  readonly hidden: Linear.Params;
  readonly out: Linear.Params;
}

export interface State {
  readonly params: Params;
  readonly optimizer: readonly unknown[];
  readonly key: Tensor;
}

export interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}

export const begin = (seed = 0): State => {
  const params = {
    hidden: Linear.init(key(seed), { inputs: 3, outputs: 5 }),
    out: Linear.init(key(seed + 1), { inputs: 5, outputs: 1 }),
  };
  return { params, optimizer: optimizer.init(params), key: key(seed + 2) };
};

export const predict = ({ hidden, out }: Params, x: Tensor): Tensor =>
  Linear.apply(out)(tanh(Linear.apply(hidden)(x)));

/** A step with noise on its inputs, so that the key matters. */
export const step = ({ params, optimizer: before, key: from }: State, { x, y }: Batch) => {
  const [now, next] = splitKey(from) as readonly [Tensor, Tensor]; // two
  const noisy = add(x, mul(normal(now, [4, 3]), 0.01));
  const [loss, slope] = valueAndGrad((p: Params) => meanSquaredError(predict(p, noisy), y))(params);
  const [updates, after] = optimizer.update(slope, before, params);
  const state: State = { params: applyUpdates(params, updates), optimizer: after, key: next };
  return { state, metrics: { loss } };
};

const x = normal(key(10), [22, 3]);
export const examples: Batch = { x, y: tanh(matmul(x, normal(key(11), [3, 1]))) };

/** The loss on all examples. */
export const evaluate = async ({ params }: State) => {
  await ready(params); // computed on another device than the step, which may be asynchronous
  const loss = meanSquaredError(predict(params, examples.x), examples.y);
  return { loss: item(await ready(loss)) };
};

/** Options of a quiet run: five steps an epoch. */
export const task = (more: Partial<FitOptions<State, Batch>> = {}): FitOptions<State, Batch> => ({
  state: begin(),
  step,
  data: datasetOf(examples),
  batchSize: 4,
  epochs: 3,
  shuffle: 7,
  progress: "silent",
  evaluate,
  ...more,
});
