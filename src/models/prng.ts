// Random numbers by position: the same seed, stream and index give the same number, in any order of
// asking. Simulators, scenes and shuffles need no more, and no state has to be threaded through
// them.
//
// Philox-2x32 with 10 rounds: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1,
// 2, 3", SC 2011.

const MULTIPLIER = 0xd256d193;
const KEY_STEP = 0x9e3779b9; // ⌊2³² / golden ratio⌋
const ROUNDS = 10;

/**
 * The high 32 bits of the 64-bit product of two 32-bit words, from 16-bit halves, so that no step
 * exceeds 2⁵³.
 */
const multiplyHigh = (a: number, b: number): number => {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aLow * bHigh + aHigh * bLow + Math.floor((aLow * bLow) / 65536);
  return aHigh * bHigh + Math.floor(middle / 65536);
};

/** Two 32-bit words from a 32-bit key and a counter of two 32-bit words. */
export const philox = (key: number, a: number, b: number): readonly [number, number] => {
  let left = a >>> 0;
  let right = b >>> 0;
  let roundKey = key >>> 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high = multiplyHigh(MULTIPLIER, left);
    const low = Math.imul(MULTIPLIER, left) >>> 0;
    left = (high ^ roundKey ^ right) >>> 0;
    right = low;
    roundKey = (roundKey + KEY_STEP) >>> 0;
  }
  return [left, right];
};

/** A sequence of random numbers, read at any index from 0 to 2³² − 1. */
export type Stream = (index: number) => number;

/** Numbers evenly spread over the open interval (0, 1), with 52 random bits. */
export const uniforms =
  (seed: number, stream: number): Stream =>
  (index) => {
    const [high, low] = philox(seed, stream, index);
    return (high * 2 ** 20 + (low >>> 12) + 0.5) / 2 ** 52;
  };

/** Numbers of the standard normal law: Box and Muller, 1958, the cosine branch. */
export const normals =
  (seed: number, stream: number): Stream =>
  (index) => {
    const [first, second] = philox(seed, stream, index);
    const radius = Math.sqrt(-2 * Math.log((first + 0.5) / 2 ** 32));
    return radius * Math.cos((2 * Math.PI * second) / 2 ** 32);
  };

/** The items in random order: Fisher and Yates' shuffle, whose draws come from one stream. */
export const shuffled =
  (seed: number, stream: number) =>
  <A>(items: readonly A[]): A[] => {
    const draw = uniforms(seed, stream);
    const result = [...items];
    for (let last = result.length - 1; last > 0; last--) {
      const chosen = Math.floor(draw(last) * (last + 1));
      const item = result[last] as A; // last < length
      result[last] = result[chosen] as A; // chosen ≤ last
      result[chosen] = item;
    }
    return result;
  };
