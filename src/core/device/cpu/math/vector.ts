// What the vector functions of this folder are written with: short names for the arithmetic of four f32 lanes, polynomials, and the way to
// do a piece of a computation in double precision, two lanes at a time.

import { splat } from "../constants.ts";
import type { FunctionBuilder, Local, Pushed } from "../wasm/function.ts";

/** A vector on the stack. */
export type Vector = Pushed<"v128">;

/** A vector in a local. */
export type VectorLocal = Local<"v128">;

/** Writes code that replaces the four f32 lanes on the stack with a function of theirs. */
export type VectorFunction = (f: FunctionBuilder, x: Vector) => Vector;

/** The sign of an f32. */
export const signBit = 0x80000000;

/** The pattern of 1. */
export const oneBits = 0x3f800000;

/** The pattern of infinity, all of whose exponent is ones. */
export const infinityBits = 0x7f800000;

/** ln 2 in two parts. The upper has 9 bits, so that its product with a whole number up to 2¹⁵ is exact. */
export const ln2High = 355 / 512;

/** What the upper part lacks. */
export const ln2Low = Math.LN2 - ln2High;

/** 1.5 · 2⁵²: an f64 added to it is rounded to a whole number, which the lowest bits of the sum are. */
export const magic64 = 1.5 * 2 ** 52;

/** a + b in f32 lanes. */
export const add = (f: FunctionBuilder, a: Vector, b: Vector): Vector => f.op("f32x4.add", a, b);

/** a − b in f32 lanes. */
export const sub = (f: FunctionBuilder, a: Vector, b: Vector): Vector => f.op("f32x4.sub", a, b);

/** a · b in f32 lanes. */
export const mul = (f: FunctionBuilder, a: Vector, b: Vector): Vector => f.op("f32x4.mul", a, b);

/** c₀ + c₁ x + c₂ x² + … in f32 lanes, by Horner's scheme. */
export const polynomial = (
  f: FunctionBuilder,
  coefficients: readonly number[],
  x: VectorLocal,
): Vector => {
  const [last, ...rest] = [...coefficients].reverse() as [number, ...number[]]; // never empty
  return rest.reduce((sum, c) => f.multiplyAdd(sum, f.get(x), () => splat(f, c)), splat(f, last));
};

/** One f64 in both lanes. */
export const splat64 = (f: FunctionBuilder, value: number): Vector =>
  f.op("f64x2.splat", f.f64(value));

/** The same polynomial in f64 lanes. */
export const polynomial64 = (
  f: FunctionBuilder,
  coefficients: readonly number[],
  x: VectorLocal,
): Vector => {
  const [last, ...rest] = [...coefficients].reverse() as [number, ...number[]]; // never empty
  return rest.reduce(
    (sum, c) => f.op("f64x2.add", f.op("f64x2.mul", sum, f.get(x)), splat64(f, c)),
    splat64(f, last),
  );
};

/** The lower two lanes of a vector, or its upper two, as f64. */
export const promote = (f: FunctionBuilder, x: VectorLocal, half: 0 | 1): Vector => {
  const lanes = half === 0 ? f.get(x) : f.shuffle32([2, 3, 2, 3], f.get(x), f.get(x));
  return f.op("f64x2.promote_low_f32x4", lanes);
};

/** Four f32 lanes of two vectors of f64. */
export const demote = (f: FunctionBuilder, low: VectorLocal, high: VectorLocal): Vector =>
  f.shuffle32(
    [0, 1, 4, 5],
    f.op("f32x4.demote_f64x2_zero", f.get(low)),
    f.op("f32x4.demote_f64x2_zero", f.get(high)),
  );

/** Gives locals back. */
export const release = (f: FunctionBuilder, ...locals: readonly Local[]): void => {
  for (const local of locals) f.release(local);
};
