// 32-bit words of random bits in a language whose numbers are floats: a word is a pair of 16-bit halves, each a whole number in
// 0…65535. Scaling by powers of two and taking floors is exact on them, so the bits are the same everywhere. No sum of any of the terms
// exceeds 2²⁴: drivers (Mesa) add them up in other orders than they are written.

import type { Mode } from "./modes.ts";

/** A word, as the names (or literals) of its high and low half. */
export type Limbs = readonly [high: string, low: string];

const half = 65536;

/** A constant word. */
export const wordLiteral = (value: number): Limbs => [
  String(Math.floor(value / half)),
  String(value % half),
];

/** Names of the halves of the word that a statement declares. */
export const limbNames = (out: string): Limbs => [`${out}h`, `${out}l`];

/** Lines that compute a word and declare its halves. */
type WordFormula<Operands extends readonly unknown[]> = (
  out: string,
  ...operands: Operands
) => readonly string[];

/** A word from two halves. */
export const joinHalves: WordFormula<[high: string, low: string]> = (out, high, low) => [
  `const ${out}h = ${high};`,
  `const ${out}l = ${low};`,
];

/** A word from a whole number ≥ 0. */
export const wordFromNumber: WordFormula<[x: string]> = (out, x) => [
  `const ${out}h = Math.floor(${x} * ${1 / half});`,
  `const ${out}l = ${x} - ${out}h * ${half};`,
];

/** A word as a number; exact below 2²⁴. */
export const numberFromWord = ([high, low]: Limbs): string => `${high} * ${half} + ${low}`;

/** The sum modulo 2³². */
export const addWords: WordFormula<[a: Limbs, b: Limbs]> = (out, [ah, al], [bh, bl]) => [
  `const ${out}a = ${al} + ${bl};`,
  `const ${out}c = (${out}a >= ${half}) ? 1 : 0;`,
  `const ${out}l = ${out}a - ${out}c * ${half};`,
  `const ${out}b = ${ah} + ${bh} + ${out}c;`,
  `const ${out}h = (${out}b >= ${half}) ? (${out}b - ${half}) : ${out}b;`,
];

/** Exclusive or, of the halves. */
export const xorWords = (
  out: string,
  [ah, al]: Limbs,
  [bh, bl]: Limbs,
  { hasExactMath }: Mode,
): readonly string[] => {
  // On the processor gpu.js has `^` itself; a call would keep it from computing four elements at once.
  const xor = (a: string, b: string): string =>
    hasExactMath ? `${a} ^ ${b}` : `xorHalves(${a}, ${b})`;
  return [`const ${out}h = ${xor(ah, bh)};`, `const ${out}l = ${xor(al, bl)};`];
};

/** Rotation to the left by a number of bits known here: what leaves one half at the top enters the other at the bottom. */
export const rotateWord = (out: string, [high, low]: Limbs, by: number): readonly string[] => {
  const [h, l] = by % 32 < 16 ? [high, low] : [low, high];
  const bits = by % 16;
  if (bits === 0) return joinHalves(out, h, l);
  const [up, down, rest] = [2 ** bits, 2 ** (bits - 16), 2 ** (16 - bits)];
  return [
    `const ${out}a = Math.floor(${h} * ${down});`,
    `const ${out}b = Math.floor(${l} * ${down});`,
    `const ${out}c = ${h} - ${out}a * ${rest};`,
    `const ${out}d = ${l} - ${out}b * ${rest};`,
    `const ${out}h = ${out}c * ${up} + ${out}b;`,
    `const ${out}l = ${out}d * ${up} + ${out}a;`,
  ];
};
