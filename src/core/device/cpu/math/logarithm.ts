// log and log1p: x is 2ᵏ·(1 + f) with 1 + f between √½ and √2, and log(1 + f) = f − f²/2 + s·(f²/2 + R), s = f/(2 + f), R a polynomial in
// s², as in fdlibm (Sun Microsystems, 1993), whose R has one term more. Nothing branches.

import { splat, splatBits } from "../constants.ts";
import type { FunctionBuilder } from "../wasm/function.ts";
import {
  add,
  infinityBits,
  ln2High,
  ln2Low,
  mul,
  oneBits,
  polynomial,
  release,
  sub,
  type Vector,
  type VectorFunction,
  type VectorLocal,
} from "./vector.ts";

/** √½ as f32. */
const rootHalfBits = 0x3f3504f3;
/** The exponent and the sign of an f32, and the pattern of −infinity. */
const upperBits = 0xff800000;

// (2 atanh s − 2s)/s³ in powers of s² ≤ 0.0295: minimax for the relative error of log(1 + f), which is 8.1e-10; rounded to f32 one
// coefficient after the other, the later ones fitted anew.
const series = [0.6666677594184875, 0.39977574348449707, 0.2987123727798462];

/** log(1 + f) − n · ln 2. It is −0 where f is −0 and n is 0. */
const logOf = (f: FunctionBuilder, x: VectorLocal, n: VectorLocal): Vector => {
  const s = f.let(f.op("f32x4.div", f.get(x), add(f, f.get(x), splat(f, 2))));
  const z = f.let(mul(f, f.get(s), f.get(s)));
  const half = f.let(mul(f, mul(f, f.get(x), f.get(x)), splat(f, 0.5)));
  const inner = f.multiplyAdd(polynomial(f, series, z), f.get(z), () => f.get(half));
  const small = f.let(sub(f, mul(f, inner, f.get(s)), mul(f, f.get(n), splat(f, ln2Low))));
  const sum = sub(f, f.get(x), sub(f, f.get(half), f.get(small)));
  const result = sub(f, sum, mul(f, f.get(n), splat(f, ln2High)));
  release(f, s, z, half, small);
  return result;
};

/** The exponent k of u = 2ᵏ·m, m between √½ and √2, times 2²³. */
const exponentOf = (f: FunctionBuilder, u: VectorLocal): Vector =>
  f.op(
    "v128.and",
    f.op("i32x4.sub", f.get(u), splatBits(f, rootHalfBits)),
    splatBits(f, upperBits),
  );

/** y, which is finite, made the logarithm of u: infinite where u is 0 or infinite, NaN where it is below 0 or NaN. */
const withEdges = (f: FunctionBuilder, y: Vector, u: VectorLocal): Vector => {
  const is = (value: number): Vector => f.op("f32x4.eq", f.get(u), splat(f, value));
  const edges = f.op(
    "v128.or",
    f.op("v128.and", is(0), splatBits(f, infinityBits)),
    f.op("v128.and", is(Number.POSITIVE_INFINITY), splatBits(f, upperBits)),
  );
  const result = sub(f, y, edges);
  return f.op("v128.or", result, f.op("v128.not", f.op("f32x4.ge", f.get(u), splat(f, 0))));
};

/** log x. Error at most 0.85 ulp for all x, subnormal ones among them. */
export const log: VectorFunction = (f, xPushed) => {
  const x = f.let(xPushed);
  // Subnormal numbers are taken times 2²⁴.
  const shift = f.let(
    f.op("v128.and", f.op("f32x4.lt", f.get(x), splat(f, 2 ** -126)), splatBits(f, 24 << 23)),
  );
  const u = f.let(mul(f, f.get(x), f.op("i32x4.add", f.get(shift), splatBits(f, oneBits))));
  const k = f.let(exponentOf(f, u));
  f.set(u, sub(f, f.op("i32x4.sub", f.get(u), f.get(k)), splat(f, 1)));
  const n = f.op("i32x4.shr_s", f.op("i32x4.sub", f.get(shift), f.get(k)), f.i32(23));
  f.set(k, f.op("f32x4.convert_i32x4_s", n));
  const result = withEdges(f, logOf(f, u, k), x);
  release(f, x, shift, u, k);
  return result;
};

/** log(1 + x). Error at most 1.4 ulp for all x. */
export const log1p: VectorFunction = (f, xPushed) => {
  const x = f.let(xPushed);
  // The exponent is that of the rounded sum; the rest is taken from x itself.
  const u = f.let(add(f, f.get(x), splat(f, 1)));
  const k = f.let(exponentOf(f, u));
  // 2^−k, where 2^−128 may be taken for 0.
  const scale = f.op(
    "i32x4.max_s",
    f.op("i32x4.sub", splatBits(f, oneBits), f.get(k)),
    splatBits(f, 0),
  );
  const less = f.let(scale);
  f.set(less, sub(f, splat(f, 1), f.get(less)));
  // (1 + x)/2ᵏ − 1; x is normal wherever k is not 0, and −0 stays what it is.
  f.set(x, sub(f, f.op("i32x4.sub", f.get(x), f.get(k)), f.get(less)));
  const n = f.op("i32x4.neg", f.op("i32x4.shr_s", f.get(k), f.i32(23)));
  f.set(k, f.op("f32x4.convert_i32x4_s", n));
  const result = withEdges(f, logOf(f, x, k), u);
  release(f, x, u, k, less);
  return result;
};
