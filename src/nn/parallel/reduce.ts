// The sum of what workers have put into slots, over the blocks of a shard, and what its square adds to the norm. Blocks are the
// same for any number of workers, so the norm has the same bits.

import type { Span } from "./layout.ts";
import type { FloatArray, SharedMemory } from "./shared.ts";
import type { Addition } from "./sums.ts";

/** Adds elements of one vector to another. A sum of two f32 in f64, rounded to f32, is the sum in f32. */
const add = (into: FloatArray, from: FloatArray, span: Span): void => {
  for (let i = span.from; i < span.to; i++) into[i] = (into[i] as number) + (from[i] as number);
};

/** Σ x² over a span, in f64: four sums, since one alone would wait for itself. */
const squareOf = (x: FloatArray, { from, to }: Span): number => {
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = from;
  for (; i + 4 <= to; i += 4) {
    a += (x[i] as number) ** 2;
    b += (x[i + 1] as number) ** 2;
    c += (x[i + 2] as number) ** 2;
    d += (x[i + 3] as number) ** 2;
  }
  for (; i < to; i++) a += (x[i] as number) ** 2;
  return a + b + (c + d);
};

/** Adds up all slots into slot 0 over the blocks of a shard, and leaves the sum of the squares of each block. */
export const reduceShard = (
  { slots, squares }: SharedMemory,
  additions: readonly Addition[],
  blocks: readonly Span[],
  shard: Span,
): void => {
  for (const [number, block] of blocks.entries()) {
    if (block.from < shard.from || block.to > shard.to) continue; // blocks lie whole in one shard
    for (const { into, from } of additions)
      add(slots[into] as FloatArray, slots[from] as FloatArray, block);
    squares[number] = squareOf(slots[0] as FloatArray, block);
  }
};

/** The norm of the whole vector from the sums of its blocks. */
export const normOf = (squares: Float64Array): number =>
  Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
