// Kernels by rows: where a kernel computes the first part of its output from the first part of its inputs, and so on, it can take some rows at a
// time, and several kernels in a row can take the same rows before they go on to the next.

import { asLinear, rangeOf } from "../../kernel/affine.ts";
import { axesIn, pointsOf } from "../../kernel/contraction.ts";
import type { Axis, Expr } from "../../kernel/expr.ts";
import { exprsOf, type Kernel } from "../../kernel/kernel.ts";
import { lanesPerPart } from "./emit/emitter.ts";
import type { LoopPlan } from "./loops.ts";
import type { Nest } from "./normalise.ts";
import type { Cut } from "./units.ts";

/** Fewer rows are not worth being shared or taken in blocks. */
export const leastRows = 32;

/** Which buffers a kernel walks row by row: those of its inputs, by slot; it writes its output so in any case. */
export interface RowWise {
  readonly inputs: readonly boolean[];
}

/** The numbers of rows into which a kernel can be cut. */
export interface Rows {
  /** By the number of rows, where these are turns of outer loops. */
  readonly turns: ReadonlyMap<number, RowWise>;
  /** Where there is one loop only: its size, of which every divisor will do. */
  readonly flat: Flat | undefined;
}

/** A kernel of one loop. */
export interface Flat extends RowWise {
  readonly size: number;
  /**
   * Parts of the loop have to begin at multiples of this: reductions add up in another order for single elements, at the end of a part, than
   * for vectors of them.
   */
  readonly grain: number;
}

/** Into which rows a nest can be cut. */
export const rowsOf = (nest: Nest, plan: LoopPlan): Rows => {
  const turns = new Map<number, RowWise>();
  const { outer, along } = plan;
  if (nest.scatter !== undefined || plan.across !== undefined) return { turns, flat: undefined };
  outer.forEach((_, depth) => {
    const axes = outer.slice(0, depth + 1);
    const found = pointsOf(axes) < leastRows ? undefined : rowWise(nest, axes);
    if (found !== undefined) turns.set(pointsOf(axes), found);
  });
  if (outer.length > 0 || along === undefined) return { turns, flat: undefined };
  const found = rowWise(nest, [along]);
  if (found === undefined) return { turns, flat: undefined };
  const isReducing = exprsOf(nest as Kernel).some(({ tag }) => tag === "reduce");
  const grain = isReducing ? lanesPerPart * plan.parts : 1;
  return { turns, flat: { ...found, size: along.size, grain } };
};

/** What a nest walks by the turns of its first axes; undefined where it does not write so. */
const rowWise = (nest: Nest, axes: readonly Axis[]): RowWise | undefined => {
  // Rows of i4 may begin in the middle of a byte.
  if (nest.output.dtype === "i4" || !isRowWise(nest.target, axes, nest.output.size))
    return undefined;
  const loads = exprsOf(nest as Kernel).filter((expr) => expr.tag === "load");
  const inputs = nest.inputs.map(
    ({ dtype, size }, slot) =>
      dtype !== "i4" &&
      loads.every((load) => load.slot !== slot || isRowWise(load.index, axes, size)),
  );
  return { inputs };
};

/** Whether an index stays, in each turn of the axes, within that turn's part of a buffer. */
const isRowWise = (index: Expr, axes: readonly Axis[], size: number): boolean => {
  const length = size / pointsOf(axes);
  if (!Number.isInteger(length) || length === 0) return false;
  const { base, terms } = asLinear(index);
  let [min, max] = [base, base];
  const strides = new Map<Expr, number>();
  for (const { atom, stride } of terms) {
    if (axes.includes(atom as Axis)) strides.set(atom, stride);
    else {
      const inner = axesIn(atom);
      if (axes.some((it) => inner.has(it))) return false;
      const range = rangeOf(atom);
      min += Math.min(stride * range.min, stride * range.max);
      max += Math.max(stride * range.min, stride * range.max);
    }
  }
  if (!(min >= 0 && max < length)) return false;
  let expected = length;
  for (const over of [...axes].reverse()) {
    if (over.size > 1 && strides.get(over) !== expected) return false;
    expected *= over.size;
  }
  return true;
};

/** The cut of a nest into so many rows, which `rowsOf` found. */
export const cutRows = (nest: Nest, { outer, along }: LoopPlan, rows: number): Cut => {
  if (outer.length === 0)
    return { axes: [], rest: [], piece: (along as Axis).size / rows, units: rows };
  let count = 0;
  while (pointsOf(outer.slice(0, count)) < rows) count++;
  const axes = outer.slice(0, count);
  return { axes, rest: outer.slice(count), piece: 0, units: pointsOf(nest.axes) > 0 ? rows : 0 };
};
