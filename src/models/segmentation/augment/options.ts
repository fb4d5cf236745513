// How pictures may be changed before they are learned from, as plain data, and what is wrong with it.

import { fail } from "../../../core/errors.ts";

/** What may happen to a picture. What is absent does not happen. */
export interface Augmentation {
  /** How likely it is mirrored, left for right, in 0…1. */
  readonly flip?: number;
  /** Between which factors it is enlarged (above 1) or shrunk, evenly in the logarithm. */
  readonly scale?: readonly [least: number, most: number];
  /** The height and width of the part that is kept, anywhere in the picture; the picture's own where absent. */
  readonly crop?: readonly [height: number, width: number];
  /** Light is scaled by a factor in 1 ± strength; the strength is in 0…1. */
  readonly brightness?: number;
  /** Differences from the picture's mean grey are scaled by a factor in 1 ± strength; the strength is in 0…1. */
  readonly contrast?: number;
  /** Differences of the channels from the pixel's grey are scaled by a factor in 1 ± strength; the strength is in 0…1. */
  readonly saturation?: number;
  /** Hues are turned by an angle in ± strength, in turns; the strength is in 0…0.5. */
  readonly hue?: number;
}

/** Where in a training run a picture is seen. Each number is whole, in 0…2³² − 1. */
export interface AugmentationPlace {
  readonly seed: number;
  readonly epoch: number;
  /** Of the picture in its set. */
  readonly index: number;
}

/**
 * How pictures of streets are augmented, CamVid's among them. A street in the mirror is a street, on which one drives on the other side.
 * What is in it is seen from any distance, so sizes vary; they grow more than they shrink, because at the size of a quarter the thin
 * things (poles, signs) would shrink to less than a pixel, and shrinking leaves a margin that teaches nothing. Brightness, contrast and
 * saturation differ from day to dusk. The hue hardly turns: leaves and sky are known by it.
 */
export const streetAugmentation: Augmentation = {
  flip: 0.5,
  scale: [0.75, 1.5],
  brightness: 0.2,
  contrast: 0.2,
  saturation: 0.2,
  hue: 0.02,
};

const refuse = (rule: string, got: unknown): never =>
  fail("augment", "InvalidArgument", rule, String(got));

/** Throws when an option is out of range; the message names it. */
export const requireAugmentation = (options: Augmentation): void => {
  const { flip = 0, scale = [1, 1], crop = [1, 1], hue = 0 } = options;
  const within = (value: number, most: number): boolean => value >= 0 && value <= most;
  if (!within(flip, 1)) refuse("flip in 0…1 expected", flip);
  const [least, most] = scale;
  if (!(scale.length === 2 && least >= 1 / 64 && most >= least && most <= 64))
    refuse("scale [least, most] in 1/64…64 expected", `[${scale.join(", ")}]`);
  const isSide = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= 2 ** 16;
  if (!(crop.length === 2 && crop.every(isSide)))
    refuse("crop [height, width] of whole numbers in 1…65536 expected", `[${crop.join(", ")}]`);
  for (const name of ["brightness", "contrast", "saturation"] as const) {
    const strength = options[name] ?? 0;
    if (!within(strength, 1)) refuse(`${name} in 0…1 expected`, strength);
  }
  if (!within(hue, 0.5)) refuse("hue in 0…0.5 turns expected", hue);
};

/** Throws when a place is none; the message names what is wrong. */
export const requirePlace = (place: AugmentationPlace): void => {
  for (const name of ["seed", "epoch", "index"] as const) {
    const n = place[name];
    if (!(Number.isInteger(n) && n >= 0 && n < 2 ** 32))
      refuse(`a whole ${name} in 0…2³² − 1 expected`, n);
  }
};
