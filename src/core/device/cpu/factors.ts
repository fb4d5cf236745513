// Scales moved out of sums: Σ x · (code · scale) = scale · Σ x · code where the scale does not depend on what is summed over. So a product with
// stored integers multiplies once for each, and its inner loop needs no register for scales. Done only where a factor is read from integers, which are
// small, so that no sum overflows that would not have with the scale inside.

import { axesIn } from "../../kernel/contraction.ts";
import { type Axis, type Expr, makeCall, makeReduce } from "../../kernel/expr.ts";
import { exprsOf, type Kernel } from "../../kernel/kernel.ts";
import { rewriter } from "../../kernel/rewrite.ts";
import type { Nest } from "./normalise.ts";

/** How deep products in products are looked into: enough for a code, its scale, and what it is multiplied by. */
const deepest = 4;

/** The factors of a product; that one of them was rounded to f32 says nothing where everything is f32. */
export const factorsOf = (expr: Expr, depth = 0): readonly Expr[] => {
  if (expr.tag !== "call" || expr.dtype !== "f32" || depth > deepest) return [expr];
  if (expr.op === "mul") return expr.args.flatMap((arg) => factorsOf(arg, depth + 1));
  const [x] = expr.args;
  return expr.op === "roundF32" && x?.tag === "call" && x.op === "mul"
    ? factorsOf(x, depth)
    : [expr];
};

/** Factors multiplied in f32. */
export const productOf = (factors: readonly Expr[]): Expr =>
  factors.reduce((a, b) => makeCall("mul", [a, b], "f32"));

/** A nest whose sums over stored integers have no scales within. Within the `withFreshExprs` that made it. */
export const withoutScales = (nest: Nest): Nest => {
  const isNarrow = nest.inputs.map(({ dtype }) => ["i8", "u8", "i4"].includes(dtype));
  if (!isNarrow.includes(true)) return nest;
  const isStored = (root: Expr): boolean =>
    exprsOf({ target: root, body: root } as unknown as Kernel) // reads these only
      .some((expr) => expr.tag === "load" && isNarrow[expr.slot]);
  const summed = (over: Axis, body: Expr): Expr => {
    const factors = factorsOf(body);
    const within = factors.filter((it) => axesIn(it).has(over));
    const outside = factors.filter((it) => !axesIn(it).has(over));
    return outside.length === 0 || !within.some(isStored)
      ? makeReduce("sum", over, body)
      : productOf([makeReduce("sum", over, productOf(within)), ...outside]);
  };
  const body = rewriter((expr, below) =>
    expr.tag === "reduce" && expr.op === "sum" && expr.dtype === "f32" && expr.from === undefined
      ? summed(expr.axis, below(expr.body))
      : undefined,
  )(nest.body);
  return { ...nest, target: rewriter(() => undefined)(nest.target), body };
};
