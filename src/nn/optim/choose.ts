// One of two trees, by a condition that only the device knows.

import { computeDtype } from "../../core/dtype.ts";
import type { Tensor } from "../../core/tensor.ts";
import { leavesOf, zipTrees } from "../../core/tree.ts";
import { cast, isFinite, logicalAnd, where } from "../../ops/arithmetic.ts";
import { scalar } from "../../ops/create.ts";
import { all } from "../../ops/reduce.ts";

/** The tree a where the condition (bool []) holds, else b, leaf by leaf. What is not chosen may be NaN. */
export const chooseTree = <T>(condition: Tensor, a: T, b: T): T =>
  zipTrees(
    (x, y) => {
      const compute = cast(computeDtype(x.dtype)); // storage dtypes are not computed with
      return cast(x.dtype)(where(condition, compute(x), compute(y)));
    },
    a,
    b,
  );

/**
 * Whether every element of a tree is finite, as bool [].
 *
 * @example
 * item(isFiniteTree({ w: tensor([1, 2]), b: tensor([0 / 0]) })) // 0
 */
export const isFiniteTree = (tree: unknown): Tensor =>
  leavesOf(tree, "isFiniteTree")
    .map((x): Tensor => all(isFinite(cast(computeDtype(x.dtype))(x))))
    .reduce((a, b) => logicalAnd(a, b), scalar(true));
