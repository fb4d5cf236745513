// The golden cases of optimisers and schedules: a small network trained as `cases_optim.py` and `cases_trajectories.py` train it.

import type { Tensor } from "../../src/index.ts";
import * as P from "../../src/index.ts";
import * as N from "../../src/nn/index.ts";

/** A schedule as JSON has it: the function's name, its options, and for a warm-up what follows. */
interface ScheduleOptions {
  readonly kind?: string;
  readonly then?: ScheduleOptions;
}

// JSON decides the options, and the functions check them.
// biome-ignore lint/suspicious/noExplicitAny: a table of functions of different options.
type Make<T> = (options: any) => T;

const schedules: Readonly<Record<string, Make<N.Schedule>>> = {
  constant: ({ value }) => N.constant(value),
  linear: N.linear,
  polynomial: N.polynomial,
  exponential: N.exponential,
  cosine: N.cosine,
  cosineRestarts: N.cosineRestarts,
  oneCycle: N.oneCycle,
  piecewiseConstant: N.piecewiseConstant,
  warmUp: (options) => N.warmUp(options)(makeSchedule(options.then)),
  warmupCosine: N.warmupCosine,
};

const optimizers: Readonly<Record<string, Make<N.Optimizer<readonly unknown[]>>>> = {
  sgd: N.sgd,
  rmsProp: N.rmsProp,
  adagrad: N.adagrad,
  adam: N.adam,
  adamW: N.adamW,
  nAdam: N.nAdam,
  lion: N.lion,
  lamb: N.lamb,
};

const makeSchedule = ({ kind = "warmupCosine", ...options }: ScheduleOptions): N.Schedule =>
  find(schedules, kind)(options);

const find = <T>(table: Readonly<Record<string, T>>, name: string): T => {
  const found = table[name];
  if (found === undefined) throw new Error(`${name} is not in the table`);
  return found;
};

/** The rates of a schedule at steps [n]; [n]. */
export const schedule =
  (options: ScheduleOptions) =>
  (steps: Tensor): Tensor =>
    makeSchedule(options)(steps);

/** What a trajectory is made by; all that is not named here are the optimiser's own options. */
export interface TrajectoryOptions {
  readonly optimizer: string;
  readonly learningRate?: number;
  /** In place of the learning rate. */
  readonly schedule?: ScheduleOptions;
  /** The limit of the gradient's norm; none by default. */
  readonly clip?: number;
  readonly steps: number;
  /** Parameters are recorded after every so many updates; default 1. */
  readonly every?: number;
}

const makeOptimizer = (options: TrajectoryOptions): N.Optimizer => {
  const { optimizer, schedule: rate, clip, steps: _, every: __, ...own } = options;
  const learningRate = rate === undefined ? own.learningRate : makeSchedule(rate);
  const made = find(optimizers, optimizer)({ ...own, learningRate });
  return clip === undefined ? made : N.chain(N.clipByGlobalNorm(clip), made);
};

interface Params {
  readonly w: Tensor;
  readonly b: Tensor;
}

/** The parameters of tanh(x w + b) after updates on its mean squared error from y; [records, parameters]. */
export const trajectory =
  (options: TrajectoryOptions, on: P.CompileOptions = {}) =>
  (x: Tensor, y: Tensor, w: Tensor, b: Tensor): Tensor => {
    const optimizer = makeOptimizer(options);
    const loss = (p: Params) => N.meanSquaredError(P.tanh(P.add(P.matmul(x, p.w), p.b)), y);
    const update = P.compile((params: Params, state: unknown) => {
      const [updates, next] = optimizer.update(P.grad(loss)(params), state, params);
      return { params: N.applyUpdates(params, updates), state: next };
    }, on);
    let now: { params: Params; state: unknown } = {
      params: { w, b },
      state: optimizer.init({ w, b }),
    };
    const path = Array.from({ length: options.steps }, () => {
      now = update(now.params, now.state);
      return P.concat({ axis: 0 })([P.reshape([-1])(now.params.w), now.params.b]);
    });
    const { every = 1 } = options;
    return P.stack({ axis: 0 })(path.filter((_, step) => step % every === every - 1));
  };
