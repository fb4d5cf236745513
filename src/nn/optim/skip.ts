// Steps that are not taken because a gradient is no number.

import { item } from "../../core/run/evaluate.ts";
import type { Tensor } from "../../core/tensor.ts";
import { mapTree } from "../../core/tree.ts";
import { add, greaterEqual, logicalOr, where } from "../../ops/arithmetic.ts";
import { scalar, zerosLike } from "../../ops/create.ts";
import { chooseTree, isFiniteTree } from "./choose.ts";
import type { Optimizer } from "./transform.ts";

/** Options of `skipNonFinite`. */
export interface SkipOptions {
  /** Updates without a finite gradient in a row after which to give up; default 5. */
  readonly maxConsecutive?: number;
}

/** How often steps were skipped, i32 [] each, and whether too often in a row, bool []. */
export interface SkipState<S = unknown> {
  readonly consecutive: Tensor;
  readonly total: Tensor;
  readonly gaveUp: Tensor;
  readonly inner: S;
}

/**
 * The optimiser, but where any element of a gradient is NaN or infinite, the update is 0 and the
 * optimiser's state stays. After `maxConsecutive` of them in a row it has given up: `hasGivenUp` says
 * so from then on, and the loop should stop; non-finite updates are skipped all the same.
 *
 * @example
 * const optimizer = skipNonFinite({ maxConsecutive: 1 })(sgd({ learningRate: 1 }));
 * const [w, g] = [tensor([1, 2]), tensor([Infinity, 0])];
 * const [updates, state] = optimizer.update(g, optimizer.init(w), w);
 * console.log(toArray(updates), hasGivenUp(state)) // [0, 0] true
 */
export const skipNonFinite =
  ({ maxConsecutive = 5 }: SkipOptions = {}) =>
  <S>(optimizer: Optimizer<S>): Optimizer<SkipState<S>> => ({
    init: (params) => ({
      consecutive: scalar(0, "i32"),
      total: scalar(0, "i32"),
      gaveUp: scalar(false),
      inner: optimizer.init(params),
    }),
    update: (updates, state, params) => {
      const isGood = isFiniteTree(updates);
      // The optimiser sees zeros in place of what is no number: not even what is thrown away is NaN.
      const safe = chooseTree(isGood, updates, mapTree(updates, zerosLike));
      const [changed, inner] = optimizer.update(safe, state.inner, params);
      const consecutive = where(isGood, 0, add(state.consecutive, 1));
      return [
        mapTree(changed, (u) => where(isGood, u, 0)),
        {
          consecutive,
          total: add(state.total, where(isGood, scalar(0, "i32"), scalar(1, "i32"))),
          gaveUp: logicalOr(state.gaveUp, greaterEqual(consecutive, maxConsecutive)),
          inner: chooseTree(isGood, inner, state.inner),
        },
      ];
    },
  });

/**
 * Whether a state of `skipNonFinite` has given up. Reads it: on a card, `await ready(state)` first.
 *
 * @example
 * hasGivenUp(skipNonFinite()(freeze()).init(tensor([1]))) // false
 */
export const hasGivenUp = ({ gaveUp }: SkipState): boolean => Boolean(item(gaveUp));
