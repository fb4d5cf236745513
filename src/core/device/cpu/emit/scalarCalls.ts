// Scalar operations on one value: what is the same in all lanes, and the elements left over at the end of a loop. Functions of f32 are those of the vectors, so that an element has the same value wherever it is computed; those of f64 are JavaScript's.

import { rangeOf } from "../../../kernel/affine.ts";
import type { Call, Expr } from "../../../kernel/expr.ts";
import type { ScalarOp } from "../../../kernel/scalar.ts";
import { doubleMath } from "../math/double.ts";
import { type VectorFunction, vectorMath } from "../math/index.ts";
import { pow } from "../math/pow.ts";
import { roundBf16, roundF16 } from "../math/storage.ts";
import type { FunctionBuilder, Local, PlainOp, Pushed } from "../wasm/function.ts";
import type { Emitter } from "./emitter.ts";

type Add = Extract<PlainOp, "i32.add">;

/** Instructions of two operands by the dtype of the operands. */
const binaries: Readonly<Record<string, Partial<Record<ScalarOp, string>>>> = {
  f32: {
    add: "f32.add",
    sub: "f32.sub",
    mul: "f32.mul",
    div: "f32.div",
    max: "f32.max",
    min: "f32.min",
    lt: "f32.lt",
    le: "f32.le",
    eq: "f32.eq",
    ne: "f32.ne",
  },
  f64: {
    add: "f64.add",
    sub: "f64.sub",
    mul: "f64.mul",
    div: "f64.div",
    max: "f64.max",
    min: "f64.min",
    lt: "f64.lt",
    le: "f64.le",
    eq: "f64.eq",
    ne: "f64.ne",
  },
  i32: {
    add: "i32.add",
    sub: "i32.sub",
    mul: "i32.mul",
    lt: "i32.lt_s",
    le: "i32.le_s",
    eq: "i32.eq",
    ne: "i32.ne",
  },
  bool: {
    add: "i32.or",
    mul: "i32.and",
    max: "i32.or",
    min: "i32.and",
    and: "i32.and",
    or: "i32.or",
    xor: "i32.xor",
    lt: "i32.lt_s",
    le: "i32.le_s",
    eq: "i32.eq",
    ne: "i32.ne",
  },
  u32: { u32Add: "i32.add", u32Xor: "i32.xor", eq: "i32.eq", ne: "i32.ne" },
};

/** The instruction for an operation of two operands of a dtype, if there is one. */
export const binaryScalarOp = (op: ScalarOp, dtype: string): Add | undefined =>
  binaries[dtype]?.[op] as Add | undefined; // the types of the operands are those of the dtype

/** ⌊a / b⌋, or what is left of a; 0 where b is 0. */
export const divideScalars = (
  f: FunctionBuilder,
  a: Local<"i32">,
  b: Local<"i32"> | number,
  isRemainder: boolean,
  isPositive: boolean,
): Pushed<"i32"> => {
  if (typeof b === "number" && b > 0 && isPositive) {
    return isRemainder
      ? f.op("i32.rem_u", f.get(a), f.i32(b))
      : f.op("i32.div_u", f.get(a), f.i32(b));
  }
  const divisor = typeof b === "number" ? f.let(f.i32(b)) : b;
  const safe = f.local("i32");
  const quotient = f.local("i32");
  // A division by 0, and of the smallest number by −1, would end the program.
  f.set(quotient, f.op("i32.sub", f.i32(0), f.get(a)));
  f.if(f.op("i32.ne", f.get(divisor), f.i32(-1)), () => {
    const isZero = () => f.op("i32.eqz", f.get(divisor));
    f.set(safe, f.select(f.i32(1), f.get(divisor), isZero()));
    f.set(quotient, f.op("i32.div_s", f.get(a), f.get(safe)));
    // Rounded towards 0 so far: one less where signs differ and something is left.
    const left = f.op("i32.ne", f.op("i32.mul", f.get(quotient), f.get(safe)), f.get(a));
    const differ = f.op("i32.lt_s", f.op("i32.xor", f.get(a), f.get(safe)), f.i32(0));
    const one = f.op("i32.and", left, differ);
    f.set(safe, one);
    f.set(quotient, f.op("i32.sub", f.get(quotient), f.get(safe)));
    f.set(quotient, f.select(f.i32(0), f.get(quotient), isZero()));
  });
  if (isRemainder) {
    const whole = () => f.op("i32.mul", f.get(quotient), f.get(divisor));
    f.set(quotient, f.op("i32.sub", f.get(a), whole()));
    f.set(quotient, f.select(f.i32(0), f.get(quotient), f.op("i32.eqz", f.get(divisor))));
  }
  if (typeof b === "number") f.release(divisor);
  f.release(safe);
  f.release(quotient);
  return f.get(quotient);
};

/** A function of vectors on one number. */
const lifted = (
  f: FunctionBuilder,
  apply: (...operands: Pushed<"v128">[]) => Pushed<"v128">,
  ...operands: (() => Pushed<"f32">)[]
): Pushed<"f32"> =>
  f.lane("f32x4.extract_lane", 0, apply(...operands.map((push) => f.op("f32x4.splat", push()))));

/** The same of f64. */
const lifted64 = (
  f: FunctionBuilder,
  apply: VectorFunction,
  x: () => Pushed<"f64">,
): Pushed<"f64"> => f.lane("f64x2.extract_lane", 0, apply(f, f.op("f64x2.splat", x())));

const casted = (e: Emitter, call: Call): Pushed => {
  const { f } = e;
  const [x] = call.args as [Expr];
  const from = x.dtype;
  if (from === call.dtype) return e.scalar(x);
  switch (`${from === "bool" ? "i32" : from}>${call.dtype}`) {
    case "f32>i32":
      return f.op("i32.trunc_sat_f32_s", e.scalar(x));
    case "f64>i32":
      return f.op("i32.trunc_sat_f64_s", e.scalar(x));
    case "i32>i32":
    case "i32>u32":
      return e.scalar(x);
    case "i32>f32":
      return f.op("f32.convert_i32_s", e.scalar(x));
    case "i32>f64":
      return f.op("f64.convert_i32_s", e.scalar(x));
    case "f32>f64":
      return f.op("f64.promote_f32", e.scalar(x));
    case "f64>f32":
      return f.op("f32.demote_f64", e.scalar(x));
    case "f32>bool":
      return f.op("f32.ne", e.scalar(x), f.f32(0));
    case "f64>bool":
      return f.op("f64.ne", e.scalar(x), f.f64(0));
    case "i32>bool":
      return f.op("i32.ne", e.scalar(x), f.i32(0));
    default:
      throw new Error(`cpu: no conversion of ${from} to ${call.dtype}`);
  }
};

/** The operation on f64, by an instruction or by a function of JavaScript. */
const doubleCall = (e: Emitter, call: Call): Pushed => {
  const { f } = e;
  const [a] = call.args as [Expr];
  const x = () => e.scalar<"f64">(a);
  switch (call.op) {
    case "neg":
      return f.op("f64.neg", x());
    case "abs":
      return f.op("f64.abs", x());
    case "floor":
      return f.op("f64.floor", x());
    case "ceil":
      return f.op("f64.ceil", x());
    case "round":
      return f.op("f64.nearest", x());
    case "sqrt":
      return f.op("f64.sqrt", x());
    case "exp":
    case "log":
    case "tanh":
    case "sigmoid":
    case "sign":
      return lifted64(f, doubleMath[call.op], x);
    case "rsqrt":
      return f.op("f64.div", f.f64(1), f.op("f64.sqrt", x()));
    case "roundF32":
      return f.op("f64.promote_f32", f.op("f32.demote_f64", x()));
    case "isNaN":
      return f.op("f64.ne", x(), x());
    case "isFinite":
      return f.op("f64.lt", f.op("f64.abs", x()), f.f64(Number.POSITIVE_INFINITY));
    default: {
      const index = e.context.imported[call.op];
      if (index === undefined) throw new Error(`cpu: ${call.op} of f64`);
      return f.callFor(
        "f64",
        index,
        call.args.map((arg) => e.scalar(arg)),
      );
    }
  }
};

const wholeCall = (e: Emitter, call: Call): Pushed => {
  const { f } = e;
  const [a, b] = call.args as [Expr, Expr];
  const x = () => e.scalar<"i32">(a);
  const y = () => e.scalar<"i32">(b);
  switch (call.op) {
    case "max":
      return f.select(x(), y(), f.op("i32.gt_s", x(), y()));
    case "min":
      return f.select(x(), y(), f.op("i32.lt_s", x(), y()));
    case "neg":
      return f.op("i32.sub", f.i32(0), x());
    case "abs":
      return f.select(f.op("i32.sub", f.i32(0), x()), x(), f.op("i32.lt_s", x(), f.i32(0)));
    case "sign":
      return f.op("i32.sub", f.op("i32.gt_s", x(), f.i32(0)), f.op("i32.lt_s", x(), f.i32(0)));
    case "floor":
    case "ceil":
    case "round":
    case "roundF32":
      return x();
    case "not":
      return f.op("i32.eqz", x());
    case "isNaN":
      return f.i32(0);
    case "isFinite":
      return f.i32(1);
    case "u32":
      return f.op("i32.or", f.op("i32.shl", x(), f.i32(16)), y());
    case "u32High":
      return f.op("i32.shr_u", x(), f.i32(16));
    case "u32Low":
      return f.op("i32.and", x(), f.i32(0xffff));
    case "u32Rotate":
      return f.op("i32.rotl", x(), y());
    default:
      throw new Error(`cpu: ${call.op} of ${a.dtype}`);
  }
};

const floatCall = (e: Emitter, call: Call): Pushed => {
  const { f } = e;
  const [a, b] = call.args as [Expr, Expr];
  const x = () => e.scalar<"f32">(a);
  switch (call.op) {
    case "neg":
      return f.op("f32.neg", x());
    case "abs":
      return f.op("f32.abs", x());
    case "floor":
      return f.op("f32.floor", x());
    case "ceil":
      return f.op("f32.ceil", x());
    case "round":
      return f.op("f32.nearest", x());
    case "sqrt":
      return f.op("f32.sqrt", x());
    case "roundF32":
      return x();
    case "isNaN":
      return f.op("f32.ne", x(), x());
    case "isFinite":
      return f.op("f32.lt", f.op("f32.abs", x()), f.f32(Number.POSITIVE_INFINITY));
    case "pow":
      return lifted(
        f,
        (p, q) => pow(f, p as Pushed<"v128">, q as Pushed<"v128">),
        x,
        () => e.scalar<"f32">(b),
      );
    case "roundF16":
      return lifted(f, (p) => roundF16(f, p as Pushed<"v128">), x);
    case "roundBf16":
      return lifted(f, (p) => roundBf16(f, p as Pushed<"v128">), x);
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
    case "sign": {
      const { op } = call;
      return lifted(f, (p) => vectorMath[op](f, p as Pushed<"v128">), x);
    }
    default:
      throw new Error(`cpu: ${call.op} of f32`);
  }
};

const divided = (e: Emitter, call: Call): Pushed => {
  const { f } = e;
  const [a, b] = call.args as [Expr, Expr];
  const isRemainder = call.op === "mod";
  if (call.dtype === "i32") {
    const x = f.let(e.scalar<"i32">(a));
    const y = b.tag === "const" ? b.value : f.let(e.scalar<"i32">(b));
    const result = divideScalars(f, x, y, isRemainder, rangeOf(a).min >= 0);
    f.release(x);
    if (typeof y !== "number") f.release(y);
    return result;
  }
  if (call.dtype === "f64") {
    const quotient = () =>
      f.op("f64.floor", f.op("f64.div", e.scalar<"f64">(a), e.scalar<"f64">(b)));
    if (!isRemainder) return quotient();
    return f.op("f64.sub", e.scalar(a), f.op("f64.mul", quotient(), e.scalar(b)));
  }
  const quotient = () => f.op("f32.floor", f.op("f32.div", e.scalar<"f32">(a), e.scalar<"f32">(b)));
  if (!isRemainder) return quotient();
  return f.op("f32.sub", e.scalar(a), f.op("f32.mul", quotient(), e.scalar(b)));
};

/** Pushes the value of a call whose arguments are scalars. */
export const scalarCall = (e: Emitter, call: Call): Pushed => {
  const { f } = e;
  const [a, b] = call.args as [Expr, Expr];
  const binary = binaryScalarOp(call.op, a.dtype);
  if (binary !== undefined) return f.op(binary, e.scalar(a), e.scalar(b));
  if (call.op === "idiv" || call.op === "mod") return divided(e, call);
  if (call.op === "where")
    return f.select(e.scalar(b), e.scalar(call.args[2] as Expr), e.scalar(a));
  if (call.op === "cast") return casted(e, call);
  if (a.dtype === "f64") return doubleCall(e, call);
  return a.dtype === "f32" ? floatCall(e, call) : wholeCall(e, call);
};
