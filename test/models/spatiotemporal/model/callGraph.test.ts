// Who hears whom: by hand, against the matrices of test/support/topology.ts, and the same whether weights are given or counted.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  cast,
  exp,
  expand,
  mul,
  ones,
  sub,
  type Tensor,
  tensor,
  toArray,
  values,
  zeros,
} from "../../../../src/index.ts";
import {
  atStep,
  type CallGraph,
  type Hearing,
  hearingAt,
  hearingOf,
} from "../../../../src/models/spatiotemporal/model/callGraph.ts";
import type { Edge } from "../../../../src/models/spatiotemporal/series.ts";
import { assertTreesClose } from "../../../support/close.ts";
import { forAll } from "../../../support/property.ts";
import { refusalOf } from "../../../support/refusal.ts";
import { suite } from "../../../support/suite.ts";
import { neighbourMean, normalizedAdjacency } from "../../../support/topology.ts";

const nodes = 4;
const directions = ["in", "out", "both", "either"] as const;
const node = fc.integer({ min: 0, max: nodes - 1 });

/** Graphs without two edges between the same two services in one direction, and without calls to oneself. */
const graphs: fc.Arbitrary<CallGraph> = fc
  .uniqueArray(
    fc.tuple(node, node).filter(([a, b]) => a !== b),
    { selector: ([a, b]) => a * nodes + b, maxLength: 8 },
  )
  .chain((pairs) =>
    fc
      .array(fc.double({ min: 0.1, max: 3, noNaN: true }), {
        minLength: pairs.length,
        maxLength: pairs.length,
      })
      .map((weights) => ({ nodes, pairs, weights: tensor(Float64Array.from(weights)) })),
  );

const matrix = (numbers: Float32Array): Tensor =>
  cast("f64")(tensor(numbers, { shape: [nodes, nodes] }));

const test = suite("hearingOf");

test("a call from 0 to 1 by hand, in every direction", () => {
  const call: CallGraph = { nodes: 2, pairs: [[0, 1]] };
  const found = directions.map((direction) =>
    hearingOf(call, { direction }).adjacencies.map(toArray),
  );
  const half = Math.fround(Math.SQRT1_2);
  // The callee hears itself and its caller, 2 in all, and the caller itself alone; and the reverse.
  const heard = [
    [1, 0],
    [half, 0.5],
  ];
  const told = [
    [0.5, half],
    [0, 1],
  ];
  const close = (a: unknown, b: readonly (readonly number[])[]) =>
    assertTreesClose(tensor(a as number[][]), tensor(b.map((row) => [...row])), 1e-6);
  const [onlyIn, onlyOut, both, either] = found;
  close(onlyIn?.[0], heard);
  close(onlyOut?.[0], told);
  close(both?.[0], heard);
  close(both?.[1], told);
  close(either?.[0], [
    [0.5, 0.5],
    [0.5, 0.5],
  ]);
  assert.equal(
    found.map(({ length }) => length),
    [1, 1, 2, 1],
  );
});

test(
  "is what the matrices of topology.ts are",
  forAll({ graph: graphs })(({ graph }) => {
    const { pairs } = graph;
    const weights = [...values(graph.weights as Tensor)]; // graphs have them
    const expected = (direction: "in" | "out" | "both") =>
      matrix(normalizedAdjacency(pairs, nodes, { direction, selfLoops: true, weights }));
    const adjacencies = (direction: (typeof directions)[number]) =>
      hearingOf(graph, { direction }).adjacencies;
    assertTreesClose(adjacencies("in"), [expected("in")], 1e-6); // f32
    assertTreesClose(adjacencies("out"), [expected("out")], 1e-6);
    assertTreesClose(adjacencies("both"), [expected("in"), expected("out")], 1e-6);
    assertTreesClose(adjacencies("either"), [expected("both")], 1e-6); // opposite edges: the larger
    const plain = hearingOf({ nodes, pairs }, { direction: "in" });
    assertTreesClose(cast("f64")(plain.mean), matrix(neighbourMean(pairs, nodes, "both")), 1e-6);
  }),
);

test("a graph given both ways weighs as one given once", () => {
  const weights = tensor([0.25, 0.5]);
  const pairs: readonly Edge[] = [
    [0, 1],
    [1, 2],
  ];
  const once = hearingOf({ nodes: 3, pairs, weights }, { direction: "either" });
  const twice = hearingOf(
    {
      nodes: 3,
      pairs: [...pairs, ...pairs.map(([a, b]): Edge => [b, a])],
      weights: tensor([0.25, 0.5, 0.25, 0.5]),
    },
    { direction: "either" },
  );
  assertTreesClose(twice, once, 0);
});

test.run();

const dynamic = suite("hearingAt");

/** The hearing of each step, from one that is the same at all. */
const atAll = ({ adjacencies, mean }: Hearing, steps: readonly number[]): Hearing => ({
  adjacencies: adjacencies.map(expand([...steps, nodes, nodes])),
  mean: expand([...steps, nodes, nodes])(mean),
});

dynamic(
  "calls in the same proportions at all times are weights that are given",
  forAll({ graph: graphs, busy: fc.double({ min: 0.5, max: 3, noNaN: true }) })(
    ({ graph, busy }) => {
      const weights = graph.weights as Tensor; // graphs have them
      const { length } = graph.pairs;
      if (length === 0) return;
      const usual = [...values(weights)].reduce((a, b) => a + b, 0) / length;
      // log(1 + rate) is `busy` times each weight.
      const rates = expand([2, 3, length])(sub(exp(mul(weights, busy)), 1));
      for (const direction of directions) {
        const fixed = hearingOf({ ...graph, weights: mul(weights, 1 / usual) }, { direction });
        assertTreesClose(hearingAt(graph, { direction }, rates), atAll(fixed, [2, 3]), 1e-4); // the 1e-6 of the usual
      }
    },
  ),
);

dynamic("weighs an edge by its calls at each step", () => {
  const call: CallGraph = { nodes: 2, pairs: [[0, 1]] };
  const [e, steps] = [Math.E, 2];
  // log(1 + rate) is 1 and 3, their mean 2: half and one and a half of the usual.
  const rates = tensor(Float64Array.of(e - 1, e ** 3 - 1), { shape: [1, steps, 1] });
  const { adjacencies } = hearingAt(call, { direction: "in" }, rates);
  const [[first, second]] = toArray(adjacencies[0] as Tensor) as [[number[][], number[][]]];
  const close = (a: number | undefined, b: number) => assert.ok(Math.abs((a as number) - b) < 1e-5);
  close(first[1]?.[1], 1 / 1.5);
  close(second[1]?.[1], 1 / 2.5);
  close(second[1]?.[0], 1.5 / Math.sqrt(2.5));
});

dynamic("without any calls everybody hears itself alone", () => {
  const call: CallGraph = { nodes: 2, pairs: [[0, 1]] };
  const { adjacencies, mean } = hearingAt(call, { direction: "both" }, zeros([1, 1, 1]));
  for (const each of adjacencies) assert.equal([...values(each)], [1, 0, 0, 1]);
  assert.equal([...values(mean)], [0, 0, 0, 0]);
});

dynamic("is refused without rates of calls", async () => {
  const call: CallGraph = { nodes: 2, pairs: [[0, 1]] };
  const { tag, message } = await refusalOf(() => hearingAt(call, { direction: "in" }, undefined));
  assert.is(tag, "InvalidArgument");
  assert.is(
    message,
    "Forecaster.apply: rates of calls expected, since edges weigh as calls, got none\n" +
      'hint: the data has no rates of calls: choose edges "given"',
  );
});

dynamic("atStep takes the adjacency of a step, or the one of all", () => {
  const fixed = ones([2, 2]);
  assert.is(atStep(fixed, 3), fixed);
  const each = tensor(Float64Array.of(1, 2, 3, 4), { shape: [2, 2, 1, 1] });
  assert.equal(toArray(atStep(each, 1)), [[[2]], [[4]]]);
});

dynamic.run();
