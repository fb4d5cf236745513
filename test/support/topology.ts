// The call graph as a matrix that mixes neighbours, written out in plain numbers: what the tensors of nn/graph and of
// models/spatiotemporal/model/callGraph.ts are held to. Kipf & Welling, "Semi-Supervised Classification with Graph
// Convolutional Networks", ICLR 2017: Â = D^−½ (A + I) D^−½.

import type { Edge } from "../../src/models/spatiotemporal/series.ts";

/** How `normalizedAdjacency` reads a call graph. */
export interface AdjacencyOptions {
  /**
   * Whom a service hears: "in" its callers (load flows down the calls), "out" its callees (slowness
   * flows up), "both" either, which makes the matrix symmetric.
   */
  readonly direction: "in" | "out" | "both";
  /** The weight of a service's own row: true is 1, false is 0, and 2 is the variant (A + 2I). */
  readonly selfLoops: boolean | number;
  /**
   * The weight of each edge, 1 by default; opposite edges read as "both" keep the larger weight.
   */
  readonly weights?: readonly number[];
}

/**
 * The adjacency A [n, n], row by row, with A[i, j] the weight with which service i hears service j.
 * An edge given twice counts once, with its larger weight.
 */
export const adjacency = (
  edges: readonly Edge[],
  n: number,
  { direction, selfLoops, weights }: AdjacencyOptions,
): Float32Array => {
  const matrix = new Float32Array(n * n);
  const hear = (listener: number, speaker: number, weight: number) => {
    const at = listener * n + speaker;
    matrix[at] = Math.max(matrix[at] as number, weight);
  };
  for (const [k, [source, target]] of edges.entries()) {
    const weight = weights?.[k] ?? 1;
    if (direction !== "out") hear(target, source, weight);
    if (direction !== "in") hear(source, target, weight);
  }
  for (let i = 0; i < n; i++) {
    matrix[i * n + i] = (matrix[i * n + i] as number) + Number(selfLoops);
  }
  return matrix;
};

const rowSums = (matrix: Float32Array, n: number): number[] =>
  Array.from({ length: n }, (_, i) =>
    matrix.subarray(i * n, (i + 1) * n).reduce((a, b) => a + b, 0),
  );

/**
 * Â = D^−½ (A + I) D^−½ [n, n], where D holds the row sums of A + I.
 *
 * A service that hears nobody has degree 0 and gets the factor 0 instead of 1/√0. Without self
 * loops that also silences it: in the direction "in" the front end, which nobody calls, would say
 * nothing to its callees; keep self loops there.
 */
export const normalizedAdjacency = (
  edges: readonly Edge[],
  n: number,
  options: AdjacencyOptions,
): Float32Array => {
  const matrix = adjacency(edges, n, options);
  const factors = rowSums(matrix, n).map((degree) => (degree > 0 ? 1 / Math.sqrt(degree) : 0));
  return matrix.map(
    (weight, at) => weight * (factors[Math.floor(at / n)] as number) * (factors[at % n] as number),
  );
};

/**
 * The mean over those whom a service hears, as a matrix [n, n] of row sum 1; a row of zeros when it
 * hears nobody.
 */
export const neighbourMean = (
  edges: readonly Edge[],
  n: number,
  direction: AdjacencyOptions["direction"],
): Float32Array => {
  const matrix = adjacency(edges, n, { direction, selfLoops: false });
  const sums = rowSums(matrix, n);
  return matrix.map((weight, at) => weight / ((sums[Math.floor(at / n)] as number) || 1));
};
