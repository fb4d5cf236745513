// GraphSAGE: what a node knows beside a summary of what its neighbours know. Hamilton, Ying &
// Leskovec, "Inductive representation learning on large graphs", NeurIPS 2017, algorithm 1, whose
// weight of both side by side is here one weight for each.

import { isTensor, type Tensor } from "../../core/tensor.ts";
import { add, cast, greater, notEqual, where } from "../../ops/arithmetic.ts";
import { matmul } from "../../ops/contract.ts";
import { zeros } from "../../ops/create.ts";
import { take } from "../../ops/gather.ts";
import { splitKey } from "../../ops/random.ts";
import { any, max } from "../../ops/reduce.ts";
import { segmentMax, segmentSum } from "../../ops/segment.ts";
import { expandDims } from "../../ops/structural.ts";
import { glorotUniform } from "../init.ts";
import { type Adjacency, edgesOf, propagate, randomWalk } from "./adjacency.ts";
import { type Edges, nodesOf } from "./edges.ts";
import { behindLeading, inFront, presence } from "./neighbours.ts";

/** Weights [inputs, outputs] for the node itself and for the summary of its neighbours; bias [outputs]. */
export interface Params {
  readonly self: Tensor;
  readonly neighbours: Tensor;
  readonly bias: Tensor;
}

/** Sizes of the layer. */
export interface Config {
  readonly inputs: number;
  readonly outputs: number;
}

/** How neighbours are summed up. */
export interface Options {
  /**
   * "mean" (default) over neighbours by the weights of their edges; "max", the largest of each feature
   * whatever the weights. Either is 0 for a node without neighbours.
   */
  readonly aggregator?: "mean" | "max";
}

/**
 * Weights by Glorot's rule, bias 0.
 *
 * @example
 * GraphSage.init(key(0), { inputs: 3, outputs: 2 }).neighbours // → [3, 2]
 */
export const init = (key: Tensor, { inputs, outputs }: Config): Params => {
  const [a, b] = splitKey(key, 2);
  return {
    self: glorotUniform(a, [inputs, outputs]),
    neighbours: glorotUniform(b, [inputs, outputs]),
    bias: zeros([outputs]),
  };
};

/** The largest feature among neighbours, from every pair of nodes. */
const largestOfDense = (a: Tensor, h: Tensor): Tensor => {
  const isNeighbour = notEqual(a, 0); // [..., nodes, nodes]
  const heard = where(expandDims(-1)(isNeighbour), expandDims(-3)(h), Number.NEGATIVE_INFINITY);
  const largest = max({ axis: -2 })(heard); // [..., nodes, inputs]
  return where(any({ axis: -1, keepDims: true })(isNeighbour), largest, 0);
};

/** The largest feature among neighbours, from every edge. */
const largestOfEdges = (e: Edges, h: Tensor): Tensor => {
  const rank = Math.max(h.shape.length, e.weights.shape.length + 1);
  const isPresent = presence(e, rank); // [edges, ..., 1]
  const heard = take(inFront(h, 1, rank), e.speakers); // [edges, ..., inputs]
  const segments = { segments: nodesOf(e) };
  const counted = where(isPresent, heard, Number.NEGATIVE_INFINITY);
  const largest = segmentMax(segments)(counted, e.listeners); // [nodes, ..., inputs]
  const neighbours = segmentSum(segments)(cast("i32")(isPresent), e.listeners); // [nodes, ..., 1]
  return behindLeading(where(greater(neighbours, 0), largest, 0), 1);
};

const aggregate = (a: Adjacency, { aggregator = "mean" }: Options, h: Tensor): Tensor => {
  if (aggregator === "mean") return propagate(randomWalk()(a))(h);
  return isTensor(a) ? largestOfDense(a, h) : largestOfEdges(edgesOf(a), h);
};

/**
 * h W + s V + b, where s is the mean, or the maximum, of h over the neighbours of each node.
 *
 *   adjacency [..., nodes, nodes] in any form, as it is   h [..., nodes, inputs]
 *   → [..., nodes, outputs]
 *
 * Neighbours are those whom a node hears: where A is not 0. Ties of the maximum share the gradient.
 *
 * @example
 * const path = Graph.edges({ nodes: 4, direction: "both" })([[0, 1], [1, 2], [2, 3]]);
 * const layer = GraphSage.init(key(0), { inputs: 3, outputs: 2 });
 * GraphSage.apply(layer, path, { aggregator: "max" })(h) // [5, 4, 3] → [5, 4, 2]
 */
export const apply =
  ({ self, neighbours, bias }: Params, adjacency: Adjacency, options: Options = {}) =>
  (h: Tensor): Tensor => {
    const heard = aggregate(adjacency, options, h); // [..., nodes, inputs]
    return add(add(matmul(h, self), matmul(heard, neighbours)), bias);
  };
