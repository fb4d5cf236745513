// The graph convolution of Kipf & Welling, "Semi-supervised classification with graph convolutional
// networks", ICLR 2017: one weight for a node and its neighbours alike.

import type { Dtype } from "../../core/dtype.ts";
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Check, FirstProblem, Matmul, MatmulProblem } from "../../core/types/index.ts";
import { add } from "../../ops/arithmetic.ts";
import { matmul } from "../../ops/contract.ts";
import * as Linear from "../linear.ts";
import { type Adjacency, type Heard, type HeardProblem, propagate } from "./adjacency.ts";

/** weight [inputs, outputs], bias [outputs]; without arguments of any sizes. */
export type Params<Inputs extends number = number, Outputs extends number = number> = Linear.Params<
  Inputs,
  Outputs
>;

/** Sizes of the layer. */
export type Config<Inputs extends number = number, Outputs extends number = number> = Linear.Config<
  Inputs,
  Outputs
>;

/**
 * Weights by Glorot's rule, bias 0.
 *
 * @example
 * Gcn.init(key(0), { inputs: 3, outputs: 2 }).weight // → [3, 2]
 */
export const init = <const Inputs extends number, const Outputs extends number>(
  key: Tensor,
  config: Config<Inputs, Outputs>,
): Params<Inputs, Outputs> => Linear.init(key, config);

/** What `apply` is for a weight of shape W and an adjacency A. */
interface Applied<W extends Shape, A extends Adjacency> {
  <S extends Shape, D extends Dtype>(
    h: Tensor<S, D> &
      Check<
        FirstProblem<MatmulProblem<"Gcn.apply", S, W>, HeardProblem<"Gcn.apply", A, Matmul<S, W>>>
      >,
  ): Tensor<Heard<A, Matmul<S, W>>, D>;
}

/**
 * Â H W + b, with Â = D^−½ (A + I) D^−½ from `Graph.symmetric()`.
 *
 *   Â [..., nodes, nodes] in any form   h [..., nodes, inputs]   → [..., nodes, outputs]
 *
 * Kipf & Welling, equation 2, before the activation. Where the compiler knows features and nodes, it refuses others.
 *
 * @example
 * const path = Graph.edges({ nodes: 4, direction: "both" })([[0, 1], [1, 2], [2, 3]]);
 * const layer = Gcn.init(key(0), { inputs: 3, outputs: 2 });
 * Gcn.apply(layer, Graph.symmetric()(path))(h) // [5, 4, 3] → [5, 4, 2]
 */
export const apply = <P extends Params, A extends Adjacency>(
  { weight, bias }: P,
  adjacency: A,
): Applied<P["weight"]["shape"], A> => {
  const convolve = (h: Tensor): Tensor => add(propagate(adjacency)(matmul(h, weight)), bias);
  return convolve as unknown as Applied<P["weight"]["shape"], A>; // the bias has a number for each output
};
