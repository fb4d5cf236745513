// Exponentials, logarithms, roots, trigonometric functions and powers, with their derivatives.

import { constantValue } from "../core/builtin.ts";
import { call } from "../core/kernel/build.ts";
import { constant } from "../core/kernel/expr.ts";
import type { Tensor } from "../core/tensor.ts";
import type { BinaryOp, UnaryPrimitive } from "../core/types/index.ts";
import {
  abs,
  add,
  div,
  equal,
  greater,
  logicalAnd,
  logicalNot,
  mul,
  neg,
  sub,
  where,
} from "./arithmetic.ts";
import type { HasPrimitive } from "./call.ts";
import { binary, unary } from "./family.ts";

/** eˣ.  dx = g · y */
export const exp: UnaryPrimitive<"exp"> = unary("exp", ({ g, y }) => mul(g, y));

/** Natural logarithm.  dx = g / x */
export const log: UnaryPrimitive<"log"> = unary("log", ({ g, x }) => div(g, x));

/** eˣ − 1, precise near 0.  dx = g · (y + 1) */
export const expm1: UnaryPrimitive<"expm1"> = unary("expm1", ({ g, y }) => mul(g, add(y, 1)));

/** log(1 + x), precise near 0.  dx = g / (1 + x) */
export const log1p: UnaryPrimitive<"log1p"> = unary("log1p", ({ g, x }) => div(g, add(x, 1)));

/** √x.  dx = g / 2y */
export const sqrt: UnaryPrimitive<"sqrt"> = unary("sqrt", ({ g, y }) => div(g, mul(y, 2)));

/** 1 / √x.  dx = −g · y / 2x */
export const rsqrt: UnaryPrimitive<"rsqrt"> = unary("rsqrt", ({ g, x, y }) =>
  div(mul(g, y), mul(x, -2)),
);

/** x².  dx = 2 g · x */
export const square: UnaryPrimitive<"square", "number"> = unary(
  "square",
  ({ g, x }) => mul(g, mul(x, 2)),
  {
    accepts: "number",
    scalar: (x) => call("mul", x, x),
    cost: 1,
  },
);

/** 1 / x.  dx = −g · y² */
export const reciprocal: UnaryPrimitive<"reciprocal"> = unary(
  "reciprocal",
  ({ g, y }) => neg(mul(g, square(y))),
  {
    scalar: (x) => call("div", constant(1, x.dtype), x),
    cost: 3,
  },
);

/** Sine; x in radians.  dx = g · cos x */
export const sin: UnaryPrimitive<"sin"> = unary("sin", ({ g, x }) => mul(g, cos(x)));

/** Cosine; x in radians.  dx = −g · sin x */
export const cos: UnaryPrimitive<"cos"> = unary("cos", ({ g, x }) => neg(mul(g, sin(x))));

/** Hyperbolic tangent.  dx = g · (1 − y²) */
export const tanh: UnaryPrimitive<"tanh"> = unary("tanh", ({ g, y }) => mul(g, sub(1, square(y))));

/** 1 / (1 + e⁻ˣ).  dx = g · y · (1 − y) */
export const sigmoid: UnaryPrimitive<"sigmoid"> = unary("sigmoid", ({ g, y }) =>
  mul(g, mul(y, sub(1, y))),
);

/** 2/√π ∫₀ˣ exp(−t²) dt.  dx = g · 2/√π · exp(−x²) */
export const erf: UnaryPrimitive<"erf"> = unary("erf", ({ g, x }) =>
  mul(g, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))),
);

/**
 * aᵇ.  da = g · b · aᵇ⁻¹ (0 where b = 0), db = g · y · log a (0 where a = 0, NaN for negative a, as PyTorch)
 *
 * @example
 * toArray(pow(tensor([1, 2, 3]), 2)) // [1, 4, 9]
 */
export const pow: BinaryOp<"pow", "float"> & HasPrimitive = binary(
  "pow",
  ({ g, a, b, y }) => [
    mul(g, mul(b, pow(baseWhereUsed(a, b), sub(b, 1)))),
    mul(g, where(equal(a, 0), 0, mul(y, logWhereUsed(a)))),
  ],
  { accepts: "float", simplify: (a, b) => powerByConstant(a, constantValue(b)) },
);

/** a, with 1 in place of 0 and NaN where b = 0: 0 · 0⁻¹ would be NaN. Elsewhere b = 0 needs no care, and has a second derivative. */
const baseWhereUsed = (a: Tensor, b: Tensor): Tensor =>
  where(logicalAnd(equal(b, 0), logicalNot(greater(abs(a), 0))), 1, a);

/** log a, with 1 in place of 0 so that no infinity is computed where it is not used. */
const logWhereUsed = (a: Tensor): Tensor => log(where(equal(a, 0), 1, a));

const powerByConstant = (a: Tensor, exponent: number | undefined): Tensor | undefined => {
  switch (exponent) {
    case 1:
      return a;
    case 2:
      return square(a);
    case 3:
      return mul(square(a), a);
    case -1:
      return reciprocal(a);
    case 0.5:
      return sqrt(a);
    default:
      return undefined;
  }
};

/** The first operand where it is positive, else the second. */
export const wherePositive = (x: Tensor, a: Tensor | number, b: Tensor | number): Tensor =>
  where(greater(x, 0), a, b);
