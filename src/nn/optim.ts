// Optimisers as pairs of pure functions on trees: `init` makes the state, `update` turns gradients into updates, which are
// added to the parameters. They compose by `chain`.

import type { Tensor } from "../core/tensor.ts";
import { leavesOf, mapTree, zipTrees } from "../core/tree.ts";
import { add, cast, div, minimum, mul, neg, sub } from "../ops/arithmetic.ts";
import { sum } from "../ops/broadcast.ts";
import { scalar, zerosLike } from "../ops/create.ts";
import { pow, sqrt, square } from "../ops/functions.ts";
import type { Schedule } from "./schedule.ts";

/** A transformation of gradients. S is its state, a tree of tensors. */
export interface Optimizer<S = unknown> {
  init<P>(params: P): S;
  // A method, so that a transformation with any state fits where states are not known.
  update<P>(updates: P, state: S, params: P): readonly [updates: P, state: S];
}

/** The updates of one transformation handed on to the next. `chain()` does nothing, and chaining is associative. */
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

/** Updates times a factor; −learning rate at the end of a chain makes it descend. */
export const scale = (factor: number): Optimizer<readonly []> => ({
  init: () => [],
  update: (updates, state) => [mapTree(updates, (u) => mul(u, factor)), state],
});

/** Updates times minus a learning rate that may change from update to update. */
export const descend = (learningRate: number | Schedule): Optimizer =>
  typeof learningRate === "number"
    ? scale(-learningRate)
    : ({
        init: () => ({ count: scalar(0) }),
        update: (updates, { count }, _) => {
          const rate = neg(learningRate(count));
          return [mapTree(updates, (u) => mul(u, cast(u.dtype)(rate))), { count: add(count, 1) }];
        },
      } satisfies Optimizer<{ readonly count: Tensor }>);

/** √Σ x² over all leaves of a tree. */
export const globalNorm = (tree: unknown): Tensor =>
  sqrt(
    leavesOf(tree, "globalNorm")
      .map((x) => sum(square(x)))
      .reduce((a, b) => add(a, b)),
  );

/**
 * Updates scaled down so that their global norm is at most `limit`; unchanged below it.
 * Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", ICML 2013, algorithm 1.
 */
export const clipByGlobalNorm = (limit: number): Optimizer<readonly []> => ({
  init: () => [],
  update: (updates, state) => {
    const factor = minimum(div(limit, add(globalNorm(updates), 1e-6)), 1);
    return [mapTree(updates, (u) => mul(u, cast(u.dtype)(factor))), state];
  },
});

/** Options of Adam's scaling. */
export interface AdamOptions {
  /** Decay of the mean; default 0.9. */
  readonly b1?: number;
  /** Decay of the mean square; default 0.999. */
  readonly b2?: number;
  /** Added to the root; default 1e-8. */
  readonly epsilon?: number;
}

/** Means of gradients and of their squares, and the number of updates so far. */
export interface AdamState<P = unknown> {
  readonly mean: P;
  readonly meanSquare: P;
  readonly count: Tensor;
}

/**
 * m̂ / (√v̂ + ε) with m = b₁ m + (1 − b₁) g, v = b₂ v + (1 − b₂) g², both corrected for starting at 0.
 * Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
 */
export const scaleByAdam = ({
  b1 = 0.9,
  b2 = 0.999,
  epsilon = 1e-8,
}: AdamOptions = {}): Optimizer<AdamState> => ({
  init: (params) => ({
    mean: mapTree(params, zerosLike),
    meanSquare: mapTree(params, zerosLike),
    count: scalar(0),
  }),
  update: (gradients, state) => {
    type P = typeof gradients;
    const { mean, meanSquare, count } = state as AdamState<P>; // init made it from parameters like these
    const t = add(count, 1);
    const m = zipTrees((before, g) => add(mul(before, b1), mul(g, 1 - b1)), mean, gradients);
    const v = zipTrees(
      (before, g) => add(mul(before, b2), mul(square(g), 1 - b2)),
      meanSquare,
      gradients,
    );
    const correct1 = sub(1, pow(b1, t));
    const correct2 = sub(1, pow(b2, t));
    const updates = zipTrees(
      (mean1, square1) =>
        div(
          div(mean1, cast(mean1.dtype)(correct1)),
          add(sqrt(div(square1, cast(square1.dtype)(correct2))), epsilon),
        ),
      m,
      v,
    );
    return [updates, { mean: m, meanSquare: v, count: t }];
  },
});

/** Adds decay · θ to the updates, apart from the gradient's own scaling. Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019. */
export const addDecayedWeights = (decay: number): Optimizer<readonly []> => ({
  init: () => [],
  update: (updates, state, params) => [
    zipTrees((u, p) => add(u, mul(p, decay)), updates, params),
    state,
  ],
});

/**
 * θ −= learningRate · (m̂ / (√v̂ + ε) + weightDecay · θ). The decay is 0.01 by default, as PyTorch.
 */
export const adamW = ({
  learningRate,
  weightDecay = 0.01,
  ...adam
}: AdamOptions & {
  readonly learningRate: number | Schedule;
  readonly weightDecay?: number;
}): Optimizer<readonly unknown[]> =>
  chain(scaleByAdam(adam), addDecayedWeights(weightDecay), descend(learningRate));

/** θ −= learningRate · g. */
export const sgd = ({ learningRate }: { readonly learningRate: number | Schedule }): Optimizer =>
  descend(learningRate);

/** Parameters with updates added. */
export const applyUpdates = <P>(params: P, updates: P): P =>
  zipTrees((p, u) => add(p, u), params, updates);
