// Graph convolution. Kipf & Welling, "Semi-supervised classification with graph convolutional
// networks", ICLR 2017, equation 2, with a weight of its own for the node itself and for each of
// several adjacencies. `Gcn` is the layer of that paper alone.

import type { Dtype } from "../../core/dtype.ts";
import { fail } from "../../core/errors.ts";
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Broadcast, Check, Matmul, MatmulProblem } from "../../core/types/index.ts";
import { add } from "../../ops/arithmetic.ts";
import { matmul } from "../../ops/contract.ts";
import { zeros } from "../../ops/create.ts";
import { splitKey } from "../../ops/random.ts";
import { glorotUniform } from "../init.ts";
import type { Sized } from "../shapes.ts";
import { type Adjacency, type Heard, propagate } from "./adjacency.ts";

/** A weight [inputs, outputs] for the node itself and one for each adjacency, bias [outputs]; without arguments of any sizes. */
export interface Params<Inputs extends number = number, Outputs extends number = number> {
  readonly self: Tensor<Sized<readonly [Inputs, Outputs]>>;
  readonly neighbours: readonly Tensor<Sized<readonly [Inputs, Outputs]>>[];
  readonly bias: Tensor<Sized<readonly [Outputs]>>;
}

/** Sizes of a graph convolution, and how many adjacencies it mixes (callers and callees, say). */
export interface Config<Inputs extends number = number, Outputs extends number = number> {
  readonly inputs: Inputs;
  readonly outputs: Outputs;
  readonly adjacencies: number;
}

/**
 * Weights by Glorot's rule, bias 0.
 *
 * @example
 * const config = { inputs: 3, outputs: 2, adjacencies: 2 };
 * GraphConvolution.init(key(0), config).neighbours.length // 2
 */
export const init = <const Inputs extends number, const Outputs extends number>(
  key: Tensor,
  { inputs, outputs, adjacencies }: Config<Inputs, Outputs>,
): Params<Inputs, Outputs> => {
  const [own, ...others] = splitKey(key, adjacencies + 1);
  return {
    self: glorotUniform(own as Tensor, [inputs, outputs]), // one key or more
    neighbours: others.map((each) => glorotUniform(each, [inputs, outputs])),
    bias: zeros([outputs]),
  } as Params<Inputs, Outputs>; // of the shapes asked for
};

/** What `apply` is for weights of shape W and adjacencies As. */
interface Applied<W extends Shape, As extends readonly Adjacency[]> {
  <S extends Shape, D extends Dtype>(
    h: Tensor<S, D> & Check<MatmulProblem<"GraphConvolution.apply", S, W>>,
  ): Tensor<HeardOfAll<As, Matmul<S, W>>, D>;
}

/** What is known of the shape of S + Σ Âₖ S. */
type HeardOfAll<As extends readonly Adjacency[], S extends Shape> = As extends readonly [
  infer A extends Adjacency,
  ...infer Rest extends readonly Adjacency[],
]
  ? Broadcast<Heard<A, S>, HeardOfAll<Rest, S>>
  : As extends readonly []
    ? S
    : Shape;

/**
 * H W + Σ Âₖ H Wₖ + b: what a node knows, and what its neighbours under each adjacency know.
 *
 *   adjacencies, each [..., nodes, nodes] in any form, normalised   h [..., nodes, inputs]
 *   → [..., nodes, outputs]
 *
 * Where the compiler knows the features, it refuses others.
 * Fails with ShapeMismatch when there are more or fewer adjacencies than weights.
 *
 * @example
 * const layer = GraphConvolution.init(key(0), { inputs: 3, outputs: 2, adjacencies: 1 });
 * GraphConvolution.apply(layer, [eye(4)])(h) // [5, 4, 3] → [5, 4, 2]
 */
export const apply = <P extends Params, const As extends readonly Adjacency[]>(
  { self, neighbours, bias }: P,
  adjacencies: As,
): Applied<P["self"]["shape"], As> => {
  const convolve = (h: Tensor): Tensor => {
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
  return convolve as unknown as Applied<P["self"]["shape"], As>; // each sum over neighbours keeps the features
};
