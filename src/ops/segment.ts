// Reductions over the edges of a graph by the segment (the node) that each belongs to. Ids need not be sorted. Out-of-range ids are
// reported by the device `reference`.

import * as E from "fp-ts/lib/Either.js";
import { fillTensor } from "../core/builtin.ts";
import { fail } from "../core/errors.ts";
import { apply } from "../core/primitive.ts";
import { printShape, sizeOf } from "../core/shape.ts";
import type { Aval, Primitive, Tensor } from "../core/tensor.ts";
import type { SegmentOp, SegmentSoftmaxOp } from "../core/types/index.ts";
import { cast, div, equal, maximum, mul, sub, where } from "./arithmetic.ts";
import { reshapeTo } from "./broadcast.ts";
import { dual, type HasPrimitive, requireFloat, requireTensor, withPrimitive } from "./call.ts";
import { exp } from "./functions.ts";
import { requireAddable, requireCount, requireIndices } from "./gather.ts";
import { gatherRows, scatterRecord, scatterRows } from "./rows.ts";

/** Options of segment ops. */
export interface SegmentOptions {
  /** How many segments there are; ids are in 0…segments − 1. */
  readonly segments: number;
}

/** Rows [1, edges, width] and ids [1, edges], and how to give a result its shape back. */
interface Edges {
  readonly rows: Tensor;
  readonly ids: Tensor;
  readonly restore: (y: Tensor) => Tensor;
}

const edgesOf = (op: string, x: Tensor, ids: Tensor): Edges => {
  const got = `${printShape(x.shape)} and ${printShape(ids.shape)}`;
  const [edges, ...rest] = x.shape;
  const [count] = ids.shape;
  if (edges === undefined || count === undefined || ids.shape.length !== 1)
    return fail(op, "ShapeMismatch", "rows and a vector of segment ids expected", got);
  if (edges !== count) {
    const rule = "one segment id for each row expected";
    fail(op, "ShapeMismatch", rule, `${got} (${edges} ≠ ${count})`);
  }
  return {
    rows: reshapeTo(x, [1, edges, sizeOf(rest)]),
    ids: reshapeTo(ids, [1, edges]),
    restore: (y) => reshapeTo(y, [y.shape[1] as number, ...rest]),
  };
};

/** Both call forms of a segment op, from what it does with edges. */
const segmentOp =
  (op: string, reduceEdges: (edges: Edges, segments: number) => Tensor) =>
  ({ segments }: SegmentOptions) =>
    dual((values, segmentIds) => {
      const x = requireTensor(op, values);
      if (op === "segmentSum") requireAddable(op, x);
      else requireFloat(op, x);
      const edges = edgesOf(op, x, requireIndices(op, segmentIds, "segment ids"));
      return edges.restore(reduceEdges(edges, requireCount(op, "number of segments", segments)));
    });

const sumPrimitive = scatterRecord("segmentSum");

/**
 * The sum of the rows of each segment, 0 for empty ones: x [edges, …] and ids [edges] i32 → [segments, …].  dx = g[ids]
 *
 * @example
 * toArray(segmentSum({ segments: 3 })(tensor([1, 2, 4]), tensor([2, 0, 2], { dtype: "i32" }))) // [2, 0, 5]
 */
export const segmentSum = withPrimitive(
  segmentOp("segmentSum", ({ rows, ids }, segments) =>
    scatterRows(rows, ids, segments, sumPrimitive),
  ),
  sumPrimitive,
) as SegmentOp<"segmentSum"> & HasPrimitive; // the call forms of dual

/** How many edges each segment has, i32 [1, segments, 1]. */
const countEdges = ({ rows, ids }: Edges, segments: number): Tensor => {
  const ones = fillTensor([1, rows.shape[1] as number, 1], 1, "i32");
  return scatterRows(ones, ids, segments, sumPrimitive);
};

/**
 * The mean of the rows of each segment, 0 for empty ones: x [edges, …] and ids [edges] i32 → [segments, …].
 * dx = (g / count)[ids]
 *
 * @example
 * toArray(segmentMean({ segments: 2 })(tensor([1, 2, 4]), tensor([1, 0, 1], { dtype: "i32" }))) // [2, 2.5]
 */
export const segmentMean = segmentOp("segmentMean", (edges, segments) => {
  const count = maximum(countEdges(edges, segments), 1);
  return div(
    scatterRows(edges.rows, edges.ids, segments, sumPrimitive),
    cast(edges.rows.dtype)(count),
  );
}) as SegmentOp<"segmentMean", "float">; // the call forms of dual

/** The largest rows by index, −∞ where there are none. */
const maxPrimitive = scatterRecord("segmentMax", {
  combine: "max",
  initial: Number.NEGATIVE_INFINITY,
  vjp: ({ g, inputs, output, attributes: { size } }) => {
    // Edges that attain the maximum share the gradient equally.
    const [x, ids] = inputs as readonly [Tensor, Tensor];
    const hits = cast(g.dtype)(equal(x, gatherRows(output, ids)));
    const ties = scatterRows(hits, ids, size);
    const share = div(g, maximum(ties, 1));
    return [mul(hits, gatherRows(share, ids)), null];
  },
});

/**
 * The largest of each column over the rows of each segment, NaN if any is: x [edges, …] and ids [edges] i32 → [segments, …].
 *
 * An empty segment gives 0, as PyTorch's scatter_reduce into zeros. Ties share the gradient equally.
 *
 * @example
 * toArray(segmentMax({ segments: 3 })(tensor([1, 2, 4]), tensor([2, 0, 2], { dtype: "i32" }))) // [2, 0, 4]
 */
export const segmentMax = withPrimitive(
  segmentOp("segmentMax", (edges, segments) => {
    const largest = scatterRows(edges.rows, edges.ids, segments, maxPrimitive);
    return where(equal(countEdges(edges, segments), 0), 0, largest);
  }),
  maxPrimitive,
) as SegmentOp<"segmentMax", "float"> & HasPrimitive; // the call forms of dual

const softmaxPrimitive: Primitive<SegmentOptions> = {
  name: "segmentSoftmax",
  shape: ([x]) => E.right({ shape: (x as Aval).shape, dtype: (x as Aval).dtype }),
  // dx = y · (g − (Σ g y)[ids]): from the output, without exponentials.
  vjp: ({ g, inputs: [, indices], output: y, attributes: { segments } }) => {
    const ids = indices as Tensor;
    const total = gatherRows(scatterRows(mul(g, y), ids, segments), ids);
    return [mul(y, sub(g, total)), null];
  },
  lower: {
    _tag: "Compose",
    build: ([values, indices], { segments }) => {
      const [x, ids] = [values as Tensor, indices as Tensor];
      // Subtracting the maximum leaves the quotient unchanged and keeps exp below overflow.
      const e = exp(sub(x, gatherRows(scatterRows(x, ids, segments, maxPrimitive), ids)));
      return div(e, gatherRows(scatterRows(e, ids, segments), ids));
    },
  },
};

/**
 * Softmax among the rows of each segment, column by column, without overflow: x [edges, …] and ids [edges] i32 → [edges, …].
 * Attention over the neighbours of a node. dx = y · (g − (Σ g y)[ids])
 *
 * @example
 * toArray(segmentSoftmax({ segments: 2 })(tensor([3, 3, 9]), tensor([0, 0, 1], { dtype: "i32" }))) // [0.5, 0.5, 1]
 */
export const segmentSoftmax = withPrimitive(
  segmentOp("segmentSoftmax", ({ rows, ids }, segments) =>
    apply(softmaxPrimitive, { segments }, [rows, ids]),
  ),
  softmaxPrimitive,
) as SegmentSoftmaxOp & HasPrimitive; // the call forms of dual
