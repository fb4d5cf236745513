// Threefry-2x32 with 20 rounds: from a key and a counter of two 32-bit words each, two random words. Being a function of the
// counter it needs no state, so every element of a tensor of draws is computed by itself, on any device.
// J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011; constants from Random123.

import { call } from "./build.ts";
import { constant, type Expr } from "./expr.ts";
import { meanings } from "./fold.ts";

/** A 64-bit key, counter or result, as two 32-bit words. */
export type WordPair<W> = readonly [W, W];

/** Arithmetic on 32-bit words: numbers on the host, expressions in kernels. */
export interface WordArithmetic<W> {
  readonly word: (value: number) => W;
  /** The sum modulo 2³². */
  readonly add: (a: W, b: W) => W;
  readonly xor: (a: W, b: W) => W;
  /** Rotation to the left. */
  readonly rotate: (a: W, by: number) => W;
}

/** Words as numbers in 0…2³² − 1. */
export const hostWords: WordArithmetic<number> = {
  word: (value) => value,
  add: meanings.u32Add,
  xor: meanings.u32Xor,
  rotate: meanings.u32Rotate,
};

/** Words as expressions of dtype u32. */
export const kernelWords: WordArithmetic<Expr> = {
  word: (value) => constant(value, "u32"),
  add: (a, b) => call("u32Add", a, b),
  xor: (a, b) => call("u32Xor", a, b),
  rotate: (a, by) => call("u32Rotate", a, constant(by, "i32")),
};

const rounds = 20;
const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;
/** Makes a key of zeros as good as any other; from the Skein hash. */
const parity = 0x1bd11bda;

/** The two random words of a counter under a key. */
export const threefry = <W>(
  { word, add, xor, rotate }: WordArithmetic<W>,
  [k0, k1]: WordPair<W>,
  [c0, c1]: WordPair<W>,
): WordPair<W> => {
  const schedule = [k0, k1, xor(word(parity), xor(k0, k1))];
  const keyWord = (i: number): W => schedule[i % 3] as W;
  let x0 = add(c0, k0);
  let x1 = add(c1, k1);
  for (let round = 0; round < rounds; round++) {
    x0 = add(x0, x1);
    x1 = xor(rotate(x1, rotations[round % 8] as number), x0);
    if (round % 4 !== 3) continue;
    const injection = (round + 1) / 4;
    x0 = add(x0, keyWord(injection));
    x1 = add(x1, add(keyWord(injection + 1), word(injection)));
  }
  return [x0, x1];
};
