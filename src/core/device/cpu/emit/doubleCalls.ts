// Scalar operations with f64 in lanes. A vector holds two of them, so that what is in one vector elsewhere is in two here; masks and conversions
// go from two vectors to one, or back. Results have the bits that scalars have.

import type { Call, Expr } from "../../../kernel/expr.ts";
import { doubleMath } from "../math/double.ts";
import { splat64 } from "../math/vector.ts";
import type { Pushed } from "../wasm/function.ts";
import { doublesPerVector, type Emitter, halfOf, lowerHalf, widenedMask } from "./emitter.ts";

type Vector = Pushed<"v128">;

/** Whether a call takes or gives f64. */
export const isDoubleCall = ({ dtype, args }: Call): boolean =>
  dtype === "f64" || args.some((arg) => arg.dtype === "f64");

/** Pushes one vector of such a call: two lanes of f64, or four of any other dtype. */
export const doubleVectorCall = (e: Emitter, call: Call, vector: number): Vector =>
  call.dtype === "f64" ? doubles(e, call, vector) : narrowed(e, call, vector);

/** Four lanes of 32 bits, made of operands in f64. */
const narrowed = (e: Emitter, call: Call, part: number): Vector => {
  const { f } = e;
  const [a, b] = call.args as [Expr, Expr];
  const halves = [doublesPerVector * part, doublesPerVector * part + 1] as const;
  const x = (vector: number): Vector => e.lanes(a, vector);
  const joined = (
    order: readonly [number, number, number, number],
    half: (vector: number) => Vector,
  ): Vector => f.shuffle32(order, half(halves[0]), half(halves[1]));
  const masks = (half: (vector: number) => Vector): Vector => joined([0, 2, 4, 6], half);
  const compared = (op: "f64x2.lt" | "f64x2.le" | "f64x2.eq" | "f64x2.ne"): Vector =>
    masks((vector) => f.op(op, x(vector), e.lanes(b, vector)));
  switch (call.op) {
    case "lt":
    case "le":
    case "eq":
    case "ne":
      return compared(`f64x2.${call.op}`);
    case "isNaN":
      return masks((vector) => f.op("f64x2.ne", x(vector), x(vector)));
    case "isFinite":
      return masks((vector) =>
        f.op("f64x2.lt", f.op("f64x2.abs", x(vector)), splat64(f, Number.POSITIVE_INFINITY)),
      );
    case "cast":
      if (call.dtype === "bool")
        return masks((vector) => f.op("f64x2.ne", x(vector), splat64(f, 0)));
      return joined([0, 1, 4, 5], (vector) =>
        f.op(
          call.dtype === "f32" ? "f32x4.demote_f64x2_zero" : "i32x4.trunc_sat_f64x2_s_zero",
          x(vector),
        ),
      );
    default:
      throw new Error(`cpu: ${call.op} of f64 to ${call.dtype} in lanes`);
  }
};

/** Two lanes of f64. */
const doubles = (e: Emitter, call: Call, vector: number): Vector => {
  const { f } = e;
  const [a, b, c] = call.args as [Expr, Expr, Expr];
  const x = (): Vector => e.lanes(a, vector);
  const y = (): Vector => e.lanes(b, vector);
  const quotient = (): Vector => f.op("f64x2.floor", f.op("f64x2.div", x(), y()));
  switch (call.op) {
    case "add":
    case "sub":
    case "mul":
    case "div":
    case "max":
    case "min":
      return f.op(`f64x2.${call.op}`, x(), y());
    case "idiv":
      return quotient();
    case "mod":
      return f.op("f64x2.sub", x(), f.op("f64x2.mul", quotient(), y()));
    case "neg":
    case "abs":
    case "floor":
    case "ceil":
    case "sqrt":
      return f.op(`f64x2.${call.op}`, x());
    case "round":
      return f.op("f64x2.nearest", x());
    case "rsqrt":
      return f.op("f64x2.div", splat64(f, 1), f.op("f64x2.sqrt", x()));
    case "exp":
    case "log":
    case "tanh":
    case "sigmoid":
    case "sign":
      return doubleMath[call.op](f, x());
    case "roundF32":
      return f.op("f64x2.promote_low_f32x4", f.op("f32x4.demote_f64x2_zero", x()));
    case "where": {
      const { part, half } = halfOf(vector);
      return f.op(
        "v128.bitselect",
        y(),
        e.lanes(c, vector),
        widenedMask(f, e.lanes(a, part), half),
      );
    }
    case "cast":
      return casted(e, a, vector);
    default:
      return byFunction(e, call, vector);
  }
};

/** Another dtype as f64. */
const casted = (e: Emitter, x: Expr, vector: number): Vector => {
  const { f } = e;
  if (x.dtype === "f64") return e.lanes(x, vector);
  const { part, half } = halfOf(vector);
  const lanes = (): Vector => e.lanes(x, part);
  switch (x.dtype) {
    case "f32":
      return f.op("f64x2.promote_low_f32x4", lowerHalf(f, lanes(), half));
    case "i32":
      return f.op("f64x2.convert_low_i32x4_s", lowerHalf(f, lanes(), half));
    case "bool":
      return f.op("v128.and", widenedMask(f, lanes(), half), splat64(f, 1));
    case "u32":
      throw new Error("cpu: no conversion of u32 to f64");
  }
};

/** A function of JavaScript, called for each lane. */
const byFunction = (e: Emitter, { op, args }: Call, vector: number): Vector => {
  const { f } = e;
  const index = e.context.imported[op];
  if (index === undefined) throw new Error(`cpu: ${op} of f64 in lanes`);
  const of = (lane: number): Pushed<"f64"> =>
    f.callFor(
      "f64",
      index,
      args.map((arg) =>
        e.isVarying(arg)
          ? f.lane("f64x2.extract_lane", lane, e.lanes(arg, vector))
          : e.scalar<"f64">(arg),
      ),
    );
  return f.lane("f64x2.replace_lane", 1, f.op("f64x2.splat", of(0)), of(1));
};
