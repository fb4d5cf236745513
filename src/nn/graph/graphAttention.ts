// Graph attention: every node weighs its neighbours by what both know. Veličković et al., "Graph
// attention networks", ICLR 2018, equations 1 to 6.

import { isTensor, type Tensor } from "../../core/tensor.ts";
import { add, mul, notEqual, where } from "../../ops/arithmetic.ts";
import { reshape, sum } from "../../ops/broadcast.ts";
import { matmul } from "../../ops/contract.ts";
import { zeros } from "../../ops/create.ts";
import { take } from "../../ops/gather.ts";
import { leakyRelu } from "../../ops/piecewise.ts";
import { splitKey } from "../../ops/random.ts";
import { mean } from "../../ops/reduce.ts";
import { segmentSoftmax, segmentSum } from "../../ops/segment.ts";
import { softmax } from "../../ops/softmax.ts";
import { expandDims, moveAxis, transpose } from "../../ops/structural.ts";
import { glorotUniform } from "../init.ts";
import { type Adjacency, edgesOf } from "./adjacency.ts";
import { type Edges, nodesOf } from "./edges.ts";
import { behindLeading, inFront, presence } from "./neighbours.ts";

/** What every head has of its own, the heads side by side. */
export interface Params {
  /** [inputs, heads · features] */
  readonly weight: Tensor;
  /** The half of the attention vector for the node that hears; [heads, features]. */
  readonly listener: Tensor;
  /** The half for the neighbour that is heard; [heads, features]. */
  readonly speaker: Tensor;
  /** [heads · features], or [features] where heads are averaged */
  readonly bias: Tensor;
}

/** What becomes of the results of the heads: side by side in hidden layers, averaged in the last. */
export type Heads = "concat" | "mean";

/** Sizes of the layer; `features` is for each head. */
export interface Config {
  readonly inputs: number;
  readonly features: number;
  readonly heads: number;
  /** Default "concat". */
  readonly combine?: Heads;
}

/** What `apply` needs to know beside the parameters. */
export interface Options {
  /** As in the configuration; default "concat". */
  readonly combine?: Heads;
  /** The slope of the scores below 0; default 0.2. */
  readonly slope?: number;
}

/**
 * Weights by Glorot's rule, bias 0.
 *
 * @example
 * const layer = GraphAttention.init(key(0), { inputs: 3, features: 2, heads: 4 });
 * layer.weight // → [3, 8]
 */
export const init = (
  key: Tensor,
  { inputs, features, heads, combine = "concat" }: Config,
): Params => {
  const [a, b, c] = splitKey(key, 3);
  const half = (from: Tensor): Tensor => transpose(glorotUniform(from, [features, heads]));
  return {
    weight: glorotUniform(a, [inputs, heads * features]),
    listener: half(b),
    speaker: half(c),
    bias: zeros([combine === "concat" ? heads * features : features]),
  };
};

/** Values z [..., nodes, heads, features], and their scores [..., nodes, heads] as either side. */
interface Known {
  readonly z: Tensor;
  readonly asListener: Tensor;
  readonly asSpeaker: Tensor;
  readonly slope: number;
}

/** Far below every score, and finite, so that a row of nothing else has a softmax. */
const lowest = -1e30;

/** Attention over every pair of nodes, masked by the adjacency. */
const attendDense = (a: Tensor, { z, asListener, asSpeaker, slope }: Known): Tensor => {
  const pairs = add(expandDims(-1)(transpose(asListener)), expandDims(-2)(transpose(asSpeaker)));
  const scores = leakyRelu({ slope })(pairs); // [..., heads, nodes, nodes]
  const isNeighbour = expandDims(-3)(notEqual(a, 0)); // [..., 1, nodes, nodes]
  const shares = softmax({ axis: -1 })(where(isNeighbour, scores, lowest));
  const attention = where(isNeighbour, shares, 0); // rows of 0 where there is no neighbour
  const rank = z.shape.length;
  const mixed = matmul(attention, moveAxis(z, rank - 2, rank - 3)); // [..., heads, nodes, features]
  return moveAxis(mixed, mixed.shape.length - 3, mixed.shape.length - 2);
};

/** Attention over the edges alone. */
const attendEdges = (e: Edges, { z, asListener, asSpeaker, slope }: Known): Tensor => {
  const rank = Math.max(z.shape.length - 1, e.weights.shape.length + 1); // of scores
  const segments = { segments: nodesOf(e) };
  const isPresent = presence(e, rank); // [edges, ..., 1]
  const pairs = add(
    take(inFront(asListener, 1, rank), e.listeners),
    take(inFront(asSpeaker, 1, rank), e.speakers),
  );
  const scores = where(isPresent, leakyRelu({ slope })(pairs), lowest); // [edges, ..., heads]
  const shares = where(isPresent, segmentSoftmax(segments)(scores, e.listeners), 0);
  const heard = take(inFront(z, 2, rank + 1), e.speakers); // [edges, ..., heads, features]
  return behindLeading(segmentSum(segments)(mul(expandDims(-1)(shares), heard), e.listeners), 2);
};

/**
 * What a node hears, each neighbour weighed by attention, in every head:
 *
 *   z = h W   eᵢⱼ = leakyRelu(zᵢ · listener + zⱼ · speaker)   αᵢⱼ = softmax of eᵢⱼ over the neighbours j
 *   yᵢ = Σⱼ αᵢⱼ zⱼ + b
 *
 *   adjacency [..., nodes, nodes] in any form   h [..., nodes, inputs]
 *   → [..., nodes, heads · features], or [..., nodes, features] where heads are averaged
 *
 * Neighbours are those whom a node hears: where A is not 0; how large it is does not matter. In the
 * paper a node is a neighbour of its own: `Graph.addSelfLoops(1)`. One without neighbours gets b. Dense
 * adjacencies take time by pairs of nodes, the sparse forms by edges.
 *
 * @example
 * const path = Graph.edges({ nodes: 4, direction: "both" })([[0, 1], [1, 2], [2, 3]]);
 * const layer = GraphAttention.init(key(0), { inputs: 3, features: 2, heads: 4 });
 * GraphAttention.apply(layer, Graph.addSelfLoops(1)(path))(h) // [5, 4, 3] → [5, 4, 8]
 */
export const apply =
  (
    { weight, listener, speaker, bias }: Params,
    adjacency: Adjacency,
    { combine = "concat", slope = 0.2 }: Options = {},
  ) =>
  (h: Tensor): Tensor => {
    const z = reshape([...h.shape.slice(0, -1), ...listener.shape])(matmul(h, weight));
    const scoresBy = (half: Tensor): Tensor => sum({ axis: -1 })(mul(z, half)); // [..., nodes, heads]
    const known = { z, asListener: scoresBy(listener), asSpeaker: scoresBy(speaker), slope };
    const mixed = isTensor(adjacency)
      ? attendDense(adjacency, known)
      : attendEdges(edgesOf(adjacency), known); // [..., nodes, heads, features]
    const joined =
      combine === "mean"
        ? mean({ axis: -2 })(mixed)
        : reshape([...mixed.shape.slice(0, -2), -1])(mixed);
    return add(joined, bias);
  };
