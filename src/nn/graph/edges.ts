// A graph as a list of weighted edges, in the order of compressed rows. The structure is shared; the
// weights may have leading axes (batch, time), so that the strength of an edge may change while the
// graph stays. Work over edges is proportional to their number.

import { fail } from "../../core/errors.ts";
import { values } from "../../core/run/evaluate.ts";
import { printShape, range } from "../../core/shape.ts";
import { fromTypedArray, type Tensor } from "../../core/tensor.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { reshape } from "../../ops/broadcast.ts";
import { full, ones } from "../../ops/create.ts";
import { scatterAdd } from "../../ops/gather.ts";
import type { Csr } from "../../ops/sparse.ts";
import { concat } from "../../ops/structural.ts";

/** An edge from the node at index `source` to the node at index `target`. */
export type Pair = readonly [source: number, target: number];

/**
 * Who hears whom: "in", a target hears its sources (load flows down the calls); "out", a source
 * hears its targets; "both", either hears the other.
 */
export type Direction = "in" | "out" | "both";

/**
 * The entries of an adjacency A [..., nodes, nodes] that may differ from 0, row by row: A[i, j] is
 * the weight with which node i, the listener, hears node j, the speaker. A tree of tensors; made by
 * `edges` or `fromCsr`, which list no entry twice.
 */
export interface Edges {
  /** Where the edges of each listener begin, and last where all end; i32 [nodes + 1]. */
  readonly rowStarts: Tensor;
  /** i32 [edges], rising */
  readonly listeners: Tensor;
  /** i32 [edges], rising for each listener */
  readonly speakers: Tensor;
  /** [..., edges] */
  readonly weights: Tensor;
}

/** How `edges` reads pairs. */
export interface EdgesOptions {
  readonly nodes: number;
  /** Default "in". */
  readonly direction?: Direction;
}

/**
 * How many nodes a graph of edges has.
 *
 * @example
 * nodesOf(edges({ nodes: 5 })([[0, 1]])) // 5
 */
export const nodesOf = ({ rowStarts }: Edges): number => (rowStarts.shape[0] as number) - 1; // a vector

type Indices = ArrayLike<number> & Iterable<number>;

const indexVector = (numbers: Int32Array): Tensor =>
  fromTypedArray([numbers.length], "i32", numbers);

/** Where each of some rising numbers 0…count − 1 begins, and where all end. */
const startsOf = (rising: Int32Array, count: number): Int32Array => {
  const starts = new Int32Array(count + 1);
  for (const row of rising) starts[row + 1] = (starts[row + 1] as number) + 1;
  for (const row of range(count))
    starts[row + 1] = (starts[row + 1] as number) + (starts[row] as number);
  return starts;
};

/** Edges in order from entries in any order; entries of one place add up. */
const assemble = (nodes: number, rows: Indices, columns: Indices, weights: Tensor): Edges => {
  const places = Float64Array.from(rows, (row, k) => row * nodes + (columns[k] as number));
  const distinct = Float64Array.from(new Set(places)).sort(); // row by row
  const slotOf = new Map(Array.from(distinct, (place, slot) => [place, slot]));
  const slots = Int32Array.from(places, (place) => slotOf.get(place) as number); // each is among them
  const listeners = Int32Array.from(distinct, (place) => Math.floor(place / nodes));
  return {
    rowStarts: indexVector(startsOf(listeners, nodes)),
    listeners: indexVector(listeners),
    speakers: indexVector(Int32Array.from(distinct, (place) => place % nodes)),
    weights: scatterAdd({ size: distinct.length, axis: -1 })(weights, indexVector(slots)),
  };
};

const checkPairs = (nodes: number, pairs: readonly Pair[], weights: Tensor): void => {
  const isNode = (i: number): boolean => Number.isInteger(i) && i >= 0 && i < nodes;
  const wrong = pairs.find((pair) => !pair.every(isNode));
  if (wrong !== undefined) {
    const rule = `pairs of nodes in 0…${nodes - 1} expected`;
    fail("Graph.edges", "IndexOutOfRange", rule, `[${wrong.join(", ")}]`);
  }
  if (weights.shape.at(-1) !== pairs.length) {
    const got = `${printShape(weights.shape)} for ${pairs.length} pairs`;
    fail("Graph.edges", "ShapeMismatch", "weights [..., pairs] expected", got);
  }
};

/**
 * The edges of a graph from pairs of nodes and their weights, 1 by default.
 *
 *   weights [..., pairs]   → weights [..., edges]
 *
 * Pairs that name the same entry of A add up: one given twice, and with "both" two opposite ones.
 * Differentiable in the weights. Fails with IndexOutOfRange for a pair that names no node, and with
 * ShapeMismatch when weights are not one for each pair.
 *
 * @example
 * const calls = edges({ nodes: 3 })([[0, 1], [0, 2]], tensor([5, 7])); // 1 and 2 hear 0
 * toArray(toDense(calls)) // [[0, 0, 0], [5, 0, 0], [7, 0, 0]]
 */
export const edges =
  ({ nodes, direction = "in" }: EdgesOptions) =>
  (pairs: readonly Pair[], weights: Tensor = ones([pairs.length])): Edges => {
    checkPairs(nodes, pairs, weights);
    const sources = pairs.map(([source]) => source);
    const targets = pairs.map(([, target]) => target);
    switch (direction) {
      case "in":
        return assemble(nodes, targets, sources, weights);
      case "out":
        return assemble(nodes, sources, targets, weights);
      case "both": {
        const twice = concat({ axis: -1 })([weights, weights]);
        return assemble(nodes, [...targets, ...sources], [...sources, ...targets], twice);
      }
    }
  };

/**
 * The adjacency itself, by scatter.
 *
 *   weights [..., edges]   → [..., nodes, nodes]
 *
 * @example
 * const both = edges({ nodes: 2, direction: "both" })([[0, 1]], tensor([[3], [4]]));
 * toArray(toDense(both)) // [[[0, 3], [3, 0]], [[0, 4], [4, 0]]]
 */
export const toDense = (e: Edges): Tensor => {
  const nodes = nodesOf(e);
  const places = add(mul(e.listeners, nodes), e.speakers);
  const flat = scatterAdd({ size: nodes * nodes, axis: -1 })(e.weights, places);
  return reshape([...flat.shape.slice(0, -1), nodes, nodes])(flat);
};

/** A + k I, with an entry for every node. */
export const withLoops = (e: Edges, weight: number): Edges => {
  const nodes = nodesOf(e);
  const loops = full([...e.weights.shape.slice(0, -1), nodes], weight, e.weights.dtype);
  return assemble(
    nodes,
    [...values(e.listeners), ...range(nodes)],
    [...values(e.speakers), ...range(nodes)],
    concat({ axis: -1 })([e.weights, loops]),
  );
};

/** Aᵀ: speakers hear. */
export const reversed = (e: Edges): Edges =>
  assemble(nodesOf(e), values(e.speakers), values(e.listeners), e.weights);

/**
 * A sparse matrix [nodes, nodes] as edges. Fails with ShapeMismatch when it is not square; its
 * structure must be known, not an input of the function that is compiled.
 *
 * @example
 * const a = csr({ rowStarts: [0, 1, 2], columns: [1, 0], values: [5, 6], shape: [2, 2] });
 * toArray(toDense(fromCsr(a))) // [[0, 5], [6, 0]]
 */
export const fromCsr = ({ rowStarts, columns, values: weights, shape }: Csr): Edges => {
  const [nodes, others] = shape;
  if (nodes !== others)
    fail("Graph.fromCsr", "ShapeMismatch", "a square matrix expected", printShape(shape));
  const starts = values(rowStarts);
  const rows = range(nodes).flatMap((row) =>
    new Array<number>((starts[row + 1] as number) - (starts[row] as number)).fill(row),
  );
  return assemble(nodes, rows, values(columns), weights);
};

/**
 * Edges as a sparse matrix for `csrMatmul`. Fails with ShapeMismatch when weights have leading axes.
 *
 * @example
 * const path = edges({ nodes: 3, direction: "both" })([[0, 1], [1, 2]]);
 * toArray(csrMatmul(toCsr(path), tensor([1, 10, 100]))) // [10, 101, 10]
 */
export const toCsr = (e: Edges): Csr => {
  if (e.weights.shape.length !== 1) {
    const got = printShape(e.weights.shape);
    fail("Graph.toCsr", "ShapeMismatch", "weights [edges] without leading axes expected", got);
  }
  const nodes = nodesOf(e);
  return {
    rowStarts: e.rowStarts,
    columns: e.speakers,
    values: e.weights,
    shape: [nodes, nodes],
  };
};
