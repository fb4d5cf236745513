// Masks: trees like the parameters, of bool, true for what is kept. A leaf that is not pruned has the scalar true. They are tensors, so that a
// training state, and with it a checkpoint, holds them.

import { computeDtype, isStorage } from "../../../core/dtype.ts";
import { fail } from "../../../core/errors.ts";
import { evaluate, values } from "../../../core/run/evaluate.ts";
import { printShape, type Shape, sizeOf } from "../../../core/shape.ts";
import { fromTypedArray, type Tensor } from "../../../core/tensor.ts";
import { flattenTree, leavesOf, zipTrees } from "../../../core/tree.ts";
import { cast, where } from "../../../ops/arithmetic.ts";
import { scalar, zerosLike } from "../../../ops/create.ts";
import { isMatrix } from "../../optim/decay.ts";
import { type Labels, labelsOf } from "../../optim/labels.ts";
import type { ScoreArray } from "./lowest.ts";

/** Makes masks for parameters. What masks from before have pruned stays pruned. */
export type Pruning = <P>(params: P, before?: P) => P;

/** Which leaves are pruned: by the leaf and its path, or a tree of booleans. */
export interface ChooseOptions {
  /** Default: leaves of two or more axes. */
  readonly choose?: Labels<boolean> | undefined;
}

/** A leaf that is pruned: its path (or "the root"), shape and scores, and what is kept of it so far, which is to be changed. */
export interface PrunedLeaf {
  readonly path: string;
  readonly shape: Shape;
  /** |w|, or whatever else says what matters. */
  readonly scores: ScoreArray;
  readonly kept: Uint8Array;
}

/** What each element matters. `place` counts the leaves of the tree. */
export type Score = (leaf: Tensor, place: number) => ScoreArray;

/** The elements of a tensor of floats. */
export const floatsOf = (op: string, x: Tensor): ScoreArray => {
  const array = values(isStorage(x.dtype) ? cast(computeDtype(x.dtype))(x) : x);
  if (array instanceof Float32Array || array instanceof Float64Array) return array;
  return fail(op, "DtypeMismatch", "a tensor of floats expected", x.dtype);
};

/** |w| */
export const sizesOf = (op: string, x: Tensor): ScoreArray => floatsOf(op, x).map(Math.abs);

/** What is kept of a leaf: all of it without a mask from before. */
const keptOf = (op: string, path: string, { shape }: Tensor, mask: Tensor): Uint8Array => {
  const n = sizeOf(shape);
  if (mask.shape.length === 0) return new Uint8Array(n).fill(Number(values(mask)[0] !== 0));
  if (printShape(mask.shape) !== printShape(shape))
    fail(
      op,
      "ShapeMismatch",
      `a mask ${printShape(shape)} at ${path} expected`,
      printShape(mask.shape),
    );
  const kept = new Uint8Array(n);
  const all = values(mask);
  for (let i = 0; i < n; i++) kept[i] = Number(all[i] !== 0);
  return kept;
};

/** A pruning from what is to be done to the leaves that are chosen. */
export const pruning =
  (
    op: string,
    { choose = isMatrix }: ChooseOptions,
    score: Score,
    prune: (leaves: readonly PrunedLeaf[]) => void,
  ): Pruning =>
  (params, before = keepAll(params)) => {
    const { leaves, structure } = flattenTree(params, op);
    const isChosen = labelsOf(op, choose, params);
    const { leaves: masks, structure: found } = flattenTree(before, op);
    if (found.key !== structure.key)
      fail(
        op,
        "ShapeMismatch",
        "masks of one structure with the parameters expected",
        `${found.key} and ${structure.key}`,
      );
    const chosen = (leaves as readonly Tensor[]).map((leaf, i): PrunedLeaf | undefined => {
      // no numbers here
      if (!isChosen[i]) return undefined;
      const path = structure.paths[i] || "the root";
      const kept = keptOf(op, path, leaf, masks[i] as Tensor); // as many, and no numbers
      return { path, shape: leaf.shape, scores: score(leaf, i), kept };
    });
    prune(chosen.filter((leaf) => leaf !== undefined));
    const made = chosen.map((leaf, i) =>
      leaf === undefined ? masks[i] : fromTypedArray(leaf.shape, "bool", leaf.kept),
    );
    return structure.rebuild(made) as typeof params; // a tree like it
  };

/**
 * Masks that prune nothing.
 *
 * @example
 * item(keepAll({ w: tensor([1, 2]) }).w) // 1
 */
export const keepAll = <P>(params: P): P => zipTrees(() => scalar(true), params);

/** The elements that a mask keeps, and others in the place of those that it does not. Fails with ShapeMismatch where it is no mask of x. */
export const keep = (mask: Tensor, x: Tensor, others: Tensor): Tensor => {
  if (mask.shape.length > 0 && printShape(mask.shape) !== printShape(x.shape))
    fail(
      "applyMask",
      "ShapeMismatch",
      `a mask ${printShape(x.shape)}, as what is masked, or a scalar expected`,
      printShape(mask.shape),
    );
  const compute = cast(computeDtype(x.dtype)); // storage dtypes are not computed with
  return cast(x.dtype)(where(mask, compute(x), compute(others)));
};

/**
 * Parameters with 0 where masks prune: a graph, through which gradients flow to what is kept. Fails with ShapeMismatch where a mask is neither a scalar nor of
 * the shape of its leaf.
 *
 * @example
 * toArray(applyMask({ w: tensor([true, false]) })({ w: tensor([3, 4]) }).w) // [3, 0]
 */
export const applyMask =
  (masks: unknown) =>
  <P>(params: P): P =>
    zipTrees<unknown>(
      (mask, x) => keep(mask as Tensor, x as Tensor, zerosLike(x as Tensor)),
      masks,
      params,
    ) as P; // a tree like it

/**
 * Parameters in which what masks prune is 0 for good: the masks can be forgotten.
 *
 * @example
 * toArray(makePermanent({ w: tensor([true, false]) })({ w: tensor([3, 4]) }).w) // [3, 0]
 */
export const makePermanent =
  (masks: unknown) =>
  <P>(params: P): P =>
    evaluate(applyMask(masks)(params));

/**
 * The share of elements that masks prune, of the leaves that have a mask of their own; 0 where none has.
 *
 * @example
 * sparsityOf({ w: tensor([[true, false], [true, true]]), b: tensor(true) }) // 0.25
 */
export const sparsityOf = (masks: unknown): number => {
  const own = leavesOf(masks, "sparsityOf").filter(({ shape }) => shape.length > 0);
  const [total, kept] = own.reduce(
    ([n, ones], mask) => [n + sizeOf(mask.shape), ones + countOf(mask)],
    [0, 0],
  );
  return total === 0 ? 0 : (total - kept) / total;
};

const countOf = (mask: Tensor): number => {
  let ones = 0;
  for (const x of values(mask)) if (x !== 0) ones++;
  return ones;
};
