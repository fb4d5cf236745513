// Sparse matrices in compressed rows, and their product with dense ones. Edge k of row i is one of rowStarts[i] … rowStarts[i + 1] − 1;
// it has the column columns[k] and the value values[k].

import * as E from "fp-ts/lib/Either.js";
import type { TypedArray } from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import { addIndex, index } from "../core/kernel/affine.ts";
import { call, checkedIndex, reduceBetween } from "../core/kernel/build.ts";
import { axis, type Expr } from "../core/kernel/expr.ts";
import type { Delayed } from "../core/lowering.ts";
import { apply } from "../core/primitive.ts";
import { printShape, range, sizeOf } from "../core/shape.ts";
import {
  type Aval,
  fromTypedArray,
  isTensor,
  type Primitive,
  storageOf,
  type Tensor,
} from "../core/tensor.ts";
import type { CsrMatmulOp } from "../core/types/index.ts";
import { mul, sub } from "./arithmetic.ts";
import { reshapeTo, sumAxes } from "./broadcast.ts";
import {
  type HasPrimitive,
  orThrow,
  requireCompute,
  requireTensor,
  sameAvals,
  withPrimitive,
} from "./call.ts";
import { tensor } from "./create.ts";
import { requireAddable, requireIndices, scatterAdd, take } from "./gather.ts";
import { countBelow } from "./order.ts";
import { permuteAxes } from "./structural.ts";

/**
 * A sparse matrix [rows, columns] in compressed rows. Only `values` is differentiable:
 * `grad((values: Tensor) => loss(csrMatmul({ ...a, values }, x)))(a.values)`.
 */
export interface Csr<Rows extends number = number, Columns extends number = number> {
  /** Where the edges of each row begin, and last where all end; i32 [rows + 1]. */
  readonly rowStarts: Tensor;
  /** The column of each edge; i32 [edges]. */
  readonly columns: Tensor;
  /** The value of each edge; [edges]. */
  readonly values: Tensor;
  readonly shape: readonly [rows: Rows, columns: Columns];
}

/** What `csr` takes: tensors, or plain numbers (values become f32). */
export interface CsrParts<Rows extends number, Columns extends number> {
  readonly rowStarts: Tensor | readonly number[];
  readonly columns: Tensor | readonly number[];
  readonly values: Tensor | readonly number[];
  readonly shape: readonly [rows: Rows, columns: Columns];
}

const vectorOf = (name: string, x: Tensor | readonly number[], dtype: "i32" | "f32"): Tensor => {
  const given = isTensor(x) ? x : tensor(x, { dtype });
  return given.shape.length === 1
    ? given
    : fail("csr", "ShapeMismatch", `a vector of ${name} expected`, printShape(given.shape));
};

/** Values that are on the host already. */
const known = (x: Tensor): TypedArray | undefined => storageOf(x)?.host;

/**
 * A sparse matrix from its parts. Fails where lengths do not fit and, as far as the values are known already, where row starts do not
 * rise from 0 to the number of edges or a column is out of range.
 *
 * @example
 * const a = csr({ rowStarts: [0, 1, 3], columns: [2, 0, 1], values: [5, 6, 7], shape: [2, 3] });
 * toArray(csrMatmul(a, tensor([1, 10, 100]))) // [500, 76]
 */
export const csr = <const Rows extends number, const Columns extends number>(
  parts: CsrParts<Rows, Columns>,
): Csr<Rows, Columns> => {
  const { shape } = parts;
  const rowStarts = requireIndices(
    "csr",
    vectorOf("rowStarts", parts.rowStarts, "i32"),
    "rowStarts",
  );
  const columns = requireIndices("csr", vectorOf("columns", parts.columns, "i32"), "columns");
  const values = requireAddable("csr", vectorOf("values", parts.values, "f32"));
  const [rows, edges] = [shape[0], sizeOf(columns.shape)];
  if (shape.length !== 2 || shape.some((n) => !Number.isInteger(n) || n < 0))
    fail("csr", "InvalidArgument", "a shape of two whole sizes expected", printShape(shape));
  if (rowStarts.shape[0] !== rows + 1) {
    const rule = `${rows + 1} rowStarts for shape ${printShape(shape)} expected`;
    fail("csr", "ShapeMismatch", rule, String(rowStarts.shape[0]));
  }
  if (values.shape[0] !== edges) {
    const got = `${values.shape[0]} and ${edges}`;
    fail("csr", "ShapeMismatch", "as many values as columns expected", got);
  }
  checkStarts(known(rowStarts), edges);
  checkColumns(known(columns), shape[1]);
  return { rowStarts, columns, values, shape };
};

const checkStarts = (starts: TypedArray | undefined, edges: number): void => {
  if (starts === undefined) return;
  const rises = starts.every((start, i) => start >= (i === 0 ? 0 : (starts[i - 1] as number)));
  if (!rises || starts[0] !== 0 || starts.at(-1) !== edges) {
    const rule = `rowStarts that rise from 0 to ${edges}, the number of edges, expected`;
    fail("csr", "InvalidArgument", rule, starts.length > 12 ? "others" : printShape([...starts]));
  }
};

const checkColumns = (columns: TypedArray | undefined, count: number): void => {
  const wrong = columns?.findIndex((column) => column < 0 || column >= count) ?? -1;
  if (wrong >= 0) {
    const rule = `columns in 0…${count - 1} expected`;
    fail("csr", "IndexOutOfRange", rule, `${columns?.[wrong]} at edge ${wrong}`);
  }
};

/** The transposed matrix: edge k of it is edge order[k] of the matrix. */
interface Transposed {
  readonly rowStarts: Tensor;
  readonly columns: Tensor;
  readonly order: Tensor;
}

const transposes = new WeakMap<Tensor, { readonly of: Tensor; readonly transposed: Transposed }>();

/** The structure of the transposed matrix, where that of the matrix is known already; kept, since graphs do not change. */
const transposedOf = (
  rowStarts: Tensor,
  columns: Tensor,
  count: number,
): Transposed | undefined => {
  const [starts, targets] = [known(rowStarts), known(columns)];
  if (starts === undefined || targets === undefined) return undefined;
  const before = transposes.get(columns);
  if (before?.of === rowStarts) return before.transposed;
  const transposed = transposeEdges(starts, targets, count);
  transposes.set(columns, { of: rowStarts, transposed });
  return transposed;
};

/** Edges sorted by column, by counting them. */
const transposeEdges = (starts: TypedArray, columns: TypedArray, count: number): Transposed => {
  const columnStarts = new Int32Array(count + 1);
  for (const column of columns) columnStarts[column + 1] = (columnStarts[column + 1] as number) + 1;
  for (let i = 0; i < count; i++)
    columnStarts[i + 1] = (columnStarts[i + 1] as number) + (columnStarts[i] as number);
  const next = columnStarts.slice();
  const order = new Int32Array(columns.length);
  const rows = new Int32Array(columns.length);
  for (let row = 0; row + 1 < starts.length; row++) {
    for (let edge = starts[row] as number; edge < (starts[row + 1] as number); edge++) {
      const column = columns[edge] as number;
      const place = next[column] as number;
      next[column] = place + 1;
      order[place] = edge;
      rows[place] = row;
    }
  }
  return {
    rowStarts: fromTypedArray([count + 1], "i32", columnStarts),
    columns: fromTypedArray([rows.length], "i32", rows),
    order: fromTypedArray([order.length], "i32", order),
  };
};

/** The row of each edge: how many rows end at it or before. */
const rowsOf = (rowStarts: Tensor, edges: number): Tensor => {
  const ended = countBelow(reshapeTo(rowStarts, [1, sizeOf(rowStarts.shape)]), {
    from: 1,
    count: edges,
  });
  return sub(reshapeTo(ended, [edges]), 1);
};

type Inputs<T> = readonly [values: T, x: T, rowStarts: T, columns: T];

/** y[i, f] = Σ over the edges k of row i of values[k] · x[columns[k], f] */
const csrMatmulPrimitive: Primitive<null> = {
  name: "csrMatmul",
  shape: (inputs) => {
    const [, x, rowStarts] = inputs as Inputs<Aval>;
    const [, width] = x.shape as readonly [number, number];
    return E.right({ shape: [(rowStarts.shape[0] as number) - 1, width], dtype: x.dtype });
  },
  // dvalues[k] = Σ g[row of k, f] · x[columns[k], f], and dx = Aᵀ g.
  vjp: ({ g, inputs, wanted }) => {
    const [values, x, rowStarts, columns] = inputs as Inputs<Tensor>;
    const rows = rowsOf(rowStarts, sizeOf(columns.shape));
    const valuesGradient = () => sumAxes(mul(take(g, rows), take(x, columns)), [1]);
    const xGradient = () => {
      const count = x.shape[0] as number;
      const transposed = transposedOf(rowStarts, columns, count);
      if (transposed === undefined) {
        const weights = reshapeTo(values, [...values.shape, 1]);
        return scatterAdd({ size: count })(mul(weights, take(g, rows)), columns);
      }
      const inputsOfTranspose: Inputs<Tensor> = [
        take(values, transposed.order),
        g,
        transposed.rowStarts,
        transposed.columns,
      ];
      return apply(csrMatmulPrimitive, null, inputsOfTranspose);
    };
    return [wanted[0] ? valuesGradient() : null, wanted[1] ? xGradient() : null, null, null];
  },
  lower: {
    _tag: "Pull",
    role: "reduce",
    checksIndices: true,
    cost: 2,
    // An edge is read once for each column of x; the bounds of a row are read once.
    reads: (i, [values], output) =>
      i === 2
        ? 2
        : sizeOf((values as Aval).shape) / Math.max(1, (output as Aval).shape[0] as number),
    pull: ({ inputs }) => {
      const [values, x, rowStarts, columns] = inputs as Inputs<Delayed>;
      return (coords) => {
        const [row, feature] = coords as readonly [Expr, Expr];
        const edge = axis(values.shape[0] as number);
        const column = checkedIndex(columns.at([edge]), x.shape[0] as number);
        return reduceBetween(
          "sum",
          edge,
          rowStarts.at([row]),
          rowStarts.at([addIndex(row, index(1))]),
          call("mul", values.at([edge]), x.at([column, feature])),
        );
      };
    },
  },
};

/**
 * The product of a sparse matrix and a dense one: a [rows, columns] · x [columns, features] → [rows, features]. x may be a vector,
 * or have further leading axes, as in `matmul`.
 *
 *   y[i, :] = Σ values[k] · x[columns[k], :] over the edges k of row i
 *
 * Differentiable in `a.values` and x: dvalues[k] = g[row of k, :] · x[columns[k], :], dx = aᵀ · g.
 *
 * @example
 * const neighbours = csr({ rowStarts: [0, 2, 3], columns: [0, 1, 1], values: [1, 1, 1], shape: [2, 2] });
 * toArray(csrMatmul(neighbours, tensor([[1, 2], [3, 4]]))) // [[4, 6], [3, 4]]
 */
export const csrMatmul = withPrimitive((a: Csr, input: Tensor): Tensor => {
  const x = requireTensor("csrMatmul", input);
  requireCompute("csrMatmul", x);
  orThrow("csrMatmul", sameAvals([a.values, x]));
  const rank = x.shape.length;
  const at = Math.max(0, rank - 2); // the axis of columns
  if (rank === 0 || x.shape[at] !== a.shape[1]) {
    const detail = rank === 0 ? "" : ` (${a.shape[1]} ≠ ${x.shape[at]})`;
    const got = `${printShape(a.shape)} · ${printShape(x.shape)}${detail}`;
    fail("csrMatmul", "ShapeMismatch", "inner dimensions equal expected", got);
  }
  const others = range(rank).filter((i) => i !== at);
  const moved = permuteAxes(x, [at, ...others]); // [columns, …, features]
  const flat = reshapeTo(moved, [a.shape[1], sizeOf(others.map((i) => x.shape[i] as number))]);
  const inputs: Inputs<Tensor> = [a.values, flat, a.rowStarts, a.columns];
  const product = reshapeTo(apply(csrMatmulPrimitive, null, inputs), [
    a.shape[0],
    ...moved.shape.slice(1),
  ]);
  return permuteAxes(product, [
    ...range(at).map((i) => i + 1),
    0,
    ...range(rank - at - 1).map((i) => at + 1 + i),
  ]);
}, csrMatmulPrimitive) as CsrMatmulOp<Csr> & HasPrimitive; // sizes by the record
