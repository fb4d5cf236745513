// Training what is pruned: an optimiser under which pruned weights are 0 after every update. The masks are part of its state, so that others of
// the same shapes take their place without a step being compiled anew, and a checkpoint has them.

import { isFloat } from "../../../core/dtype.ts";
import { printShape } from "../../../core/shape.ts";
import { isTensor, type Tensor } from "../../../core/tensor.ts";
import { flattenTree, leavesOf, zipTrees } from "../../../core/tree.ts";
import { neg } from "../../../ops/arithmetic.ts";
import { zerosLike } from "../../../ops/create.ts";
import type { Optimizer } from "../../optim/transform.ts";
import { applyMask, keep } from "./masks.ts";

/** Masks like the parameters, and what the optimiser knows. */
export interface MaskedState<S = unknown> {
  readonly masks: unknown;
  readonly inner: S;
}

/**
 * The optimiser, but weights that masks prune are exactly 0 after each update, whatever finite numbers they were before: it sees no gradients of them, its means of
 * those are 0, and its updates take them to 0. It belongs outermost, where nothing changes the updates any more; `applyUpdates` is then exact.
 *
 * @example
 * const optimizer = Compress.masked({ w: tensor([true, false]) })(sgd({ learningRate: 0.5 }));
 * const [p, g] = [{ w: tensor([1, 1]) }, { w: tensor([1, 1]) }];
 * const [updates] = optimizer.update(g, optimizer.init(p), p);
 * toArray(applyUpdates(p, updates).w) // [0.5, 0]
 */
export const masked =
  (masks: unknown) =>
  <S>(optimizer: Optimizer<S>): Optimizer<MaskedState<S>> => ({
    init: (params) => ({ masks, inner: optimizer.init(params) }),
    update: (updates, state, params) => {
      const now = state.masks as typeof params; // a tree like it, or zipTrees says where it is not
      const seen = applyMask(now)(updates);
      const [changed, inner] = optimizer.update(seen, state.inner, params);
      const exact = zipTrees((mask, u, p) => keep(mask, u, neg(p)), now, changed, params);
      return [exact, { masks: state.masks, inner: maskedParts(now, params, inner) }];
    },
  });

/**
 * A state of `masked` with other masks in it, for the next step.
 *
 * @example
 * const optimizer = Compress.masked(tensor([true, true]))(sgd({ learningRate: 1 }));
 * const state = Compress.remask(tensor([true, false]))(optimizer.init(tensor([1, 2])));
 * toArray(optimizer.update(tensor([1, 1]), state, tensor([1, 2]))[0]) // [-1, -2]
 */
export const remask =
  (masks: unknown) =>
  <S>(state: MaskedState<S>): MaskedState<S> => ({ ...state, masks });

/** A state with every part that is a tree of floats like the parameters, such as means of gradients, masked as they are. */
const maskedParts = <S>(masks: unknown, params: unknown, state: S): S => {
  const { key } = flattenTree(params, "masked").structure;
  const shapes = leavesOf(params, "masked").map(({ shape }) => printShape(shape));
  const isLike = (part: unknown): boolean => {
    const { leaves, structure } = flattenTree(part, "masked");
    return (
      structure.key === key &&
      (leaves as readonly Tensor[]).every(
        ({ shape, dtype }, i) => isFloat(dtype) && printShape(shape) === shapes[i],
      )
    );
  };
  const visit = (part: unknown): unknown => {
    if (part === null || typeof part !== "object") return part;
    if (isLike(part))
      return zipTrees(
        (mask, x) => keep(mask as Tensor, x as Tensor, zerosLike(x as Tensor)),
        masks,
        part,
      );
    if (isTensor(part)) return part;
    if (Array.isArray(part)) return part.map(visit);
    return Object.fromEntries(Object.entries(part).map(([name, below]) => [name, visit(below)]));
  };
  return visit(state) as S; // the same structure
};
