// The adjacency of a graph in any of three forms, and what is done with it: self loops, transposing,
// the normalisations of Kipf & Welling, "Semi-supervised classification with graph convolutional
// networks", ICLR 2017, and of a random walk, and the sum over neighbours, A h.

import { fail } from "../../core/errors.ts";
import { printShape, type Shape } from "../../core/shape.ts";
import { isTensor, type Tensor } from "../../core/tensor.ts";
import type { Matmul, MatmulProblem } from "../../core/types/index.ts";
import { add, greater, mul, where } from "../../ops/arithmetic.ts";
import { sum } from "../../ops/broadcast.ts";
import { matmul } from "../../ops/contract.ts";
import { eye, zerosLike } from "../../ops/create.ts";
import { reciprocal, rsqrt } from "../../ops/functions.ts";
import { scatterAdd, take } from "../../ops/gather.ts";
import { type Csr, csrMatmul } from "../../ops/sparse.ts";
import { expandDims, transpose } from "../../ops/structural.ts";
import { type Edges, fromCsr, nodesOf, reversed, toCsr, withLoops } from "./edges.ts";

/**
 * Who hears whom, A[i, j] being the weight with which node i hears node j: a dense tensor
 * [..., nodes, nodes], a sparse matrix, or edges with weights [..., edges]. The leading axes go along
 * with those of what is heard, [..., nodes, features].
 */
export type Adjacency = Tensor | Csr | Edges;

/**
 * The shape of A h for h of shape S, as the compiler knows it: of dense and sparse matrices, whose shapes are in their types. Edges do
 * not say how many nodes they join, nor what axes their weights have.
 */
export type Heard<A extends Adjacency, S extends Shape> = [A] extends [
  { readonly shape: infer Square extends Shape },
]
  ? Matmul<Square, S>
  : Shape;

/** The sentence for an h of shape S with other nodes than A has, or `never`. */
export type HeardProblem<Layer extends string, A extends Adjacency, S extends Shape> = [A] extends [
  { readonly shape: infer Square extends Shape },
]
  ? MatmulProblem<Layer, Square, S>
  : never;

/** The edges of an adjacency that is not dense. */
export const edgesOf = (a: Csr | Edges): Edges => ("listeners" in a ? a : fromCsr(a));

/** A change of an adjacency in its own form. */
const change = <A extends Adjacency>(
  a: A,
  ofDense: (a: Tensor) => Tensor,
  ofEdges: (e: Edges) => Edges,
): A => {
  const changed = isTensor(a)
    ? ofDense(requireSquare(a))
    : "listeners" in a
      ? ofEdges(a)
      : toCsr(ofEdges(fromCsr(a)));
  return changed as A; // each of the three forms gives itself
};

const requireSquare = (a: Tensor): Tensor => {
  const [rows, columns] = a.shape.slice(-2);
  return a.shape.length >= 2 && rows === columns
    ? a
    : fail(
        "Graph",
        "ShapeMismatch",
        "an adjacency [..., nodes, nodes] expected",
        printShape(a.shape),
      );
};

/**
 * A + k I in the form that A has. With edges and sparse matrices, whose edges come into a new order, the
 * structure must be known, not an input of the function that is compiled; here and in what follows.
 *
 * @example
 * toArray(addSelfLoops(2)(tensor([[0, 1], [0, 0]]))) // [[2, 1], [0, 2]]
 */
export const addSelfLoops =
  (weight: number) =>
  <A extends Adjacency>(a: A): A =>
    weight === 0
      ? a
      : change(
          a,
          (dense) => add(dense, mul(eye(dense.shape.at(-1) as number, dense.dtype), weight)),
          (e) => withLoops(e, weight),
        );

/**
 * Aᵀ in the form that A has: the other direction.
 *
 * @example
 * toArray(reverse(tensor([[0, 1], [0, 0]]))) // [[0, 0], [1, 0]]
 */
export const reverse = <A extends Adjacency>(a: A): A => change(a, transpose, reversed);

/** f(degree) where the degree is above 0, else 0, with slope 0 there. */
const factorOf = (f: (degree: Tensor) => Tensor, degree: Tensor): Tensor => {
  const isPositive = greater(degree, 0);
  // The degree 1 stands in for others, so that no infinity meets a gradient of 0.
  return where(isPositive, f(where(isPositive, degree, 1)), 0);
};

/** The sum of each row, [..., nodes]. */
const degrees = (e: Edges): Tensor =>
  scatterAdd({ size: nodesOf(e), axis: -1 })(e.weights, e.listeners);

/** How an adjacency is normalised. */
export interface NormaliseOptions {
  /** The weight k of every node's own edge, which is added first: A + k I. */
  readonly selfLoops?: number;
}

/**
 * D^−½ (A + k I) D^−½ in the form that A has, where D holds the row sums of A + k I, the weighted
 * degrees of the listeners; k is 1 by default, 0 for none, 2 for the variant that listens to itself
 * more.
 *
 *   dense [..., nodes, nodes], or edges [..., edges]   → the same
 *
 * A node of degree 0 gets the factor 0, not infinity: it hears nobody and nobody hears it, which is
 * what k above 0 prevents. Weights are ≥ 0. Differentiable in the weights. Kipf & Welling, equation 2.
 *
 * @example
 * const a = tensor([[0, 3], [3, 0]]); // degrees 4 with self loops
 * toArray(symmetric()(a)) // [[0.25, 0.75], [0.75, 0.25]]
 */
export const symmetric =
  ({ selfLoops = 1 }: NormaliseOptions = {}) =>
  <A extends Adjacency>(a: A): A =>
    change(
      addSelfLoops(selfLoops)(a),
      (dense) => {
        const factor = factorOf(rsqrt, sum({ axis: -1 })(dense)); // [..., nodes]
        return mul(mul(dense, expandDims(-1)(factor)), expandDims(-2)(factor));
      },
      (e) => {
        const factor = factorOf(rsqrt, degrees(e)); // [..., nodes]
        const ofEdges = (nodes: Tensor): Tensor => take({ axis: -1 })(factor, nodes);
        return { ...e, weights: mul(mul(e.weights, ofEdges(e.listeners)), ofEdges(e.speakers)) };
      },
    );

/**
 * D⁻¹ (A + k I) in the form that A has: the mean over those whom a node hears, by weight, or where a
 * random walk goes next. Rows sum to 1, or to 0 where a node hears nobody. k is 0 by default.
 *
 *   dense [..., nodes, nodes], or edges [..., edges]   → the same
 *
 * Weights are ≥ 0. Differentiable in the weights.
 *
 * @example
 * toArray(randomWalk()(tensor([[0, 3, 1], [0, 0, 0], [2, 0, 0]]))) // [[0, 0.75, 0.25], [0, 0, 0], [1, 0, 0]]
 */
export const randomWalk =
  ({ selfLoops = 0 }: NormaliseOptions = {}) =>
  <A extends Adjacency>(a: A): A =>
    change(
      addSelfLoops(selfLoops)(a),
      (dense) => mul(dense, factorOf(reciprocal, sum({ axis: -1, keepDims: true })(dense))),
      (e) => {
        const factor = factorOf(reciprocal, degrees(e)); // [..., nodes]
        return { ...e, weights: mul(e.weights, take({ axis: -1 })(factor, e.listeners)) };
      },
    );

/** Without edges csrMatmul is 0 too, but on the device reference its gradient looks for edge 0. */
const propagateCsr = (a: Csr, h: Tensor): Tensor =>
  a.values.shape[0] === 0 ? zerosLike(h) : csrMatmul(a, h);

/**
 * A h: what every node hears.
 *
 *   A [..., nodes, nodes] in any form   h [..., nodes, features]   → [..., nodes, features]
 *
 * The sparse forms take time proportional to edges × features.
 *
 * @example
 * const calls = Graph.edges({ nodes: 3 })([[0, 1], [0, 2], [1, 2]]);
 * toArray(propagate(calls)(tensor([[1], [10], [100]]))) // [[0], [1], [11]]
 */
export const propagate =
  (a: Adjacency) =>
  (h: Tensor): Tensor => {
    if (isTensor(a)) return matmul(requireSquare(a), h);
    if (!("listeners" in a)) return propagateCsr(a, h);
    if (a.weights.shape.length === 1) return propagateCsr(toCsr(a), h);
    const heard = take({ axis: -2 })(h, a.speakers); // [..., edges, features]
    const weighted = mul(heard, expandDims(-1)(a.weights));
    return scatterAdd({ size: nodesOf(a), axis: -2 })(weighted, a.listeners);
  };
