// Lion: the sign of an interpolated momentum. One tree of state where Adam has two.

import { mapTree, zipTrees } from "../../core/tree.ts";
import { sign } from "../../ops/arithmetic.ts";
import { zerosLike } from "../../ops/create.ts";
import { type DecayOptions, decayUnlessZero } from "./decay.ts";
import { decayed } from "./means.ts";
import { type Counted, countOn, readSettings, type Setting, startCount } from "./setting.ts";
import { chain, descend, type Optimizer } from "./transform.ts";

/** Options of `scaleByLion`. */
export interface LionScalingOptions {
  /** Share of the mean in the direction, b₁; default 0.9. */
  readonly b1?: Setting;
  /** Decay of the mean, b₂; default 0.99. */
  readonly b2?: Setting;
}

/** A mean of gradients. */
export interface LionState<P = unknown> extends Counted {
  readonly mean: P;
}

/**
 * sign(b₁ m + (1 − b₁) g), and then m = b₂ m + (1 − b₂) g. X. Chen et al., "Symbolic discovery of
 * optimization algorithms", NeurIPS 2023, algorithm 2.
 *
 * @example
 * const direction = scaleByLion();
 * const g = tensor([4, -0.5, 0]);
 * toArray(direction.update(g, direction.init(g), g)[0]) // [1, -1, 0]
 */
export const scaleByLion = ({
  b1 = 0.9,
  b2 = 0.99,
}: LionScalingOptions = {}): Optimizer<LionState> => ({
  init: (params) => ({ mean: mapTree(params, zerosLike), ...startCount([b1, b2]) }),
  update: (gradients, state) => {
    const before = state.mean as typeof gradients; // init made it for this tree
    const read = readSettings(state);
    const towards = (share: Setting) =>
      zipTrees((m, g) => decayed(read(share, g.dtype), m, g), before, gradients);
    return [mapTree(towards(b1), sign), { mean: towards(b2), ...countOn(state) }];
  },
});

/** Options of `lion`. */
export interface LionOptions extends LionScalingOptions, DecayOptions {
  /** Three to ten times smaller than Adam's, since every update has full length. */
  readonly learningRate: Setting;
  /** Decay apart from the gradient; default 0, as its authors (Optax has 1e-3). */
  readonly weightDecay?: Setting;
}

/**
 * θ −= learningRate · (sign(b₁ m + (1 − b₁) g) + weightDecay · θ).
 *
 * @example
 * const optimizer = lion({ learningRate: 0.25 });
 * const w = tensor([1, -2]);
 * toArray(optimizer.update(w, optimizer.init(w), w)[0]) // [-0.25, 0.25]
 */
export const lion = ({
  learningRate,
  weightDecay = 0,
  mask,
  ...options
}: LionOptions): Optimizer<readonly unknown[]> =>
  chain(scaleByLion(options), decayUnlessZero(weightDecay, { mask }), descend(learningRate));
