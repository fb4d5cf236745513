// Normalisations and sums over neighbours: every form gives what the definition says, nodes without
// neighbours are safe, and weights may change in time. PyTorch's values are in test/golden.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../../src/core/run/checkGradients.ts";
import {
  add,
  csr,
  eye,
  grad,
  matmul,
  mul,
  stack,
  sum,
  type Tensor,
  tensor,
  toArray,
  values,
  zeros,
} from "../../../src/index.ts";
import { Graph } from "../../../src/nn/index.ts";
import { assertTreesClose } from "../../support/close.ts";
import {
  denseOf,
  edgesOf,
  formsOf,
  graphs,
  renamed,
  renameNodes,
  weightsOf,
} from "../../support/graphs.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { arbitrary } from "../../support/slopes.ts";
import { suite } from "../../support/suite.ts";
import { normalizedAdjacency } from "../../support/topology.ts";

const loops = fc.constantFrom(0, 1, 2);

/** D^−½ (A + k I) D^−½ or D⁻¹ (A + k I) in plain numbers. */
const byHand = (a: Tensor, k: number, isSymmetric: boolean): number[][] => {
  const n = a.shape[0] as number;
  const rows = toArray(add(a, mul(eye(n, "f64"), k))) as number[][];
  const degrees = rows.map((row) => row.reduce((x, y) => x + y, 0));
  const factors = degrees.map((degree) => (degree > 0 ? degree ** (isSymmetric ? -0.5 : -1) : 0));
  return rows.map((row, i) =>
    row.map((x, j) => x * (factors[i] as number) * (isSymmetric ? (factors[j] as number) : 1)),
  );
};

const f64 = (nested: Parameters<typeof tensor>[0]): Tensor => tensor(nested, { dtype: "f64" });

const test = suite("Graph normalisations");

test(
  "are their definitions in every form, isolated nodes with factor 0",
  forAll({ graph: graphs, k: loops })(({ graph, k }) => {
    const e = edgesOf(graph);
    for (const [form, a] of Object.entries(formsOf(e))) {
      const dense = Graph.toDense(e);
      const [symmetric, walk] = [Graph.symmetric, Graph.randomWalk].map((normalise) =>
        denseOf(normalise({ selfLoops: k })(a)),
      );
      assertTreesClose(symmetric, f64(byHand(dense, k, true)), 1e-15, `symmetric, ${form}`);
      assertTreesClose(walk, f64(byHand(dense, k, false)), 1e-15, `random walk, ${form}`);
    }
  }),
);

test(
  "give an adjacency in the form that it had",
  forAll(graphs)((graph) => {
    const { dense, edges, csr: sparse } = formsOf(edgesOf(graph));
    for (const change of [Graph.symmetric(), Graph.randomWalk(), Graph.reverse]) {
      assert.equal(Object.keys(change(edges as Graph.Edges)), Object.keys(edges as object));
      assert.ok("rowStarts" in change(sparse as Graph.Adjacency));
      assert.equal((change(dense as Tensor) as Tensor).shape, [graph.nodes, graph.nodes]);
    }
  }),
);

test(
  "symmetric weights give a symmetric matrix, and no eigenvalue above 1",
  forAll(graphs)((graph) => {
    const a = Graph.toDense(Graph.symmetric()(edgesOf({ ...graph, direction: "both" })));
    assertTreesClose(a, denseOf(Graph.reverse(a)), 1e-15);
    // ‖Â x‖ ≤ ‖x‖ for every x
    const x = arbitrary([graph.nodes, 1], 3);
    const norm = (y: Tensor): number => Math.hypot(...values(y));
    assert.ok(norm(matmul(a, x)) <= norm(x) * (1 + 1e-12));
  }),
);

test("agree with the call graph's own, which takes no duplicates", () => {
  const pairs: readonly Graph.Pair[] = [
    [0, 1],
    [1, 2],
    [3, 1],
  ];
  for (const direction of ["in", "out", "both"] as const)
    for (const selfLoops of [0, 1, 2]) {
      const ours = Graph.symmetric({ selfLoops })(Graph.edges({ nodes: 5, direction })(pairs));
      const theirs = normalizedAdjacency(pairs, 5, { direction, selfLoops });
      assertTreesClose(Graph.toDense(ours), tensor(theirs, { shape: [5, 5] }), 1e-6); // f32
    }
});

test(
  "treat every time alone, dense and by edges",
  forAll({ graph: graphs, k: loops })(({ graph, k }) => {
    const { nodes, pairs, weights, direction } = graph;
    const times = [weights, weights.map((w, i) => (w * (i + 1)) % 1.5), weights.map(() => 0)];
    const make = Graph.edges({ nodes, direction });
    const timed = tensor(Float64Array.from(times.flat()), { shape: [3, weights.length] });
    const all = make(pairs, timed);
    for (const normalise of [
      Graph.symmetric({ selfLoops: k }),
      Graph.randomWalk({ selfLoops: k }),
    ]) {
      const alone = times.map((w) => denseOf(normalise(make(pairs, weightsOf(w)))));
      assertTreesClose(Graph.toDense(normalise(all)), stack({ axis: 0 })(alone), 1e-15, "edges");
      assertTreesClose(normalise(Graph.toDense(all)), stack({ axis: 0 })(alone), 1e-15, "dense");
    }
  }),
);

test("have gradients in the weights, in every form", () => {
  const pairs: readonly Graph.Pair[] = [
    [0, 1],
    [1, 2],
    [2, 0],
    [1, 0],
  ];
  const weights = add(mul(arbitrary([2, 4], 1), 0.3), 1); // all above 0
  for (const normalise of [Graph.symmetric({ selfLoops: 2 }), Graph.randomWalk()]) {
    const make = (w: Tensor) => Graph.edges({ nodes: 4 })(pairs, w); // nobody hears node 3
    assertGradients((w: Tensor) => normalise(make(w)).weights, [weights]);
    assertGradients((w: Tensor) => normalise(Graph.toDense(make(w))), [weights]);
  }
});

test("nodes that hear nobody have gradients without NaN", () => {
  const total = (a: Tensor): Tensor => sum(mul(Graph.symmetric({ selfLoops: 0 })(a), 2));
  const slopes = values(grad(total)(zeros([3, 3], "f64")));
  assert.ok(slopes.every(Number.isFinite));
});

test("refuse a matrix that is not square", () => {
  assert.is(
    messageOf(() => Graph.symmetric()(zeros([2, 3]))),
    "Graph: an adjacency [..., nodes, nodes] expected, got [2, 3]",
  );
});

test.run();

const sums = suite("Graph.propagate");

sums(
  "is the product with the adjacency, in every form",
  forAll(graphs)((graph) => {
    const h = arbitrary([2, graph.nodes, 3], 1);
    const e = edgesOf(graph);
    const expected = matmul(Graph.toDense(e), h);
    for (const [form, a] of Object.entries(formsOf(e)))
      assertTreesClose(Graph.propagate(a)(h), expected, 1e-14, form);
  }),
);

sums(
  "renaming the nodes renames what they hear",
  forAll(graphs)((graph) => {
    const h = arbitrary([graph.nodes, 2], 1);
    for (const [form, a] of Object.entries(formsOf(edgesOf(renamed(graph)))))
      assertTreesClose(
        Graph.propagate(a)(renameNodes(graph, h)),
        renameNodes(graph, Graph.propagate(edgesOf(graph))(h)),
        1e-14,
        form,
      );
  }),
);

sums(
  "follows weights that change in time",
  forAll(graphs)(({ nodes, pairs, direction }) => {
    const weights = arbitrary([2, 1, pairs.length], 3);
    const h = arbitrary([2, 3, nodes, 2], 4); // weights of each time, for each of 3 samples
    const e = Graph.edges({ nodes, direction })(pairs, weights);
    assertTreesClose(Graph.propagate(e)(h), matmul(Graph.toDense(e), h), 1e-14);
  }),
);

sums("has gradients in weights and features, with weights in time and without", () => {
  const pairs: readonly Graph.Pair[] = [
    [0, 1],
    [1, 2],
    [1, 0],
  ];
  const f = (w: Tensor, h: Tensor) => Graph.propagate(Graph.edges({ nodes: 4 })(pairs, w))(h);
  assertGradients(f, [arbitrary([3], 1), arbitrary([2, 4, 2], 2)]);
  assertGradients(f, [arbitrary([2, 3], 1), arbitrary([2, 4, 2], 2)]);
});

sums("a sparse matrix of other tools is heard as it is", () => {
  const a = csr({ rowStarts: [0, 1, 2], columns: [1, 0], values: [2, 3], shape: [2, 2] });
  assert.equal(toArray(Graph.propagate(a)(tensor([[1], [10]]))), [[20], [3]]);
});

sums.run();
