// Adam and what became of it: AdamW, AMSGrad and NAdam.

import type { Tensor } from "../../core/tensor.ts";
import { leavesOf, mapTree, zipTrees } from "../../core/tree.ts";
import { add, cast, div, maximum, mul, sub } from "../../ops/arithmetic.ts";
import { scalar, zerosLike } from "../../ops/create.ts";
import { exp, sqrt, square } from "../../ops/functions.ts";
import { type DecayOptions, decayUnlessZero } from "./decay.ts";
import { corrected, decayed } from "./means.ts";
import { type Setting, scalarDtype, settingAt } from "./setting.ts";
import { chain, descend, type Optimizer } from "./transform.ts";

/** Options of Adam's scaling. */
export interface AdamOptions {
  /** Decay of the mean, b₁; default 0.9. */
  readonly b1?: Setting;
  /** Decay of the mean square, b₂; default 0.999. */
  readonly b2?: Setting;
  /** Added to the root; default 1e-8. */
  readonly epsilon?: Setting;
  /**
   * Whether to divide by the root of the highest v so far, which never falls. Reddi, Kale & Kumar,
   * "On the convergence of Adam and beyond", ICLR 2018. Default no.
   */
  readonly amsgrad?: boolean;
  /**
   * Whether to look one step ahead: b₁ m / (1 − b₁ᵗ⁺¹) + (1 − b₁) g / (1 − b₁ᵗ) in place of m̂.
   * Dozat, "Incorporating Nesterov momentum into Adam", 2016, as Optax; `nAdam` is PyTorch's. Default no.
   */
  readonly nesterov?: boolean;
}

/** Means of gradients and of their squares, and the number of updates so far, i32 []. */
export interface AdamState<P = unknown> {
  readonly mean: P;
  readonly meanSquare: P;
  /** The highest mean square so far; with `amsgrad` only. */
  readonly highest?: P;
  readonly count: Tensor;
}

/**
 * m̂ / (√v̂ + ε) with m = b₁ m + (1 − b₁) g, v = b₂ v + (1 − b₂) g², both corrected for starting at
 * 0: m̂ = m / (1 − b₁ᵗ), v̂ = v / (1 − b₂ᵗ) at update t = 1, 2, …
 *
 * The first update is the sign of the gradient, nearly, and a gradient of 0 stays 0.
 * Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
 *
 * @example
 * const adam = scaleByAdam();
 * const g = tensor([4, -0.5]);
 * toArray(adam.update(g, adam.init(g), g)[0]) // [1, -1]
 */
export const scaleByAdam = ({
  b1 = 0.9,
  b2 = 0.999,
  epsilon = 1e-8,
  amsgrad = false,
  nesterov = false,
}: AdamOptions = {}): Optimizer<AdamState> => ({
  init: (params) => startMeans(params, amsgrad),
  update: (gradients, state) => {
    const { count } = state;
    const t = add(count, 1);
    const { mean, meanSquare, highest, divisors } = nextMeans(gradients, state, {
      b1,
      b2,
      epsilon,
    });
    const first = zipTrees(
      (m, g) => {
        const b = settingAt(b1, count, g.dtype);
        return nesterov
          ? decayed(b, corrected(b, add(t, 1), m), corrected(b, t, g))
          : corrected(b, t, m);
      },
      mean,
      gradients,
    );
    const updates = zipTrees((m, divisor) => div(m, divisor), first, divisors);
    return [updates, { mean, meanSquare, ...highest, count: t }];
  },
});

const startMeans = (params: unknown, amsgrad: boolean): AdamState => ({
  mean: mapTree(params, zerosLike),
  meanSquare: mapTree(params, zerosLike),
  ...(amsgrad ? { highest: mapTree(params, zerosLike) } : {}),
  count: scalar(0, "i32"),
});

/** m and v after one more gradient, and √v̂ + ε, where v is the highest so far if that is kept. */
const nextMeans = <P>(
  gradients: P,
  state: AdamState,
  { b1, b2, epsilon }: Required<Pick<AdamOptions, "b1" | "b2" | "epsilon">>,
) => {
  const { mean: m, meanSquare: v, highest: top, count } = state as AdamState<P>; // init made it for this tree
  const at = (setting: Setting, { dtype }: Tensor) => settingAt(setting, count, dtype);
  const mean = zipTrees((before, g) => decayed(at(b1, g), before, g), m, gradients);
  const meanSquare = zipTrees((before, g) => decayed(at(b2, g), before, square(g)), v, gradients);
  const highest =
    top === undefined ? {} : { highest: zipTrees((a, b) => maximum(a, b), top, meanSquare) };
  const divisors = mapTree(highest.highest ?? meanSquare, (x) =>
    add(sqrt(corrected(at(b2, x), add(count, 1), x)), at(epsilon, x)),
  );
  return { mean, meanSquare, highest, divisors };
};

/** Options of `adam`. */
export interface AdamWithDecayOptions extends AdamOptions, DecayOptions {
  readonly learningRate: Setting;
  /** Decay; for its default see the optimiser. */
  readonly weightDecay?: Setting;
}

/**
 * θ −= learningRate · m̂ / (√v̂ + ε). A weight decay, 0 by default, is added to the gradient, as in
 * PyTorch's Adam; `adamW` keeps it apart.
 *
 * @example
 * const optimizer = adam({ learningRate: 0.25 });
 * const w = tensor([1, -2]);
 * const [updates] = optimizer.update(w, optimizer.init(w), w); // the gradient of ½ w² is w
 * toArray(applyUpdates(w, updates)) // [0.75, -1.75]
 */
export const adam = ({
  learningRate,
  weightDecay = 0,
  mask,
  ...options
}: AdamWithDecayOptions): Optimizer<readonly unknown[]> =>
  chain(decayUnlessZero(weightDecay, { mask }), scaleByAdam(options), descend(learningRate));

/**
 * θ −= learningRate · (m̂ / (√v̂ + ε) + weightDecay · θ), with Adam's m̂ and v̂. The decay is 0.01
 * by default, as PyTorch (Optax has 1e-4), and on all parameters; `mask: isMatrix` spares biases.
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
  mask,
  ...options
}: AdamWithDecayOptions): Optimizer<readonly unknown[]> =>
  chain(scaleByAdam(options), decayUnlessZero(weightDecay, { mask }), descend(learningRate));

/** Options of `scaleByNAdam`. */
export interface NAdamOptions extends Pick<AdamOptions, "b1" | "b2" | "epsilon"> {
  /** ψ: how slowly momentum rises to b₁; default 0.004. */
  readonly momentumDecay?: number;
}

/** Adam's state, and the product of all μ so far, []. */
export interface NAdamState<P = unknown> extends AdamState<P> {
  readonly product: Tensor;
}

/**
 * ((1 − μₜ) g / (1 − Πμ) + μₜ₊₁ m / (1 − μₜ₊₁ Πμ)) / (√v̂ + ε) with μₜ = b₁ (1 − ½ · 0.96^(ψ t)) and
 * the product up to t; m and v are Adam's. Dozat, "Incorporating Nesterov momentum into Adam", 2016,
 * as PyTorch has it.
 *
 * @example
 * const nadam = scaleByNAdam();
 * const g = tensor([4, -0.5]);
 * const [updates] = nadam.update(g, nadam.init(g), g);
 * toArray(sign(updates)) // [1, -1]
 */
export const scaleByNAdam = ({
  b1 = 0.9,
  b2 = 0.999,
  epsilon = 1e-8,
  momentumDecay = 0.004,
}: NAdamOptions = {}): Optimizer<NAdamState> => ({
  init: (params) => ({
    ...startMeans(params, false),
    product: scalar(1, scalarDtype(leavesOf(params))),
  }),
  update: (gradients, state) => {
    const { count } = state;
    const { mean, meanSquare, divisors } = nextMeans(gradients, state, { b1, b2, epsilon });
    const momentumAt = (t: Tensor): Tensor => {
      const rise = exp(mul(t, momentumDecay * Math.log(0.96)));
      return mul(sub(1, mul(rise, 0.5)), settingAt(b1, count, t.dtype));
    };
    const t = add(cast(state.product.dtype)(count), 1);
    const [now, next] = [momentumAt(t), momentumAt(add(t, 1))];
    const product = mul(state.product, now);
    const ofGradient = div(sub(1, now), sub(1, product));
    const ofMean = div(next, sub(1, mul(product, next)));
    const updates = zipTrees(
      (g, m, divisor) => {
        const [a, b] = [ofGradient, ofMean].map(cast(g.dtype)) as [Tensor, Tensor]; // two of two
        return div(add(mul(g, a), mul(m, b)), divisor);
      },
      gradients,
      mean,
      divisors,
    );
    return [updates, { mean, meanSquare, count: add(count, 1), product }];
  },
});

/**
 * θ −= learningRate · the update of `scaleByNAdam`. A weight decay, 0 by default, is added to the
 * gradient, as in PyTorch.
 *
 * @example
 * const optimizer = nAdam({ learningRate: 0.1 });
 * const w = tensor([1, -2]);
 * const [updates] = optimizer.update(w, optimizer.init(w), w);
 * toArray(sign(updates)) // [-1, 1]
 */
export const nAdam = ({
  learningRate,
  weightDecay = 0,
  mask,
  ...options
}: NAdamOptions & Omit<AdamWithDecayOptions, keyof AdamOptions>): Optimizer<readonly unknown[]> =>
  chain(decayUnlessZero(weightDecay, { mask }), scaleByNAdam(options), descend(learningRate));
