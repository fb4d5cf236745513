// Scaling by roots of mean squares: RMSProp and Adagrad.

import type { Tensor } from "../../core/tensor.ts";
import { mapTree, zipTrees } from "../../core/tree.ts";
import { add, div, maximum, sub } from "../../ops/arithmetic.ts";
import { full, zerosLike } from "../../ops/create.ts";
import { sqrt, square } from "../../ops/functions.ts";
import { type DecayOptions, decayUnlessZero } from "./decay.ts";
import { decayed } from "./means.ts";
import { trace } from "./momentum.ts";
import { type Counted, countOn, readSettings, type Setting, startCount } from "./setting.ts";
import { chain, descend, type Optimizer } from "./transform.ts";

/** Options of `scaleByRms`. */
export interface RmsOptions {
  /** Decay of the means, α; default 0.99. */
  readonly decay?: Setting;
  /** Added to the root; default 1e-8. */
  readonly epsilon?: Setting;
  /** Whether to divide by the deviation from the mean gradient; default no. */
  readonly centered?: boolean;
}

/** Means of squares, and of the gradients themselves where they are centred. */
export interface RmsState<P = unknown> extends Counted {
  readonly meanSquare: P;
  readonly mean?: P;
}

/**
 * g / (√v + ε) with v = α v + (1 − α) g² from 0, not corrected; centred, √(v − m²) with m = α m +
 * (1 − α) g. As PyTorch, but that a negative v − m², which rounding makes, counts as 0.
 * Tieleman & Hinton, "Lecture 6.5: RMSProp", 2012; centred: Graves, "Generating sequences with
 * recurrent neural networks", 2013.
 *
 * @example
 * const rms = scaleByRms({ decay: 0.75 });
 * const g = tensor([4, -0.5]);
 * toArray(rms.update(g, rms.init(g), g)[0]) // [2, -2]
 */
export const scaleByRms = ({
  decay = 0.99,
  epsilon = 1e-8,
  centered = false,
}: RmsOptions = {}): Optimizer<RmsState> => ({
  init: (params) => ({
    meanSquare: mapTree(params, zerosLike),
    ...(centered ? { mean: mapTree(params, zerosLike) } : {}),
    ...startCount([decay, epsilon]),
  }),
  update: (gradients, state) => {
    const { meanSquare: v, mean: m } = state as RmsState<typeof gradients>; // init made it for this tree
    const read = readSettings(state);
    const push = (before: Tensor, now: Tensor) => decayed(read(decay, now.dtype), before, now);
    const meanSquare = zipTrees((before, g) => push(before, square(g)), v, gradients);
    const mean = m === undefined ? {} : { mean: zipTrees(push, m, gradients) };
    const variance =
      mean.mean === undefined
        ? meanSquare
        : zipTrees((a, b) => maximum(sub(a, square(b)), 0), meanSquare, mean.mean);
    const updates = zipTrees(
      (g, x) => div(g, add(sqrt(x), read(epsilon, g.dtype))),
      gradients,
      variance,
    );
    return [updates, { meanSquare, ...mean, ...countOn(state) }];
  },
});

/** Options of `rmsProp`. */
export interface RmsPropOptions extends RmsOptions, DecayOptions {
  readonly learningRate: Setting;
  /** Default 0: no memory of updates. */
  readonly momentum?: Setting;
  /** Decay that is part of the gradient; default 0. */
  readonly weightDecay?: Setting;
}

/**
 * θ −= learningRate · g / (√v + ε), with momentum behind the division. PyTorch's RMSprop.
 *
 * @example
 * const optimizer = rmsProp({ learningRate: 0.1, decay: 0.75 });
 * const w = tensor([1, -2]);
 * const [updates] = optimizer.update(w, optimizer.init(w), w); // the gradient of ½ w² is w
 * toArray(mul(updates, 10)) // [-2, 2]
 */
export const rmsProp = ({
  learningRate,
  momentum = 0,
  weightDecay = 0,
  mask,
  ...options
}: RmsPropOptions): Optimizer<readonly unknown[]> =>
  chain(
    decayUnlessZero(weightDecay, { mask }),
    scaleByRms(options),
    momentum === 0 ? chain() : trace({ momentum }),
    descend(learningRate),
  );

/** Options of `adagrad`. */
export interface AdagradOptions {
  readonly learningRate: Setting;
  /** What the sums of squares start with; default 0. */
  readonly initial?: number;
  /** Added to the root; default 1e-10. */
  readonly epsilon?: number;
}

/** Sums of squares. */
export interface AdagradState<P = unknown> {
  readonly sumSquares: P;
}

/**
 * θ −= learningRate · g / (√Σ g² + ε), the sum over all updates so far. Duchi, Hazan & Singer, "Adaptive
 * subgradient methods for online learning and stochastic optimization", JMLR 2011. PyTorch's defaults.
 *
 * @example
 * const optimizer = adagrad({ learningRate: 0.5 });
 * const w = tensor([1, -2]);
 * toArray(optimizer.update(w, optimizer.init(w), w)[0]) // [-0.5, 0.5]
 */
export const adagrad = ({
  learningRate,
  initial = 0,
  epsilon = 1e-10,
}: AdagradOptions): Optimizer<readonly unknown[]> => {
  const scaled: Optimizer<AdagradState> = {
    init: (params) => ({
      sumSquares: mapTree(params, ({ shape, dtype }) => full(shape, initial, dtype)),
    }),
    update: (gradients, state) => {
      const before = state.sumSquares as typeof gradients; // init made it for this tree
      const sumSquares = zipTrees((a, g) => add(a, square(g)), before, gradients);
      const updates = zipTrees((g, a) => div(g, add(sqrt(a), epsilon)), gradients, sumSquares);
      return [updates, { sumSquares }];
    },
  };
  return chain(scaled, descend(learningRate));
};
