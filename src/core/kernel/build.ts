// Smart constructors: the words in which lowering rules are written. They fold constants and decide comparisons whose
// operands' ranges are known, so that a rule can be written for the general case and prints as the special one.

import { addIndex, asLinear, linear, rangeOf } from "./affine.ts";
import { type Axis, type Call, constant, type Expr, makeCall, makeReduce } from "./expr.ts";
import { foldScalar } from "./fold.ts";
import { type ReduceOp, type ScalarDtype, type ScalarOp, scalarOps } from "./scalar.ts";

/** A scalar operation, simplified where that changes no value. */
export const call = (op: ScalarOp, ...args: readonly Expr[]): Expr => {
  const [a, b] = args as [Expr, Expr];
  if (a.dtype === "i32" && scalarOps[op].arity === 2) {
    const simpler = simplifyInteger(op, a, b);
    if (simpler !== undefined) return simpler;
  }
  if (op === "where") return where(a, b, args[2] as Expr);
  if (
    op === "roundF32" &&
    (isCall(a, "roundF32") || isCall(a, "roundF16") || isCall(a, "roundBf16"))
  )
    return a;
  if (op === "and" || op === "or") {
    const absorbing = op === "and" ? 0 : 1;
    for (const [side, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if (side.tag === "const") return side.value === absorbing ? side : other;
    }
  }
  const folded = foldScalar(op, args);
  return folded === undefined ? makeCall(op, args) : constant(folded, makeCall(op, args).dtype);
};

const simplifyInteger = (op: ScalarOp, a: Expr, b: Expr): Expr | undefined => {
  switch (op) {
    case "add":
      return addIndex(a, b);
    case "sub":
      return linear(0, [
        { atom: a, stride: 1 },
        { atom: b, stride: -1 },
      ]);
    case "mul":
      if (b.tag === "const") return linear(0, [{ atom: a, stride: b.value }]);
      if (a.tag === "const") return linear(0, [{ atom: b, stride: a.value }]);
      return undefined;
    case "lt":
      return compare(
        a,
        b,
        (difference) => difference.max < 0,
        (difference) => difference.min >= 0,
      );
    case "le":
      return compare(
        a,
        b,
        (difference) => difference.max <= 0,
        (difference) => difference.min > 0,
      );
    case "eq":
      return compare(
        a,
        b,
        (d) => d.min === 0 && d.max === 0,
        (d) => d.min > 0 || d.max < 0,
      );
    case "max":
    case "min": {
      const isBelow = compare(
        a,
        b,
        ({ max }) => max <= 0,
        ({ min }) => min >= 0,
      );
      if (isBelow?.tag !== "const") return undefined;
      return (isBelow.value !== 0) === (op === "min") ? a : b;
    }
    default:
      return undefined;
  }
};

const compare = (
  a: Expr,
  b: Expr,
  isTrue: (difference: { min: number; max: number }) => boolean,
  isFalse: (difference: { min: number; max: number }) => boolean,
): Expr | undefined => {
  const minusB = asLinear(b).terms.map(({ atom, stride }) => ({ atom, stride: -stride }));
  const difference = rangeOf(
    linear(asLinear(a).base - asLinear(b).base, [...asLinear(a).terms, ...minusB]),
  );
  return isTrue(difference)
    ? constant(1, "bool")
    : isFalse(difference)
      ? constant(0, "bool")
      : undefined;
};

/** a where the condition holds, else b. Only the chosen side is evaluated. */
export const where = (condition: Expr, a: Expr, b: Expr): Expr =>
  a === b || (condition.tag === "const" && condition.value !== 0)
    ? a
    : condition.tag === "const"
      ? b
      : makeCall("where", [condition, a, b]);

/** Conversion to a dtype; none when it is that already. Between floats of computation it costs nothing. */
export const convert = (x: Expr, dtype: ScalarDtype): Expr => {
  if (x.dtype === dtype) return x;
  if (x.tag === "const") {
    const value =
      dtype === "bool" ? Number(x.value !== 0) : dtype === "i32" ? Math.trunc(x.value) : x.value;
    return constant(dtype === "f32" ? Math.fround(value) : value, dtype);
  }
  return makeCall("cast", [x], dtype);
};

/** The reduction of `body` as its variable runs over the axis. */
export const reduce = (op: ReduceOp, over: Axis, body: Expr): Expr => makeReduce(op, over, body);

/** The reduction of `body` as its variable runs over [from, to). */
export const reduceBetween = (op: ReduceOp, over: Axis, from: Expr, to: Expr, body: Expr): Expr =>
  makeReduce(op, over, body, { from, to });

/** lower ≤ i < upper. */
export const isBetween = (i: Expr, lower: number, upper: number): Expr =>
  call("and", call("le", constant(lower, "i32"), i), call("lt", i, constant(upper, "i32")));

/** An index that comes from data: where a device can, it fails unless 0 ≤ i < size. */
export const checkedIndex = (i: Expr, size: number): Expr =>
  call("checkIndex", i, constant(size, "i32"));

/** Whether an expression is a call of an op. */
export const isCall = (expr: Expr, op: ScalarOp): expr is Call =>
  expr.tag === "call" && expr.op === op;
