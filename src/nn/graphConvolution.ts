// Graph convolution. Kipf & Welling, "Semi-supervised classification with graph convolutional networks", ICLR 2017, equation 2.

import type { Tensor } from "../core/tensor.ts";
import { add } from "../ops/arithmetic.ts";
import { matmul } from "../ops/contract.ts";
import { zeros } from "../ops/create.ts";
import { splitKey } from "../ops/random.ts";
import { glorotUniform } from "./init.ts";

/** A weight [inputs, outputs] for the node itself and one for each adjacency, and a bias [outputs]. */
export interface Params {
  readonly self: Tensor;
  readonly neighbours: readonly Tensor[];
  readonly bias: Tensor;
}

/** Sizes of a graph convolution, and how many adjacencies it mixes (callers and callees, say). */
export interface Config {
  readonly inputs: number;
  readonly outputs: number;
  readonly adjacencies: number;
}

/** Weights by Glorot's rule, bias 0. */
export const init = (key: Tensor, { inputs, outputs, adjacencies }: Config): Params => {
  const [own, ...others] = splitKey(key, adjacencies + 1) as [Tensor, ...Tensor[]];
  return {
    self: glorotUniform(own, inputs, outputs),
    neighbours: others.map((each) => glorotUniform(each, inputs, outputs)),
    bias: zeros([outputs]),
  };
};

/**
 * H W + Σ Â H Wₐ + b: what a node knows, and what its neighbours under each adjacency know.
 *
 *   adjacencies, each [nodes, nodes], normalised   h [..., nodes, inputs]   → [..., nodes, outputs]
 */
export const apply =
  ({ self, neighbours, bias }: Params, adjacencies: readonly Tensor[]) =>
  (h: Tensor): Tensor =>
    adjacencies.reduce(
      (sum, adjacency, i) => add(sum, matmul(adjacency, matmul(h, neighbours[i] as Tensor))),
      add(matmul(h, self), bias),
    );
