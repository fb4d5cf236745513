// Edges from pairs: order, duplicates, directions, weights that change in time, conversions, refusals.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../../src/core/run/checkGradients.ts";
import { csr, type Tensor, tensor, toArray, transpose, values } from "../../../src/index.ts";
import { Graph } from "../../../src/nn/index.ts";
import { assertTreesClose } from "../../support/close.ts";
import { edgesOf, graphs, weightsOf } from "../../support/graphs.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { arbitrary } from "../../support/slopes.ts";
import { suite } from "../../support/suite.ts";

const test = suite("Graph.edges");

/** A in plain numbers: every pair adds its weight where its listener hears its speaker. */
const byHand = (
  nodes: number,
  pairs: readonly Graph.Pair[],
  weights: readonly number[],
  direction: Graph.Direction,
): number[][] => {
  const a = Array.from({ length: nodes }, () => new Array<number>(nodes).fill(0));
  const hear = (listener: number, speaker: number, weight: number): void => {
    const row = a[listener] as number[];
    row[speaker] = (row[speaker] as number) + weight;
  };
  for (const [k, [source, target]] of pairs.entries()) {
    if (direction !== "out") hear(target, source, weights[k] as number);
    if (direction !== "in") hear(source, target, weights[k] as number);
  }
  return a;
};

test(
  "is the adjacency that the pairs say, in every direction",
  forAll(graphs)((graph) => {
    const { nodes, pairs, weights, direction } = graph;
    assert.equal(toArray(Graph.toDense(edgesOf(graph))), byHand(nodes, pairs, weights, direction));
  }),
);

test(
  "lists every entry once, row by row",
  forAll(graphs)((graph) => {
    const { rowStarts, listeners, speakers } = edgesOf(graph);
    const [rows, columns] = [[...values(listeners)], [...values(speakers)]];
    const places = rows.map((row, k) => row * graph.nodes + (columns[k] as number));
    assert.equal(
      places,
      [...new Set(places)].sort((a, b) => a - b),
    );
    const starts = Array.from(
      { length: graph.nodes + 1 },
      (_, i) => rows.filter((r) => r < i).length,
    );
    assert.equal([...values(rowStarts)], starts);
  }),
);

test(
  "survives the way to a sparse matrix and back",
  forAll(graphs)((graph) => {
    const e = edgesOf(graph);
    assertTreesClose(Graph.fromCsr(Graph.toCsr(e)), e, 0);
  }),
);

test(
  "weights of two times are two adjacencies",
  forAll({ graph: graphs, factor: fc.constantFrom(0, 0.5, 3) })(({ graph, factor }) => {
    const { nodes, pairs, weights, direction } = graph;
    const later = weights.map((weight) => weight * factor);
    const both = weightsOf([...weights, ...later]);
    const timed = tensor(values(both), { shape: [2, weights.length] });
    const e = Graph.edges({ nodes, direction })(pairs, timed);
    const expected = [weights, later].map((w) => byHand(nodes, pairs, w, direction));
    assert.equal(toArray(Graph.toDense(e)), expected);
  }),
);

test(
  "reversing transposes",
  forAll(graphs)((graph) => {
    const e = edgesOf(graph);
    assertTreesClose(Graph.toDense(Graph.reverse(e)), transpose(Graph.toDense(e)), 0);
    assertTreesClose(Graph.reverse(Graph.reverse(e)), e, 0);
  }),
);

test("has gradients in weights, those of the same entry too", () => {
  const pairs: readonly Graph.Pair[] = [
    [0, 1],
    [2, 1],
    [0, 1],
    [1, 0],
  ];
  const dense = (weights: Tensor) =>
    Graph.toDense(Graph.edges({ nodes: 3, direction: "both" })(pairs, weights));
  assertGradients(dense, [arbitrary([2, 4], 1)]);
});

test("a matrix whose rows are in disorder comes into order", () => {
  const disorder = csr({
    rowStarts: [0, 3, 3, 3],
    columns: [2, 0, 2],
    values: [5, 6, 7],
    shape: [3, 3],
  });
  const e = Graph.fromCsr(disorder);
  assert.equal([...values(e.speakers)], [0, 2]);
  assert.equal([...values(e.weights)], [6, 12]); // 5 and 7 are of one place
});

test("refuses pairs of nodes that there are not, and weights that are not one for each", () => {
  assert.is(
    messageOf(() => Graph.edges({ nodes: 2 })([[0, 2]])),
    "Graph.edges: pairs of nodes in 0…1 expected, got [0, 2]",
  );
  assert.is(
    messageOf(() => Graph.edges({ nodes: 2 })([[0, 1]], tensor([1, 2]))),
    "Graph.edges: weights [..., pairs] expected, got [2] for 1 pairs",
  );
});

test("refuses a matrix that is not square, and weights in time as one matrix", () => {
  const wide = csr({ rowStarts: [0, 1], columns: [1], values: [1], shape: [1, 2] });
  assert.is(
    messageOf(() => Graph.fromCsr(wide)),
    "Graph.fromCsr: a square matrix expected, got [1, 2]",
  );
  assert.is(
    messageOf(() => Graph.toCsr(Graph.edges({ nodes: 2 })([[0, 1]], tensor([[1], [2]])))),
    "Graph.toCsr: weights [edges] without leading axes expected, got [2, 1]",
  );
});

test.run();
