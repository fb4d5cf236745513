// Single weights that go: the smallest (Han et al., "Learning both weights and connections for efficient neural networks", NeurIPS 2015), those
// that the loss depends on least, or any.

import { fail } from "../../../core/errors.ts";
import { values } from "../../../core/run/evaluate.ts";
import { printShape } from "../../../core/shape.ts";
import type { Tensor } from "../../../core/tensor.ts";
import { leavesOf } from "../../../core/tree.ts";
import { foldIn, uniform } from "../../../ops/random.ts";
import { countKept, dropLowest, prunedCount, type ScoreArray } from "./lowest.ts";
import {
  type ChooseOptions,
  floatsOf,
  type PrunedLeaf,
  type Pruning,
  pruning,
  sizesOf,
} from "./masks.ts";
import { slicesOf } from "./slices.ts";

/** How much is pruned, and among what. */
export interface SparsityOptions extends ChooseOptions {
  /** The share that goes, in 0…1: of n elements round(sparsity · n). */
  readonly sparsity: number;
  /** Of what that is the share: what masks from before have kept ("survivors", as in PyTorch), or all there is, the pruned included. Default "survivors". */
  readonly of?: "survivors" | "all";
  /** Whether each leaf loses that share, or all together; default "leaf". */
  readonly scope?: "leaf" | "global";
  /** An axis of every leaf: each slice at a place along it loses that share. Not with a global scope. */
  readonly per?: number;
}

/** Prunes elements that are compared with one another. */
const pruneTogether = (
  op: string,
  { sparsity, of = "survivors" }: SparsityOptions,
  scores: ScoreArray,
  kept: Uint8Array,
): void => {
  const alive = countKept(kept);
  const count =
    of === "survivors"
      ? prunedCount(op, sparsity, alive)
      : prunedCount(op, sparsity, kept.length) - (kept.length - alive);
  dropLowest(scores, kept, count);
};

const joined = (arrays: readonly ScoreArray[]): ScoreArray => {
  const all = new Float64Array(arrays.reduce((n, { length }) => n + length, 0));
  arrays.reduce((at, array) => {
    all.set(array, at);
    return at + array.length;
  }, 0);
  return all;
};

const pruneGlobally = (
  op: string,
  options: SparsityOptions,
  leaves: readonly PrunedLeaf[],
): void => {
  const all = new Uint8Array(leaves.reduce((n, { kept }) => n + kept.length, 0));
  const starts: number[] = [];
  leaves.reduce((at, leaf) => {
    starts.push(at);
    all.set(leaf.kept, at);
    return at + leaf.kept.length;
  }, 0);
  pruneTogether(op, options, joined(leaves.map(({ scores }) => scores)), all);
  leaves.forEach((leaf, i) => {
    const start = starts[i] as number;
    leaf.kept.set(all.subarray(start, start + leaf.kept.length));
  });
};

const prunePer = (op: string, options: SparsityOptions, leaf: PrunedLeaf, axis: number): void => {
  for (const places of slicesOf(op, leaf, axis)) {
    const scores = Float64Array.from(places, (place) => leaf.scores[place] as number);
    const kept = Uint8Array.from(places, (place) => leaf.kept[place] as number);
    pruneTogether(op, options, scores, kept);
    places.forEach((place, i) => {
      leaf.kept[place] = kept[i] as number;
    });
  }
};

const pruneBy = (op: string, options: SparsityOptions) => {
  prunedCount(op, options.sparsity, 0); // refuses a sparsity that is none before anything is computed
  const { scope = "leaf", per } = options;
  if (scope === "global" && per !== undefined)
    fail(op, "InvalidArgument", "a global scope or slices expected", "both");
  return (leaves: readonly PrunedLeaf[]): void => {
    if (scope === "global") pruneGlobally(op, options, leaves);
    else
      for (const leaf of leaves) {
        if (per === undefined) pruneTogether(op, options, leaf.scores, leaf.kept);
        else prunePer(op, options, leaf, per);
      }
  };
};

/**
 * A pruning of the smallest weights by |w|: exactly round(sparsity · n) of n, of equal ones the first. A second pruning takes its share of what
 * the first has left (`of: "survivors"`), as PyTorch's PruningContainer, or counts it in (`of: "all"`).
 *
 * Fails with InvalidArgument for a sparsity outside of 0…1.
 *
 * @example
 * const half = magnitude({ sparsity: 0.5 });
 * const w = tensor([[1, -4, 3, 2]]);
 * const once = half(w);
 * console.log(toArray(once), toArray(half(w, once))) // [[false, true, true, false]] [[false, true, false, false]]
 */
export const magnitude = (options: SparsityOptions): Pruning =>
  pruning(
    "magnitude",
    options,
    (leaf) => sizesOf("magnitude", leaf),
    pruneBy("magnitude", options),
  );

/**
 * A pruning of weights drawn by lot from a key: what the others are held against.
 *
 * @example
 * Compress.sparsityOf(random(key(0), { sparsity: 0.25 })(ones([4, 8]))) // 0.25
 */
export const random = (from: Tensor, options: SparsityOptions): Pruning =>
  pruning(
    "random",
    options,
    ({ shape }, place) => floatsOf("random", uniform(foldIn(from, place), shape)),
    pruneBy("random", options),
  );

/**
 * A pruning of the weights that the loss depends on least, to first order: by |w · g| of gradients like the parameters. Molchanov et al., "Pruning
 * convolutional neural networks for resource efficient inference", ICLR 2017.
 *
 * @example
 * const w = tensor([[1, 2, 3]]);
 * toArray(taylor(tensor([[9, 1, -1]]), { sparsity: 0.4 })(w)) // [[true, false, true]]
 */
export const taylor = (gradients: unknown, options: SparsityOptions): Pruning => {
  const all = leavesOf(gradients, "taylor");
  return pruning(
    "taylor",
    options,
    (leaf, place) => importanceOf(leaf, all[place]),
    pruneBy("taylor", options),
  );
};

const importanceOf = (w: Tensor, g: Tensor | undefined): ScoreArray => {
  if (g === undefined || printShape(g.shape) !== printShape(w.shape))
    return fail(
      "taylor",
      "ShapeMismatch",
      `a gradient ${printShape(w.shape)} expected, as the parameter`,
      g === undefined ? "none" : printShape(g.shape),
    );
  const slope = values(g);
  return sizesOf("taylor", w).map((x, i) => x * Math.abs(slope[i] as number));
};
