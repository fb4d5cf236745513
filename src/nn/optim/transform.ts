// What a transformation of gradients is, and the simplest ones: chaining, scaling, descending.

import type { Tensor } from "../../core/tensor.ts";
import { mapTree, zipTrees } from "../../core/tree.ts";
import { add, mul, neg } from "../../ops/arithmetic.ts";
import { zerosLike } from "../../ops/create.ts";
import { type Counted, countOn, readSettings, type Setting, startCount } from "./setting.ts";

/** A transformation of gradients. S is its state, a tree of tensors. */
export interface Optimizer<S = unknown> {
  init<P>(params: P): S;
  // A method, so that a transformation with any state fits where states are not known.
  update<P>(updates: P, state: S, params: P): readonly [updates: P, state: S];
}

/**
 * The updates of each transformation handed on to the next. `chain()` changes nothing, and chaining
 * is associative.
 *
 * @example
 * const clipped = chain(clipByGlobalNorm(1), sgd({ learningRate: 0.5 }));
 * const w = tensor([6, 8]);
 * const [updates] = clipped.update(w, clipped.init(w), w); // the gradient of ½ w² is w
 * toArray(mul(updates, 10)) // [-3, -4]
 */
export const chain = (...parts: readonly Optimizer[]): Optimizer<readonly unknown[]> => ({
  init: (params) => parts.map(({ init }) => init(params)),
  update: (updates, states, params) => {
    let current = updates;
    const next = parts.map(({ update }, i) => {
      const [changed, state] = update(current, states[i], params);
      current = changed;
      return state;
    });
    return [current, next];
  },
});

/** The value of a setting for a leaf, at the present update. */
type SettingFor = (setting: Setting, leaf: Tensor) => Tensor | number;

/**
 * A transformation without memory: each update from itself, its parameter and settings. It counts
 * updates if a setting is a schedule.
 */
export const leafwise = (
  settings: readonly Setting[],
  change: (update: Tensor, param: Tensor, at: SettingFor) => Tensor,
): Optimizer<Counted> => ({
  init: () => startCount(settings),
  update: (updates, state, params) => {
    const read = readSettings(state);
    const at: SettingFor = (setting, { dtype }) => read(setting, dtype);
    return [zipTrees((u, p) => change(u, p, at), updates, params), countOn(state)];
  },
});

/**
 * Updates times a factor; −learning rate at the end of a chain makes it descend.
 *
 * @example
 * const double = scale(2);
 * const g = tensor([1, -2]);
 * toArray(double.update(g, double.init(g), g)[0]) // [2, -4]
 */
export const scale = (factor: Setting): Optimizer<Counted> => ({
  init: () => startCount([factor]),
  update: (updates, state) => {
    const read = readSettings(state);
    return [mapTree(updates, (u) => mul(u, read(factor, u.dtype))), countOn(state)];
  },
});

/**
 * Updates times minus a learning rate: the last part of most chains.
 *
 * @example
 * const down = descend((step) => mul(step, 0.5)); // 0, 0.5, 1, …
 * const g = tensor([1, -2]);
 * const [, second] = down.update(g, down.init(g), g);
 * toArray(down.update(g, second, g)[0]) // [-0.5, 1]
 */
export const descend = (learningRate: Setting): Optimizer<Counted> =>
  scale(
    typeof learningRate === "number" ? -learningRate : (step: Tensor) => neg(learningRate(step)),
  );

/**
 * Updates of 0: for parameters that stay as they are, in `partition`.
 *
 * @example
 * const g = tensor([1, -2]);
 * toArray(freeze().update(g, freeze().init(g), g)[0]) // [0, 0]
 */
export const freeze = (): Optimizer<readonly []> => ({
  init: () => [],
  update: (updates, state) => [mapTree(updates, zerosLike), state],
});

/**
 * Parameters with updates added.
 *
 * @example
 * toArray(applyUpdates({ w: tensor([1, 2]) }, { w: tensor([3, 4]) }).w) // [4, 6]
 */
export const applyUpdates = <P>(params: P, updates: P): P =>
  zipTrees((p, u) => add(p, u), params, updates);
