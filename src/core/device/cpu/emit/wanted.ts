// Which values are the same in all lanes and yet wanted in a vector.

import { axesIn } from "../../../kernel/contraction.ts";
import { type Axis, children, type Expr } from "../../../kernel/expr.ts";

/** What scalars are wanted in lanes: arguments of calls that differ along an axis and do not depend on it themselves. */
export const wantedInLanes = (roots: readonly Expr[], axes: readonly Axis[]): ReadonlySet<Expr> => {
  const wanted = new Set<Expr>();
  const seen = new Set<Expr>();
  const depends = new Map<Expr, ReadonlySet<Axis>>();
  const axesOf = (expr: Expr): ReadonlySet<Axis> => {
    const known = depends.get(expr) ?? axesIn(expr);
    depends.set(expr, known);
    return known;
  };
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    for (const child of children(expr)) {
      if (expr.tag === "call" && child.tag !== "const" && child.tag !== "axis") {
        if (axes.some((it) => axesOf(expr).has(it) && !axesOf(child).has(it))) wanted.add(child);
      }
      visit(child);
    }
  };
  roots.forEach(visit);
  return wanted;
};
