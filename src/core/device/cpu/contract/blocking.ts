// How a product is cut: into blocks of rows and columns that stay in the caches while they are multiplied, and sums into stretches that do. Which
// operands are packed first, so that the innermost loop reads them one after the other.

import { axesIn, pointsOf } from "../../../kernel/contraction.ts";
import type { Axis, Expr } from "../../../kernel/expr.ts";
import type { Nest } from "../normalise.ts";
import { type PlainOperand, type Product, plainOperand, sizeOfOperand } from "./recognise.ts";

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
}

/** Terms of a sum that a tile adds up before it is stored. */
const longestSum = 512;
/** Bytes of a block of the left factor: half of a small second-level cache. */
const leftBytes = 128 * 1024;
const mostColumns = 512;
/** A row of an operand this far from the next falls into few sets of the first-level cache. */
const farApart = 128;
/** Rows that make packing the other operand worth it. */
const worthPacking = 24;

const stride = (operand: PlainOperand, along: Axis): number => operand.strides.get(along) ?? 0;

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
  const packsRight =
    right === undefined ||
    stride(right, column) !== 1 ||
    (Math.abs(stride(right, last)) >= farApart &&
      row.size >= worthPacking &&
      isCompact(nest, right, sizeOfOperand(rightExpr)));
  const packsLeft =
    left === undefined ||
    stride(left, row) < 0 ||
    (stride(left, last) !== 1 &&
      Math.abs(stride(left, last)) >= farApart &&
      column.size >= worthPacking &&
      isCompact(nest, left, sizeOfOperand(leftExpr)));
  let inner = 1;
  let points = last.size;
  while (inner < summed.length && points * (summed.at(-1 - inner) as Axis).size <= longestSum) {
    points *= (summed.at(-1 - inner) as Axis).size;
    inner++;
  }
  const innerSummed = summed.slice(summed.length - inner);
  const stretch =
    inner > 1 || last.size <= 1.5 * longestSum
      ? last.size
      : Math.ceil(last.size / Math.ceil(last.size / longestSum));
  const depth = inner > 1 ? points : stretch;
  const fitting = Math.max(tileRows, Math.floor(leftBytes / 4 / depth));
  const units = (rows: number): number => pointsOf(others) * Math.ceil(row.size / rows);
  const round = (rows: number): number => Math.ceil(rows / tileRows) * tileRows;
  let blockRows = round(Math.min(row.size, fitting, 256));
  // Enough blocks for several threads, but none of a few rows only.
  while (units(blockRows) < 8 && blockRows > 32) blockRows = round(blockRows / 2);
  const blockColumns = Math.ceil(Math.min(column.size, mostColumns) / tileColumns) * tileColumns;
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
  };
};

/** Axes of the output that an operand depends on, without one. */
export const otherAxesOf = (operand: Expr, others: readonly Axis[]): readonly Axis[] => {
  const within = axesIn(operand);
  return others.filter((it) => within.has(it));
};
