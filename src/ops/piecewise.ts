// Activations and other functions put together from pieces. Each says which slope it takes where pieces meet; NaN passes through all
// of them.

import { fail } from "../core/errors.ts";
import { call } from "../core/kernel/build.ts";
import type { Expr } from "../core/kernel/expr.ts";
import { apply } from "../core/primitive.ts";
import type { Primitive, Tensor } from "../core/tensor.ts";
import type { UnaryMaybeOptions, UnaryPrimitive, UnaryWithOptions } from "../core/types/index.ts";
import {
  add,
  greater,
  greaterEqual,
  lessEqual,
  like,
  logicalAnd,
  mul,
  neg,
  sub,
  where,
} from "./arithmetic.ts";
import {
  type HasPrimitive,
  requireCompute,
  requireTensor,
  withOptions,
  withPrimitive,
} from "./call.ts";
import { elementwise, unary } from "./family.ts";
import { erf, exp, sigmoid, square, tanh, wherePositive } from "./functions.ts";

const times = (...factors: readonly [Expr, ...Expr[]]): Expr =>
  factors.reduce((a, b) => call("mul", a, b));
const plus = (a: Expr, b: Expr): Expr => call("add", a, b);
const isPositive = (x: Expr): Expr => call("lt", like(x, 0), x);

/**
 * max(x, 0).  dx = g where x > 0, else 0: slope 0 at 0, as PyTorch
 *
 * @example
 * toArray(relu(tensor([-1, 0, 2]))) // [0, 0, 2]
 */
export const relu: UnaryPrimitive<"relu", "number"> = unary(
  "relu",
  ({ g, y }) => wherePositive(y, g, 0),
  {
    accepts: "number",
    scalar: (x) => call("max", x, like(x, 0)),
    cost: 1,
  },
);

/** Bounds of `clamp`; one of them may be left out. */
export interface ClampOptions {
  readonly min?: number;
  readonly max?: number;
}

const clampPrimitive: Primitive<Required<ClampOptions>> = elementwise(
  "clamp",
  "number",
  "same",
  ([x], { min, max }) => {
    const raised =
      min === Number.NEGATIVE_INFINITY ? x : call("max", x as Expr, like(x as Expr, min));
    return max === Number.POSITIVE_INFINITY
      ? (raised as Expr)
      : call("min", raised as Expr, like(x as Expr, max));
  },
  2,
  ({ g, inputs: [x], attributes: { min, max } }) => {
    const isInside = logicalAnd(greaterEqual(x as Tensor, min), lessEqual(x as Tensor, max));
    return [where(isInside, g, 0)];
  },
);

/**
 * x held between bounds: min(max(x, min), max).  dx = g where min ≤ x ≤ max, else 0: slope 1 at the bounds, as PyTorch
 *
 * @example
 * toArray(clamp({ min: 0, max: 1 })(tensor([-1, 0.5, 3]))) // [0, 0.5, 1]
 */
export const clamp = withPrimitive(({ min, max }: ClampOptions) => {
  const bounds = [min, max].filter((bound) => bound !== undefined);
  if (bounds.length === 0 || bounds.some(Number.isNaN))
    fail("clamp", "InvalidArgument", "a number as min, max or both expected", `${min} and ${max}`);
  return (x: Tensor): Tensor => {
    requireCompute("clamp", requireTensor("clamp", x));
    const fraction = bounds.find((bound) => Number.isFinite(bound) && !Number.isInteger(bound));
    if (x.dtype === "i32" && fraction !== undefined)
      fail("clamp", "DtypeMismatch", "whole bounds for an i32 tensor expected", String(fraction));
    const attributes = {
      min: min ?? Number.NEGATIVE_INFINITY,
      max: max ?? Number.POSITIVE_INFINITY,
    };
    return apply(clampPrimitive, attributes, [x]);
  };
}, clampPrimitive) as UnaryWithOptions<"clamp", ClampOptions> & HasPrimitive; // shapes and dtypes stay

/** The probability that a standard normal number lies below x: (1 + erf(x / √2)) / 2. */
const normalBelow = (x: Tensor): Tensor => mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);

/**
 * x · Φ(x), with Φ the standard normal distribution function, by erf.  dx = g · (Φ(x) + x · φ(x)), φ(x) = exp(−x²/2) / √2π
 *
 * Hendrycks & Gimpel, "Gaussian error linear units", 2016. `geluTanh` is the approximation that GPT-2 uses.
 *
 * @example
 * gelu(tensor([-1, 0, 1])) // Tensor([-0.1587, 0.0000, 0.8413], f32[3])
 */
export const gelu: UnaryPrimitive<"gelu"> = unary(
  "gelu",
  ({ g, x }) => {
    const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return mul(g, add(normalBelow(x), mul(x, density)));
  },
  {
    scalar: (x) =>
      times(x, like(x, 0.5), plus(call("erf", times(x, like(x, Math.SQRT1_2))), like(x, 1))),
    cost: 20,
  },
);

const tanhScale = Math.sqrt(2 / Math.PI);
const tanhCubic = 0.044715;

/**
 * x · (1 + t) / 2 with t = tanh(√(2/π) · (x + 0.044715 x³)): close to `gelu` and cheaper.
 * dx = g · ((1 + t) / 2 + x · (1 − t²) / 2 · √(2/π) · (1 + 3 · 0.044715 x²))
 *
 * @example
 * geluTanh(tensor([-1, 0, 1])) // Tensor([-0.1588, 0.0000, 0.8412], f32[3])
 */
export const geluTanh: UnaryPrimitive<"geluTanh"> = unary(
  "geluTanh",
  ({ g, x }) => {
    const squared = square(x);
    const t = tanh(mul(mul(x, add(mul(squared, tanhCubic), 1)), tanhScale));
    const inner = mul(add(mul(squared, 3 * tanhCubic), 1), tanhScale);
    return mul(g, mul(add(add(t, 1), mul(mul(x, sub(1, square(t))), inner)), 0.5));
  },
  {
    scalar: (x) => {
      const inner = plus(times(x, x, like(x, tanhCubic)), like(x, 1));
      const t = call("tanh", times(x, inner, like(x, tanhScale)));
      return times(x, like(x, 0.5), plus(t, like(x, 1)));
    },
    cost: 21,
  },
);

/**
 * x · σ(x), also called swish.  dx = g · σ(x) · (1 + x · (1 − σ(x)))
 *
 * @example
 * silu(tensor([-1, 0, 1])) // Tensor([-0.2689, 0.0000, 0.7311], f32[3])
 */
export const silu: UnaryPrimitive<"silu"> = unary(
  "silu",
  ({ g, x }) => {
    const s = sigmoid(x);
    return mul(g, mul(s, add(mul(x, sub(1, s)), 1)));
  },
  { scalar: (x) => times(x, call("sigmoid", x)), cost: 13 },
);

/**
 * log(1 + eˣ), without overflow.  dx = g · σ(x)
 *
 * @example
 * softplus(tensor([0, 100])) // Tensor([0.6931, 100.0000], f32[2])
 */
export const softplus: UnaryPrimitive<"softplus"> = unary(
  "softplus",
  ({ g, x }) => mul(g, sigmoid(x)),
  {
    // log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|), where the exponential is at most 1.
    scalar: (x) => {
      const smaller = call("exp", call("neg", call("abs", x)));
      return plus(call("max", x, like(x, 0)), call("log1p", smaller));
    },
    cost: 26,
  },
);

/** An intersection with HasPrimitive would lose the shape in pipe(x, elu). */
interface PrimitiveMaybeOptions<Op extends string, Options>
  extends UnaryMaybeOptions<Op, Options>,
    HasPrimitive {}

const eluPrimitive: Primitive<{ readonly alpha: number }> = elementwise(
  "elu",
  "float",
  "same",
  ([input], { alpha }) => {
    const x = input as Expr;
    return call("where", isPositive(x), x, times(call("expm1", x), like(x, alpha)));
  },
  14,
  ({ g, inputs: [input], attributes: { alpha } }) => {
    const x = input as Tensor;
    // exp of negative x only: the side that is not chosen must stay finite, or its own gradient is 0 · ∞.
    const slope = mul(exp(neg(relu(neg(x)))), alpha);
    return [where(greater(x, 0), g, mul(g, slope))];
  },
);

/**
 * x where x > 0, else α · (eˣ − 1); α is 1 by default.  dx = g where x > 0, else g · α · eˣ: slope α at 0, as PyTorch
 *
 * @example
 * toArray(elu({ alpha: 2 })(tensor([0, 3]))) // [0, 3]
 */
export const elu = withPrimitive(
  withOptions(({ alpha = 1 }: { readonly alpha?: number }, x: Tensor): Tensor => {
    requireCompute("elu", requireTensor("elu", x));
    return apply(eluPrimitive, { alpha }, [x]);
  }),
  eluPrimitive,
) as PrimitiveMaybeOptions<"elu", { readonly alpha?: number }>; // shapes and dtypes stay

const leakyReluPrimitive: Primitive<{ readonly slope: number }> = elementwise(
  "leakyRelu",
  "float",
  "same",
  ([x], { slope }) =>
    call("where", isPositive(x as Expr), x as Expr, times(x as Expr, like(x as Expr, slope))),
  2,
  ({ g, inputs: [x], attributes: { slope } }) => [wherePositive(x as Tensor, g, mul(g, slope))],
);

/**
 * x where x > 0, else slope · x; the slope is 0.01 by default.  dx = g where x > 0, else g · slope, also at 0, as PyTorch
 *
 * @example
 * toArray(leakyRelu({ slope: 0.5 })(tensor([-2, 2]))) // [-1, 2]
 */
export const leakyRelu = withPrimitive(
  withOptions(({ slope = 0.01 }: { readonly slope?: number }, x: Tensor): Tensor => {
    requireCompute("leakyRelu", requireTensor("leakyRelu", x));
    return apply(leakyReluPrimitive, { slope }, [x]);
  }),
  leakyReluPrimitive,
) as PrimitiveMaybeOptions<"leakyRelu", { readonly slope?: number }>; // shapes and dtypes stay
