// Optimisers as pairs of pure functions on trees: `init` makes the state, `update` turns gradients
// into updates, which are added to the parameters. They compose by `chain`.

import type { Tensor } from "../core/tensor.ts";
import { leavesOf, mapTree, zipTrees } from "../core/tree.ts";
import { add, cast, div, maximum, mul, neg } from "../ops/arithmetic.ts";
import { sum } from "../ops/broadcast.ts";
import { scalar, zerosLike } from "../ops/create.ts";
import { expm1, sqrt, square } from "../ops/functions.ts";
import type { Schedule } from "./schedule.ts";

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

/** Updates times a factor; −learning rate at the end of a chain makes it descend. */
export const scale = (factor: number): Optimizer<readonly []> => ({
  init: () => [],
  update: (updates, state) => [mapTree(updates, (u) => mul(u, factor)), state],
});

/** The number of updates so far, i32 []. */
interface Counted {
  readonly count: Tensor;
}

/** Updates times minus a learning rate that may change from update to update. */
export const descend = (learningRate: number | Schedule): Optimizer =>
  typeof learningRate === "number"
    ? scale(-learningRate)
    : ({
        init: () => ({ count: scalar(0, "i32") }),
        update: (updates, { count }, _) => [
          mapTree(updates, (u) => neg(mul(u, learningRate(cast(u.dtype)(count))))),
          { count: add(count, 1) },
        ],
      } satisfies Optimizer<Counted>);

/**
 * √Σ x² over all leaves of a tree, 0 for a tree without any.
 *
 * @example
 * item(globalNorm({ weight: tensor([[2, 1]]), bias: tensor([2]) })) // 3
 */
export const globalNorm = (tree: unknown): Tensor => {
  const squares = leavesOf(tree, "globalNorm").map((x) => sum(square(x)));
  return squares.length === 0 ? scalar(0) : sqrt(squares.reduce((a, b) => add(a, b)));
};

/**
 * Updates scaled down so that their global norm is at most `limit`, up to rounding; unchanged when
 * it is. The limit is above 0. Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent
 * neural networks", ICML 2013, algorithm 1.
 *
 * @example
 * const clip = clipByGlobalNorm(5);
 * const small = tensor([3, 4]);
 * toArray(clip.update(small, [], small)[0]) // [3, 4]
 */
export const clipByGlobalNorm = (limit: number): Optimizer<readonly []> => ({
  init: () => [],
  update: (updates, state) => {
    const factor = div(limit, maximum(globalNorm(updates), limit)); // exactly 1 up to the limit
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

/** Means of gradients and of their squares, and the number of updates so far, i32 []. */
export interface AdamState<P = unknown> {
  readonly mean: P;
  readonly meanSquare: P;
  readonly count: Tensor;
}

/**
 * m̂ / (√v̂ + ε) with m = b₁ m + (1 − b₁) g, v = b₂ v + (1 − b₂) g², both corrected for starting at
 * 0: m̂ = m / (1 − b₁ᵗ), v̂ = v / (1 − b₂ᵗ) at update t = 1, 2, …
 *
 * The first update is the sign of the gradient, nearly, and a gradient of 0 stays 0.
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
    count: scalar(0, "i32"),
  }),
  update: (gradients, state) => {
    type P = typeof gradients;
    const { mean, meanSquare, count } = state as AdamState<P>; // init made it for this tree
    const t = add(count, 1);
    const m = zipTrees((before, g) => decayed(b1, before, g), mean, gradients);
    const v = zipTrees((before, g) => decayed(b2, before, square(g)), meanSquare, gradients);
    const updates = zipTrees(
      (m1, v1) => div(corrected(b1, t, m1), add(sqrt(corrected(b2, t, v1)), epsilon)),
      m,
      v,
    );
    return [updates, { mean: m, meanSquare: v, count: t }];
  },
});

const decayed = (decay: number, before: Tensor, now: Tensor): Tensor =>
  add(mul(before, decay), mul(now, 1 - decay));

/** x / (1 − decayᵗ). The difference is −expm1(t · ln decay), which does not cancel in f32. */
const corrected = (decay: number, t: Tensor, x: Tensor): Tensor =>
  div(x, neg(expm1(mul(cast(x.dtype)(t), Math.log(decay)))));

/**
 * Adds decay · θ to the updates, apart from the gradient's own scaling. Loshchilov & Hutter,
 * "Decoupled weight decay regularization", ICLR 2019.
 */
export const addDecayedWeights = (decay: number): Optimizer<readonly []> => ({
  init: () => [],
  update: (updates, state, params) => [
    zipTrees((u, p) => add(u, mul(p, decay)), updates, params),
    state,
  ],
});

/**
 * θ −= learningRate · (m̂ / (√v̂ + ε) + weightDecay · θ), with Adam's m̂ and v̂. The decay is 0.01
 * by default, as PyTorch (Optax has 1e-4).
 *
 * @example
 * const optimizer = adamW({ learningRate: 0.25, weightDecay: 0 });
 * const w = tensor([1, -2]);
 * const [updates, state] = optimizer.update(w, optimizer.init(w), w); // the gradient of ½ w² is w
 * toArray(applyUpdates(w, updates)) // [0.75, -1.75]
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

/**
 * Parameters with updates added.
 *
 * @example
 * toArray(applyUpdates({ w: tensor([1, 2]) }, { w: tensor([3, 4]) }).w) // [4, 6]
 */
export const applyUpdates = <P>(params: P, updates: P): P =>
  zipTrees((p, u) => add(p, u), params, updates);
