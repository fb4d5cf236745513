// LAMB: Adam's direction with a length that fits each layer, for batches of thousands.

import type { Tensor } from "../../core/tensor.ts";
import { div, equal, logicalOr, mul, where } from "../../ops/arithmetic.ts";
import { type AdamWithDecayOptions, scaleByAdam } from "./adam.ts";
import { globalNorm } from "./clip.ts";
import { decayUnlessZero } from "./decay.ts";
import type { Counted } from "./setting.ts";
import { chain, descend, leafwise, type Optimizer } from "./transform.ts";

/**
 * Each update times ‖θ‖ / ‖update‖, tensor by tensor; as it is where either norm is 0. You, Gitman &
 * Ginsburg, "Large batch training of convolutional networks", 2017.
 *
 * @example
 * const fitted = scaleByTrustRatio();
 * const [w, u] = [tensor([6, 8]), tensor([0, 2])];
 * toArray(fitted.update(u, fitted.init(w), w)[0]) // [0, 10]
 */
export const scaleByTrustRatio = (): Optimizer<Counted> =>
  leafwise([], (u, p) => mul(u, ratioOf(globalNorm(p), globalNorm(u))));

const ratioOf = (ofParam: Tensor, ofUpdate: Tensor): Tensor => {
  const isUnknown = logicalOr(equal(ofParam, 0), equal(ofUpdate, 0));
  return where(isUnknown, 1, div(ofParam, where(isUnknown, 1, ofUpdate)));
};

/**
 * θ −= learningRate · ‖θ‖ / ‖u‖ · u with u = m̂ / (√v̂ + ε) + weightDecay · θ, tensor by tensor; ε is
 * 1e-6 and the decay 0 by default, as in Optax. You et al., "Large batch optimization for deep
 * learning: training BERT in 76 minutes", ICLR 2020, algorithm 2, with φ(z) = z.
 *
 * @example
 * const optimizer = lamb({ learningRate: 0.5 });
 * const w = tensor([3, -4]); // the gradient of ½ w² is w; its direction has the length √2
 * const [updates] = optimizer.update(w, optimizer.init(w), w);
 * item(globalNorm(updates)).toFixed(4) // 2.5000
 */
export const lamb = ({
  learningRate,
  weightDecay = 0,
  epsilon = 1e-6,
  mask,
  ...options
}: AdamWithDecayOptions): Optimizer<readonly unknown[]> =>
  chain(
    scaleByAdam({ ...options, epsilon }),
    decayUnlessZero(weightDecay, { mask }),
    scaleByTrustRatio(),
    descend(learningRate),
  );
