// Rows for ops that read and write by index: gather and scatter, order, sparse rows, segments.

import fc from "fast-check";
import type { Scatter } from "../../../src/core/lowering.ts";
import { apply } from "../../../src/core/primitive.ts";
import type { Shape } from "../../../src/core/shape.ts";
import type { Primitive } from "../../../src/core/tensor.ts";
import * as P from "../../../src/index.ts";
import * as Order from "../../../src/ops/order.ts";
import { checkIndicesPrimitive, scatterAddPrimitive } from "../../../src/ops/rows.ts";
import {
  anywhere,
  approximate,
  type Call,
  type Domain,
  distinct,
  exact,
  float,
  type Input,
  indices,
  input,
  integers,
  rounded,
  type Spec,
  show,
} from "../spec.ts";

type T = P.Tensor;

const whole = (shape: Shape, n: number): Input => input(shape, indices(n), "i32");

/** A shape, an axis of it, and its size. */
const placed = fc
  .constantFrom<Shape[]>([4], [3, 4], [2, 3, 2])
  .chain((shape) =>
    fc.nat(shape.length - 1).map((axis) => ({ shape, axis, n: shape[axis] as number })),
  );

const without = (shape: Shape, axis: number): Shape => shape.filter((_, at) => at !== axis);
const insert = (shape: Shape, axis: number, sizes: Shape): Shape => [
  ...shape.slice(0, axis),
  ...sizes,
  ...shape.slice(axis),
];

const pickShapes = fc.constantFrom<Shape[]>([], [3], [2, 2], [0]);

const takes = fc.tuple(placed, pickShapes, fc.boolean()).map(
  ([{ shape, axis, n }, picks, isFloat]): Call => ({
    code: `take({ axis: ${axis} })(x, y)`,
    apply: (x, y) => P.take({ axis })(x as T, y as T),
    inputs: [isFloat ? float(shape) : input(shape, integers(-9, 9), "i32"), whole(picks, n)],
  }),
);

const scatters = fc.tuple(placed, pickShapes).map(
  ([{ shape, axis, n }, picks]): Call => ({
    code: `scatterAdd({ size: ${n}, axis: ${axis} })(x, y)`,
    apply: (x, y) => P.scatterAdd({ size: n, axis })(x as T, y as T),
    inputs: [float(insert(without(shape, axis), axis, picks)), whole(picks, n)],
  }),
);

/** Calls along an axis, with as many picks there. */
const along = (make: (axis: number, n: number, shape: Shape, picked: Shape) => Call) =>
  fc
    .tuple(placed, fc.constantFrom(1, 3))
    .map(([{ shape, axis, n }, picks]) =>
      make(axis, n, shape, insert(without(shape, axis), axis, [picks])),
    );

/** Rows of keys, short and longer than what is sorted by counting. */
const keyShapes = fc.constantFrom<Shape[]>([1, 5], [2, 3], [2, 1], [1, 40], [3, 8]);

const keys = (shape: Shape, isFloat: boolean): Input =>
  isFloat ? float(shape, distinct) : input(shape, integers(-3, 3), "i32");

const sorting = (code: string, op: (x: T, options: { descending: boolean }) => T): Spec => ({
  tolerance: exact,
  calls: fc.tuple(keyShapes, fc.boolean(), fc.boolean()).map(
    ([shape, descending, isFloat]): Call => ({
      code: code.replace("…", String(descending)),
      apply: (x) => op(x as T, { descending }),
      inputs: [keys(shape, isFloat)],
    }),
  ),
});

const run = 4;
const ranks = (x: T, { descending }: { descending: boolean }): T =>
  apply(Order.rankPrimitive, { run, descending }, [x]);
const places = (x: T, options: { descending: boolean }): T =>
  apply(Order.placePrimitive, { run }, [ranks(x, options)]);

/** Whole numbers that rise along one row. */
const rising: Domain = (count) =>
  integers(0, 6)(count).map((values) => [...values].sort((a, b) => a - b));

/** Where rows of sparse matrices begin: from 0 to the number of edges. */
const rowStarts =
  (edges: number): Domain =>
  (count) =>
    integers(
      0,
      edges,
    )(count).map((values) => {
      const sorted = [...values].sort((a, b) => a - b);
      return sorted.map((start, i) => (i === 0 ? 0 : i === count - 1 ? edges : start));
    });

const sparse: fc.Arbitrary<Call> = fc
  .constantFrom<Shape[]>([4], [4, 3], [2, 4, 2], [4, 0])
  .chain((shape) =>
    fc.constantFrom<Call[]>(
      {
        code: "csrMatmul({ values: x, rowStarts: z, columns: u, shape: [3, 4] }, y)",
        apply: (values, x, starts, columns) =>
          P.csrMatmul(
            { values: values as T, rowStarts: starts as T, columns: columns as T, shape: [3, 4] },
            x as T,
          ),
        inputs: [float([5]), float(shape), input([4], rowStarts(5), "i32"), whole([5], 4)],
      },
      {
        // The structure is known, so gradients use the transposed matrix.
        code: "csrMatmul({ ...a, values: x }, y)",
        apply: (values, x) => {
          const parts = {
            rowStarts: [0, 2, 2, 5],
            columns: [3, 0, 1, 1, 2],
            shape: [3, 4] as const,
          };
          return P.csrMatmul(P.csr({ ...parts, values: values as T }), x as T);
        },
        inputs: [float([5]), float(shape)],
      },
    ),
  );

const segments = (
  name: string,
  op: (options: { readonly segments: number }) => (x: T, ids: T) => T,
  tolerance = rounded,
  domain: Domain = anywhere,
): Spec => ({
  tolerance,
  calls: fc
    .tuple(fc.constantFrom<Shape[]>([5], [4, 2], [1, 1, 2], [0, 2]), fc.constantFrom(1, 3))
    .map(
      ([shape, count]): Call => ({
        code: `${name}({ segments: ${count} })(x, y)`,
        apply: (x, y) => op({ segments: count })(x as T, y as T),
        inputs: [float(shape, domain), whole([shape[0] as number], count)],
      }),
    ),
});

/** The way in which a device that cannot scatter combines rows by index. */
const runs = (primitive: Primitive<{ readonly size: number }>, code: string): Spec => ({
  tolerance: rounded,
  stopsGradient: "it is made by lowering, after differentiation",
  calls: fc.constantFrom<Shape[]>([1, 5, 2], [2, 3, 1], [1, 40, 1]).map(
    (shape): Call => ({
      code,
      apply: (x, y) => {
        const { fallback } = primitive.lower as Scatter<{ readonly size: number }>; // both are scatters
        const result = {
          shape: [shape[0] as number, 3, shape[2] as number],
          dtype: (x as T).dtype,
        };
        return fallback([x as T, y as T], { size: 3 }, result);
      },
      inputs: [float(shape, distinct), whole(shape.slice(0, 2), 3)],
    }),
  ),
});

/** Gather and scatter, order, sparse rows, segments. */
export const indexing = {
  take: { calls: takes, tolerance: exact },
  scatterAdd: { calls: scatters, tolerance: rounded },
  takeAlongAxis: {
    tolerance: exact,
    calls: along((axis, n, shape, picked) => ({
      code: `takeAlongAxis({ axis: ${axis} })(x, y)`,
      apply: (x, y) => P.takeAlongAxis({ axis })(x as T, y as T),
      inputs: [float(shape), whole(picked, n)],
    })),
  },
  scatterAddAlongAxis: {
    tolerance: rounded,
    calls: along((axis, n, _, picked) => ({
      code: `scatterAddAlongAxis({ size: ${n}, axis: ${axis} })(x, y)`,
      apply: (x, y) => P.scatterAddAlongAxis({ size: n, axis })(x as T, y as T),
      inputs: [float(picked), whole(picked, n)],
    })),
  },
  oneHot: {
    tolerance: exact,
    calls: fc
      .tuple(pickShapes, fc.constantFrom("f32" as const, "i32" as const, "bool" as const))
      .map(([shape, dtype]) => {
        const options = { classes: 3, dtype };
        return {
          code: `oneHot(${show(options)})(x)`,
          apply: (x) => P.oneHot(options)(x as T),
          inputs: [whole(shape, 3)],
        };
      }),
  },
  argsort: sorting("argsort({ descending: … })(x)", (x, options) => P.argsort(options)(x)),
  rank: sorting("rank(x)", ranks),
  place: sorting("place(rank(x))", places),
  merge: sorting("merge(x, place(rank(x)))", (x, options) =>
    apply(Order.mergePrimitive, { length: run, ...options }, [x, places(x, options)]),
  ),
  countBelow: {
    tolerance: exact,
    calls: fc.constantFrom(0, 1, 5, 8).map((n) => ({
      code: "countBelow(x, { from: 1, count: 4 })",
      apply: (x) => Order.countBelow(x as T, { from: 1, count: 4 }),
      inputs: [input([1, n], rising, "i32")],
    })),
  },
  csrMatmul: { calls: sparse, tolerance: rounded },
  segmentSum: segments("segmentSum", P.segmentSum),
  segmentMax: segments("segmentMax", P.segmentMax, exact, distinct),
  segmentSoftmax: segments("segmentSoftmax", P.segmentSoftmax, approximate),
  checkIndices: {
    tolerance: exact,
    calls: pickShapes.map((shape) => ({
      code: "checkIndices(x)",
      apply: (x) => apply(checkIndicesPrimitive, { op: "take", size: 3 }, [x as T]),
      inputs: [whole(shape, 3)],
    })),
  },
  sumRuns: runs(scatterAddPrimitive, "sumRuns(x, …)"),
  maxRuns: runs(P.segmentMax.primitive, "maxRuns(x, …)"),
} satisfies Record<string, Spec>;

/** Functions made of them. */
export const derivedIndexing = {
  segmentMean: segments("segmentMean", P.segmentMean),
  sort: sorting("sort({ descending: … })(x)", (x, options) => P.sort(options)(x)),
  topK: {
    tolerance: exact,
    calls: placed.map(
      ({ shape, axis, n }): Call => ({
        code: `topK({ k: ${n - 1}, axis: ${axis} })(x).values`,
        apply: (x) => P.topK({ k: n - 1, axis })(x as T).values,
        inputs: [float(shape, distinct)],
      }),
    ),
  },
} satisfies Record<string, Spec>;
