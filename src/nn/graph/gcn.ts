// The graph convolution of Kipf & Welling, "Semi-supervised classification with graph convolutional
// networks", ICLR 2017: one weight for a node and its neighbours alike.

import type { Tensor } from "../../core/tensor.ts";
import { add } from "../../ops/arithmetic.ts";
import { matmul } from "../../ops/contract.ts";
import * as Linear from "../linear.ts";
import { type Adjacency, propagate } from "./adjacency.ts";

/** weight [inputs, outputs], bias [outputs] */
export type Params = Linear.Params;

/** Sizes of the layer. */
export type Config = Linear.Config;

/**
 * Weights by Glorot's rule, bias 0.
 *
 * @example
 * Gcn.init(key(0), { inputs: 3, outputs: 2 }).weight // → [3, 2]
 */
export const init = (key: Tensor, config: Config): Params => Linear.init(key, config);

/**
 * Â H W + b, with Â = D^−½ (A + I) D^−½ from `Graph.symmetric()`.
 *
 *   Â [..., nodes, nodes] in any form   h [..., nodes, inputs]   → [..., nodes, outputs]
 *
 * Kipf & Welling, equation 2, before the activation.
 *
 * @example
 * const path = Graph.edges({ nodes: 4, direction: "both" })([[0, 1], [1, 2], [2, 3]]);
 * const layer = Gcn.init(key(0), { inputs: 3, outputs: 2 });
 * Gcn.apply(layer, Graph.symmetric()(path))(h) // [5, 4, 3] → [5, 4, 2]
 */
export const apply =
  ({ weight, bias }: Params, adjacency: Adjacency) =>
  (h: Tensor): Tensor =>
    add(propagate(adjacency)(matmul(h, weight)), bias);
