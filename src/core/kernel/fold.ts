// What scalar operations mean on numbers, in double precision: the reference that generated code is tested against,
// and the arithmetic behind constant folding.

import { decodeBf16, decodeF16, encodeBf16, encodeF16 } from "../dtype.ts";
import type { Expr } from "./expr.ts";
import type { ScalarOp } from "./scalar.ts";
import { erf } from "./special.ts";

/** Rounds half to even, as IEEE roundTiesToEven. */
export const roundHalfEven = (x: number): number => {
  const nearest = Math.round(x);
  return Math.abs(x % 1) === 0.5 && nearest % 2 !== 0
    ? nearest - 1
    : nearest === 0
      ? x * 0
      : nearest;
};

type Meaning = (...args: number[]) => number;

const flag = (claim: boolean): number => (claim ? 1 : 0);

/** The value of each scalar operation. Booleans are 0 and 1. */
export const meanings: Record<Exclude<ScalarOp, "cast" | "checkIndex">, Meaning> = {
  add: (a, b) => (a as number) + (b as number),
  sub: (a, b) => (a as number) - (b as number),
  mul: (a, b) => (a as number) * (b as number),
  div: (a, b) => (a as number) / (b as number),
  idiv: (a, b) => Math.floor((a as number) / (b as number)),
  mod: (a, b) => (a as number) - Math.floor((a as number) / (b as number)) * (b as number),
  pow: (a, b) => (a as number) ** (b as number),
  max: Math.max,
  min: Math.min,
  neg: (a) => -(a as number),
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven as Meaning,
  exp: Math.exp,
  log: Math.log,
  expm1: Math.expm1,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  rsqrt: (a) => 1 / Math.sqrt(a as number),
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid: (a) => 1 / (1 + Math.exp(-(a as number))),
  erf: erf as Meaning,
  lt: (a, b) => flag((a as number) < (b as number)),
  le: (a, b) => flag((a as number) <= (b as number)),
  eq: (a, b) => flag(a === b),
  ne: (a, b) => flag(a !== b),
  and: (a, b) => flag(a !== 0 && b !== 0),
  or: (a, b) => flag(a !== 0 || b !== 0),
  xor: (a, b) => flag((a !== 0) !== (b !== 0)),
  not: (a) => flag(a === 0),
  isNaN: (a) => flag(Number.isNaN(a)),
  isFinite: (a) => flag(Number.isFinite(a)),
  where: (condition, a, b) => (condition !== 0 ? (a as number) : (b as number)),
  roundF32: Math.fround,
  roundF16: (a) => decodeF16(encodeF16(a as number)),
  roundBf16: (a) => decodeBf16(encodeBf16(a as number)),
  u32: (high, low) => (((high as number) << 16) | (low as number)) >>> 0,
  u32High: (a) => (a as number) >>> 16,
  u32Low: (a) => (a as number) & 0xffff,
  u32Add: (a, b) => ((a as number) + (b as number)) >>> 0,
  u32Xor: (a, b) => ((a as number) ^ (b as number)) >>> 0,
  u32Rotate: (a, b) =>
    (((a as number) << (b as number)) | ((a as number) >>> (32 - (b as number)))) >>> 0,
};

/** The value of an operation on constants, or undefined when an argument is not one. */
export const foldScalar = (op: ScalarOp, args: readonly Expr[]): number | undefined => {
  if (op === "cast" || op === "checkIndex") return undefined;
  const values: number[] = [];
  for (const arg of args) {
    if (arg.tag !== "const") return undefined;
    values.push(arg.value);
  }
  return meanings[op](...values);
};
