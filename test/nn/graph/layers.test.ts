// What holds for every layer of graphs: renaming the nodes renames the result, every form of an
// adjacency gives the same, every graph of a batch is treated alone, nodes without neighbours are safe,
// and gradients are right. PyTorch's values are in test/golden.

import * as assert from "uvu/assert";
import { assertGradients } from "../../../src/core/run/checkGradients.ts";
import {
  compile,
  grad,
  key,
  leavesOf,
  mapTree,
  ones,
  square,
  sum,
  type Tensor,
  tensor,
  toArray,
  values,
  vmap,
  zeros,
} from "../../../src/index.ts";
import {
  DiffusionConvolution,
  Gcn,
  Graph,
  GraphAttention,
  GraphConvolution,
  GraphSage,
} from "../../../src/nn/index.ts";
import { assertTreesClose } from "../../support/close.ts";
import { edgesOf, formsOf, graphs, renamed, renameNodes } from "../../support/graphs.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { arbitrary } from "../../support/slopes.ts";
import { suite } from "../../support/suite.ts";

/** A layer whose parameters are given; they are a tree of tensors. */
interface Layer<P> {
  readonly params: P;
  readonly apply: (params: P, a: Graph.Adjacency) => (h: Tensor) => Tensor;
}

/** The tree with f64 numbers that look random, so that a bias is not 0. */
const filled = <P>(params: P): P => {
  let seed = 0;
  return mapTree(params, ({ shape }) => arbitrary(shape, ++seed));
};

const layer = <P>(params: P, apply: Layer<P>["apply"]): Layer<unknown> =>
  ({ params: filled(params), apply }) as Layer<unknown>; // each is given its own parameters

const sizes = { inputs: 3, outputs: 2 };
const heads = { inputs: 3, features: 2, heads: 2 };
const layers: Readonly<Record<string, Layer<unknown>>> = {
  Gcn: layer(Gcn.init(key(0), sizes), Gcn.apply),
  GraphConvolution: layer(
    GraphConvolution.init(key(0), { ...sizes, adjacencies: 2 }),
    (params, a) => GraphConvolution.apply(params, [a, Graph.symmetric({ selfLoops: 0 })(a)]),
  ),
  "GraphSage, mean": layer(GraphSage.init(key(0), sizes), GraphSage.apply),
  "GraphSage, max": layer(GraphSage.init(key(0), sizes), (params, a) =>
    GraphSage.apply(params, a, { aggregator: "max" }),
  ),
  GraphAttention: layer(GraphAttention.init(key(0), heads), GraphAttention.apply),
  "GraphAttention, averaged": layer(
    GraphAttention.init(key(0), { ...heads, combine: "mean" }),
    (params, a) => GraphAttention.apply(params, a, { combine: "mean", slope: 0.5 }),
  ),
  DiffusionConvolution: layer(
    DiffusionConvolution.init(key(0), { ...sizes, steps: 2 }),
    DiffusionConvolution.apply,
  ),
};
const some: { readonly runs: number } = { runs: 25 }; // every run is three forms of a layer

/** A graph whose node 3 has no neighbours, and its weights as its only argument. */
const pairs: readonly Graph.Pair[] = [
  [0, 1],
  [1, 2],
  [2, 1],
  [0, 2],
];
const graphOf = (weights: Tensor): Graph.Edges => Graph.edges({ nodes: 4 })(pairs, weights);
const weights = tensor(Float64Array.of(1, 0.5, 2, 1.5));
const timedWeights = tensor(Float64Array.of(1, 0.5, 2, 1.5, 0.25, 0, 1, 3), { shape: [2, 1, 4] });
const h = arbitrary([2, 3, 4, 3], 9); // [time, batch, nodes, inputs]

/** How many elements the largest tensor has that some tensors are computed from. */
const largestBehind = (results: readonly Tensor[]): number => {
  const seen = new Set(results);
  for (const { origin } of seen) // grows while it is walked
    if (origin._tag === "Apply") for (const input of origin.inputs) seen.add(input);
  return Math.max(...[...seen].map(({ shape }) => shape.reduce((a, b) => a * b, 1)));
};

for (const [name, { params, apply }] of Object.entries(layers)) {
  const test = suite(name);

  test(
    "renaming the nodes renames the result",
    forAll(
      graphs,
      some,
    )((graph) => {
      const x = arbitrary([graph.nodes, 3], 7);
      const expected = renameNodes(graph, apply(params, Graph.toDense(edgesOf(graph)))(x));
      for (const [form, a] of Object.entries(formsOf(edgesOf(renamed(graph)))))
        assertTreesClose(apply(params, a)(renameNodes(graph, x)), expected, 1e-13, form);
    }),
  );

  test("every form gives the same, for features with leading axes too", () => {
    const { dense, edges, csr } = formsOf(graphOf(weights));
    const expected = apply(params, dense as Graph.Adjacency)(h);
    assertTreesClose(apply(params, edges as Graph.Adjacency)(h), expected, 1e-13, "edges");
    assertTreesClose(apply(params, csr as Graph.Adjacency)(h), expected, 1e-13, "csr");
  });

  test("follows weights that change in time, an edge of weight 0 being none", () => {
    const timed = graphOf(timedWeights);
    const expected = apply(params, Graph.toDense(timed))(h);
    assertTreesClose(apply(params, timed)(h), expected, 1e-13);
    assert.not.equal(toArray(apply(params, graphOf(weights))(h)), toArray(expected));
  });

  test("treats every graph of a batch alone", () => {
    const convolve = apply(params, graphOf(weights));
    const batch = arbitrary([3, 4, 3], 2);
    assertTreesClose(convolve(batch), vmap(convolve)(batch), 1e-14);
  });

  test("has gradients in parameters and features, in every form", () => {
    const x = arbitrary([4, 3], 5);
    for (const a of Object.values(formsOf(graphOf(weights))))
      assertGradients((p: unknown, features: Tensor) => apply(p, a)(features), [params, x]);
    const timed = graphOf(timedWeights);
    assertGradients((p: unknown, features: Tensor) => apply(p, timed)(features), [params, x]);
  });

  test("has gradients in the weights of edges", () => {
    const x = arbitrary([4, 3], 5);
    assertGradients((w: Tensor) => apply(params, graphOf(w))(x), [weights]);
    assertGradients((w: Tensor) => apply(params, Graph.toDense(graphOf(w)))(x), [weights]);
  });

  test("a graph without edges gives numbers and gradients without NaN", () => {
    const none = Graph.edges({ nodes: 4 })([], zeros([0], "f64"));
    for (const [form, a] of Object.entries(formsOf(none))) {
      const loss = (p: unknown, x: Tensor): Tensor => sum(square(apply(p, a)(x)));
      const found = leavesOf(grad(loss, { argnums: [0, 1] })(params, arbitrary([4, 3], 5)));
      assert.ok(
        found.every((x) => values(x).every(Number.isFinite)),
        form,
      );
    }
  });

  test("takes edges as an input of a compiled function, where it needs no other order of them", () => {
    const x = arbitrary([4, 3], 5);
    const run = compile((e: Graph.Edges, features: Tensor) => apply(params, e)(features));
    const reverses = name === "DiffusionConvolution";
    if (reverses)
      assert.match(
        messageOf(() => run(graphOf(weights), x)),
        /^values: /,
      );
    else assertTreesClose(run(graphOf(weights), x), apply(params, graphOf(weights))(x), 1e-14);
  });

  test("makes nothing as large as all pairs of nodes where edges are few, backward neither", () => {
    const [nodes, features] = [1000, 3];
    const ring = Array.from({ length: nodes }, (_, i): Graph.Pair => [i, (i + 1) % nodes]);
    const e = Graph.edges({ nodes, direction: "both" })(ring, ones([nodes], "f64")); // 2000 edges
    const loss = (p: unknown, x: Tensor): Tensor => sum(square(apply(p, e)(x)));
    const slopes = grad(loss, { argnums: [0, 1] })(params, arbitrary([nodes, features], 5));
    assert.ok(largestBehind(leavesOf(slopes)) <= 2000 * 15); // 5 · features a node in a walk
  });

  test("is one program on the cpu device, in f32, with the same numbers", () => {
    const small = mapTree(params, (leaf) =>
      tensor(Float32Array.from(values(leaf)), { shape: leaf.shape }),
    );
    const x = arbitrary([2, 4, 3], 5);
    const narrow = tensor(Float32Array.from(values(x)), { shape: x.shape });
    const [wide, single] = [weights, tensor([1, 0.5, 2, 1.5])].map(graphOf);
    const run = compile(
      (p: unknown, features: Tensor) => apply(p, single as Graph.Edges)(features),
      { device: "cpu" },
    );
    const expected = values(apply(params, wide as Graph.Edges)(x));
    const found = values(run(small, narrow));
    found.forEach((y, i) => {
      const wanted = expected[i] as number;
      assert.ok(Math.abs(y - wanted) <= 1e-5 * (1 + Math.abs(wanted)), `${y}, ${wanted} expected`);
    });
  });

  test.run();
}

const small = suite("graph layers by hand");
const listens = tensor([
  [0, 3, 1], // node 0 hears 1 and 2
  [0, 0, 0],
  [0, 2, 0],
]);
const known = tensor([[1], [10], [100]]);
const numbers = (x: Tensor): readonly number[] => Array.from(values(x));
const close = (found: readonly number[], wanted: readonly number[]): void =>
  assert.ok(
    found.every((x, i) => Math.abs(x - (wanted[i] as number)) < 1e-4),
    `${found}`,
  );

small("GraphSage adds the mean by weight, or the largest", () => {
  const params = { self: tensor([[1]]), neighbours: tensor([[1000]]), bias: tensor([0.5]) };
  close(numbers(GraphSage.apply(params, listens)(known)), [32501.5, 10.5, 10100.5]);
  const largest = GraphSage.apply(params, listens, { aggregator: "max" });
  close(numbers(largest(known)), [100001.5, 10.5, 10100.5]);
  const debts = tensor([[-1], [-10], [-100]]); // below the 0 of a node without neighbours
  close(numbers(largest(debts)), [-10000.5, -9.5, -10099.5]);
});

small("GraphAttention weighs neighbours by scores, whatever their weights", () => {
  const params = {
    weight: tensor([[1]]),
    listener: tensor([[1]]),
    speaker: tensor([[Math.LN2]]),
    bias: tensor([0]),
  };
  const h = tensor([[0], [1], [3]]); // scores of 1 and 3 times ln 2: shares 2 : 8
  close(numbers(GraphAttention.apply(params, listens)(h)), [0.2 * 1 + 0.8 * 3, 0, 1]);
});

small("DiffusionConvolution walks along the edges and against them", () => {
  const rows = [[1], [100], [0], [1e4], [0]]; // itself; one and two steps along; against
  const params = { weight: tensor(rows), bias: tensor([0]) };
  const once = DiffusionConvolution.apply(params, listens)(known);
  // Along: node 0 hears ¾·10 + ¼·100, node 2 hears 10. Against: 1 hears 0 by 3⁄5 and 2 by 2⁄5, 2 hears 0.
  const expected = [1 + 3250, 10 + 406000, 100 + 1000 + 10000];
  assert.equal(numbers(once).map(Math.round), expected);
  const second = { weight: tensor([[0], [0], [1], [0], [0]]), bias: tensor([0]) };
  close(numbers(DiffusionConvolution.apply(second, listens)(known)), [2.5, 0, 0]); // ¼ of what 2 heard
});

small("refuses a weight that fits no number of steps", () => {
  const params = { weight: zeros([4, 2]), bias: zeros([2]) };
  assert.is(
    messageOf(() => DiffusionConvolution.apply(params, listens)(known)),
    "DiffusionConvolution.apply: a weight for the node itself and for as many steps either way " +
      "expected, got 4 rows for 1 features",
  );
});

small("layers start with weights that differ and bias 0", () => {
  const start = GraphAttention.init(key(1), { inputs: 3, features: 2, heads: 4 });
  assert.equal([start.weight.shape, start.listener.shape, start.bias.shape], [[3, 8], [4, 2], [8]]);
  assert.not.equal(toArray(start.listener), toArray(start.speaker));
  const averaged = GraphAttention.init(key(1), {
    inputs: 3,
    features: 2,
    heads: 4,
    combine: "mean",
  });
  assert.equal(toArray(averaged.bias), [0, 0]);
  const sage = GraphSage.init(key(1), sizes);
  assert.not.equal(toArray(sage.self), toArray(sage.neighbours));
});

small.run();
