// Clipping: element by element, by the norm of everything, and by norms relative to the weights.

import type { Tensor } from "../../core/tensor.ts";
import { leavesOf, mapTree } from "../../core/tree.ts";
import {
  add,
  cast,
  div,
  greater,
  maximum,
  minimum,
  mul,
  neg,
  where,
} from "../../ops/arithmetic.ts";
import { sum } from "../../ops/broadcast.ts";
import { scalar } from "../../ops/create.ts";
import { sqrt, square } from "../../ops/functions.ts";
import { type Counted, countOn, readSettings, type Setting, startCount } from "./setting.ts";
import { leafwise, type Optimizer } from "./transform.ts";

/**
 * √Σ x² over all leaves of a tree, 0 for a tree without any. → []
 *
 * @example
 * item(globalNorm({ weight: tensor([[2, 1]]), bias: tensor([2]) })) // 3
 */
export const globalNorm = (tree: unknown): Tensor => {
  const squares = leavesOf(tree, "globalNorm").map((x) => sum(square(x)));
  return squares.length === 0 ? scalar(0) : sqrt(squares.reduce((a, b) => add(a, b)));
};

/**
 * Updates scaled down so that their global norm is at most `limit`, up to rounding; unchanged when
 * it is. The limit is above 0. Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent
 * neural networks", ICML 2013, algorithm 1. PyTorch's `clip_grad_norm_` adds 1e-6 to the norm.
 *
 * @example
 * const clip = clipByGlobalNorm(5);
 * const small = tensor([3, 4]);
 * toArray(clip.update(small, clip.init(small), small)[0]) // [3, 4]
 */
export const clipByGlobalNorm = (limit: Setting): Optimizer<Counted> => ({
  init: () => startCount([limit]),
  update: (updates, state) => {
    const norm = globalNorm(updates);
    const most = readSettings(state)(limit, norm.dtype);
    const factor = div(most, maximum(norm, most)); // exactly 1 up to the limit
    return [mapTree(updates, (u) => mul(u, cast(u.dtype)(factor))), countOn(state)];
  },
});

/**
 * Each element of the updates moved into −limit … limit.
 *
 * @example
 * const clip = clipByValue(1);
 * const g = tensor([-3, 0.5, 2]);
 * toArray(clip.update(g, clip.init(g), g)[0]) // [-1, 0.5, 1]
 */
export const clipByValue = (limit: Setting): Optimizer<Counted> =>
  leafwise([limit], (u, _, at) => {
    const most = at(limit, u);
    return minimum(maximum(u, typeof most === "number" ? -most : neg(most)), most);
  });

/** Options of `clipAdaptively`. */
export interface AdaptiveClipOptions {
  /** The largest ratio of the norms of gradient and weights, λ; default 0.01. */
  readonly limit?: Setting;
  /** Stands in for the norm of weights below it, so that zeros can grow; default 1e-3. */
  readonly epsilon?: number;
}

/**
 * Gradients of each unit scaled down to λ · max(‖W‖, ε), where they are longer. A unit is what ends
 * in one output: a column of a matrix [inputs, outputs], a filter of [kh, kw, channels, filters]; a
 * vector or scalar is one unit. Brock, De, Smith & Simonyan, "High-performance large-scale image
 * recognition without normalization", ICML 2021, equation 3.
 *
 * @example
 * const clip = clipAdaptively({ limit: 0.5 });
 * const [w, g] = [tensor([[3, 0], [4, 2]]), tensor([[0, 0], [5, 1]])]; // norms 5 and 2; 5 and 1
 * toArray(clip.update(g, clip.init(w), w)[0]) // [[0, 0], [2.5, 1]]
 */
export const clipAdaptively = ({
  limit = 0.01,
  epsilon = 1e-3,
}: AdaptiveClipOptions = {}): Optimizer<Counted> =>
  leafwise([limit], (u, p, at) => {
    const most = mul(maximum(unitNorms(p), epsilon), at(limit, u)); // one for each unit
    const norms = unitNorms(u);
    const isLonger = greater(norms, most);
    return where(isLonger, mul(u, div(most, where(isLonger, norms, 1))), u);
  });

/** The norm of each unit, with axes of 1 where it has several elements. */
const unitNorms = (x: Tensor): Tensor => {
  const { length: rank } = x.shape;
  const axis = rank < 2 ? [...x.shape.keys()] : [...x.shape.keys()].slice(0, -1);
  return sqrt(sum({ axis, keepDims: true })(square(x)));
};
