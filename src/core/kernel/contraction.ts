// The form that matrix products, einsum, convolutions and their adjoints have in common: a sum over some axes of a product of two factors,
// each of which depends on some of the output's axes, with elementwise work after it.

import { type Axis, children, type Expr } from "./expr.ts";
import { exprsOf, type Kernel } from "./kernel.ts";
import { type Nest, onlyNest, onlyNestAnywhere } from "./nest.ts";

/** A kernel as a contraction. Products of sizes are the sizes of a matrix product. */
export interface Contraction {
  readonly nest: Nest;
  /** The factor that varies along the rows. */
  readonly left: Expr;
  /** The factor that varies along the columns. */
  readonly right: Expr;
  /** Output axes on which both factors depend, or neither. */
  readonly batch: readonly Axis[];
  /** Output axes on which only the left factor depends. */
  readonly rows: readonly Axis[];
  /** Output axes on which only the right factor depends. */
  readonly columns: readonly Axis[];
}

/** The number of points along axes. */
export const pointsOf = (axes: readonly Axis[]): number =>
  axes.reduce((n, { size }) => n * size, 1);

/** The loop variables that an expression depends on. */
export const axesIn = (root: Expr): ReadonlySet<Axis> => {
  const found = new Set<Axis>();
  const seen = new Set<Expr>();
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    if (expr.tag === "axis") found.add(expr);
    for (const child of children(expr)) visit(child);
  };
  visit(root);
  return found;
};

/** A kernel as a contraction, if it is one. */
export const contractionOf = (kernel: Kernel): Contraction | undefined =>
  withNest(kernel, onlyNest(kernel.body, exprsOf(kernel)));

/** The same where the sum is only wanted if a condition holds, and may be computed in any case (`onlyNestAnywhere`). */
export const contractionAnywhere = (kernel: Kernel): Contraction | undefined =>
  withNest(kernel, onlyNestAnywhere(exprsOf(kernel)));

const withNest = (kernel: Kernel, nest: Nest | undefined): Contraction | undefined => {
  if (kernel.scatter !== undefined) return undefined;
  if (nest === undefined || nest.op !== "sum") return undefined;
  const { body } = nest;
  if (body.tag !== "call" || body.op !== "mul" || body.dtype !== "f32") return undefined;
  const [left, right] = body.args as [Expr, Expr];
  const [inLeft, inRight] = [axesIn(left), axesIn(right)];
  const pick = (isLeft: boolean, isRight: boolean): readonly Axis[] =>
    kernel.axes.filter((it) => inLeft.has(it) === isLeft && inRight.has(it) === isRight);
  return {
    nest,
    left,
    right,
    batch: kernel.axes.filter((it) => inLeft.has(it) === inRight.has(it)),
    rows: pick(true, false),
    columns: pick(false, true),
  };
};
