// exp and the functions made of it. All reduce x to n·ln 2 + r with |r| ≤ ln 2 / 2 and use exp r = 1 + r + r²·q(r), so that r, the large
// part, stays exact, and so do powers of two: the error is that of a few last additions. A NaN passes through.

import { splat, splatBits } from "../constants.ts";
import type { FunctionBuilder, Pushed } from "../wasm/function.ts";
import {
  add,
  ln2High,
  ln2Low,
  mul,
  oneBits,
  polynomial,
  release,
  signBit,
  sub,
  type Vector,
  type VectorFunction,
  type VectorLocal,
} from "./vector.ts";

/** 1.5 · 2²³: a small number added to it is rounded to a whole one, which the lowest bits of the sum are. */
const magic = 1.5 * 2 ** 23;

// q(r) = (exp r − 1 − r)/r² on |r| ≤ 0.347: minimax for the relative error of exp r − 1, which is 1.4e-8; rounded to f32 one coefficient
// after the other, the later ones fitted anew.
const tail = [
  0.4999999701976776, 0.16666539013385773, 0.041667744517326355, 0.008367056958377361,
  0.0013839411549270153,
];

/** The coefficients of q(s·r)·s². */
const scaledTail = (s: number): readonly number[] => tail.map((c, i) => c * s ** (i + 2));

/**
 * Splits x into n·ln 2/s + r, n whole. Leaves r in x, and returns a local with n + `magic`.
 */
const reduce = (f: FunctionBuilder, x: VectorLocal, s: number): VectorLocal => {
  const sum = f.let(f.multiplyAdd(f.get(x), splat(f, s * Math.LOG2E), () => splat(f, magic)));
  const n = f.let(sub(f, f.get(sum), splat(f, magic)));
  const step = (part: number): void =>
    f.set(
      x,
      f.multiplyAdd(f.get(n), splat(f, -part / s), () => f.get(x)),
    );
  step(ln2High);
  step(ln2Low);
  f.release(n);
  return sum;
};

/** x² · q(x) of the coefficients, plus y. */
const squareTimes = (
  f: FunctionBuilder,
  coefficients: readonly number[],
  x: VectorLocal,
  y: () => Vector,
): Vector => f.multiplyAdd(mul(f, f.get(x), f.get(x)), polynomial(f, coefficients, x), y);

/** 2^k, given k · 2²³. */
const power = (f: FunctionBuilder, exponent: VectorLocal): Vector =>
  f.op("i32x4.add", f.get(exponent), splatBits(f, oneBits));

/** 2^−k, given k · 2²³. */
const inversePower = (f: FunctionBuilder, exponent: VectorLocal): Vector =>
  f.op("i32x4.sub", splatBits(f, oneBits), f.get(exponent));

/**
 * Splits n of a sum with `magic` into n₁ = ⌊n/2⌋ and the rest n₂, since 2ⁿ alone may be beyond f32. Leaves n₂ · 2²³ in `sum`, and returns a
 * local with n₁ · 2²³.
 */
const splitPower = (f: FunctionBuilder, sum: VectorLocal): VectorLocal => {
  // The bits of `magic` lie above those that are left.
  const half = f.let(f.op("i32x4.shl", f.op("i32x4.shr_s", f.get(sum), f.i32(1)), f.i32(23)));
  f.set(sum, f.op("i32x4.sub", f.op("i32x4.shl", f.get(sum), f.i32(23)), f.get(half)));
  return half;
};

/** x kept between bounds; a NaN stays. */
const clamp = (f: FunctionBuilder, x: Vector, min: number, max: number): Vector =>
  f.op("f32x4.pmax", f.op("f32x4.pmin", x, splat(f, max)), splat(f, min));

/** Gives y the sign of x, where it has none or the same. */
const withSign = (f: FunctionBuilder, y: Vector, x: VectorLocal): Vector =>
  f.op("v128.or", y, f.op("v128.and", f.get(x), splatBits(f, signBit)));

/** Up to here 2ⁿ and what exp makes of it are normal numbers. */
const largestCommon = 87;

/** Whether all lanes are numbers of a size that no result overflows at, or is subnormal. */
const areCommon = (f: FunctionBuilder, x: VectorLocal): Pushed<"i32"> => {
  // As whole numbers, infinities and NaN are above all other sizes.
  const isRare = f.op("i32x4.gt_s", f.op("f32x4.abs", f.get(x)), splat(f, largestCommon));
  return f.op("i32.eqz", f.op("v128.any_true", isRare));
};

/** 2ⁿ, given n + `magic`, where it is a normal number. */
const powerOf = (f: FunctionBuilder, sum: VectorLocal): Vector =>
  f.op("i32x4.add", f.op("i32x4.shl", f.get(sum), f.i32(23)), splatBits(f, oneBits));

/** exp x. Error at most 1.01 ulp for all x, subnormal results among them. */
export const exp: VectorFunction = (f, xPushed) => {
  const x = f.let(xPushed);
  const expOfRest = () =>
    add(
      f,
      squareTimes(f, tail, x, () => f.get(x)),
      splat(f, 1),
    );
  const common = (): void => {
    const n = reduce(f, x, 1);
    f.set(x, mul(f, expOfRest(), powerOf(f, n)));
    f.release(n);
  };
  const rare = (): void => {
    // Beyond these bounds the result is 0 or infinite as well.
    f.set(x, clamp(f, f.get(x), -104, 89));
    const n2 = reduce(f, x, 1);
    const n1 = splitPower(f, n2);
    f.set(x, mul(f, mul(f, expOfRest(), power(f, n1)), power(f, n2)));
    release(f, n1, n2);
  };
  f.if(areCommon(f, x), common, rare);
  f.release(x);
  return f.get(x);
};

/** exp x − 1. Error at most 1.7 ulp for all x. */
export const expm1: VectorFunction = (f, xPushed) => {
  const x0 = f.let(xPushed);
  const x = f.let(clamp(f, f.get(x0), -30, 89));
  const n2 = reduce(f, x, 1);
  const n1 = splitPower(f, n2);
  const w = f.let(squareTimes(f, tail, x, () => f.get(x)));
  const scale = f.let(power(f, n1));
  // 2ⁿ(1 + w) − 1 = 2^n₂ · (2^n₁ · w + (2^n₁ − 2^−n₂)), and just w where n is 0.
  const sum = f.multiplyAdd(f.get(w), f.get(scale), () =>
    sub(f, f.get(scale), inversePower(f, n2)),
  );
  const result = withSign(f, mul(f, sum, power(f, n2)), x0);
  release(f, x0, x, n1, n2, w, scale);
  return result;
};

/** 1/(1 + exp(−x)). Error at most 2 ulp for all x, subnormal results among them. */
export const sigmoid: VectorFunction = (f, xPushed) => {
  const x = f.let(xPushed);
  // With s = −1, x = −n·ln 2 + r, and exp(−x) = 2ⁿ exp(−r) = 2ⁿ(1 + w).
  const w = () => squareTimes(f, scaledTail(-1), x, () => f.op("f32x4.neg", f.get(x)));
  const common = (): void => {
    const n = reduce(f, x, -1);
    const scale = f.let(powerOf(f, n));
    const denominator = add(
      f,
      f.multiplyAdd(w(), f.get(scale), () => f.get(scale)),
      splat(f, 1),
    );
    f.set(n, denominator);
    f.set(x, f.op("f32x4.div", splat(f, 1), f.get(n)));
    release(f, n, scale);
  };
  const rare = (): void => {
    f.set(x, clamp(f, f.get(x), -104, 104));
    const n2 = reduce(f, x, -1);
    const n1 = splitPower(f, n2);
    const [low, high] = [f.let(inversePower(f, n1)), f.let(power(f, n2))];
    // Over 2^n₁, neither part of 1 + 2ⁿ(1 + w) overflows.
    const sum = add(
      f,
      f.multiplyAdd(w(), f.get(high), () => f.get(high)),
      f.get(low),
    );
    f.set(n2, sum);
    f.set(x, f.op("f32x4.div", f.get(low), f.get(n2)));
    release(f, n1, n2, low, high);
  };
  f.if(areCommon(f, x), common, rare);
  f.release(x);
  return f.get(x);
};

/** tanh x = (1 − e)/(1 + e) with e = exp(−2|x|). Error at most 2 ulp for all x; never beyond ±1. */
export const tanh: VectorFunction = (f, xPushed) => {
  const x = f.let(xPushed);
  // −|x|; beyond 9.1, tanh is 1 to the last bit.
  const negative = f.op("v128.or", f.get(x), splatBits(f, signBit));
  const r = f.let(f.op("f32x4.pmax", negative, splat(f, -9.1)));
  const n = reduce(f, r, 2);
  const scale = f.let(powerOf(f, n));
  // e = 2ⁿ(1 + w), w = exp 2r − 1
  const w = squareTimes(f, scaledTail(2), r, () => add(f, f.get(r), f.get(r)));
  const scaled = f.let(mul(f, w, f.get(scale)));
  const numerator = sub(f, sub(f, splat(f, 1), f.get(scale)), f.get(scaled));
  const denominator = add(f, add(f, f.get(scale), splat(f, 1)), f.get(scaled));
  const result = withSign(f, f.op("f32x4.div", numerator, denominator), x);
  release(f, x, r, n, scale, scaled);
  return result;
};
