// A moving mean of parameters, which often does better than the last of them.

import type { Tensor } from "../../core/tensor.ts";
import { mapTree, zipTrees } from "../../core/tree.ts";
import { add } from "../../ops/arithmetic.ts";
import { scalar } from "../../ops/create.ts";
import { decayed } from "./means.ts";
import { type Setting, settingAt } from "./setting.ts";

/** A mean of parameters, and the number of parameters after the first, i32 []. */
export interface AverageState<P> {
  readonly mean: P;
  readonly count: Tensor;
}

/** How a mean of parameters is kept. */
export interface ParameterAverage {
  /** The mean of one set of parameters: themselves. */
  init<P>(params: P): AverageState<P>;
  /** The mean after one more step. */
  update<P>(state: AverageState<P>, params: P): AverageState<P>;
}

/**
 * θ̄ = decay · θ̄ + (1 − decay) · θ after every step, from the first θ on; the state is a tree of
 * tensors, and `mean` are parameters to evaluate with. A schedule for the decay lets it rise from 0.
 * Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", 1992.
 *
 * @example
 * const average = averageParameters({ decay: 0.75 });
 * const state = average.update(average.init(tensor([0])), tensor([4]));
 * toArray(state.mean) // [1]
 */
export const averageParameters = ({
  decay = 0.999,
}: {
  readonly decay?: Setting;
} = {}): ParameterAverage => ({
  init: (params) => ({ mean: mapTree(params, (p) => p), count: scalar(0, "i32") }),
  update: ({ mean, count }, params) => ({
    mean: zipTrees(
      (before, p) => decayed(settingAt(decay, count, p.dtype), before, p),
      mean,
      params,
    ),
    count: add(count, 1),
  }),
});
