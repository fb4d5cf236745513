// The losses of cases_segmentation.py.

import type { Tensor } from "../../src/index.ts";
import {
  type BalancedCrossEntropyOptions,
  balancedCrossEntropy,
  type DiceOptions,
  dice,
  type FocalOptions,
  focal,
} from "../../src/nn/index.ts";
import type { Application } from "./applications.ts";

type Rows = [logits: Tensor, labels: Tensor]; // what a case without weights has

/** By the name of the op in the case. */
export const segmentationApplications: Readonly<Record<string, Application>> = {
  balancedCrossEntropy: (options, inputs) =>
    balancedCrossEntropy(options as BalancedCrossEntropyOptions)(...(inputs as Rows)),
  focal: (options, [logits, labels, weights]) => {
    const given = options as FocalOptions;
    const loss = focal(weights === undefined ? given : { ...given, weights });
    return loss(logits as Tensor, labels as Tensor);
  },
  dice: (options, inputs) => dice(options as DiceOptions)(...(inputs as Rows)),
};
