// Expressions rebuilt with some parts replaced. Shared parts stay shared. Called within the `withFreshExprs` that made the expressions, so
// that equal ones are still one object.

import { linear } from "./affine.ts";
import { constant, type Expr, load, makeCall, makeReduce } from "./expr.ts";

/** What takes the place of an expression, given a way to rebuild the ones below; undefined keeps its form. */
export type Replacement = (expr: Expr, rebuild: (below: Expr) => Expr) => Expr | undefined;

/** Rebuilds expressions, several of which may share parts. */
export const rewriter = (replace: Replacement): ((expr: Expr) => Expr) => {
  const known = new Map<Expr, Expr>();
  const rebuild = (expr: Expr): Expr => {
    const before = known.get(expr);
    if (before !== undefined) return before;
    const after = replace(expr, rebuild) ?? rebuildParts(expr);
    known.set(expr, after);
    return after;
  };
  const rebuildParts = (expr: Expr): Expr => {
    switch (expr.tag) {
      case "const":
        return constant(expr.value, expr.dtype);
      case "axis":
        return expr;
      case "affine":
        return linear(
          expr.base,
          expr.terms.map(({ atom, stride }) => ({ atom: rebuild(atom), stride })),
        );
      case "load":
        return load(expr.slot, expr.dtype, rebuild(expr.index));
      case "call":
        return makeCall(expr.op, expr.args.map(rebuild), expr.dtype);
      case "reduce": {
        const { from, to } = expr;
        const bounds =
          from === undefined || to === undefined
            ? undefined
            : { from: rebuild(from), to: rebuild(to) };
        return makeReduce(expr.op, expr.axis, rebuild(expr.body), bounds);
      }
    }
  };
  return rebuild;
};
