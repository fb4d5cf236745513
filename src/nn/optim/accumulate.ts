// Several small batches as one large one.

import { fail } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { mapTree, zipTrees } from "../../core/tree.ts";
import { add, cast, div, equal, where } from "../../ops/arithmetic.ts";
import { scalar, zeros, zerosLike } from "../../ops/create.ts";
import { chooseTree } from "./choose.ts";
import type { Optimizer } from "./transform.ts";

/** Sums of gradients since the last step, f32 (f64 for f64), how many, i32 [], and the inner state. */
export interface AccumulateState<P = unknown, S = unknown> {
  readonly sum: P;
  readonly count: Tensor;
  readonly inner: S;
}

/**
 * A step of the optimiser for every k gradients, by their mean. The updates in between are 0, and
 * the optimiser's state, its count of steps too, stays. The same as one batch k times as large, for
 * a loss that is a mean over examples. Fails with InvalidArgument unless k is a whole number above 0.
 *
 * @example
 * const optimizer = accumulate(2)(sgd({ learningRate: 1 }));
 * const g = tensor([1, 3]);
 * const [first, state] = optimizer.update(g, optimizer.init(g), g);
 * const [second] = optimizer.update(mul(g, 3), state, g);
 * console.log(toArray(first), toArray(second)) // [0, 0] [-2, -6]
 */
export const accumulate = (k: number) => {
  if (!(Number.isInteger(k) && k > 0))
    fail("accumulate", "InvalidArgument", "a whole number above 0 expected", String(k));
  return <S>(optimizer: Optimizer<S>): Optimizer<AccumulateState<unknown, S>> => ({
    init: (params) => ({
      sum: mapTree(params, ({ shape, dtype }) => zeros(shape, dtype === "f64" ? "f64" : "f32")),
      count: scalar(0, "i32"),
      inner: optimizer.init(params),
    }),
    update: (updates, state, params) => {
      const before = state.sum as typeof updates; // init made it for this tree
      const sum = zipTrees((a, u) => add(a, cast(a.dtype)(u)), before, updates);
      const mean = zipTrees((a, u) => cast(u.dtype)(div(a, k)), sum, updates);
      const count = add(state.count, 1);
      const isDue = equal(count, k);
      const [due, inner] = optimizer.update(mean, state.inner, params);
      const kept = { sum, count, inner: state.inner };
      const started = { sum: mapTree(sum, zerosLike), count: scalar(0, "i32"), inner };
      return [mapTree(due, (u) => where(isDue, u, 0)), chooseTree(isDue, started, kept)];
    },
  });
};
