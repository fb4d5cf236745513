// The losses that a segmenter can be trained with, chosen by plain data, so that a command line, a checkpoint and a study can name them.

import type { Tensor } from "../../core/tensor.ts";
import { crossEntropy } from "../../nn/loss.ts";
import { tensor } from "../../ops/create.ts";
import { ignored } from "./images.ts";

/** A loss of the logits of pixels. */
export type Loss =
  | { readonly kind: "cross-entropy" }
  /** Each class with its weight, from frequencies of the training part. */
  | { readonly kind: "weighted"; readonly weights: readonly number[] };

/** The loss as a function: logits [batch, height, width, classes], labels i32 [batch, height, width] → []. */
export const lossOf = (loss: Loss): ((logits: Tensor, labels: Tensor) => Tensor) => {
  switch (loss.kind) {
    case "cross-entropy":
      return crossEntropy({ ignoreIndex: ignored });
    case "weighted":
      return crossEntropy({ ignoreIndex: ignored, weights: tensor(loss.weights) });
  }
};
