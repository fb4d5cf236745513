// Scalar operations as SIMD code: four lanes of f32, i32, u32 or masks at a time; those with f64 are in doubleCalls.ts.

import { rangeOf } from "../../../kernel/affine.ts";
import type { Call, Expr } from "../../../kernel/expr.ts";
import type { ScalarOp } from "../../../kernel/scalar.ts";
import { splat, splatBits } from "../constants.ts";
import { vectorMath } from "../math/index.ts";
import { pow } from "../math/pow.ts";
import { roundBf16, roundF16 } from "../math/storage.ts";
import type { PlainOp, Pushed } from "../wasm/function.ts";
import { doubleVectorCall, isDoubleCall } from "./doubleCalls.ts";
import type { Emitter } from "./emitter.ts";
import { divideScalars } from "./scalarCalls.ts";

type Vector = Pushed<"v128">;
type Binary = Extract<PlainOp, "f32x4.add" | "i32x4.add" | "v128.and" | "f32x4.lt">;

/** Instructions of two operands by the dtype of the operands. */
const binaries: Partial<Record<string, Partial<Record<ScalarOp, string>>>> = {
  f32: {
    add: "f32x4.add",
    sub: "f32x4.sub",
    mul: "f32x4.mul",
    div: "f32x4.div",
    max: "f32x4.max",
    min: "f32x4.min",
    lt: "f32x4.lt",
    le: "f32x4.le",
    eq: "f32x4.eq",
    ne: "f32x4.ne",
  },
  // What reductions combine with.
  f64: {
    add: "f64x2.add",
    mul: "f64x2.mul",
    max: "f64x2.max",
    min: "f64x2.min",
  },
  i32: {
    add: "i32x4.add",
    sub: "i32x4.sub",
    mul: "i32x4.mul",
    max: "i32x4.max_s",
    min: "i32x4.min_s",
    lt: "i32x4.lt_s",
    le: "i32x4.le_s",
    eq: "i32x4.eq",
    ne: "i32x4.ne",
  },
  // Masks are −1 where true, so that the order of signed integers is the other way round.
  bool: {
    add: "v128.or",
    mul: "v128.and",
    max: "v128.or",
    min: "v128.and",
    and: "v128.and",
    or: "v128.or",
    xor: "v128.xor",
    lt: "i32x4.gt_s",
    le: "i32x4.ge_s",
    eq: "i32x4.eq",
    ne: "i32x4.ne",
  },
  u32: { u32Add: "i32x4.add", u32Xor: "v128.xor", eq: "i32x4.eq", ne: "i32x4.ne" },
};

/** The instruction for an operation of two operands of a dtype, if there is one. */
export const binaryVectorOp = (op: ScalarOp, dtype: string): Binary | undefined =>
  binaries[dtype]?.[op] as Binary | undefined; // all take two vectors and give one

/** A value to the whole part below, over another: what `mod` and `idiv` need. */
const divided = (e: Emitter, call: Call, part: number, isRemainder: boolean): Vector => {
  const { f } = e;
  const [a, b] = call.args as [Expr, Expr];
  if (call.dtype === "f32") {
    const quotient = () =>
      f.op("f32x4.floor", f.op("f32x4.div", e.lanes(a, part), e.lanes(b, part)));
    if (!isRemainder) return quotient();
    return f.op("f32x4.sub", e.lanes(a, part), f.op("f32x4.mul", quotient(), e.lanes(b, part)));
  }
  const power = b.tag === "const" && b.value > 0 ? Math.log2(b.value) : Number.NaN;
  if (Number.isInteger(power)) {
    return isRemainder
      ? f.op("v128.and", e.lanes(a, part), splatBits(f, 2 ** power - 1))
      : f.op("i32x4.shr_s", e.lanes(a, part), f.i32(power));
  }
  // There is no division of whole vectors.
  const x = f.let(e.lanes(a, part));
  const y = f.let(e.lanes(b, part));
  const isPositive = rangeOf(a).min >= 0;
  for (let lane = 0; lane < 4; lane++) {
    const numerator = f.let(f.lane("i32x4.extract_lane", lane, f.get(x)));
    const divisor =
      b.tag === "const" ? b.value : f.let(f.lane("i32x4.extract_lane", lane, f.get(y)));
    f.set(
      x,
      f.lane(
        "i32x4.replace_lane",
        lane,
        f.get(x),
        divideScalars(f, numerator, divisor, isRemainder, isPositive),
      ),
    );
    f.release(numerator);
    if (typeof divisor !== "number") f.release(divisor);
  }
  f.release(y);
  f.release(x);
  return f.get(x);
};

const casted = (e: Emitter, call: Call, part: number): Vector => {
  const { f } = e;
  const [x] = call.args as [Expr];
  const operand = (): Vector => e.lanes(x, part);
  if (x.dtype === call.dtype) return operand();
  switch (`${x.dtype}>${call.dtype}`) {
    case "f32>i32":
      return f.op("i32x4.trunc_sat_f32x4_s", operand());
    case "i32>f32":
      return f.op("f32x4.convert_i32x4_s", operand());
    case "f32>bool":
      return f.op("f32x4.ne", operand(), splat(f, 0));
    case "i32>bool":
      return f.op("i32x4.ne", operand(), splatBits(f, 0));
    case "bool>f32":
      return f.op("v128.and", operand(), splat(f, 1));
    case "i32>u32":
      return operand();
    case "bool>i32":
    case "bool>u32":
      return f.op("i32x4.neg", operand());
    case "u32>f32":
      return f.op("f32x4.convert_i32x4_u", operand());
    default:
      throw new Error(`cpu: no conversion of ${x.dtype} to ${call.dtype}`);
  }
};

/** A scalar operation that is missing above is a type error here. */
const refuse = (op: never): never => {
  throw new Error(`cpu: ${op} in lanes`);
};

/** Pushes one vector of the value of a call. */
export const vectorCall = (e: Emitter, call: Call, part: number): Vector => {
  if (isDoubleCall(call)) return doubleVectorCall(e, call, part);
  const { f } = e;
  const [a, b, c] = call.args as [Expr, Expr, Expr];
  const x = (): Vector => e.lanes(a, part);
  const y = (): Vector => e.lanes(b, part);
  const isFloat = a.dtype === "f32";
  const binary = binaryVectorOp(call.op, a.dtype);
  if (binary !== undefined) return f.op(binary, x(), y());
  switch (call.op) {
    case "idiv":
      return divided(e, call, part, false);
    case "mod":
      return divided(e, call, part, true);
    case "pow":
      return pow(f, x(), y());
    case "neg":
      return isFloat ? f.op("f32x4.neg", x()) : f.op("i32x4.neg", x());
    case "abs":
      return isFloat ? f.op("f32x4.abs", x()) : f.op("i32x4.abs", x());
    case "sign":
      if (isFloat) return vectorMath.sign(f, x());
      return f.op("i32x4.max_s", f.op("i32x4.min_s", x(), splatBits(f, 1)), splatBits(f, -1));
    case "floor":
      return isFloat ? f.op("f32x4.floor", x()) : x();
    case "ceil":
      return isFloat ? f.op("f32x4.ceil", x()) : x();
    case "round":
      return isFloat ? f.op("f32x4.nearest", x()) : x();
    case "sqrt":
      return f.op("f32x4.sqrt", x());
    case "exp":
    case "log":
    case "expm1":
    case "log1p":
    case "rsqrt":
    case "sin":
    case "cos":
    case "tanh":
    case "sigmoid":
    case "erf":
      return vectorMath[call.op](f, x());
    case "not":
      return f.op("v128.not", x());
    case "isNaN":
      return isFloat ? f.op("f32x4.ne", x(), x()) : splatBits(f, 0);
    case "isFinite":
      if (!isFloat) return splatBits(f, -1);
      return f.op("f32x4.lt", f.op("f32x4.abs", x()), splat(f, Number.POSITIVE_INFINITY));
    case "where":
      return f.op("v128.bitselect", y(), e.lanes(c, part), x());
    case "cast":
      return casted(e, call, part);
    case "roundF32":
      return x();
    case "roundF16":
      return roundF16(f, x());
    case "roundBf16":
      return roundBf16(f, x());
    case "u32":
      return f.op("v128.or", f.op("i32x4.shl", x(), f.i32(16)), y());
    case "u32High":
      return f.op("i32x4.shr_u", x(), f.i32(16));
    case "u32Low":
      return f.op("v128.and", x(), splatBits(f, 0xffff));
    case "u32Rotate": {
      if (b.tag !== "const") throw new Error("cpu: a rotation by a constant expected");
      const left = f.op("i32x4.shl", x(), f.i32(b.value));
      return f.op("v128.or", left, f.op("i32x4.shr_u", x(), f.i32(32 - b.value)));
    }
    case "add":
    case "sub":
    case "mul":
    case "div":
    case "max":
    case "min":
    case "lt":
    case "le":
    case "eq":
    case "ne":
    case "and":
    case "or":
    case "xor":
    case "u32Add":
    case "u32Xor":
    case "checkIndex":
      throw new Error(`cpu: ${call.op} of ${a.dtype} in lanes`); // has no instruction for this dtype, or is a statement
    default:
      return refuse(call.op);
  }
};
