// The power aᵇ as 2^(b·log₂|a|), in double precision, two lanes at a time, and rounded to single at the end.

import { splat, splatBits } from "../constants.ts";
import type { FunctionBuilder } from "../wasm/function.ts";
import {
  demote,
  infinityBits,
  magic64,
  mul,
  polynomial64,
  promote,
  release,
  signBit,
  splat64,
  type Vector,
  type VectorLocal,
} from "./vector.ts";

/** The upper 32 bits of √½, about, and of 1. */
const rootHalfBits64 = 0x3fe6a09e;
const oneBits64 = 0x3ff00000;

// 2 atanh s / (s·ln 2) in powers of s² ≤ 0.0295: minimax, relative error 4.2e-12.
const logarithm = [
  2.8853900817901414, 0.9617966732663563, 0.5770836003355406, 0.4116717451063013,
  0.3407489959205715,
];

// 2^r on |r| ≤ ½: minimax, relative error 4e-11.
const exponential = [
  0.9999999999616213, 0.6931471807287157, 0.24022651198754186, 0.05550410352833384,
  0.009618027172809697, 0.0013333922855096468, 0.00015469317295396478, 0.000015201901135803485,
];

/** 64-bit lanes with these upper 32 bits, the lower ones 0. */
const upperBits = (f: FunctionBuilder, bits: number): Vector => f.v128([0, bits, 0, bits]);

/** log₂ of the positive numbers in f64 lanes, which are those of f32: their exponent k plus log₂ m, m between √½ and √2. */
const log2 = (f: FunctionBuilder, x: VectorLocal): Vector => {
  // The exponent field of this sum is k + 1023; below it is how far m is above √½.
  const sum = f.let(f.op("i64x2.add", f.get(x), upperBits(f, oneBits64 - rootHalfBits64)));
  const fraction = f.op("v128.and", f.get(sum), f.v128([0xffffffff, 0xfffff, 0xffffffff, 0xfffff]));
  const m = f.let(f.op("i64x2.add", fraction, upperBits(f, rootHalfBits64)));
  const numerator = f.op("f64x2.sub", f.get(m), splat64(f, 1));
  const denominator = f.op("f64x2.add", f.get(m), splat64(f, 1));
  const s = f.let(f.op("f64x2.div", numerator, denominator));
  const z = f.let(f.op("f64x2.mul", f.get(s), f.get(s)));
  // A whole number below 2⁵² is written as the lowest bits of 2⁵².
  const biased = f.op("v128.or", f.op("i64x2.shr_u", f.get(sum), f.i32(52)), splat64(f, 2 ** 52));
  const k = f.op("f64x2.sub", biased, splat64(f, 2 ** 52 + 1023));
  const logM = f.op("f64x2.mul", polynomial64(f, logarithm, z), f.get(s));
  const result = f.op("f64x2.add", k, logM);
  release(f, sum, m, s, z);
  return result;
};

/** 2 to the power of the number in each f64 lane, or something that is 0 or infinite as f32 as well. */
const exp2 = (f: FunctionBuilder, p: Vector): Vector => {
  const limited = f.op("f64x2.pmax", f.op("f64x2.pmin", p, splat64(f, 200)), splat64(f, -200));
  const r = f.let(limited);
  const sum = f.let(f.op("f64x2.add", f.get(r), splat64(f, magic64)));
  const whole = f.let(f.op("f64x2.sub", f.get(sum), splat64(f, magic64)));
  f.set(r, f.op("f64x2.sub", f.get(r), f.get(whole)));
  const exponent = f.op("i64x2.shl", f.get(sum), f.i32(52));
  const result = f.op("i64x2.add", exponent, polynomial64(f, exponential, r));
  release(f, r, sum, whole);
  return result;
};

/** Numbers without a fraction, infinity among them. */
const isWhole = (f: FunctionBuilder, x: VectorLocal): Vector =>
  f.op("f32x4.eq", f.op("f32x4.trunc", f.get(x)), f.get(x));

/** Whole numbers that 2 does not divide. */
const isOdd = (f: FunctionBuilder, x: VectorLocal): Vector => {
  const half = f.let(mul(f, f.get(x), splat(f, 0.5)));
  const result = f.op("v128.andnot", isWhole(f, x), isWhole(f, half));
  f.release(half);
  return result;
};

/** Results where a, whose absolute value is `size`, is 0, infinite, negative or NaN, or b is 0 or NaN; elsewhere y. */
const withEdges = (
  f: FunctionBuilder,
  y: VectorLocal,
  a: VectorLocal,
  b: VectorLocal,
  size: VectorLocal,
): Vector => {
  const join = (op: "v128.or" | "v128.xor", bits: () => Vector): void =>
    f.set(y, f.op(op, f.get(y), bits()));
  const choose = (value: () => Vector, condition: () => Vector): void =>
    f.set(y, f.op("v128.bitselect", value(), f.get(y), condition()));
  const sizeIs = (value: number): Vector => f.op("f32x4.eq", f.get(size), splat(f, value));
  const isNaN = (x: VectorLocal): Vector => f.op("f32x4.ne", f.get(x), f.get(x));
  const isNegative = (x: VectorLocal): Vector => f.op("f32x4.lt", f.get(x), splat(f, 0));
  // A negative number has no power of a fraction.
  join("v128.or", () => f.op("v128.andnot", isNegative(a), isWhole(f, b)));
  // 0 and infinity stay, or become each other where b is negative; their bits differ in the exponent.
  const swap = (): Vector => f.op("v128.and", isNegative(b), splatBits(f, infinityBits));
  choose(
    () => f.op("v128.xor", f.get(size), swap()),
    () => f.op("v128.or", sizeIs(0), sizeIs(Number.POSITIVE_INFINITY)),
  );
  join("v128.or", () => f.op("v128.or", isNaN(a), isNaN(b)));
  join("v128.xor", () =>
    f.op("v128.and", f.op("v128.and", f.get(a), splatBits(f, signBit)), isOdd(f, b)),
  );
  choose(
    () => splat(f, 1),
    () => f.op("f32x4.eq", f.get(b), splat(f, 0)),
  );
  return f.get(y);
};

/**
 * a to the power of b, as JavaScript's `**`: 1 where b is 0, and NaN where |a| is 1 and b infinite. Error at most 0.51 ulp, subnormal numbers
 * among operands and results.
 */
export const pow = (f: FunctionBuilder, aPushed: Vector, bPushed: Vector): Vector => {
  const b = f.let(bPushed);
  const a = f.let(aPushed);
  const size = f.let(f.op("f32x4.abs", f.get(a)));
  const half = (part: 0 | 1): VectorLocal => {
    const x = f.let(promote(f, size, part));
    const p = f.op("f64x2.mul", log2(f, x), promote(f, b, part));
    f.release(x);
    return f.let(exp2(f, p));
  };
  const [low, high] = [half(0), half(1)];
  const y = f.let(demote(f, low, high));
  const result = withEdges(f, y, a, b, size);
  release(f, a, b, size, low, high, y);
  return result;
};
