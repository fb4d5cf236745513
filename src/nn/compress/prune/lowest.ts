// Which of many numbers are the lowest: an exact count of them, equal ones by position. On the host, by selection (C. Hoare, "Algorithm 65:
// Find", 1961), whose work grows with their number.

import { fail } from "../../../core/errors.ts";

/** Scores of elements; those that are NaN count as infinite. */
export type ScoreArray = Float32Array | Float64Array;

/** A count rounded half to even, as Python's `round`, which PyTorch's pruning takes. */
const rounded = (x: number): number => {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
};

/**
 * How many of n elements a sparsity prunes: round(sparsity · n), half to even. Fails with InvalidArgument outside of 0…1.
 *
 * @example
 * [prunedCount("prune", 0.5, 5), prunedCount("prune", 0.5, 7)] // [2, 4]
 */
export const prunedCount = (op: string, sparsity: number, n: number): number => {
  if (!(sparsity >= 0 && sparsity <= 1))
    fail(op, "InvalidArgument", "a sparsity in 0…1 expected", String(sparsity));
  return rounded(sparsity * n);
};

/**
 * Sets `kept` to 0 at the `count` lowest scores among the places where it is 1: of equal scores the first go. Changes `kept`.
 *
 * @example
 * const kept = new Uint8Array(4).fill(1);
 * dropLowest(Float32Array.of(2, 1, 3, 1), kept, 1);
 * kept // Uint8Array(4) [ 1, 0, 1, 1 ]
 */
export const dropLowest = (scores: ScoreArray, kept: Uint8Array, count: number): void => {
  const alive = scoresOf(scores, kept);
  if (count <= 0 || alive.length === 0) return;
  const threshold = selected(alive, Math.min(count, alive.length) - 1);
  let equals = count;
  for (const score of alive) if (score < threshold) equals--;
  for (let i = 0; i < kept.length; i++) {
    if (kept[i] !== 1) continue;
    const score = orInfinity(scores[i] as number);
    if (score < threshold) kept[i] = 0;
    else if (score === threshold && equals > 0) {
      kept[i] = 0;
      equals--;
    }
  }
};

/** A score, or infinity in the place of what is no number. */
export const orInfinity = (score: number): number => (Number.isNaN(score) ? Infinity : score);

/** How many places are kept. */
export const countKept = (kept: Uint8Array): number => {
  let count = 0;
  for (let i = 0; i < kept.length; i++) count += kept[i] as number;
  return count;
};

/** The scores of what is kept. */
const scoresOf = (scores: ScoreArray, kept: Uint8Array): Float64Array => {
  const alive = new Float64Array(countKept(kept));
  let next = 0;
  for (let i = 0; i < kept.length; i++)
    if (kept[i] === 1) alive[next++] = orInfinity(scores[i] as number);
  return alive;
};

/** Rounds of selection, each of which halves what is left on average, before the rest is sorted. */
const rounds = 64;

/** The number that would be at a place if all were sorted; changes their order. */
const selected = (all: Float64Array, place: number): number => {
  let [from, to] = [0, all.length - 1];
  for (let round = 0; from < to; round++) {
    if (round === rounds) return all.subarray(from, to + 1).sort()[place - from] as number;
    const [left, right] = parted(all, from, to);
    if (place <= right) to = right;
    else if (place >= left) from = left;
    else break; // between them are numbers equal to the pivot
  }
  return all[place] as number;
};

/** Moves numbers of a range: up to `right` none above some pivot, from `left` on none below it. */
const parted = (all: Float64Array, from: number, to: number): readonly [number, number] => {
  const [a, b, c] = [all[from], all[(from + to) >> 1], all[to]] as [number, number, number];
  const pivot = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c)); // the middle one
  let [left, right] = [from, to];
  while (left <= right) {
    while ((all[left] as number) < pivot) left++;
    while ((all[right] as number) > pivot) right--;
    if (left > right) break;
    const low = all[right] as number;
    all[right--] = all[left] as number;
    all[left++] = low;
  }
  return [left, right];
};
