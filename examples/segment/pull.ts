// What a loss asks a network to change first, and at pixels of which classes.

import { cast, compile, grad, type Tensor, values, zeros } from "../../src/index.ts";
import { Segmentation } from "../../src/models/index.ts";

const { ignored, lossOf } = Segmentation;

/**
 * The share that pixels of each class have in all that a loss asks for, of a network that finds all classes equally likely everywhere:
 * sums of the absolute values of the gradient by logits. Of cross-entropy that is the share of pixels.
 *
 *   labels u8 [batch, height, width]   → one number for each class, of sum 1; NaN where no pixel has a class
 */
export const pullOf =
  (loss: Segmentation.Loss, classes: number) =>
  (labels: Tensor): readonly number[] => {
    const truth = cast("i32")(labels);
    const costs = lossOf(loss);
    const gradient = compile(grad((logits: Tensor) => costs(logits, truth)));
    const changes = values(gradient(zeros([...labels.shape, classes])));
    const sums = new Array<number>(classes).fill(0);
    for (const [pixel, label] of [...values(labels)].entries())
      if (label !== ignored)
        for (let at = pixel * classes; at < (pixel + 1) * classes; at++)
          sums[label] = (sums[label] as number) + Math.abs(changes[at] as number); // a class, a logit
    const all = sums.reduce((a, b) => a + b, 0);
    return sums.map((sum) => sum / all);
  };
