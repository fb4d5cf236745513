// Small random graphs for laws of graph layers, and the forms in which one adjacency can be given.

import fc from "fast-check";
import { type Tensor, take, tensor } from "../../src/index.ts";
import { Graph } from "../../src/nn/index.ts";

/** Pairs of nodes, each with a weight above 0; some nodes may be alone. */
export interface RandomGraph {
  readonly nodes: number;
  readonly pairs: readonly Graph.Pair[];
  readonly weights: readonly number[];
  readonly direction: Graph.Direction;
  /** The nodes in another order. */
  readonly order: readonly number[];
}

/** Graphs of 1 to 5 nodes, without pairs too, and with pairs that are there twice. */
export const graphs: fc.Arbitrary<RandomGraph> = fc.integer({ min: 1, max: 5 }).chain((nodes) => {
  const node = fc.integer({ min: 0, max: nodes - 1 });
  const weight = fc.integer({ min: 1, max: 16 }).map((k) => k / 8);
  return fc
    .array(fc.record({ pair: fc.tuple(node, node), weight }), { maxLength: 7 })
    .chain((entries) =>
      fc.record({
        nodes: fc.constant(nodes),
        pairs: fc.constant(entries.map(({ pair }) => pair)),
        weights: fc.constant(entries.map((entry) => entry.weight)),
        direction: fc.constantFrom("in" as const, "out" as const, "both" as const),
        order: fc.shuffledSubarray([...Array(nodes).keys()], { minLength: nodes }),
      }),
    );
});

/** Weights [..., pairs] in f64. */
export const weightsOf = (numbers: readonly number[], lead: readonly number[] = []): Tensor =>
  tensor(Float64Array.from(numbers), { shape: [...lead, numbers.length] });

/** The graph as edges. */
export const edgesOf = ({ nodes, pairs, weights, direction }: RandomGraph): Graph.Edges =>
  Graph.edges({ nodes, direction })(pairs, weightsOf(weights));

/** One adjacency in its three forms. */
export const formsOf = (e: Graph.Edges): Readonly<Record<string, Graph.Adjacency>> => ({
  dense: Graph.toDense(e),
  edges: e,
  csr: Graph.toCsr(e),
});

/** Any form as a dense tensor. */
export const denseOf = (a: Graph.Adjacency): Tensor =>
  "listeners" in a ? Graph.toDense(a) : "columns" in a ? Graph.toDense(Graph.fromCsr(a)) : a;

/** The graph whose node i is node order[i] of another. */
export const renamed = (graph: RandomGraph): RandomGraph => {
  const nameOf = (node: number): number => graph.order.indexOf(node);
  const pairs = graph.pairs.map(([a, b]): Graph.Pair => [nameOf(a), nameOf(b)]);
  return { ...graph, pairs };
};

/** Features [..., nodes, features] under the new names. */
export const renameNodes = ({ order }: RandomGraph, x: Tensor): Tensor =>
  take({ axis: -2 })(x, tensor(Int32Array.from(order)));
