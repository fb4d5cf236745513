// Arithmetic, comparison, logic and selection. Rules at kinks: see each op.

import * as E from "fp-ts/lib/Either.js";
import { constantValue, fillTensor, roundTo } from "../core/builtin.ts";
import { type Dtype, dtypes, isFloat } from "../core/dtype.ts";
import { fail, problem } from "../core/errors.ts";
import { call } from "../core/kernel/build.ts";
import { constant, type Expr } from "../core/kernel/expr.ts";
import { apply } from "../core/primitive.ts";
import { type Aval, noGradient, type Primitive, type Tensor } from "../core/tensor.ts";
import type {
  BinaryOp,
  CastOp,
  CompareOp,
  LogicalOp,
  UnaryPrimitive,
  WhereOp,
} from "../core/types/index.ts";
import { broadcastAll, madeBy } from "./broadcast.ts";
import {
  type HasPrimitive,
  type Operand,
  requireCompute,
  requireTensor,
  toTensors,
  withPrimitive,
} from "./call.ts";
import { binary, elementwise, unary } from "./family.ts";

/** Whether a tensor is one repeated constant. */
const is = (x: Tensor, value: number): boolean => constantValue(x) === value;

/** −x.  dx = −g */
export const neg: UnaryPrimitive<"neg", "number"> = unary("neg", ({ g }) => neg(g), {
  accepts: "number",
  simplify: (x) => madeBy(x, neg.primitive)?.inputs[0],
});

/**
 * a + b.  da = g, db = g
 *
 * @example
 * toArray(add(tensor([1, 2]), 10)) // [11, 12]
 */
export const add: BinaryOp<"add"> & HasPrimitive = binary("add", ({ g }) => [g, g], {
  simplify: (a, b) => (is(a, 0) ? b : is(b, 0) ? a : undefined),
});

/** a − b.  da = g, db = −g */
export const sub: BinaryOp<"sub"> & HasPrimitive = binary("sub", ({ g }) => [g, neg(g)], {
  simplify: (a, b) => (is(b, 0) ? a : is(a, 0) ? neg(b) : undefined),
});

/** a · b.  da = g · b, db = g · a */
export const mul: BinaryOp<"mul"> & HasPrimitive = binary(
  "mul",
  ({ g, a, b }) => [mul(g, b), mul(g, a)],
  {
    simplify: (a, b) =>
      is(a, 1) ? b : is(b, 1) ? a : is(a, -1) ? neg(b) : is(b, -1) ? neg(a) : undefined,
  },
);

/** a / b, for floats.  da = g / b, db = −g · y / b */
export const div: BinaryOp<"div", "float"> & HasPrimitive = binary(
  "div",
  ({ g, b, y }) => [div(g, b), neg(div(mul(g, y), b))],
  {
    accepts: "float",
    simplify: (a, b) => (is(b, 1) ? a : undefined),
  },
);

/** a − b · ⌊a / b⌋: the remainder with the sign of b.  da = g, db = −g · ⌊a / b⌋; the slope at jumps is that to their right. */
export const mod: BinaryOp<"mod"> & HasPrimitive = binary("mod", ({ g, a, b }) => [
  g,
  neg(mul(g, floorOf(div(a, b)))),
]);

const floorOf = (x: Tensor): Tensor => floor(x);

/** The largest whole number ≤ x. Its gradient is zero: it is constant between jumps. */
export const floor: UnaryPrimitive<"floor"> = unary("floor", noGradient("constant between jumps"));

/** The smallest whole number ≥ x. Its gradient is zero. */
export const ceil: UnaryPrimitive<"ceil"> = unary("ceil", noGradient("constant between jumps"));

/** The nearest whole number, halves to even. Its gradient is zero. */
export const round: UnaryPrimitive<"round"> = unary("round", noGradient("constant between jumps"));

/** −1, 0 or 1. Its gradient is zero. */
export const sign: UnaryPrimitive<"sign", "number"> = unary(
  "sign",
  noGradient("constant except at 0"),
  { accepts: "number" },
);

/** |x|.  dx = g · sign x, with slope 0 at 0 */
export const abs: UnaryPrimitive<"abs", "number"> = unary("abs", ({ g, x }) => mul(g, sign(x)), {
  accepts: "number",
});

const comparison = <Op extends string>(name: Op, compare: (a: Expr, b: Expr) => Expr) =>
  binary(name, noGradient("truth values are not differentiable"), {
    accepts: "any",
    result: "bool",
    scalar: compare,
  });

/** a = b, as bool. */
export const equal: CompareOp<"equal"> & HasPrimitive = comparison("equal", (a, b) =>
  call("eq", a, b),
);
/** a ≠ b, as bool; true where either is NaN. */
export const notEqual: CompareOp<"notEqual"> & HasPrimitive = comparison("notEqual", (a, b) =>
  call("ne", a, b),
);
/** a < b, as bool. */
export const less: CompareOp<"less"> & HasPrimitive = comparison("less", (a, b) =>
  call("lt", a, b),
);
/** a ≤ b, as bool. */
export const lessEqual: CompareOp<"lessEqual"> & HasPrimitive = comparison("lessEqual", (a, b) =>
  call("le", a, b),
);
/** a > b, as bool. */
export const greater: CompareOp<"greater"> & HasPrimitive = comparison("greater", (a, b) =>
  call("lt", b, a),
);
/** a ≥ b, as bool. */
export const greaterEqual: CompareOp<"greaterEqual"> & HasPrimitive = comparison(
  "greaterEqual",
  (a, b) => call("le", b, a),
);

const logic = <Op extends string>(name: Op, op: "and" | "or" | "xor") =>
  binary(name, noGradient("truth values are not differentiable"), { accepts: "bool", scalar: op });

/** a and b, of bool. */
export const logicalAnd: LogicalOp<"logicalAnd"> & HasPrimitive = logic("logicalAnd", "and");
/** a or b, of bool. */
export const logicalOr: LogicalOp<"logicalOr"> & HasPrimitive = logic("logicalOr", "or");
/** Either a or b, of bool. */
export const logicalXor: LogicalOp<"logicalXor"> & HasPrimitive = logic("logicalXor", "xor");

/** not x, of bool. */
export const logicalNot: UnaryPrimitive<"logicalNot", "bool"> = unary(
  "logicalNot",
  noGradient("truth values are not differentiable"),
  {
    accepts: "bool",
    scalar: "not",
  },
);

/** Whether x is NaN, as bool. */
export const isNaN: UnaryPrimitive<"isNaN", "float", "bool"> = unary(
  "isNaN",
  noGradient("truth values are not differentiable"),
  {
    result: "bool",
  },
);

/** Whether x is neither NaN nor infinite, as bool. */
export const isFinite: UnaryPrimitive<"isFinite", "float", "bool"> = unary(
  "isFinite",
  noGradient("truth values are not differentiable"),
  {
    result: "bool",
  },
);

const extremum = <Op extends "maximum" | "minimum">(name: Op, op: "max" | "min") =>
  binary(
    name,
    ({ g, a, b }) => {
      // From a comparison of the operands, not with y: what is computed twice may be rounded differently.
      const half = mul(g, 0.5);
      const zero = fillTensor(g.shape, 0, g.dtype);
      const [first, second] = op === "max" ? [a, b] : [b, a];
      const share = (isChosen: Tensor): Tensor =>
        where(equal(a, b), half, where(isChosen, g, zero));
      return [share(greater(first, second)), share(less(first, second))];
    },
    { scalar: op },
  );

/** The larger of a and b, NaN if either is.  Ties share the gradient equally. */
export const maximum: BinaryOp<"maximum"> & HasPrimitive = extremum("maximum", "max");
/** The smaller of a and b, NaN if either is.  Ties share the gradient equally. */
export const minimum: BinaryOp<"minimum"> & HasPrimitive = extremum("minimum", "min");

const castPrimitive: Primitive<{ readonly dtype: Dtype }> = {
  ...elementwise<{ readonly dtype: Dtype }>(
    "cast",
    "any",
    "same",
    ([x], { dtype }) => roundTo(x as Expr, dtype),
    0.5,
    ({ g, inputs: [x], attributes: { dtype } }) =>
      isFloat((x as Tensor).dtype) && isFloat(dtype) ? [cast((x as Tensor).dtype)(g)] : [null],
  ),
  shape: ([x], { dtype }) =>
    Object.hasOwn(dtypes, dtype)
      ? E.right({ shape: (x as Aval).shape, dtype })
      : E.left(
          problem(
            "DtypeMismatch",
            `one of ${Object.keys(dtypes).join(", ")} expected`,
            `"${dtype}"`,
          ),
        ),
  simplify: ([x], { dtype }) => ((x as Tensor).dtype === dtype ? x : undefined),
};

/**
 * x converted to a dtype. Floats truncate towards zero when they become integers, and what is out of range becomes the nearest
 * bound (NaN becomes 0); f16 and bf16 round to nearest even; anything but 0 is true.  dx = g, converted back; none through integers.
 *
 * @example
 * toArray(cast("i32")(tensor([1.7, -1.7]))) // [1, -1]
 */
export const cast = withPrimitive(
  <D extends Dtype>(dtype: D) =>
    (x: Tensor): Tensor =>
      requireTensor("cast", x).dtype === dtype ? x : apply(castPrimitive, { dtype }, [x]),
  castPrimitive,
) as CastOp & HasPrimitive; // the shape stays

const wherePrimitive: Primitive<null> = {
  ...elementwise<null>(
    "where",
    "any",
    "same",
    ([condition, a, b]) => call("where", condition as Expr, a as Expr, b as Expr),
    1,
    ({ g, inputs: [condition], wanted }) => {
      const zero = fillTensor(g.shape, 0, g.dtype);
      return [
        null,
        wanted[1] ? apply(wherePrimitive, null, [condition as Tensor, g, zero]) : null,
        wanted[2] ? apply(wherePrimitive, null, [condition as Tensor, zero, g]) : null,
      ];
    },
  ),
  shape: ([condition, a, b]) => {
    const [x, y] = [a as Aval, b as Aval];
    if ((condition as Aval).dtype !== "bool") {
      return E.left(
        problem(
          "DtypeMismatch",
          "a condition of dtype bool expected",
          (condition as Aval).dtype,
          "compare first, as in where(greater(x, 0), a, b)",
        ),
      );
    }
    return x.dtype === y.dtype
      ? E.right({ shape: x.shape, dtype: x.dtype })
      : E.left(
          problem(
            "DtypeMismatch",
            "equal dtypes expected",
            `${x.dtype} and ${y.dtype}`,
            "convert one with cast",
          ),
        );
  },
  simplify: ([condition, a, b]) => {
    const value = constantValue(condition as Tensor);
    return value === undefined ? (a === b ? a : undefined) : value !== 0 ? a : b;
  },
};

const select = (condition: Operand, a: Operand, b: Operand): Tensor => {
  const test = requireTensor("where", condition);
  // Two numbers make an f32 choice.
  const [x, y] =
    typeof a === "object" || typeof b === "object"
      ? toTensors("where", [a, b])
      : [a, b].map((value) => fillTensor([], Number(value), "f32"));
  for (const operand of [x, y]) requireCompute("where", operand as Tensor);
  return apply(wherePrimitive, null, broadcastAll("where", [test, x as Tensor, y as Tensor]));
};

/**
 * a where the condition holds, else b; all three broadcast. `pipe(condition, where(a, b))` reads the same.
 * da = g where it holds, db = g elsewhere: what is not chosen gets no gradient, not even NaN.
 *
 * @example
 * toArray(where(tensor([true, false]), 1, 2)) // [1, 2]
 */
export const where = withPrimitive(
  (...args: Operand[]) =>
    args.length === 2
      ? (condition: Operand) => select(condition, args[0] as Operand, args[1] as Operand)
      : args.length === 3
        ? select(args[0] as Operand, args[1] as Operand, args[2] as Operand)
        : fail(
            "where",
            "InvalidArgument",
            "where(condition, a, b) or where(a, b)(condition) expected",
            `${args.length} arguments`,
          ),
  wherePrimitive,
) as unknown as WhereOp & HasPrimitive; // the call forms by the number of arguments; shapes broadcast

/** x as a constant for differentiation: gradients through it are zero. */
export const stopGradient: UnaryPrimitive<"stopGradient", "any"> = unary(
  "stopGradient",
  noGradient("asked for by stopGradient"),
  {
    accepts: "any",
    scalar: (x) => x,
    simplify: (x) => x,
    cost: 0,
  },
);

/** A constant of the dtype of an expression. */
export const like = (x: Expr, value: number): Expr => constant(value, x.dtype);
