// The linear part of a forecaster: each node's own past and its neighbours', weighted step by step. Deep
// networks learn scales and persistence slowly, which a regression has at once. Lai et al., "Modeling
// long- and short-term temporal patterns with deep neural networks", SIGIR 2018, section 3.6, add such a
// part to theirs; the weights of each node, and the neighbours, are ours.

import type { Tensor } from "../../../core/tensor.ts";
import { type Adjacency, propagate } from "../../../nn/graph/adjacency.ts";
import { add } from "../../../ops/arithmetic.ts";
import { einsum } from "../../../ops/contract.ts";
import { zeros } from "../../../ops/create.ts";

/** Weights [nodes, targets, window, horizons] of a node's own past and of its neighbours'. */
export interface Params {
  readonly own: Tensor;
  readonly neighbours: Tensor;
  /** [nodes, targets, horizons] */
  readonly bias: Tensor;
}

/** Sizes of the linear part. */
export interface Config {
  readonly nodes: number;
  readonly targets: number;
  readonly window: number;
  readonly horizons: number;
}

/** All 0: it starts as the mean of the training part, which is 0 where values are scaled so. */
export const init = ({ nodes, targets, window, horizons }: Config): Params => ({
  own: zeros([nodes, targets, window, horizons]),
  neighbours: zeros([nodes, targets, window, horizons]),
  bias: zeros([nodes, targets, horizons]),
});

/**
 * Σ over the window of own weights · own past + neighbours' weights · neighbours' mean past, + bias.
 *
 *   mean [nodes, nodes], rows of sum 1 or 0, or none
 *   past [batch, window, nodes, targets]   told, what others hear of it, all by default
 *   → [batch, nodes, targets, horizons]
 */
export const apply =
  ({ own, neighbours, bias }: Params, mean: Adjacency | undefined) =>
  (past: Tensor, told: Tensor = past): Tensor => {
    const weigh = einsum("bwnt,ntwh->bnth");
    const alone = add(weigh(past, own), bias);
    return mean === undefined ? alone : add(alone, weigh(propagate(mean)(told), neighbours));
  };
