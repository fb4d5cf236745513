// How a product is cut: into blocks of rows and columns that stay in the caches while they are multiplied, and sums into stretches that do. Which
// operands are packed first, so that the innermost loop reads them one after the other.

import { axesIn, pointsOf } from "../../../kernel/contraction.ts";
import type { Axis, Expr } from "../../../kernel/expr.ts";
import type { Nest } from "../normalise.ts";
import {
  type PlainOperand,
  type Product,
  plainOperand,
  sizeOfOperand,
  streamedAlong,
  strideOf,
} from "./recognise.ts";

/** Rows and columns that the innermost loop computes at once: eight vectors of sums, which fit the registers with what is multiplied. */
export const tileRows = 4;
export const tileColumns = 8;

/** What the sums are cut into. */
export interface Blocking {
  /** Rows of one block, a multiple of the tile's. */
  readonly blockRows: number;
  /** Columns of one block, a multiple of the tile's. */
  readonly blockColumns: number;
  /** Summed axes whose loops are around the blocks: sums are kept in memory between their turns. */
  readonly outerSummed: readonly Axis[];
  /** Summed axes within a tile. */
  readonly innerSummed: readonly Axis[];
  /** Turns of the innermost summed axis in one stretch. */
  readonly stretch: number;
  readonly left: PlainOperand | undefined;
  readonly right: PlainOperand | undefined;
  readonly packsLeft: boolean;
  readonly packsRight: boolean;
  /** The axis along which the right factor reads stored integers, where it is packed block by block; see `streamed.ts`. */
  readonly streamed: Axis | undefined;
}

/** Terms of a sum that a tile adds up before it is stored. */
const longestSum = 512;
/** Bytes of a block of the left factor: half of a small second-level cache. */
const leftBytes = 128 * 1024;
const mostColumns = 512;
/** Rows and columns of a block of stored integers: as floats, it stays in the first-level cache, or nearly. */
const [streamedTerms, streamedColumns] = [32, 256];
/** A row of an operand this far from the next falls into few sets of the first-level cache. */
const farApart = 128;
/** Rows that make packing the other operand worth it. */
const worthPacking = 24;

/** Whether an operand is small enough that packing it is no unfolding of overlapping windows. */
const isCompact = (nest: Nest, operand: PlainOperand, size: number): boolean => {
  const source = nest.inputs[operand.slot]?.size ?? 0;
  if (source === 0) return false;
  return size <= 1.25 * source;
};

/** Cuts a product. */
export const blockingOf = (nest: Nest, product: Product): Blocking => {
  const { left: leftExpr, right: rightExpr, row, column, summed, others } = product;
  const left = plainOperand(nest, leftExpr);
  const right = plainOperand(nest, rightExpr);
  const last = summed.at(-1) as Axis;
  const streamed = streamedAlong(nest, rightExpr, [column, last]);
  const packsRight =
    right === undefined ||
    strideOf(right, column) !== 1 ||
    (Math.abs(strideOf(right, last)) >= farApart &&
      row.size >= worthPacking &&
      isCompact(nest, right, sizeOfOperand(rightExpr)));
  const packsLeft =
    left === undefined ||
    strideOf(left, row) < 0 ||
    (strideOf(left, last) !== 1 &&
      Math.abs(strideOf(left, last)) >= farApart &&
      column.size >= worthPacking &&
      isCompact(nest, left, sizeOfOperand(leftExpr)));
  let inner = 1;
  let points = last.size;
  while (
    streamed === undefined &&
    inner < summed.length &&
    points * (summed.at(-1 - inner) as Axis).size <= longestSum
  ) {
    points *= (summed.at(-1 - inner) as Axis).size;
    inner++;
  }
  const innerSummed = summed.slice(summed.length - inner);
  const stretch =
    streamed !== undefined
      ? Math.min(last.size, streamedTerms)
      : inner > 1 || last.size <= 1.5 * longestSum
        ? last.size
        : Math.ceil(last.size / Math.ceil(last.size / longestSum));
  const depth = inner > 1 ? points : stretch;
  const fitting = Math.max(tileRows, Math.floor(leftBytes / 4 / depth));
  const most = streamed === undefined ? mostColumns : streamedColumns;
  const { blockRows, blockColumns } = blocksFor(
    pointsOf(others),
    row.size,
    column.size,
    fitting,
    most,
  );
  return {
    blockRows,
    blockColumns,
    outerSummed: summed.slice(0, summed.length - inner),
    innerSummed,
    stretch,
    left,
    right,
    packsLeft,
    packsRight,
    streamed,
  };
};

const roundUp = (size: number, to: number): number => Math.ceil(size / to) * to;

/** How many more rows and columns the busier of two threads has than half of all. */
const imbalance = (others: number, rows: number, columns: number, blocks: Blocks): number => {
  const sizes: number[] = [];
  for (let r = 0; r < rows; r += blocks.blockRows)
    for (let c = 0; c < columns; c += blocks.blockColumns)
      sizes.push(Math.min(blocks.blockRows, rows - r) * Math.min(blocks.blockColumns, columns - c));
  // As the program cuts them: the first half of the units for one thread, rounded down.
  const first = Math.floor((others * sizes.length) / 2);
  const whole = rows * columns;
  let load = Math.floor(first / sizes.length) * whole;
  for (const size of sizes.slice(0, first % sizes.length)) load += size;
  return Math.max(load, others * whole - load) / ((others * whole) / 2) - 1;
};

type Blocks = Pick<Blocking, "blockRows" | "blockColumns">;

/** Blocks with fewer rows or columns read the other factor too often. */
const fewestRows = 16;
const fewestColumns = 32;
const mostRows = 256;

/**
 * Blocks of at most so many rows that share the work evenly between two threads, and so about evenly between more; as large as that allows. They depend on
 * sizes alone, so that results do not depend on threads.
 */
const blocksFor = (
  others: number,
  rows: number,
  columns: number,
  fitting: number,
  most: number,
): Blocks => {
  const largest: Blocks = {
    blockRows: roundUp(Math.min(rows, fitting, mostRows), tileRows),
    blockColumns: roundUp(Math.min(columns, most), tileColumns),
  };
  let best = largest;
  let least = Number.POSITIVE_INFINITY;
  for (const halves of [1, 2, 3, 4, 6, 8, 12, 16]) {
    for (const parts of [1, 2, 3, 4]) {
      const blocks: Blocks = {
        blockRows: Math.min(largest.blockRows, roundUp(Math.ceil(rows / halves), tileRows)),
        blockColumns: Math.min(
          largest.blockColumns,
          roundUp(Math.ceil(columns / parts), tileColumns),
        ),
      };
      if (halves > 1 && blocks.blockRows < fewestRows) continue;
      if (parts > 1 && blocks.blockColumns < fewestColumns) continue;
      // Every further block reads a factor once more.
      const cost = imbalance(others, rows, columns, blocks) + 0.01 * (halves + 2 * parts);
      if (cost < least) [best, least] = [blocks, cost];
    }
  }
  return best;
};

/** Axes of the output that an operand depends on, without one. */
export const otherAxesOf = (operand: Expr, others: readonly Axis[]): readonly Axis[] => {
  const within = axesIn(operand);
  return others.filter((it) => within.has(it));
};
