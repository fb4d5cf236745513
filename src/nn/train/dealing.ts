// Which examples each step of a training run sees: shuffled anew for every epoch by (seed, epoch) alone, so that a run can be taken up at
// any step without having been through those before.

import { fail } from "../../core/errors.ts";

/** How examples are dealt into batches. */
export interface Dealing {
  /** How many examples there are. */
  readonly length: number;
  /** Examples in a batch. */
  readonly size: number;
  /** What the shuffles are drawn from, a whole number; in the order given where absent. */
  readonly seed?: number;
  /**
   * What becomes of a last batch that is not full: left out (default), or filled up with examples of its own, which `isReal` tells apart. A
   * compiled step wants batches of one size.
   */
  readonly last?: "drop" | "pad";
}

/** The examples of one batch. */
export interface Deal {
  /** As many as a batch has. */
  readonly indices: readonly number[];
  /** How many of them, from the first, are real; the others fill the batch up. */
  readonly filled: number;
}

/** One epoch, of which any batch can be had. */
export interface DealtEpoch {
  readonly count: number;
  readonly at: (position: number) => Deal;
}

const isWhole = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;

const requireDealing = ({ length, size, seed = 0 }: Dealing): void => {
  if (!isWhole(length) || !(isWhole(size) && size >= 1))
    fail(
      "deal",
      "InvalidArgument",
      "a length ≥ 0 and a batch size ≥ 1 expected",
      `${length} and ${size}`,
    );
  if (!isWhole(seed)) fail("deal", "InvalidArgument", "a whole seed ≥ 0 expected", `${seed}`);
};

/**
 * How many batches an epoch has.
 *
 * @example
 * batchesPerEpoch({ length: 10, size: 4 }) // 2
 * batchesPerEpoch({ length: 10, size: 4, last: "pad" }) // 3
 */
export const batchesPerEpoch = (dealing: Dealing): number => {
  requireDealing(dealing);
  const { length, size, last = "drop" } = dealing;
  return last === "drop" ? Math.floor(length / size) : Math.ceil(length / size);
};

/**
 * The batches of an epoch (from 0). The same dealing and epoch give the same batches.
 *
 * @example
 * const epoch = deal({ length: 5, size: 2, last: "pad" }, 0);
 * epoch.at(0) // { indices: [0, 1], filled: 2 }
 * epoch.at(2) // { indices: [4, 4], filled: 1 }
 */
export const deal = (dealing: Dealing, epoch: number): DealtEpoch => {
  const count = batchesPerEpoch(dealing);
  const { length, size, seed } = dealing;
  const order = seed === undefined ? undefined : shuffledIndices(length, seed, epoch);
  return {
    count,
    at: (position) => {
      const start = position * size;
      const filled = Math.min(size, length - start);
      const indices = Array.from({ length: size }, (_, i) => {
        const at = start + (i < filled ? i : i % filled);
        return order === undefined ? at : (order[at] as number);
      });
      return { indices, filled };
    },
  };
};

/**
 * The numbers below `length` in an order drawn from a seed and an epoch: Fisher and Yates' shuffle.
 *
 * @example
 * [...shuffledIndices(8, 7, 0)].sort().join() // 0,1,2,3,4,5,6,7
 */
export const shuffledIndices = (length: number, seed: number, epoch: number): Uint32Array => {
  const draw = drawsOf(seed, epoch);
  const order = Uint32Array.from({ length }, (_, i) => i);
  for (let last = length - 1; last > 0; last--) {
    const chosen = Math.floor(draw(last) * (last + 1));
    const index = order[last] as number; // last < length
    order[last] = order[chosen] as number; // chosen ≤ last
    order[chosen] = index;
  }
  return order;
};

// The finishing step of MurmurHash3 (A. Appleby, 2011): one to one on 32 bits, and every bit of its result depends on every bit given.
const mix = (word: number): number => {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
};

const step = 0x9e3779b9; // ⌊2³² / golden ratio⌋, odd, so that multiples of it are all different

/** Numbers in [0, 1) by index, of 53 bits, from words that are mixed as SplitMix does (Steele, Lea & Flood, OOPSLA 2014). */
const drawsOf = (seed: number, epoch: number): ((index: number) => number) => {
  const low = mix(mix(seed + step) + Math.floor(seed / 2 ** 32));
  const key = mix(low + Math.imul(epoch + 1, step));
  const word = (at: number): number => mix(mix(key + Math.imul(at, step)) ^ key) >>> 0;
  return (index) => (word(2 * index) * 2 ** 21 + (word(2 * index + 1) >>> 11)) / 2 ** 53;
};
