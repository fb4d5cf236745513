// Pieces of a text that a model learns from and is judged on: some tokens, and the one behind each.

import { fail } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Dataset } from "../../nn/train/index.ts";
import { tensor } from "../../ops/create.ts";
import { uniforms } from "../prng.ts";
import { isCount } from "../refusals.ts";

/** Tokens i32 [batch, time], and the one behind each, i32 [batch, time]. */
export interface Batch {
  readonly tokens: Tensor;
  readonly following: Tensor;
}

/** What stands for a token behind the end of a text, which does not count. */
export const nothing = -1;

/** Pieces of a text. */
export interface WindowOptions {
  /** Tokens in a piece. */
  readonly time: number;
}

const requireTime = (op: string, time: number): void => {
  if (!isCount(time, 1)) fail(op, "InvalidArgument", "a whole time ≥ 1 expected", String(time));
};

const requireLength = (op: string, tokens: Int32Array, least: number): void => {
  if (tokens.length < least)
    fail(op, "ShapeMismatch", `a text of ${least} tokens or more expected`, String(tokens.length));
};

const batchOf = (rows: readonly Int32Array[], following: readonly Int32Array[]): Batch => {
  const joined = (parts: readonly Int32Array[]): Tensor => {
    const time = parts[0]?.length ?? 0;
    const all = new Int32Array(parts.length * time);
    parts.forEach((part, i) => {
      all.set(part, i * time);
    });
    return tensor(all, { shape: [parts.length, time] });
  };
  return { tokens: joined(rows), following: joined(following) };
};

/**
 * So many pieces from random places of a text, with replacement: piece i follows from the seed and i alone, so that a run that goes on sees what it would
 * have seen. Fails with ShapeMismatch for a text that has no piece, with InvalidArgument for a time that is no whole number of 1 or more.
 *
 * @example
 * const pieces = randomWindows(Int32Array.from([0, 1, 2, 3, 4]), { time: 2, seed: 0, count: 10 });
 * pieces.length // 10
 */
export const randomWindows = (
  tokens: Int32Array,
  { time, seed, count }: WindowOptions & { readonly seed: number; readonly count: number },
): Dataset<Batch> => {
  requireTime("randomWindows", time);
  requireLength("randomWindows", tokens, time + 1);
  const at = uniforms(seed, 0);
  const startOf = (index: number): number => Math.floor(at(index) * (tokens.length - time));
  return {
    length: count,
    batch: (indices) => {
      const starts = indices.map(startOf);
      return batchOf(
        starts.map((from) => tokens.subarray(from, from + time)),
        starts.map((from) => tokens.subarray(from + 1, from + time + 1)),
      );
    },
  };
};

/**
 * A whole text in pieces side by side, so that every token but the first is behind another one once; the last piece ends with `nothing`. Fails as
 * `randomWindows`.
 *
 * @example
 * const whole = allWindows(Int32Array.from([5, 6, 7, 8]), { time: 2 });
 * toArray((await whole.batch([0, 1])).following) // [[6, 7], [8, -1]]
 */
export const allWindows = (tokens: Int32Array, { time }: WindowOptions): Dataset<Batch> => {
  requireTime("allWindows", time);
  requireLength("allWindows", tokens, 2);
  const part = (from: number, filler: number): Int32Array => {
    const row = new Int32Array(time).fill(filler);
    row.set(tokens.subarray(from, from + time));
    return row;
  };
  return {
    length: Math.ceil((tokens.length - 1) / time),
    batch: (indices) =>
      batchOf(
        indices.map((i) => part(i * time, 0)),
        indices.map((i) => part(i * time + 1, nothing)),
      ),
  };
};
