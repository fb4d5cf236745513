// The losses that a segmenter can be trained with, chosen by plain data, so that a command line, a checkpoint and a study can name them.

import type { Tensor } from "../../core/tensor.ts";
import { balancedCrossEntropy, balanceOf } from "../../nn/balancedCrossEntropy.ts";
import * as ClassWeights from "../../nn/classWeights.ts";
import { dice } from "../../nn/dice.ts";
import { focal } from "../../nn/focal.ts";
import { crossEntropy } from "../../nn/loss.ts";
import { greater, logicalAnd, notEqual, where } from "../../ops/arithmetic.ts";
import { tensor } from "../../ops/create.ts";
import { take } from "../../ops/gather.ts";
import { any } from "../../ops/reduce.ts";
import { ignored } from "./images.ts";

/** A loss of the logits of pixels; those that are `ignored` do not count. */
export type Loss =
  | { readonly kind: "cross-entropy" }
  /** Cross-entropy with a weight for each class. */
  | { readonly kind: "weighted"; readonly weights: readonly number[] }
  /** `balancedCrossEntropy`: β for each class, the same for all, or from the batch at hand. */
  | {
      readonly kind: "balanced";
      readonly balance: number | readonly number[] | "batch";
      /** Of "batch". */
      readonly strength?: number;
      readonly normalise: "pixels" | "classes";
    }
  | { readonly kind: "focal"; readonly gamma: number }
  | { readonly kind: "dice" };

/** Logits [batch, height, width, classes] and labels i32 [batch, height, width] → []. */
type LossFunction = (logits: Tensor, labels: Tensor) => Tensor;

/**
 * A loss that is 0, without a gradient, where no label counts: those that are means are 0 ⁄ 0 then. `weights` are those of classes, where
 * there are any; a label of weight 0 does not count.
 */
const zeroWithoutLabels =
  (lossWith: (weights?: Tensor) => LossFunction, weights?: Tensor): LossFunction =>
  (logits, labels) => {
    const isKnown = notEqual(labels, ignored);
    const isAny = any(
      weights === undefined
        ? isKnown
        : logicalAnd(isKnown, greater(take({ axis: 0 })(weights, where(isKnown, labels, 0)), 0)),
    );
    // What is not chosen must be finite, or its gradient is 0 · ∞: there all labels are class 0, and no weight is 0.
    const loss = lossWith(weights === undefined ? undefined : where(isAny, weights, 1));
    return where(isAny, loss(logits, where(isAny, labels, 0)), 0);
  };

/**
 * The loss as a function: logits [batch, height, width, classes], labels i32 [batch, height, width] → []. Of a batch in which no label
 * counts, as a crop may have none, it is 0, and its gradient too.
 *
 * @example
 * const none = tensor([[[255]]], { dtype: "i32" }); // `ignored`
 * item(lossOf({ kind: "cross-entropy" })(tensor([[[[2, 1]]]]), none)) // 0
 */
export const lossOf = (loss: Loss): LossFunction =>
  loss.kind === "weighted"
    ? zeroWithoutLabels(
        (weights) => crossEntropy({ ignoreIndex: ignored, ...(weights && { weights }) }),
        tensor(loss.weights),
      )
    : zeroWithoutLabels(() => unweighted(loss));

const unweighted = (loss: Exclude<Loss, { readonly kind: "weighted" }>): LossFunction => {
  const ignoreIndex = ignored;
  switch (loss.kind) {
    case "cross-entropy":
      return crossEntropy({ ignoreIndex });
    case "balanced": {
      const { kind: _, ...options } = loss;
      return balancedCrossEntropy({ ignoreIndex, ...options });
    }
    case "focal":
      return focal({ ignoreIndex, gamma: loss.gamma });
    case "dice":
      return dice({ ignoreIndex });
  }
};

/** Losses by name, each made for the classes of a training part. */
const named = {
  "cross-entropy": () => ({ kind: "cross-entropy" }),
  "median-frequency": (counts) => ({
    kind: "weighted",
    weights: ClassWeights.medianFrequency(counts),
  }),
  // Cui et al., 2019, count samples in ten thousands; of millions of pixels 1 − 1e−6 tells as many classes apart.
  "effective-number": (counts) => ({
    kind: "weighted",
    weights: ClassWeights.effectiveNumber({ beta: 1 - 1e-6 })(counts),
  }),
  // Half the strength: wholly evened out, classes of a thousandth of the pixels outweigh so many others that large ones are lost to them.
  balanced: (counts) => ({
    kind: "balanced",
    balance: balanceOf(ClassWeights.frequencies(counts), 0.5),
    normalise: "classes",
  }),
  "balanced-wholly": (counts) => ({
    kind: "balanced",
    balance: balanceOf(ClassWeights.frequencies(counts), 1),
    normalise: "classes",
  }),
  "balanced-batch": () => ({
    kind: "balanced",
    balance: "batch",
    strength: 0.5,
    normalise: "classes",
  }),
  "balanced-fixed": () => ({ kind: "balanced", balance: 0.9, normalise: "classes" }),
  focal: () => ({ kind: "focal", gamma: 2 }),
  dice: () => ({ kind: "dice" }),
} satisfies Readonly<Record<string, (counts: ClassWeights.ClassCounts) => Loss>>;

/** What a loss is called on a command line and in a study. */
export type LossName = keyof typeof named;

/** The names of losses. */
export const lossNames = Object.keys(named) as readonly LossName[]; // its own keys

/**
 * The loss of a name for a training part with so many pixels of each class.
 *
 * @example
 * lossNamed("median-frequency", { pixels: [6, 2, 1], pixelsWherePresent: [12, 8, 8] }) // { kind: "weighted", weights: [0.5, 1, 2] }
 */
export const lossNamed = (name: LossName, counts: ClassWeights.ClassCounts): Loss =>
  named[name](counts);
