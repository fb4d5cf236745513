// Parameters as one vector, and how it is cut into shards. Leaves lie one behind the other in the order of the tree; a shard is a range
// of the vector, so that it holds whole leaves and at most a part of one leaf at each end: rows, so that a part has the axes of the whole.
//
// Rajbhandari, Rasley, Ruwase & He, "ZeRO: memory optimizations toward training trillion parameter models", SC 2020, stage 1.

import type { Shape } from "../../core/shape.ts";

/** Where the elements of a leaf lie. */
export interface LeafPlace {
  readonly path: string;
  readonly shape: Shape;
  readonly offset: number;
  readonly size: number;
  /** Whether rows of it can be updated apart from the others. */
  readonly isDivisible: boolean;
}

/** Elements from `from` up to, not including, `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The part of a leaf that is in a shard. */
export interface Piece extends Span {
  /** The number of the leaf. */
  readonly leaf: number;
  readonly shape: Shape;
}

/** Elements of a block, where rows are shorter than that. */
const blockSize = 4096;

/** The leaves of a tree, each at its place. */
export const placesOf = (
  leaves: readonly Pick<LeafPlace, "path" | "shape" | "isDivisible">[],
): readonly LeafPlace[] => {
  let offset = 0;
  return leaves.map((leaf) => {
    const size = leaf.shape.reduce((a, b) => a * b, 1);
    offset += size;
    return { ...leaf, size, offset: offset - size };
  });
};

/** How many elements all leaves have. */
export const totalOf = (places: readonly LeafPlace[]): number =>
  places.reduce((total, { size }) => total + size, 0);

/** Elements of a row: all of what the first axis counts. */
const rowSizeOf = ({ shape, size }: LeafPlace): number =>
  size === 0 || shape.length === 0 ? size : size / (shape[0] as number);

/**
 * The vector in blocks of rows: about 4096 elements each, and a leaf's own. They do not depend on the number of workers, and a
 * shard is made of whole ones, so that what is summed up in each is the same whoever does it.
 *
 * @example
 * const leaf = { path: "w", shape: [5, 1000], isDivisible: true };
 * blocksOf(placesOf([leaf])) // [{ from: 0, to: 4000 }, { from: 4000, to: 5000 }]
 */
export const blocksOf = (places: readonly LeafPlace[]): readonly Span[] =>
  places.flatMap((place) => {
    const row = rowSizeOf(place);
    const length = Math.max(1, Math.floor(blockSize / Math.max(1, row))) * row;
    return Array.from(
      { length: place.size === 0 ? 0 : Math.ceil(place.size / length) },
      (_, i) => ({
        from: place.offset + i * length,
        to: place.offset + Math.min(place.size, (i + 1) * length),
      }),
    );
  });

/**
 * The shards of workers: ranges of the vector of about the same length, which end where leaves or, in leaves that can be divided,
 * blocks do. A shard may be empty.
 *
 * @example
 * const leaf = { path: "w", shape: [8, 1024], isDivisible: true };
 * shardsOf(placesOf([leaf]), 2) // [{ from: 0, to: 4096 }, { from: 4096, to: 8192 }]
 * shardsOf(placesOf([{ ...leaf, isDivisible: false }]), 2) // [{ from: 0, to: 8192 }, { from: 8192, to: 8192 }]
 */
export const shardsOf = (places: readonly LeafPlace[], workers: number): readonly Span[] => {
  const total = totalOf(places);
  const starts = places.map(({ offset }) => offset);
  const inner = blocksOf(places.filter(({ isDivisible }) => isDivisible)).map(({ from }) => from);
  const cuts = [...new Set([...starts, ...inner, total])].sort((a, b) => a - b);
  const nearest = (wanted: number): number =>
    cuts.reduce((best, cut) => (Math.abs(cut - wanted) <= Math.abs(best - wanted) ? cut : best), 0);
  // The nearest cut of a later wish is never before that of an earlier one.
  const ends = Array.from({ length: workers - 1 }, (_, i) => nearest(((i + 1) * total) / workers));
  const bounds = [0, ...ends, total];
  return Array.from({ length: workers }, (_, i) => ({
    from: bounds[i] as number,
    to: bounds[i + 1] as number,
  }));
};

/**
 * What a shard holds of each leaf, undefined where it holds nothing.
 *
 * @example
 * const places = placesOf([{ path: "b", shape: [2], isDivisible: true }, { path: "w", shape: [4, 3], isDivisible: true }]);
 * piecesOf(places, { from: 2, to: 8 }) // [undefined, { leaf: 1, from: 2, to: 8, shape: [2, 3] }]
 */
export const piecesOf = (
  places: readonly LeafPlace[],
  { from, to }: Span,
): readonly (Piece | undefined)[] =>
  places.map((place, leaf) => {
    const start = Math.max(from, place.offset);
    const end = Math.min(to, place.offset + place.size);
    if (start >= end) return undefined;
    const shape =
      end - start === place.size
        ? place.shape
        : [(end - start) / rowSizeOf(place), ...place.shape.slice(1)];
    return { leaf, from: start, to: end, shape };
  });
