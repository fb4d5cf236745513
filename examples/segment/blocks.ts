// What is left of labels in a smaller map: each block of pixels as one class.

import { Segmentation } from "../../src/models/index.ts";
import { Confusion } from "../../src/nn/index.ts";

const { ignored } = Segmentation;

/** Pixels of the block of `size` × `size`, cut at the edges, whose first one is at a row and a column. */
const placesOf = (
  { height, width }: Segmentation.Labels,
  size: number,
  top: number,
  left: number,
): readonly number[] => {
  const places: number[] = [];
  for (let y = top; y < Math.min(top + size, height); y++)
    for (let x = left; x < Math.min(left + size, width); x++) places.push(y * width + x);
  return places;
};

/** The label that most of some places have, the lowest of several; `ignored` does not vote. */
const winnerOf = (labels: Uint8Array, places: readonly number[]): number => {
  const votes = new Array<number>(ignored).fill(0);
  for (const place of places) {
    const label = labels[place] as number; // places are within the picture
    if (label !== ignored) votes[label] = (votes[label] as number) + 1; // below `ignored`, the highest byte
  }
  const most = Math.max(...votes);
  return most === 0 ? ignored : votes.indexOf(most);
};

/**
 * Labels in blocks of `size` × `size` pixels, each of the class that most of its pixels have: what a map that is smaller by that factor,
 * with one class at each place, can say.
 */
export const inBlocks = (map: Segmentation.Labels, size: number): Segmentation.Labels => {
  const { height, width, labels } = map;
  const made = new Uint8Array(labels.length);
  for (let top = 0; top < height; top += size)
    for (let left = 0; left < width; left += size) {
      const places = placesOf(map, size, top, left);
      const winner = winnerOf(labels, places);
      for (const place of places) made[place] = winner;
    }
  return { height, width, labels: made };
};

/** Intersection over union of each class, of labels in blocks with themselves, over all maps; NaN for a class that does not occur. */
export const iouInBlocks = (
  maps: readonly Segmentation.Labels[],
  size: number,
  classes: number,
): readonly number[] => {
  const { concat, empty } = Confusion.monoid(classes);
  const count = Confusion.ofLabels({ classes, ignoreIndex: ignored });
  const counts = maps.map((map) => count(map.labels, inBlocks(map, size).labels));
  return Confusion.scores(counts.reduce(concat, empty)).iou;
};
