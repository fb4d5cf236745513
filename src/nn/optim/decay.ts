// Weight decay, apart from the gradient or as part of it, on all parameters or on some.

import type { Tensor } from "../../core/tensor.ts";
import { zipTrees } from "../../core/tree.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { type Labels, labelsOf } from "./labels.ts";
import { type Counted, countOn, readSettings, type Setting, startCount } from "./setting.ts";
import { chain, type Optimizer } from "./transform.ts";

/** Which parameters decay: by the leaf and its path, or a tree of booleans. */
export interface DecayOptions {
  /** Default: all of them. */
  readonly mask?: Labels<boolean> | undefined;
}

/**
 * A mask for weights of two or more axes: neither biases nor the gains of normalisation should decay.
 *
 * @example
 * [zeros([3, 2]), zeros([2])].map(isMatrix) // [true, false]
 */
export const isMatrix = (leaf: Tensor): boolean => leaf.shape.length >= 2;

/**
 * Adds decay · θ to the updates. Behind Adam's scaling this is decoupled decay (Loshchilov & Hutter,
 * "Decoupled weight decay regularization", ICLR 2019), before it an L2 penalty of ½ decay · θ².
 *
 * @example
 * const decayed = addDecayedWeights(0.5, { mask: isMatrix });
 * const p = { weight: tensor([[2]]), bias: tensor([2]) };
 * const [updates] = decayed.update(mapTree(p, zerosLike), decayed.init(p), p);
 * console.log(toArray(updates.weight), toArray(updates.bias)) // [[1]] [0]
 */
export const addDecayedWeights = (
  decay: Setting,
  { mask = true }: DecayOptions = {},
): Optimizer<Counted> => ({
  init: () => startCount([decay]),
  update: (updates, state, params) => {
    const read = readSettings(state);
    const decays = labelsOf("addDecayedWeights", mask, params);
    let leaf = 0;
    const decayed = zipTrees(
      (u, p) => (decays[leaf++] ? add(u, mul(p, read(decay, p.dtype))) : u),
      updates,
      params,
    );
    return [decayed, countOn(state)];
  },
});

/** Decayed weights, or nothing at all where the decay is the number 0. */
export const decayUnlessZero = (decay: Setting, options: DecayOptions): Optimizer =>
  decay === 0 ? chain() : addDecayedWeights(decay, options);
