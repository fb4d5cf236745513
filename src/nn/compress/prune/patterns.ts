// Weights that go in patterns that a machine can use: some of every few, or whole rows, columns and filters.

import { fail } from "../../../core/errors.ts";
import { dropLowest, orInfinity, prunedCount } from "./lowest.ts";
import { type ChooseOptions, type PrunedLeaf, type Pruning, pruning, sizesOf } from "./masks.ts";
import { along, slicesOf } from "./slices.ts";

/** Options of `nOfM`. */
export interface NOfMOptions extends ChooseOptions {
  /** How many of a group stay; default 2. */
  readonly n?: number;
  /** Elements of a group, neighbours along the axis, whose size it divides; default 4. */
  readonly m?: number;
  /** Default −2: along the inputs of a linear layer or a convolution. */
  readonly axis?: number;
}

/**
 * A pruning that keeps the n largest of every m neighbours along an axis: Mishra et al., "Accelerating sparse deep neural networks", 2021. Of
 * what masks from before have pruned nothing comes back, so that a group may keep fewer.
 *
 * Fails with InvalidArgument where m does not divide the axis.
 *
 * @example
 * toArray(nOfM({ n: 1, m: 2, axis: -1 })(tensor([[1, -4, 3, 2]]))) // [[false, true, true, false]]
 */
export const nOfM = (options: NOfMOptions = {}): Pruning => {
  const { n = 2, m = 4 } = options;
  if (!(Number.isInteger(n) && Number.isInteger(m) && n >= 0 && n <= m && m >= 1))
    fail("nOfM", "InvalidArgument", "whole numbers n ≤ m expected", `${n} of ${m}`);
  return pruning(
    "nOfM",
    options,
    (leaf) => sizesOf("nOfM", leaf),
    (leaves) => {
      for (const leaf of leaves) pruneGroups(leaf, { ...options, n, m });
    },
  );
};

const pruneGroups = (
  leaf: PrunedLeaf,
  { n, m, axis = -2 }: NOfMOptions & { readonly n: number; readonly m: number },
): void => {
  const { before, size, stride } = along("nOfM", leaf, axis);
  if (size % m !== 0)
    fail(
      "nOfM",
      "InvalidArgument",
      `groups of ${m} that divide the axis at ${leaf.path} expected`,
      `${size}`,
    );
  for (let block = 0; block < before * size; block += m)
    for (let column = 0; column < stride; column++)
      keepLargest(leaf, block * stride + column, stride, n, m);
};

/** Drops the smallest of a group until n are left: of equal ones the first, and NaN last. */
const keepLargest = (
  { scores, kept }: PrunedLeaf,
  start: number,
  stride: number,
  n: number,
  m: number,
): void => {
  let alive = 0;
  for (let k = 0; k < m; k++) alive += kept[start + k * stride] as number;
  for (; alive > n; alive--) {
    let lowest = -1;
    let least = 0;
    for (let k = 0; k < m; k++) {
      const place = start + k * stride;
      if (kept[place] !== 1) continue;
      const score = orInfinity(scores[place] as number);
      if (lowest >= 0 && score >= least) continue;
      lowest = place;
      least = score;
    }
    kept[lowest] = 0;
  }
};

/** Options of `structured`. */
export interface StructuredOptions extends ChooseOptions {
  /** The axis along which slices are counted: −1 takes outputs of a linear layer (its columns) or filters, −2 inputs. */
  readonly axis: number;
  /** The share of slices that goes, of those that masks from before have left. */
  readonly sparsity: number;
  /** By which norm slices are compared: the sum of sizes, or Euclid's; default 2. */
  readonly norm?: 1 | 2;
}

/**
 * A pruning of whole slices, those of the smallest norm: Li et al., "Pruning filters for efficient ConvNets", ICLR 2017. PyTorch's `ln_structured`.
 *
 * Fails with InvalidArgument for a sparsity outside of 0…1.
 *
 * @example
 * const w = tensor([[1, 5], [2, 5]]);
 * toArray(structured({ axis: 1, sparsity: 0.5 })(w)) // [[false, true], [false, true]]
 */
export const structured = (options: StructuredOptions): Pruning => {
  prunedCount("structured", options.sparsity, 0); // refuses a sparsity that is none
  return pruning(
    "structured",
    options,
    (leaf) => sizesOf("structured", leaf),
    (leaves) => {
      for (const leaf of leaves) pruneSlices(leaf, options);
    },
  );
};

const pruneSlices = (leaf: PrunedLeaf, { axis, sparsity, norm = 2 }: StructuredOptions): void => {
  const { scores, kept } = leaf;
  const slices = slicesOf("structured", leaf, axis);
  const norms = Float64Array.from(slices, (places) =>
    places.reduce((sum, place) => {
      const size = kept[place] === 1 ? (scores[place] as number) : 0;
      return sum + (norm === 1 ? size : size * size);
    }, 0),
  );
  const isAlive = Uint8Array.from(slices, (places) => Number(places.some((p) => kept[p] === 1)));
  const alive = isAlive.reduce((n, x) => n + x, 0);
  dropLowest(norms, isAlive, prunedCount("structured", sparsity, alive));
  slices.forEach((places, i) => {
    if (isAlive[i] === 0) for (const place of places) kept[place] = 0;
  });
};
