// Reductions over several axes as one: a sum of a sum of a sum is a sum over all their axes.

import type { Axis, Expr, Reduce } from "./expr.ts";
import type { ReduceOp } from "./scalar.ts";

/** Reductions of one kind inside of one another, with nothing in between. */
export interface Nest {
  /** The outermost reduction. */
  readonly root: Reduce;
  readonly op: ReduceOp;
  /** Their axes, outermost first. */
  readonly axes: readonly Axis[];
  /** What is reduced. */
  readonly body: Expr;
  /** How many values are reduced to one. */
  readonly size: number;
}

/** The nest that begins at a reduction; undefined where one of its loops has bounds from data. */
export const nestAt = (root: Reduce): Nest | undefined => {
  const axes: Axis[] = [];
  let body: Expr = root;
  while (body.tag === "reduce" && body.op === root.op) {
    if (body.from !== undefined) return undefined;
    axes.push(body.axis);
    body = body.body;
  }
  return { root, op: root.op, axes, body, size: axes.reduce((n, { size }) => n * size, 1) };
};

/** The nest that holds all reductions of a kernel's expressions, if there is one and no condition guards it. */
export const onlyNest = (body: Expr, all: readonly Expr[]): Nest | undefined => {
  const nest = onlyNestAnywhere(all);
  return nest === undefined || isGuarded(nest.root, body) ? undefined : nest;
};

/**
 * The nest that holds all reductions, even if it is only wanted where a condition holds: for devices where it does no harm to compute what
 * is not wanted, and to read beyond the end of a buffer for it.
 */
export const onlyNestAnywhere = (all: readonly Expr[]): Nest | undefined => {
  const reductions = all.filter((expr): expr is Reduce => expr.tag === "reduce");
  const inner = new Set(reductions.map((expr) => expr.body));
  const [root, second] = reductions.filter((expr) => !inner.has(expr));
  if (root === undefined || second !== undefined) return undefined;
  const nest = nestAt(root);
  return nest !== undefined && nest.axes.length === reductions.length ? nest : undefined;
};

/** Whether an expression is computed only where a condition holds. */
const isGuarded = (target: Expr, root: Expr): boolean => {
  const seen = new Set<Expr>();
  const isReachedFreely = (expr: Expr): boolean => {
    if (expr === target) return true;
    if (seen.has(expr)) return false;
    seen.add(expr);
    switch (expr.tag) {
      case "call":
        return (expr.op === "where" ? expr.args.slice(0, 1) : expr.args).some(isReachedFreely);
      case "affine":
        return expr.terms.some(({ atom }) => isReachedFreely(atom));
      case "load":
        return isReachedFreely(expr.index);
      default:
        return false;
    }
  };
  return !isReachedFreely(root);
};

/** Whether some load among expressions moves by one element when a loop variable does. */
export const hasUnitStride = (over: Axis, exprs: readonly Expr[]): boolean =>
  exprs.some(
    (expr) =>
      expr.tag === "load" &&
      (expr.index === over ||
        (expr.index.tag === "affine" &&
          expr.index.terms.some(({ atom, stride }) => atom === over && Math.abs(stride) === 1))),
  );
