// The normalised adjacency by hand and by its spectrum, and who hears whom.

import fc from "fast-check";
import * as assert from "uvu/assert";
import type { Edge } from "../../src/models/spatiotemporal/series.ts";
import { forAll } from "./property.ts";
import { suite } from "./suite.ts";
import { adjacency, neighbourMean, normalizedAdjacency } from "./topology.ts";

const test = suite("normalizedAdjacency");

const n = 5;
const node = fc.integer({ min: 0, max: n - 1 });
const edgeLists: fc.Arbitrary<readonly Edge[]> = fc.array(
  fc.tuple(node, node).filter(([source, target]) => source !== target),
  { maxLength: 12 },
);
const transposed = (matrix: Float32Array): Float32Array =>
  matrix.map((_, at) => matrix[(at % n) * n + Math.floor(at / n)] as number);
const closeTo = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  assert.ok(Array.from(a).every((value, k) => Math.abs(value - (b[k] as number)) < 1e-6)); // f32

test("a chain of three by hand", () => {
  const edges: readonly Edge[] = [
    [0, 1],
    [1, 2],
  ];
  const a = 1 / 2; // both ends have degree 2: themselves and the middle
  const b = 1 / Math.sqrt(6);
  const c = 1 / 3;
  closeTo(normalizedAdjacency(edges, 3, { direction: "both", selfLoops: true }), [
    a,
    b,
    0,
    b,
    c,
    b,
    0,
    b,
    a,
  ]);
});

test("a service hears its callers in direction in, its callees in direction out", () => {
  const edges: readonly Edge[] = [[0, 1]];
  const options = { selfLoops: false };
  assert.equal(Array.from(adjacency(edges, 2, { ...options, direction: "in" })), [0, 0, 1, 0]);
  assert.equal(Array.from(adjacency(edges, 2, { ...options, direction: "out" })), [0, 1, 0, 0]);
  assert.equal(Array.from(adjacency(edges, 2, { ...options, direction: "both" })), [0, 1, 1, 0]);
});

test(
  "direction both is symmetric",
  forAll(edgeLists)((edges) => {
    const matrix = normalizedAdjacency(edges, n, { direction: "both", selfLoops: true });
    assert.equal(matrix, transposed(matrix));
  }),
);

test(
  "has √degree as an eigenvector of eigenvalue 1 when symmetric",
  forAll(edgeLists)((edges) => {
    const options = { direction: "both", selfLoops: true } as const;
    const raw = adjacency(edges, n, options);
    const matrix = normalizedAdjacency(edges, n, options);
    const roots = Array.from({ length: n }, (_, i) =>
      Math.sqrt(raw.subarray(i * n, (i + 1) * n).reduce((a, b) => a + b, 0)),
    );
    const image = roots.map((_, i) =>
      roots.reduce((sum, root, j) => sum + root * (matrix[i * n + j] as number), 0),
    );
    closeTo(image, roots);
  }),
);

test("an isolated service has the factor 0 without self loops, and 1 with", () => {
  const edges: readonly Edge[] = [[0, 1]];
  const bare = normalizedAdjacency(edges, 3, { direction: "both", selfLoops: false });
  assert.equal(Array.from(bare), [0, 1, 0, 1, 0, 0, 0, 0, 0]);
  assert.is(normalizedAdjacency(edges, 3, { direction: "both", selfLoops: true })[8], 1);
});

test("takes degrees from edge weights, and a self loop of weight 2", () => {
  const matrix = normalizedAdjacency([[0, 1]], 2, {
    direction: "both",
    selfLoops: 2,
    weights: [6],
  });
  closeTo(matrix, [0.25, 0.75, 0.75, 0.25]); // rows 2 and 6 over the degree 8
});

test("an edge in both directions counts once, and so does one given twice", () => {
  const edges: readonly Edge[] = [
    [0, 1],
    [1, 0],
    [0, 1],
  ];
  const both = adjacency(edges, 2, { direction: "both", selfLoops: false });
  assert.equal(Array.from(both), [0, 1, 1, 0]);
});

test(
  "neighbourMean has row sums 1, or 0 for whom nobody speaks to",
  forAll(edgeLists)((edges) => {
    const matrix = neighbourMean(edges, n, "in");
    for (let i = 0; i < n; i++) {
      const sum = matrix.subarray(i * n, (i + 1) * n).reduce((a, b) => a + b, 0);
      const isCalled = edges.some(([, target]) => target === i);
      assert.ok(Math.abs(sum - (isCalled ? 1 : 0)) < 1e-6);
    }
  }),
);

test.run();
