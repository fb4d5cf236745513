// Functions of f64 lanes: those of fdlibm (https://www.netlib.org/fdlibm), which engines use for Math, with one path for all numbers. Errors
// stated are the largest found at some 10⁶ numbers each, in units of the last place of the exact result.

import type { FunctionBuilder } from "../wasm/function.ts";
import {
  magic64,
  release,
  splat64,
  type Vector,
  type VectorFunction,
  type VectorLocal,
} from "./vector.ts";

/** ln 2 in two parts. The upper has 32 bits, so that its product with a whole number up to 2¹¹ is exact. */
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;

// r·(exp r + 1)/(exp r − 1) − 2 in powers of r² on |r| ≤ ln 2 / 2; fdlibm e_exp.c.
const exponential = [
  0.16666666666666602, -0.0027777777777015593, 6.613756321437934e-5, -1.6533902205465252e-6,
  4.1381367970572385e-8,
];

// log(1 + s) − log(1 − s) − 2s in powers of s², over s, on |s| ≤ 0.1716; fdlibm e_log.c.
const logarithm = [
  0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784,
  0.1818357216161805, 0.15313837699209373, 0.14798198605116586,
];

const add = (f: FunctionBuilder, a: Vector, b: Vector): Vector => f.op("f64x2.add", a, b);
const sub = (f: FunctionBuilder, a: Vector, b: Vector): Vector => f.op("f64x2.sub", a, b);
const mul = (f: FunctionBuilder, a: Vector, b: Vector): Vector => f.op("f64x2.mul", a, b);
const div = (f: FunctionBuilder, a: Vector, b: Vector): Vector => f.op("f64x2.div", a, b);

/** c₀ x + c₁ x² + c₂ x³ + … */
const powers = (f: FunctionBuilder, coefficients: readonly number[], x: VectorLocal): Vector => {
  const [last, ...rest] = [...coefficients].reverse() as [number, ...number[]]; // never empty
  const sum = rest.reduce(
    (higher, c) => add(f, mul(f, higher, f.get(x)), splat64(f, c)),
    splat64(f, last),
  );
  return mul(f, sum, f.get(x));
};

/** The bits of x's sign. */
const signOf = (f: FunctionBuilder, x: VectorLocal): Vector =>
  f.op("v128.and", f.get(x), splat64(f, -0));

/** Splits x into n·ln 2 + r, n whole. Leaves exp r − 1 in x, and returns a local with n + `magic64`. */
const reduce = (f: FunctionBuilder, x: VectorLocal): VectorLocal => {
  const sum = f.let(add(f, mul(f, f.get(x), splat64(f, Math.LOG2E)), splat64(f, magic64)));
  const n = f.let(sub(f, f.get(sum), splat64(f, magic64)));
  const high = f.let(sub(f, f.get(x), mul(f, f.get(n), splat64(f, ln2High))));
  const low = f.let(mul(f, f.get(n), splat64(f, ln2Low)));
  const r = f.let(sub(f, f.get(high), f.get(low)));
  const square = f.let(mul(f, f.get(r), f.get(r)));
  const c = f.let(sub(f, f.get(r), powers(f, exponential, square)));
  // exp r − 1 = r + r·c/(2 − c), where r is high − low.
  const numerator = mul(f, f.get(r), f.get(c));
  const tail = f.let(div(f, numerator, sub(f, splat64(f, 2), f.get(c))));
  f.set(x, sub(f, f.get(high), sub(f, f.get(low), f.get(tail))));
  release(f, n, high, low, r, square, c, tail);
  return sum;
};

/** 2^k, given k · 2⁵². */
const power = (f: FunctionBuilder, exponent: VectorLocal): Vector =>
  f.op("i64x2.add", f.get(exponent), splat64(f, 1));

/** exp x. Error at most 0.9 ulp, subnormal results among them. */
const exp: VectorFunction = (f, pushed) => {
  // Beyond these bounds the result is 0 or infinite as well; a NaN stays.
  const limited = f.op("f64x2.pmin", pushed, splat64(f, 710));
  const x = f.let(f.op("f64x2.pmax", limited, splat64(f, -746)));
  const sum = reduce(f, x);
  // 2ⁿ alone may be beyond f64, so that it is a product of two: n₁ = ⌊n/2⌋, and the rest.
  const half = f.let(f.op("i64x2.shl", f.op("i64x2.shr_u", f.get(sum), f.i32(1)), f.i32(52)));
  f.set(sum, f.op("i64x2.sub", f.op("i64x2.shl", f.get(sum), f.i32(52)), f.get(half)));
  const y = add(f, splat64(f, 1), f.get(x));
  const result = mul(f, mul(f, y, power(f, half)), power(f, sum));
  release(f, x, sum, half);
  return result;
};

/** 1/(1 + exp(−x)), as it is written. Error at most 2 ulp where exp(−x) is finite. */
const sigmoid: VectorFunction = (f, pushed) => {
  const e = f.let(exp(f, f.op("f64x2.neg", pushed)));
  const one = (): Vector => splat64(f, 1);
  const result = div(f, one(), add(f, one(), f.get(e)));
  release(f, e);
  return result;
};

/** tanh x, from t = exp(±2|x|) − 1: 1 − 2/(t + 2) with a plus, −t/(t + 2) with a minus, which is for |x| < 1. Error at most 2.2 ulp; never
 * beyond ±1. */
const tanh: VectorFunction = (f, pushed) => {
  const x = f.let(pushed);
  const size = f.let(f.op("f64x2.abs", f.get(x)));
  const isLarge = f.let(f.op("f64x2.ge", f.get(size), splat64(f, 1)));
  // Beyond 22, tanh is 1 to the last bit.
  const limited = (): Vector => f.op("f64x2.pmin", f.get(size), splat64(f, 22));
  const minus = (): Vector => f.op("v128.andnot", splat64(f, -0), f.get(isLarge));
  const t = f.let(f.op("v128.or", mul(f, limited(), splat64(f, 2)), minus()));
  const scale = reduce(f, t);
  f.set(scale, f.op("i64x2.shl", f.get(scale), f.i32(52)));
  f.set(scale, power(f, scale));
  const rest = (): Vector => sub(f, f.get(scale), splat64(f, 1));
  f.set(t, add(f, mul(f, f.get(t), f.get(scale)), rest()));
  const two = (): Vector => splat64(f, 2);
  const numerator = f.op("v128.bitselect", two(), f.get(t), f.get(isLarge));
  f.set(t, div(f, numerator, add(f, f.get(t), two())));
  // Both are right up to their sign.
  const far = sub(f, splat64(f, 1), f.get(t));
  const y = f.op("f64x2.abs", f.op("v128.bitselect", far, f.get(t), f.get(isLarge)));
  const result = f.op("v128.or", y, signOf(f, x));
  release(f, x, size, isLarge, t, scale);
  return result;
};

/** The number with a pattern of 64 bits. */
const ofBits = (bits: bigint): number =>
  new Float64Array(BigUint64Array.of(bits).buffer)[0] as number; // of one element

/** The pattern of √½, about. */
const rootHalfBits = 0x3fe6_a09e_0000_0000n;
const oneBits = 0x3ff0_0000_0000_0000n;
/** What is below the exponent of a number. */
const fractionBits = 0x000f_ffff_ffff_ffffn;

/** The result of `push` where x is a positive number, else what Math.log gives. */
const unlessSpecial = (f: FunctionBuilder, x: VectorLocal, push: () => Vector): Vector => {
  const zero = (): Vector => splat64(f, 0);
  const infinity = (): Vector => splat64(f, Number.POSITIVE_INFINITY);
  const y = push();
  // All bits set are a NaN.
  const self = (): Vector => f.op("v128.or", f.get(x), f.op("f64x2.lt", f.get(x), zero()));
  const special = (): Vector =>
    f.op(
      "v128.bitselect",
      splat64(f, Number.NEGATIVE_INFINITY),
      self(),
      f.op("f64x2.eq", f.get(x), zero()),
    );
  const isPositive = (): Vector => f.op("f64x2.gt", f.get(x), zero());
  const isOrdinary = (): Vector =>
    f.op("v128.and", isPositive(), f.op("f64x2.lt", f.get(x), infinity()));
  return f.op("v128.bitselect", y, special(), isOrdinary());
};

/** log x. Error at most 0.9 ulp, subnormal numbers among them. */
const log: VectorFunction = (f, pushed) => {
  const x = f.let(pushed);
  const isTiny = f.let(f.op("f64x2.lt", f.get(x), splat64(f, 2 ** -1022)));
  const scaled = mul(f, f.get(x), splat64(f, 2 ** 54));
  const normal = f.op("v128.bitselect", scaled, f.get(x), f.get(isTiny));
  // The exponent field of this sum is k + 1023; below it is how far m is above √½: x = 2ᵏ·m.
  const sum = f.let(f.op("i64x2.add", normal, splat64(f, ofBits(oneBits - rootHalfBits))));
  const fraction = f.op("v128.and", f.get(sum), splat64(f, ofBits(fractionBits)));
  const m = f.op("i64x2.add", fraction, splat64(f, ofBits(rootHalfBits)));
  const d = f.let(sub(f, m, splat64(f, 1)));
  // A whole number below 2⁵² is written as the lowest bits of 2⁵².
  const field = f.op("i64x2.shr_u", f.get(sum), f.i32(52));
  const biased = f.op("v128.or", field, splat64(f, 2 ** 52));
  const k = f.let(sub(f, biased, splat64(f, 2 ** 52 + 1023)));
  f.set(k, sub(f, f.get(k), f.op("v128.and", f.get(isTiny), splat64(f, 54))));
  // With s = d/(2 + d), log(1 + d) = d − d²/2 + s·(d²/2 + R(s²)).
  const s = f.let(div(f, f.get(d), add(f, splat64(f, 2), f.get(d))));
  const square = f.let(mul(f, f.get(s), f.get(s)));
  const halfSquare = f.let(mul(f, mul(f, splat64(f, 0.5), f.get(d)), f.get(d)));
  const inner = add(f, f.get(halfSquare), powers(f, logarithm, square));
  const low = add(f, mul(f, inner, f.get(s)), mul(f, f.get(k), splat64(f, ln2Low)));
  const y = f.let(add(f, sub(f, low, f.get(halfSquare)), f.get(d)));
  const result = unlessSpecial(f, x, () => add(f, f.get(y), mul(f, f.get(k), splat64(f, ln2High))));
  release(f, x, isTiny, sum, d, k, s, square, halfSquare, y);
  return result;
};

/** −1, 0 or 1, as the sign of x; −0 and NaN stay. */
const sign: VectorFunction = (f, pushed) => {
  const x = f.let(pushed);
  const one = f.op("v128.or", signOf(f, x), splat64(f, 1));
  const isApart = (): Vector => f.op("f64x2.gt", f.op("f64x2.abs", f.get(x)), splat64(f, 0));
  const result = f.op("v128.bitselect", one, f.get(x), isApart());
  release(f, x);
  return result;
};

/** Functions from f64 lanes to f64 lanes, by the name of the scalar operation. Special numbers give what Math gives for them. */
export const doubleMath = { exp, log, tanh, sigmoid, sign } as const satisfies Record<
  string,
  VectorFunction
>;
