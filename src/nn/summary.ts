// What a tree of parameters holds, as data and as a table: the place, shape, dtype and size of every
// leaf, and the totals.

import { bytesFor, type Dtype } from "../core/dtype.ts";
import { printShape, type Shape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { flattenTree } from "../core/tree.ts";

/** One leaf: its place, as `layers[0].weight`, and how many elements and bytes it has. */
export interface SummaryRow {
  readonly path: string;
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly count: number;
  readonly bytes: number;
}

/** All leaves in order, and what they add up to. */
export interface Summary {
  readonly rows: readonly SummaryRow[];
  readonly count: number;
  readonly bytes: number;
}

const rowOf = ({ shape, dtype }: Tensor, path: string): SummaryRow => {
  const count = sizeOf(shape);
  return { path, shape, dtype, count, bytes: bytesFor(dtype, count) };
};

/**
 * The leaves of a tree of tensors and what they add up to. A leaf that occurs twice counts twice.
 *
 * Fails with InvalidArgument when something in the tree is no tensor.
 *
 * @example
 * const { rows, count } = summary(Linear.init(key(0), { inputs: 3, outputs: 2 }));
 * rows[0] // { path: "weight", shape: [3, 2], dtype: "f32", count: 6, bytes: 24 }
 * count // 8
 */
export const summary = (params: unknown): Summary => {
  const { leaves, structure } = flattenTree(params, "summary");
  const rows = leaves.map((leaf, i) => rowOf(leaf as Tensor, structure.paths[i] as string)); // no numbers
  const total = (size: "count" | "bytes") => rows.reduce((sum, row) => sum + row[size], 0);
  return { rows, count: total("count"), bytes: total("bytes") };
};

const headings = ["path", "shape", "dtype", "count", "bytes"];

const grouped = (n: number): string => n.toLocaleString("en-US");

const cellsOf = ({ path, shape, dtype, count, bytes }: SummaryRow): readonly string[] => [
  path,
  printShape(shape),
  dtype,
  grouped(count),
  grouped(bytes),
];

/** Words begin, and numbers end, in line. */
const pad = (cell: string, width: number, isNumber: boolean): string =>
  isNumber ? cell.padStart(width) : cell.padEnd(width);

/**
 * A summary as a table, one leaf a line, with aligned columns.
 *
 * @example
 * console.log(printSummary(summary(Linear.init(key(0), { inputs: 3, outputs: 2 }))));
 * // path    shape   dtype  count  bytes
 * // weight  [3, 2]  f32        6     24
 * // bias    [2]     f32        2      8
 * // total                      8     32
 */
export const printSummary = ({ rows, count, bytes }: Summary): string => {
  const totals = ["total", "", "", grouped(count), grouped(bytes)];
  const table = [headings, ...rows.map(cellsOf), totals];
  const lengths = (column: number) => table.map((row) => (row[column] as string).length); // five cells
  const widths = headings.map((_, column) => Math.max(...lengths(column)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => pad(cell, widths[i] as number, i > 2)).join("  "); // as many widths
  return table.map((row) => line(row).trimEnd()).join("\n");
};
