// Pictures changed at random for training: mirrored, scaled, cropped and recoloured, with their labels. Which change is drawn depends on
// the place in the run alone, so that a run that is taken up again sees the same pictures.

import { philox, type Stream, uniforms } from "../../prng.ts";
import { ignored, type LabelledPicture } from "../images.ts";
import { type ColorChange, type ColorMap, colorMap, greyOf, meanColor } from "./colors.ts";
import {
  type Augmentation,
  type AugmentationPlace,
  requireAugmentation,
  requirePlace,
} from "./options.ts";
import { type AxisMap, axisMap, startOf } from "./sampling.ts";

/**
 * The picture that options make of a picture at a place in a run. The same place gives the same bytes.
 *
 * Picture and labels are mirrored, scaled and cropped alike, the picture bilinearly and the labels by the nearest pixel; the new picture
 * is as large as `crop`, or as the old one where that is absent. What lies outside the old picture is `ignored` and has its mean colour.
 * Colours change as `colorMap` has it; values are rounded, ties to even, and clamped to 0…255.
 *
 * Throws for an option or a place out of range.
 *
 * @example
 * const picture = { name: "two", height: 1, width: 2, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6), labels: Uint8Array.of(0, 7) };
 * const mirrored = augmentAt({ flip: 1 }, { seed: 1, epoch: 0, index: 0 })(picture);
 * [...mirrored.pixels, ...mirrored.labels] // [4, 5, 6, 1, 2, 3, 7, 0]
 */
export const augmentAt = (
  options: Augmentation,
  place: AugmentationPlace,
): ((picture: LabelledPicture) => LabelledPicture) => {
  requirePlace(place);
  // Philox is one to one, so no two places of a seed have the same key and stream.
  const [key, stream] = philox(place.seed, place.epoch, place.index);
  return augment(options, uniforms(key, stream));
};

// Which number of a stream decides what, so that one option changes nothing of another's draws.
const uses = {
  flip: 0,
  scale: 1,
  top: 2,
  left: 3,
  brightness: 4,
  contrast: 5,
  saturation: 6,
  hue: 7,
} as const;

/** The picture that options make of a picture with random numbers in (0, 1), of which 0 to 7 are used; otherwise as `augmentAt`. */
export const augment = (
  options: Augmentation,
  draw: Stream,
): ((picture: LabelledPicture) => LabelledPicture) => {
  requireAugmentation(options);
  return (picture) => {
    const { height, width, pixels, name } = picture;
    const [toHeight, toWidth] = options.crop ?? [height, width];
    const scale = scaleOf(options, draw(uses.scale));
    const axis = (from: number, to: number, use: number, isMirrored: boolean): AxisMap =>
      axisMap({ from, to, scale, start: startOf(scale * from, to, draw(use)), isMirrored });
    const isMirrored = draw(uses.flip) < (options.flip ?? 0);
    const rows = axis(height, toHeight, uses.top, false);
    const columns = axis(width, toWidth, uses.left, isMirrored);
    const mean = meanColor(pixels);
    const colors = colorMap(colorChangeOf(options, draw), greyOf(mean));
    const labels = sampleLabels(picture, rows, columns);
    return {
      name,
      height: toHeight,
      width: toWidth,
      pixels: samplePixels(picture, rows, columns, colors, mean),
      labels,
    };
  };
};

const scaleOf = ({ scale: [least, most] = [1, 1] }: Augmentation, share: number): number =>
  least === most ? least : least * (most / least) ** share;

const colorChangeOf = (options: Augmentation, draw: Stream): ColorChange => {
  const around = (centre: number, use: keyof ColorChange): number =>
    centre + (options[use] ?? 0) * (2 * draw(uses[use]) - 1);
  return {
    brightness: around(1, "brightness"),
    contrast: around(1, "contrast"),
    saturation: around(1, "saturation"),
    hue: around(0, "hue"),
  };
};

const sampleLabels = (
  { width, labels }: LabelledPicture,
  { nearest: ys }: AxisMap,
  { nearest: xs }: AxisMap,
): Uint8Array => {
  const result = new Uint8Array(ys.length * xs.length).fill(ignored);
  for (let i = 0, at = 0; i < ys.length; i++) {
    const y = ys[i] as number; // i < length, as j below
    if (y < 0) at += xs.length;
    else
      for (let j = 0; j < xs.length; j++, at++) {
        const x = xs[j] as number;
        if (x >= 0) result[at] = labels[y * width + x] as number;
      }
  }
  return result;
};

/** Samples and recolours in one pass. Every index read is below its array's length: rows and columns are those of the picture. */
const samplePixels = (
  { width, pixels }: LabelledPicture,
  rows: AxisMap,
  columns: AxisMap,
  colors: ColorMap,
  [outsideRed, outsideGreen, outsideBlue]: readonly [number, number, number],
): Uint8Array => {
  const result = new Uint8ClampedArray(rows.nearest.length * columns.nearest.length * 3);
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11] = colors as readonly [
    ...[number, number, number, number],
    ...[number, number, number, number],
    ...[number, number, number, number],
  ]; // three rows of four
  let at = 0;
  for (let i = 0; i < rows.nearest.length; i++) {
    const upper = width * (rows.first[i] as number);
    const lower = width * (rows.second[i] as number);
    const v = rows.weight[i] as number;
    const isRowOutside = (rows.nearest[i] as number) < 0;
    for (let j = 0; j < columns.nearest.length; j++, at += 3) {
      let red = outsideRed;
      let green = outsideGreen;
      let blue = outsideBlue;
      if (!isRowOutside && (columns.nearest[j] as number) >= 0) {
        const first = columns.first[j] as number;
        const second = columns.second[j] as number;
        const u = columns.weight[j] as number;
        const a = 3 * (upper + first);
        const b = 3 * (upper + second);
        const c = 3 * (lower + first);
        const d = 3 * (lower + second);
        red = between(pixels[a]!, pixels[b]!, pixels[c]!, pixels[d]!, u, v);
        green = between(pixels[a + 1]!, pixels[b + 1]!, pixels[c + 1]!, pixels[d + 1]!, u, v);
        blue = between(pixels[a + 2]!, pixels[b + 2]!, pixels[c + 2]!, pixels[d + 2]!, u, v);
      }
      result[at] = m0 * red + m1 * green + m2 * blue + m3;
      result[at + 1] = m4 * red + m5 * green + m6 * blue + m7;
      result[at + 2] = m8 * red + m9 * green + m10 * blue + m11;
    }
  }
  return new Uint8Array(result.buffer);
};

/** What lies between four values, at shares u of the way to the right and v of the way down. */
const between = (a: number, b: number, c: number, d: number, u: number, v: number): number => {
  const upper = a + u * (b - a);
  const lower = c + u * (d - c);
  return upper + v * (lower - upper);
};
