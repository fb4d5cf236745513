// Stands in for augment.ts until that is there, with the same signature: a crop and a reflection, drawn by a small hash.

import { fail } from "../../../core/errors.ts";
import type { LabelledPicture } from "../images.ts";

/** What is done to pictures that are learned from. */
export interface Augmentation {
  /** Height and width that are cut out, or less where the picture is smaller. */
  readonly crop: readonly [height: number, width: number];
}

/** Which draw: equal keys give equal pictures. */
export interface DrawKey {
  readonly seed: number;
  readonly epoch: number;
  readonly index: number;
}

/** A fraction in [0, 1) that depends on all numbers. */
const drawn = (...numbers: readonly number[]): number => {
  let hash = 0x811c9dc5;
  for (const n of numbers) {
    hash = Math.imul(hash ^ n, 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  return (hash >>> 0) / 2 ** 32;
};

/** A picture as it is seen in one epoch. */
export const augmentAt = (
  { crop }: Augmentation,
  { seed, epoch, index }: DrawKey,
): ((picture: LabelledPicture) => LabelledPicture) => {
  if (!crop.every((n) => n >= 1))
    fail("augment", "InvalidArgument", "crop above 0 expected", crop.join());
  return ({ name, height, width, pixels, labels }) => {
    const [rows, columns] = [Math.min(crop[0], height), Math.min(crop[1], width)];
    const top = Math.floor(drawn(seed, epoch, index, 1) * (height - rows + 1));
    const left = Math.floor(drawn(seed, epoch, index, 2) * (width - columns + 1));
    const isMirrored = drawn(seed, epoch, index, 3) < 0.5;
    const cut = (from: Uint8Array, channels: number): Uint8Array =>
      Uint8Array.from({ length: rows * columns * channels }, (_, i) => {
        const x = Math.floor(i / channels) % columns;
        const y = Math.floor(i / channels / columns);
        const at = (top + y) * width + left + (isMirrored ? columns - 1 - x : x);
        return from[at * channels + (i % channels)] as number; // within the picture
      });
    return { name, height: rows, width: columns, pixels: cut(pixels, 3), labels: cut(labels, 1) };
  };
};
