// The optimisers that are compared, all with gradients clipped and the same schedule.

import { Language } from "../../../src/models/index.ts";
import {
  adam,
  chain,
  clipByGlobalNorm,
  isMatrix,
  lion,
  type Optimizer,
  sgd,
  warmupCosine,
} from "../../../src/nn/index.ts";
import type { OptimizerName } from "./recipes.ts";

/** Lion's decay: that of AdamW. */
const decay = 0.1;

/** An optimiser by name, for so many updates up to a highest learning rate. */
export const optimizerNamed =
  (name: OptimizerName, peak: number) =>
  (updates: number): Optimizer => {
    const learningRate = warmupCosine({
      peak,
      steps: updates,
      warmup: Math.min(100, Math.floor(updates / 10)),
      floor: peak / 10,
    });
    const clip = clipByGlobalNorm(1);
    const l2 = (weightDecay: number) =>
      chain(clip, adam({ learningRate, b2: 0.99, weightDecay, mask: isMatrix }));
    switch (name) {
      case "AdamW":
        return Language.usualOptimizer({ learningRate: peak })(updates);
      case "Adam":
        return l2(0);
      case "Adam, L2 1e-4":
        return l2(1e-4);
      case "Adam, L2 1e-2":
        return l2(1e-2);
      case "SGD, momentum 0.9":
        return chain(clip, sgd({ learningRate, momentum: 0.9 }));
      case "Lion":
        return chain(clip, lion({ learningRate, weightDecay: decay, mask: isMatrix }));
    }
  };
