// Dynamic scaling of the loss: f16 has no numbers below 6e-8, and gradients are often smaller. The
// loss is multiplied by as much as gradients take, and they are divided by it again in f32.
// Micikevicius et al., "Mixed precision training", ICLR 2018, section 3.2.

import type { TreeFunction } from "../../core/autodiff.ts";
import { isTensor, type Tensor } from "../../core/tensor.ts";
import { mapTree } from "../../core/tree.ts";
import { add, cast, div, equal, maximum, mul, where } from "../../ops/arithmetic.ts";
import { scalar } from "../../ops/create.ts";
import { isFiniteTree } from "../optim/choose.ts";
import { fullPrecision, type Policy, valueAndGradUnder } from "./policy.ts";

/** Options of a loss scale. */
export interface LossScaleOptions {
  /** The first scale; default 2¹⁶. */
  readonly initial?: number;
  /** Consecutive steps with finite gradients after which the scale grows; default 2000. */
  readonly period?: number;
  /** What it then is multiplied by; default 2. */
  readonly growth?: number;
  /** What it is multiplied by after a gradient that is not finite; default 0.5. */
  readonly backoff?: number;
  /** The least scale; default 1. */
  readonly floor?: number;
}

/** A loss scale: part of what a checkpoint holds. */
export interface LossScaleState {
  /** f32 [] */
  readonly scale: Tensor;
  /** Steps with finite gradients since the scale changed, i32 []. */
  readonly finiteSteps: Tensor;
}

/**
 * The scale that training starts with.
 *
 * @example
 * item(initLossScale().scale) // 65536
 */
export const initLossScale = ({ initial = 2 ** 16 }: LossScaleOptions = {}): LossScaleState => ({
  scale: scalar(initial, "f32"),
  finiteSteps: scalar(0, "i32"),
});

/**
 * The scale after a step whose gradients were finite, or not (bool []).
 *
 * @example
 * const after = (isGood: boolean) => nextLossScale({ period: 1 })(initLossScale(), scalar(isGood));
 * [true, false].map((isGood) => item(after(isGood).scale)) // [131072, 32768]
 */
export const nextLossScale =
  ({ period = 2000, growth = 2, backoff = 0.5, floor = 1 }: LossScaleOptions = {}) =>
  ({ scale, finiteSteps }: LossScaleState, isGood: Tensor): LossScaleState => {
    const steps = add(finiteSteps, 1);
    const isDue = equal(steps, period);
    const grown = where(isDue, mul(scale, growth), scale);
    const shrunk = maximum(mul(scale, backoff), floor);
    return {
      scale: where(isGood, grown, shrunk),
      finiteSteps: where(isGood, where(isDue, 0, steps), 0),
    };
  };

/** What a scaled step gives. V is what the loss returns. */
export interface Scaled<P, V = Tensor> {
  /** The loss itself, not scaled; with `hasAux`, what comes along with it, too. */
  readonly value: V;
  /** Gradients of the loss itself; infinite or NaN where the scale was too high. */
  readonly gradient: P;
  /** Whether all gradients are finite, bool []. */
  readonly isGood: Tensor;
  /** The scale for the next step. */
  readonly lossScale: LossScaleState;
}

/**
 * The value and gradient of a loss under a policy, computed from `scale` · loss and divided by the
 * scale at once, before any clipping. Where a gradient is not finite the step should be skipped:
 * wrap the optimiser in `skipNonFinite`. With `hasAux` the loss returns [loss, anything].
 *
 * @example
 * const optimizer = skipNonFinite()(sgd({ learningRate: 0.5 }));
 * const loss = (w: Tensor) => sum(square(w));
 * const w = tensor([3]);
 * const step = scaledValueAndGrad(loss, mixedPrecision("f16"));
 * const { value, gradient, lossScale } = step(initLossScale(), w);
 * console.log(item(value), toArray(gradient), item(lossScale.finiteSteps)) // 9 [6] 1
 */
export const scaledValueAndGrad = <F extends TreeFunction>(
  loss: F,
  policy: Policy = fullPrecision,
  { hasAux = false, ...options }: LossScaleOptions & { readonly hasAux?: boolean } = {},
) => {
  const scaled = (params: Parameters<F>[0], others: readonly unknown[], scale: Tensor) => {
    const value = loss(params, ...others);
    const own: unknown = hasAux ? (value as readonly unknown[])[0] : value;
    // What is no tensor cannot be multiplied: valueAndGrad refuses it as it is, as it refuses that of an unscaled loss.
    return [isTensor(own) ? mul(own, cast(own.dtype)(scale)) : own, value];
  };
  const step = valueAndGradUnder(policy)(scaled, { hasAux: true });
  return (
    state: LossScaleState,
    ...[params, ...others]: Parameters<F>
  ): Scaled<Parameters<F>[0], ReturnType<F>> => {
    const [[, value], large] = step(params, others, state.scale);
    const gradient = mapTree(large, (g) => div(g, cast(g.dtype)(state.scale)));
    const isGood = isFiniteTree(gradient);
    return {
      value: value as ReturnType<F>,
      gradient,
      isGood,
      lossScale: nextLossScale(options)(state, isGood),
    };
  };
};
