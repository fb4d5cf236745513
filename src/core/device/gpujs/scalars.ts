// Scalar operations in the language of gpu.js kernels. Every value is a float; whole numbers and booleans are floats too, exact up to 2²⁴.
// Where the language has no such function, or a mode's own is wrong, a formula or a function of functions.ts takes its place.
//
// A formula gives lines, the last of which declares its result. One operation a line keeps gpu.js from guessing types: it would
// truncate a fraction that stands beside a whole number, and it fails on deep nesting.

import type { ScalarOp } from "../../kernel/scalar.ts";
import { errorFunctionLines } from "./functions.ts";
import type { Mode } from "./modes.ts";

/** Lines that compute an operation on operands (names or literals) and declare `out`. Names beginning with `out` are its own. */
export type Formula = (out: string, args: readonly string[], mode: Mode) => readonly string[];

/**
 * A number in the source. The literals Infinity and NaN mean other things in some modes: those values are arguments of the kernel,
 * named here.
 */
export const literal = (value: number): string => {
  if (Number.isNaN(value)) return "nan";
  const size = Number.isFinite(value) ? String(Math.abs(value)) : "inf";
  return value < 0 || Object.is(value, -0) ? `(-${size})` : size;
};

/** The numbers that reach a kernel as arguments, by the name that stands for them in its source. */
export const namedNumbers = { inf: Number.POSITIVE_INFINITY, nan: Number.NaN } as const;

type Operator = (...operands: string[]) => string;

/** A formula of one line. */
const direct =
  (operator: Operator): Formula =>
  (out, args) => [`const ${out} = ${operator(...args)};`];

const infix = (symbol: string): Formula => direct((a, b) => `${a} ${symbol} ${b}`);
const math = (fn: string): Formula => direct((...args) => `Math.${fn}(${args.join(", ")})`);
const flag = (symbol: string): Formula => direct((a, b) => `(${a} ${symbol} ${b}) ? 1 : 0`);

/** A function of functions.ts, with constants after the operands. */
const called = (name: string, ...constants: readonly string[]): Formula =>
  direct((...args) => `${name}(${[...args, ...constants].join(", ")})`);

/** One formula where `Math` is JavaScript's, and another where it is a graphics card's. */
const ifExact =
  (exact: Formula, approximate: Formula): Formula =>
  (out, args, mode) =>
    (mode.hasExactMath ? exact : approximate)(out, args, mode);

/** A function of `Math` where that is JavaScript's, and else one of functions.ts. */
const mathOr = (fn: string, name: string, ...constants: readonly string[]): Formula =>
  ifExact(math(fn), called(name, ...constants));

const isPowerOfTwo = (d: number): boolean => d > 0 && Number.isInteger(Math.log2(d));

/** ⌊a / d⌋ of whole numbers below 2²⁴, exact. For powers of two it is a multiplication. */
const divide: Formula = (out, [a, d], mode) => {
  if (isPowerOfTwo(Number(d))) return [`const ${out} = Math.floor(${a} * ${1 / Number(d)});`];
  if (mode.dividesExactly) return [`const ${out} = Math.floor(${a} / ${d});`];
  return called("floorDivide")(out, [a as string, d as string], mode);
};

/**
 * a − ⌊a / b⌋ · b: exact for whole numbers with |a| + |b| ≤ 2²⁴; for fractions the product is rounded, so the error is |a| · 2⁻²²; beside a
 * multiple of b the result may be that of its other side, and a quotient beyond 2²³ leaves no remainder that means anything.
 */
const modulo: Formula = (out, args, mode) => [
  ...divide(`${out}n`, args, mode),
  `const ${out} = ${args[0]} - ${out}n * ${args[1]};`,
];

/** Half to even, exact. `Math.round` rounds half up. */
const roundHalfEven: Formula = (out, [x]) => [
  `const ${out}f = Math.floor(${x});`,
  `const ${out}r = ${x} - ${out}f;`,
  `const ${out}h = ${out}f * 0.5;`,
  `const ${out}o = ${out}h - Math.floor(${out}h);`, // ½ where the floor is odd
  `const ${out}t = ${out}r + ${out}o * 0.5;`,
  // Up where the rest is above ½, or is ½ beside an odd floor (then t is ¾). A floor of ±∞ has no rest: NaN, and stays.
  `const ${out}u = (${out}r > 0.5) ? 1 : ((${out}r < 0.5) ? 0 : ((${out}t > 0.5) ? 1 : 0));`,
  `const ${out} = ${out}f + ${out}u;`,
];

/** As functions.ts has it; inline where a call would keep gpu.js from computing four elements at once. */
const erf: Formula = (out, args, mode) =>
  mode.hasExactMath
    ? errorFunctionLines(out, args[0] as string)
    : called("errorFunction")(out, args, mode);

/** A floating-point format narrower than f32, for rounding to it. */
interface Format {
  /** Bits of the fraction. */
  readonly fraction: number;
  /** Powers of two with which a size is brought to [1, 2), or below where numbers get no finer: as x ≥ at: x · by, or x < at. */
  readonly scales: readonly {
    readonly compare: ">=" | "<";
    readonly at: number;
    readonly by: number;
  }[];
  /** The size of the smallest normal number. */
  readonly smallest: number;
  /** Sizes from here on round to infinity. */
  readonly overflow: number;
}

const halving = (powers: readonly number[]): Format["scales"] =>
  powers.map((power) => ({ compare: ">=", at: 2 ** power, by: 2 ** -power }));
const doubling = (powers: readonly number[]): Format["scales"] =>
  powers.map((power) => ({ compare: "<", at: 2 ** (1 - power), by: 2 ** power }));

const f16: Format = {
  fraction: 10,
  scales: [...halving([8, 4, 2, 1]), ...doubling([8, 4, 2, 1])],
  smallest: 2 ** -14,
  overflow: 65520,
};
const bf16: Format = {
  fraction: 7,
  scales: [...halving([64, 32, 16, 8, 4, 2, 1]), ...doubling([64, 32, 16, 8, 4, 2, 1])],
  smallest: 2 ** -126,
  overflow: 2 ** 128 - 2 ** 119,
};

/**
 * The nearest number of a format, half to even; exact, since all but the rounding scales by powers of two. Zero loses its sign.
 * The scale is found by comparisons: log2 is not exact, and there are no bits to look at.
 */
const roundToFormat =
  ({ fraction, scales, smallest, overflow }: Format): Formula =>
  (out, [x], mode) => [
    // Halved where the scale would be too small for f32.
    `const ${out}g = (Math.abs(${x}) >= ${2 ** 126}) ? 2 : 1;`,
    `const ${out}a = Math.abs(${x}) * ((Math.abs(${x}) >= ${2 ** 126}) ? 0.5 : 1);`,
    `let ${out}m = ${out}a;`,
    `let ${out}s = 1;`,
    ...scales.flatMap(({ compare, at, by }, i) => [
      `const ${out}c${i} = (${out}m ${compare} ${at}) ? ${by} : 1;`,
      `${out}m = ${out}m * ${out}c${i};`,
      `${out}s = ${out}s * ${out}c${i};`,
    ]),
    `${out}s = Math.min(${out}s, ${1 / smallest});`,
    `const ${out}n = ${out}a * ${out}s * ${2 ** fraction};`, // whole numbers are what the format can hold
    ...roundHalfEven(`${out}r`, [`${out}n`], mode),
    `const ${out}v = ${out}r * ${2 ** -fraction} / ${out}s * ${out}g;`,
    `const ${out}w = (Math.abs(${x}) >= ${overflow}) ? inf : ${out}v;`,
    `const ${out} = (${x} < 0) ? -${out}w : ${out}w;`,
  ];

/** Operations on 32-bit words, which limbs.ts prints, and conversions, which need their dtypes. */
export type WordOp = "u32" | "u32High" | "u32Low" | "u32Add" | "u32Xor" | "u32Rotate";

/** x̂ⁿ for a small whole n known here is a product. */
const raise: Formula = (out, [x, y], mode) => {
  const n = Number(y);
  if (mode.hasExactMath || !Number.isInteger(n) || n < 1 || n > 8)
    return mathOr("pow", "power", "inf", "nan")(out, [x as string, y as string], mode);
  return [`const ${out} = ${new Array<string>(n).fill(x as string).join(" * ")};`];
};

/** Every scalar operation on floats. NaN tests are written as `x === x`, which no mode folds away, or look at bits where there are any. */
export const formulas = {
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  div: infix("/"),
  idiv: divide,
  mod: modulo,
  pow: raise,
  max: mathOr("max", "larger"),
  min: mathOr("min", "smaller"),
  neg: direct((x) => `-${x}`),
  abs: math("abs"),
  sign: direct((x) => `(${x} > 0) ? 1 : ((${x} < 0) ? -1 : ${x})`),
  floor: math("floor"),
  ceil: math("ceil"),
  round: roundHalfEven,
  exp: mathOr("exp", "exponential", "inf"),
  log: mathOr("log", "logarithm", "inf", "nan"),
  expm1: mathOr("expm1", "exponentialMinusOne", "inf"),
  log1p: mathOr("log1p", "logOnePlus", "inf", "nan"),
  sqrt: math("sqrt"),
  rsqrt: direct((x) => `1 / Math.sqrt(${x})`),
  sin: ifExact(math("sin"), called("sineFrom", "0", "nan")),
  cos: ifExact(math("cos"), called("sineFrom", "1", "nan")),
  tanh: mathOr("tanh", "hyperbolicTangent", "inf"),
  sigmoid: ifExact(
    (out, [x]) => [`const ${out}e = Math.exp(-${x});`, `const ${out} = 1 / (1 + ${out}e);`],
    called("logistic", "inf"),
  ),
  erf,
  lt: flag("<"),
  le: flag("<="),
  eq: flag("==="),
  ne: direct((a, b) => `(${a} === ${b}) ? 0 : 1`),
  and: infix("*"),
  or: math("max"),
  xor: direct((a, b) => `(${a} === ${b}) ? 0 : 1`),
  not: direct((x) => `1 - ${x}`),
  isNaN: ifExact(
    direct((x) => `(${x} === ${x}) ? 0 : 1`),
    called("isNotNumber"),
  ),
  isFinite: direct((x) => `(Math.abs(${x}) < inf) ? 1 : 0`),
  where: direct((condition, a, b) => `(${condition} === 0) ? ${b} : ${a}`),
  /** A kernel cannot fail: an index out of range is NaN, and so is what is read there. */
  checkIndex: direct((i, size) => `(${i} >= 0 && ${i} < ${size}) ? ${i} : nan`),
  roundF32: ifExact(
    math("fround"),
    direct((x) => x),
  ),
  roundF16: roundToFormat(f16),
  roundBf16: roundToFormat(bf16),
} satisfies Record<Exclude<ScalarOp, WordOp | "cast">, Formula>;

/**
 * A conversion to i32 or bool. To i32: truncated, 0 for NaN, and the nearest of ±2³¹ for what is beyond, which the download makes whole
 * numbers of 32 bits. Floats need none.
 */
export const convertTo = (dtype: string): Formula =>
  dtype === "bool"
    ? direct((x) => `(${x} === 0) ? 0 : 1`)
    : dtype === "i32"
      ? (out, [x]) => [
          `const ${out}t = Math.trunc(Math.max(Math.min(${x}, ${2 ** 31}), -${2 ** 31}));`,
          `const ${out} = (${x} === ${x}) ? ${out}t : 0;`,
        ]
      : direct((x) => x);
