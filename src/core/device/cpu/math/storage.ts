// The 16-bit floats as vector code: rounding to them, and conversion between f32 lanes and i32 lanes that hold patterns. They agree with
// core/dtype.ts bit by bit, but that a NaN may keep its sign where the result is f32. Both formats round to nearest, ties to even.

import { splat, splatBits } from "../constants.ts";
import type { FunctionBuilder } from "../wasm/function.ts";
import {
  add,
  infinityBits,
  mul,
  release,
  signBit,
  sub,
  type Vector,
  type VectorFunction,
  type VectorLocal,
} from "./vector.ts";

/** The exponent field of 2^(k − 127), at its place in the pattern of an f32. */
const field = (k: number): number => k << 23;

/** 2⁻¹⁴, the least normal f16, has this exponent field in f32. */
const leastNormal = 113;

/** The pattern of an f32 and half a unit of bf16, so that cutting off its lower half rounds it. */
const roundedBits = (f: FunctionBuilder, x: VectorLocal): Vector => {
  const isOdd = f.op("v128.and", f.op("i32x4.shr_u", f.get(x), f.i32(16)), splatBits(f, 1));
  return f.op("i32x4.add", f.op("i32x4.add", f.get(x), splatBits(f, 0x7fff)), isOdd);
};

/** a where x is a number, else the pattern. */
const unlessNaN = (f: FunctionBuilder, a: Vector, x: VectorLocal, pattern: number): Vector =>
  f.op("v128.bitselect", a, splatBits(f, pattern), f.op("f32x4.eq", f.get(x), f.get(x)));

/** The bf16 nearest to each f32; NaN becomes that of pattern 0x7fc0. */
export const roundBf16: VectorFunction = (f, xPushed) => {
  const x = f.let(xPushed);
  const rounded = f.op("v128.and", roundedBits(f, x), splatBits(f, 0xffff0000));
  const result = unlessNaN(f, rounded, x, 0x7fc00000);
  f.release(x);
  return result;
};

/** The bf16 patterns nearest to f32 lanes, as i32 lanes. */
export const encodeBf16: VectorFunction = (f, xPushed) => {
  const x = f.let(xPushed);
  const pattern = f.op("i32x4.shr_u", roundedBits(f, x), f.i32(16));
  const result = unlessNaN(f, pattern, x, 0x7fc0);
  f.release(x);
  return result;
};

/** The f32 lanes that bf16 patterns in i32 lanes stand for. */
export const decodeBf16: VectorFunction = (f, x) => f.op("i32x4.shl", x, f.i32(16));

/** An f32 in units of f16. */
interface Rounded {
  /** A power of two whose last bit counts as much as that of an f16 of the size of x. */
  readonly unit: VectorLocal;
  /** `unit` and |x|, and thereby rounded to a whole number of these bits. */
  readonly sum: VectorLocal;
}

/** |x| as a number of units of its f16, at most 2¹⁶; a NaN stays. */
const inUnits = (f: FunctionBuilder, x: VectorLocal): Rounded => {
  const size = f.let(f.op("f32x4.pmin", f.op("f32x4.abs", f.get(x)), splat(f, 2 ** 16)));
  const exponent = f.op("v128.and", f.get(size), splatBits(f, infinityBits));
  // Subnormal f16 have the unit of the least normal one. f16 has 13 bits less than f32.
  const normal = f.op("i32x4.max_s", exponent, splatBits(f, field(leastNormal)));
  const unit = f.let(f.op("i32x4.add", normal, splatBits(f, field(13))));
  const sum = f.let(add(f, f.get(size), f.get(unit)));
  f.release(size);
  return { unit, sum };
};

/** The f16 nearest to each f32; NaN stays NaN. */
export const roundF16: VectorFunction = (f, xPushed) => {
  const x = f.let(xPushed);
  const { unit, sum } = inUnits(f, x);
  const size = sub(f, f.get(sum), f.get(unit));
  // 2¹⁶ and no less becomes infinite.
  const limited = mul(f, mul(f, size, splat(f, 2 ** 112)), splat(f, 2 ** -112));
  const sign = f.op("v128.and", f.get(x), splatBits(f, signBit));
  const result = f.op("v128.or", limited, sign);
  release(f, x, unit, sum);
  return result;
};

/** The f16 patterns nearest to f32 lanes, as i32 lanes. */
export const encodeF16: VectorFunction = (f, xPushed) => {
  const x = f.let(xPushed);
  const { unit, sum } = inUnits(f, x);
  // The number of units, with the leading 1 of a normal f16, which adds 1 to an exponent field that is thus 1 too small.
  const units = f.op("i32x4.sub", f.get(sum), f.get(unit));
  const fromUnit = f.op("i32x4.sub", f.get(unit), splatBits(f, field(leastNormal + 13)));
  const size = f.op("i32x4.add", units, f.op("i32x4.shr_u", fromUnit, f.i32(13)));
  const sign = f.op("v128.and", f.op("i32x4.shr_u", f.get(x), f.i32(16)), splatBits(f, 0x8000));
  const result = unlessNaN(f, f.op("v128.or", size, sign), x, 0x7e00);
  release(f, x, unit, sum);
  return result;
};

/** The f32 lanes that f16 patterns in i32 lanes stand for. No f32 on the way is subnormal, which some processors are slow at. */
export const decodeF16: VectorFunction = (f, xPushed) => {
  const x = f.let(xPushed);
  const size = f.let(f.op("v128.and", f.get(x), splatBits(f, 0x7fff)));
  const isSubnormal = f.let(f.op("i32x4.lt_s", f.get(size), splatBits(f, 0x400)));
  const isInfinite = f.op("i32x4.gt_s", f.get(size), splatBits(f, 0x7bff));
  const infinite = f.let(f.op("v128.and", isInfinite, splatBits(f, infinityBits)));
  // A subnormal number is read as if its exponent were the least, and the leading 1 that it lacks is subtracted.
  const lacking = f.op("v128.and", f.get(isSubnormal), splatBits(f, 0x400));
  const shifted = f.op("i32x4.shl", f.op("v128.or", f.get(size), lacking), f.i32(13));
  const y = f.op("i32x4.add", shifted, splatBits(f, field(127 - 15)));
  const surplus = f.op("v128.and", f.get(isSubnormal), splat(f, 2 ** -14));
  const finite = sub(f, y, surplus);
  const sign = f.op("i32x4.shl", f.op("v128.and", f.get(x), splatBits(f, 0x8000)), f.i32(16));
  const result = f.op("v128.or", f.op("v128.or", finite, f.get(infinite)), sign);
  release(f, x, size, isSubnormal, infinite);
  return result;
};
