// The value and the gradient of a loss in the precision that a run is to have, whatever model it trains.

import type { Tensor } from "../core/tensor.ts";
import { chooseTree } from "../nn/optim/choose.ts";
import { type Optimizer, type SkipState, skipNonFinite } from "../nn/optim.ts";
import {
  fullPrecision,
  type HalfDtype,
  type LossScaleState,
  mixedPrecision,
  scaledValueAndGrad,
  valueAndGradUnder,
} from "../nn/precision.ts";
import { where } from "../ops/arithmetic.ts";

/** What is stored in 16 bits between kernels; f16 with a scaled loss, "f16-unscaled" without, to see what that is for. f32: nothing. */
export type Precision = "f32" | HalfDtype | "f16-unscaled";

/** Words for precisions. */
export const precisions: readonly Precision[] = ["f32", "bf16", "f16", "f16-unscaled"];

/** What a loss and its gradient come to. */
export interface Slope<P, A> {
  readonly loss: Tensor;
  /** What came along with the loss; that of before where a step is passed over. */
  readonly aux: A;
  readonly gradient: P;
  readonly lossScale: LossScaleState;
}

/** The value and gradient of a loss, which comes with something beside, in a precision. */
export const slopeIn =
  (precision: Precision) =>
  <P, A>(
    loss: (params: P) => readonly [Tensor, A],
    params: P,
    { lossScale, before }: { readonly lossScale: LossScaleState; readonly before: A },
  ): Slope<P, A> => {
    if (precision === "f16") {
      const policy = mixedPrecision("f16");
      const scaled = scaledValueAndGrad(loss, policy, { hasAux: true })(lossScale, params);
      // A step that is passed over leaves nothing behind: what overflowed may be in what comes along, too.
      const aux = chooseTree(scaled.isGood, scaled.value[1], before);
      return { loss: scaled.value[0], aux, gradient: scaled.gradient, lossScale: scaled.lossScale };
    }
    const stored = precision === "f16-unscaled" ? "f16" : precision;
    const policy = stored === "f32" ? fullPrecision : mixedPrecision(stored);
    const [[value, aux], gradient] = valueAndGradUnder(policy)(loss, { hasAux: true })(params);
    return { loss: value, aux, gradient, lossScale };
  };

/** An optimiser for a precision: steps whose gradients overflow a scaled f16 are passed over. */
export const optimizerIn =
  (precision: Precision) =>
  (optimizer: Optimizer): Optimizer =>
    precision === "f16" ? skipNonFinite({ maxConsecutive: 50 })(optimizer) : optimizer;

/**
 * The loss that is reported: no number once `optimizerIn` gave up, so that the run ends; with gradients that stay infinite at any scale it would go
 * on for nothing.
 */
export const reportedIn = (precision: Precision, loss: Tensor, optimizer: unknown): Tensor =>
  precision === "f16" ? where((optimizer as SkipState).gaveUp, Number.NaN, loss) : loss; // optimizerIn skips
