// Finds the product in a nest: matrix products, einsum, convolutions and both their adjoints are sums over some axes of a product of two factors, each
// of which depends on some of the output's axes. Rows are the axes of one factor, columns those of the other, and in columns the output is contiguous.

import type { Dtype } from "../../../dtype.ts";
import { rangeOf } from "../../../kernel/affine.ts";
import { axesIn, pointsOf } from "../../../kernel/contraction.ts";
import { type Axis, axis, type Expr, type Load, type Reduce } from "../../../kernel/expr.ts";
import { exprsOf, type Kernel } from "../../../kernel/kernel.ts";
import { nestAt } from "../../../kernel/nest.ts";
import { strideAlong } from "../loops.ts";
import type { Nest } from "../normalise.ts";

/** A product in a nest. */
export interface Product {
  readonly root: Reduce;
  /** Axes that are summed over, outermost first. */
  readonly summed: readonly Axis[];
  /** The factor that depends on rows, and the one that depends on columns. */
  readonly left: Expr;
  readonly right: Expr;
  /** The axis that is cut into blocks of rows, and the one that is cut into vectors. */
  readonly row: Axis;
  readonly column: Axis;
  /** All other axes of the output. */
  readonly others: readonly Axis[];
}

/** Products smaller than this in one direction are written like any other reduction. */
const least = 4;
const leastWork = 4096;

/** A sum of products of two factors. */
export interface Factors {
  readonly root: Reduce;
  /** Axes that are summed over, outermost first, and how many terms that makes. */
  readonly summed: readonly Axis[];
  readonly terms: number;
  readonly factors: readonly [Expr, Expr];
}

/** The only sum in a nest, if it is one of products of factors that both depend on all that is summed over. */
export const factorsIn = (nest: Nest): Factors | undefined => {
  if (nest.scatter !== undefined) return undefined;
  const all = exprsOf(nest as Kernel); // reads target and body only
  const reductions = all.filter((expr): expr is Reduce => expr.tag === "reduce");
  const bodies = new Set<Expr>(reductions.map(({ body }) => body));
  const [root, second] = reductions.filter((expr) => !bodies.has(expr));
  if (root === undefined || second !== undefined || root.op !== "sum") return undefined;
  const found = nestAt(root);
  if (found === undefined || found.axes.length !== reductions.length) return undefined;
  const { body } = found;
  if (body.tag !== "call" || body.op !== "mul" || body.dtype !== "f32") return undefined;
  const [a, b] = body.args as [Expr, Expr];
  if (!isSafe(nest, body)) return undefined;
  const [inA, inB] = [axesIn(a), axesIn(b)];
  if (!found.axes.every((it) => inA.has(it) && inB.has(it))) return undefined;
  return { root, summed: found.axes, terms: found.size, factors: [a, b] };
};

/** The product that a nest is, if it is one. */
export const productIn = (nest: Nest): Product | undefined => {
  const found = factorsIn(nest);
  if (found === undefined) return undefined;
  const [a, b] = found.factors;
  const [inA, inB] = [axesIn(a), axesIn(b)];
  const only = (has: ReadonlySet<Axis>, not: ReadonlySet<Axis>): readonly Axis[] =>
    nest.axes.filter((it) => has.has(it) && !not.has(it));
  const [ofA, ofB] = [only(inA, inB), only(inB, inA)];
  const isContiguous = (it: Axis): boolean => strideAlong(nest.target, it) === 1;
  const swap = ofA.some(isContiguous) && !ofB.some(isContiguous);
  const [rows, columns] = swap ? [ofB, ofA] : [ofA, ofB];
  const column = columns.find(isContiguous) ?? largest(columns);
  if (column === undefined || column.size < least || found.terms < least) return undefined;
  const isStreamed = streamedAlong(nest, swap ? a : b, [column]) === column;
  const row = largest(rows) ?? (isStreamed ? axis(1) : undefined);
  if (row === undefined || (row.size < least && !isStreamed)) return undefined;
  if (row.size * column.size * found.terms < leastWork) return undefined;
  if (strideAlong(nest.target, column) === undefined) return undefined;
  return {
    root: found.root,
    summed: found.summed,
    left: swap ? b : a,
    right: swap ? a : b,
    row,
    column,
    others: nest.axes.filter((it) => it !== row && it !== column),
  };
};

/** Stored integers: a factor made of them is small in memory, and is made into floats where it is multiplied. */
const isNarrow = (dtype: Dtype | undefined): boolean =>
  dtype === "i8" || dtype === "u8" || dtype === "i4";

/** At how many elements of a factor one stored integer may be looked at: where four weights share one that says which of them are 0. */
const mostShown = 4;

/** Along which of some axes a factor reads stored integers one after the other; undefined where it reads none, or not along these. */
export const streamedAlong = (
  nest: Nest,
  factor: Expr,
  axes: readonly Axis[],
): Axis | undefined => {
  const sizeIn = ({ slot }: Load): number => (nest.inputs[slot] as { size: number }).size;
  const [largest] = loadsIn(factor)
    .filter(
      (it) =>
        isNarrow(nest.inputs[it.slot]?.dtype) && sizeIn(it) * mostShown >= sizeOfOperand(factor),
    )
    .sort((a, b) => sizeIn(b) - sizeIn(a));
  return largest === undefined
    ? undefined
    : axes.find((it) => strideAlong(largest.index, it) === 1);
};

const loadsIn = (root: Expr): readonly Load[] =>
  exprsOf({ target: root, body: root } as unknown as Kernel).filter(
    (expr): expr is Load => expr.tag === "load",
  );

const largest = (axes: readonly Axis[]): Axis | undefined =>
  axes.reduce<Axis | undefined>(
    (best, it) => (best === undefined || it.size > best.size ? it : best),
    undefined,
  );

/** Whether the factors may be computed even where a condition says that the sum is not wanted, and for elements beside the wanted ones. */
const isSafe = (nest: Nest, body: Expr): boolean =>
  exprsOf({ ...nest, target: body, body } as unknown as Kernel).every((expr) => {
    if (expr.tag === "call" && expr.op === "checkIndex") return false;
    if (expr.tag === "reduce" || expr.dtype === "f64") return false;
    if (expr.tag !== "load") return true;
    const { size } = nest.inputs[expr.slot] as { size: number };
    const { min, max } = rangeOf(expr.index);
    return min >= 0 && Number.isFinite(max) && (size === 0 || max < size);
  });

/** How an operand that is a plain load of f32 moves along axes; undefined for anything that has to be computed. */
export interface PlainOperand {
  readonly slot: number;
  readonly base: number;
  /** Elements a step, by axis. */
  readonly strides: ReadonlyMap<Axis, number>;
}

/** Elements that an operand moves by along an axis. */
export const strideOf = ({ strides }: PlainOperand, over: Axis): number => strides.get(over) ?? 0;

/** An operand as a plain load, if it is one. */
export const plainOperand = (nest: Nest, operand: Expr): PlainOperand | undefined => {
  if (operand.tag !== "load" || nest.inputs[operand.slot]?.dtype !== "f32") return undefined;
  return affineLoad(operand);
};

const affineLoad = ({ slot, index }: Load): PlainOperand | undefined => {
  const terms =
    index.tag === "const"
      ? []
      : index.tag === "affine"
        ? index.terms
        : [{ atom: index, stride: 1 }];
  const strides = new Map<Axis, number>();
  for (const { atom, stride } of terms) {
    if (atom.tag !== "axis") return undefined;
    strides.set(atom, stride);
  }
  const base = index.tag === "affine" ? index.base : index.tag === "const" ? index.value : 0;
  return { slot, base, strides };
};

/** How many elements an operand has: points along the axes that it depends on. */
export const sizeOfOperand = (operand: Expr): number => pointsOf([...axesIn(operand)]);
