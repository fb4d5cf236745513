// Graph convolution. Kipf & Welling, "Semi-supervised classification with graph convolutional
// networks", ICLR 2017, equation 2, with a weight of its own for the node itself and for each of
// several adjacencies. `Gcn` is the layer of that paper alone.

import { fail } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { add } from "../../ops/arithmetic.ts";
import { matmul } from "../../ops/contract.ts";
import { zeros } from "../../ops/create.ts";
import { splitKey } from "../../ops/random.ts";
import { glorotUniform } from "../init.ts";
import { type Adjacency, propagate } from "./adjacency.ts";

/** A weight [inputs, outputs] for the node itself and one for each adjacency, bias [outputs]. */
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

/**
 * Weights by Glorot's rule, bias 0.
 *
 * @example
 * const config = { inputs: 3, outputs: 2, adjacencies: 2 };
 * GraphConvolution.init(key(0), config).neighbours.length // 2
 */
export const init = (key: Tensor, { inputs, outputs, adjacencies }: Config): Params => {
  const [own, ...others] = splitKey(key, adjacencies + 1);
  return {
    self: glorotUniform(own as Tensor, [inputs, outputs]), // one key or more
    neighbours: others.map((each) => glorotUniform(each, [inputs, outputs])),
    bias: zeros([outputs]),
  };
};

/**
 * H W + Σ Âₖ H Wₖ + b: what a node knows, and what its neighbours under each adjacency know.
 *
 *   adjacencies, each [..., nodes, nodes] in any form, normalised   h [..., nodes, inputs]
 *   → [..., nodes, outputs]
 *
 * Fails with ShapeMismatch when there are more or fewer adjacencies than weights.
 *
 * @example
 * const layer = GraphConvolution.init(key(0), { inputs: 3, outputs: 2, adjacencies: 1 });
 * GraphConvolution.apply(layer, [eye(4)])(h) // [5, 4, 3] → [5, 4, 2]
 */
export const apply =
  ({ self, neighbours, bias }: Params, adjacencies: readonly Adjacency[]) =>
  (h: Tensor): Tensor => {
    if (adjacencies.length !== neighbours.length) {
      const rule = "as many adjacencies as weights for neighbours expected";
      const got = `${adjacencies.length} and ${neighbours.length}`;
      return fail("GraphConvolution.apply", "ShapeMismatch", rule, got);
    }
    return neighbours.reduce(
      (sum, weight, k) => add(sum, propagate(adjacencies[k] as Adjacency)(matmul(h, weight))),
      add(matmul(h, self), bias),
    );
  };
