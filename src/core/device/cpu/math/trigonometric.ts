// sin and cos. The angle is reduced to a quarter turn in double precision, by the method of Cody & Waite ("Software manual for the elementary
// functions", 1980) up to 2³¹, and beyond by that of Payne & Hanek (1983), which multiplies by as many bits of 2/π as matter; the polynomials
// are in single precision, four lanes at a time.

import { splat, splatBits } from "../constants.ts";
import type { FunctionBuilder } from "../wasm/function.ts";
import {
  add,
  demote,
  magic64,
  mul,
  polynomial,
  promote,
  release,
  signBit,
  splat64,
  sub,
  type Vector,
  type VectorFunction,
  type VectorLocal,
} from "./vector.ts";

/** Up to here the parts of π/2 suffice. */
const largest = 2 ** 31;

// π/2 in three parts. The first two have 22 bits, so that their products with a whole number below 2³¹ are exact; what they leave is 1e-30.
const quarterTurn = [1.570796012878418, 3.139164164167596e-7, 6.223372171896613e-14];

// 2/π in parts of 29 bits, whose products with an f32 are exact, and a last one of 53: 198 bits in all, enough for 2¹²⁸.
const inverseParts = [
  0.6366197727620602, -3.944788211363015e-10, -1.193436878294084e-18, -5.811337847604232e-28,
  -1.6901934515840095e-36, 3.7832563882960676e-45,
];
/** So many of these products may be too large to be added to `magic64`. */
const largePartCount = 3;

// (sin r / r − 1)/r² and (cos r − 1 + r²/2)/r⁴ in powers of r² up to (π/4)²: minimax, relative errors 4e-9 and 1.2e-10.
const sine = [-0.16666655242443085, 0.008332189172506332, -0.00019518275803420693];
const cosine = [0.04166664555668831, -0.0013887309469282627, 0.000024432327336398885];

/** An angle as a number of quarter turns, in the lowest bits of `turn`, and the rest in radians, both 64 bits to a lane. */
interface Angle {
  readonly turn: VectorLocal;
  readonly rest: VectorLocal;
}

const sub64 = (f: FunctionBuilder, a: Vector, b: Vector): Vector => f.op("f64x2.sub", a, b);
const mul64 = (f: FunctionBuilder, a: Vector, b: Vector): Vector => f.op("f64x2.mul", a, b);
const add64 = (f: FunctionBuilder, a: Vector, b: Vector): Vector => f.op("f64x2.add", a, b);

/** Reduces two angles up to `largest`. */
const reduce = (f: FunctionBuilder, x: VectorLocal): Angle => {
  const quarters = mul64(f, f.get(x), splat64(f, 2 / Math.PI));
  const turn = f.let(add64(f, quarters, splat64(f, magic64)));
  const n = f.let(sub64(f, f.get(turn), splat64(f, magic64)));
  const rest = f.let(f.get(x));
  for (const part of quarterTurn)
    f.set(rest, sub64(f, f.get(rest), mul64(f, f.get(n), splat64(f, part))));
  f.release(n);
  return { turn, rest };
};

/** Reduces two angles of any size, and writes those beyond `largest` over what is known of them. */
const reduceLarge = (f: FunctionBuilder, x: VectorLocal, { turn, rest }: Angle): void => {
  const isLarge = f.let(f.op("f64x2.gt", f.op("f64x2.abs", f.get(x)), splat64(f, largest)));
  const [count, left] = [f.let(splat64(f, 0)), f.let(splat64(f, 0))];
  const product = f.local("v128");
  inverseParts.forEach((part, i) => {
    f.set(product, mul64(f, f.get(x), splat64(f, part)));
    if (i < largePartCount) {
      // Whole circles do not matter.
      const circles = f.op("f64x2.nearest", mul64(f, f.get(product), splat64(f, 0.25)));
      const whole = mul64(f, circles, splat64(f, 4));
      f.set(product, f.op("f64x2.neg", sub64(f, whole, f.get(product))));
    }
    f.set(left, add64(f, f.get(left), f.get(product)));
    const sum = f.let(add64(f, f.get(left), splat64(f, magic64)));
    f.set(count, f.op("i64x2.add", f.get(count), f.get(sum)));
    f.set(left, sub64(f, f.get(left), sub64(f, f.get(sum), splat64(f, magic64))));
    f.release(sum);
  });
  const take = (old: VectorLocal, value: Vector): void =>
    f.set(old, f.op("v128.bitselect", value, f.get(old), f.get(isLarge)));
  take(turn, f.get(count));
  take(rest, mul64(f, f.get(left), splat64(f, Math.PI / 2)));
  release(f, isLarge, count, left, product);
};

/** The sine of x plus so many quarter turns; 0 where x is −0. */
const sineFrom = (f: FunctionBuilder, x: VectorLocal, quarters: 0 | 1): Vector => {
  const [low, high] = [f.let(promote(f, x, 0)), f.let(promote(f, x, 1))];
  const angles = [reduce(f, low), reduce(f, high)] as const;
  const isLarge = f.op("f32x4.gt", f.op("f32x4.abs", f.get(x)), splat(f, largest));
  f.if(f.op("v128.any_true", isLarge), () => {
    reduceLarge(f, low, angles[0]);
    reduceLarge(f, high, angles[1]);
  });
  const turn = f.let(f.shuffle32([0, 2, 4, 6], f.get(angles[0].turn), f.get(angles[1].turn)));
  if (quarters === 1) f.set(turn, f.op("i32x4.add", f.get(turn), splatBits(f, 1)));
  const r = f.let(demote(f, angles[0].rest, angles[1].rest));
  const z = f.let(mul(f, f.get(r), f.get(r)));
  const cube = mul(f, mul(f, polynomial(f, sine, z), f.get(z)), f.get(r));
  const sinus = f.let(add(f, cube, f.get(r)));
  const fourth = mul(f, mul(f, polynomial(f, cosine, z), f.get(z)), f.get(z));
  const square = sub(f, splat(f, 1), mul(f, f.get(z), splat(f, 0.5)));
  const cosinus = f.let(add(f, fourth, square));
  const size = f.op(
    "v128.bitselect",
    f.get(cosinus),
    f.get(sinus),
    f.op("i32x4.shr_s", f.op("i32x4.shl", f.get(turn), f.i32(31)), f.i32(31)), // odd quarter turns
  );
  // The second half of a circle is the first with the other sign.
  const sign = f.op("v128.and", f.op("i32x4.shl", f.get(turn), f.i32(30)), splatBits(f, signBit));
  const result = f.op("v128.xor", size, sign);
  release(f, low, high, turn, r, z, sinus, cosinus);
  for (const angle of angles) release(f, angle.turn, angle.rest);
  return result;
};

/** sin x. Error at most 1.6 ulp for all x. */
export const sin: VectorFunction = (f, xPushed) => {
  const x = f.let(xPushed);
  const zero = (): Vector => f.op("v128.and", f.op("f32x4.eq", f.get(x), splat(f, 0)), f.get(x));
  const result = f.op("v128.or", sineFrom(f, x, 0), zero());
  f.release(x);
  return result;
};

/** cos x. Error at most 1.6 ulp for all x. */
export const cos: VectorFunction = (f, xPushed) => {
  const x = f.let(xPushed);
  const result = sineFrom(f, x, 1);
  f.release(x);
  return result;
};
