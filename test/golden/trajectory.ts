// The golden cases of optimisers: a small network trained as `cases_optim.py` trains it.

import type { Tensor } from "../../src/index.ts";
import * as P from "../../src/index.ts";
import {
  type AdamOptions,
  adamW,
  applyUpdates,
  meanSquaredError,
  type Optimizer,
  sgd,
  type WarmupCosineOptions,
  warmupCosine,
} from "../../src/nn/index.ts";

interface TrajectoryOptions extends AdamOptions {
  readonly optimizer: "sgd" | "adamW";
  readonly learningRate?: number;
  readonly schedule?: WarmupCosineOptions;
  readonly weightDecay?: number;
  readonly steps: number;
}

const makeOptimizer = (options: TrajectoryOptions): Optimizer => {
  const { schedule, learningRate = 0, optimizer, steps: _, ...adam } = options;
  const rate = schedule === undefined ? learningRate : warmupCosine(schedule);
  switch (optimizer) {
    case "sgd":
      return sgd({ learningRate: rate });
    case "adamW":
      return adamW({ ...adam, learningRate: rate });
  }
};

/** The parameters of tanh(x w + b) after each update on its mean squared error from y; [steps, parameters]. */
export const trajectory =
  (options: TrajectoryOptions) =>
  (x: Tensor, y: Tensor, w: Tensor, b: Tensor): Tensor => {
    const optimizer = makeOptimizer(options);
    const loss = (p: Params) => meanSquaredError(P.tanh(P.add(P.matmul(x, p.w), p.b)), y);
    const update = P.compile((params: Params, state: unknown) => {
      const [updates, next] = optimizer.update(P.grad(loss)(params), state, params);
      return { params: applyUpdates(params, updates), state: next };
    });
    let now: { params: Params; state: unknown } = {
      params: { w, b },
      state: optimizer.init({ w, b }),
    };
    const path = Array.from({ length: options.steps }, () => {
      now = update(now.params, now.state);
      return P.concat({ axis: 0 })([P.reshape([-1])(now.params.w), now.params.b]);
    });
    return P.stack({ axis: 0 })(path);
  };

interface Params {
  readonly w: Tensor;
  readonly b: Tensor;
}
