// Pictures of one size, so that they can be put into a batch: smaller ones are padded at the bottom and at the right.

import * as E from "fp-ts/lib/Either.js";
import type { ImageProblem } from "../data/problem.ts";
import { ignored, type LabelledPicture } from "../images.ts";

/** Height and width in pixels. */
export type Size = readonly [height: number, width: number];

/** Rows put into longer ones, of which there are more; what is new is `fill`. */
const inLarger = (
  from: Uint8Array,
  [height, width]: Size,
  [toHeight, toWidth]: Size,
  channels: number,
  fill: number,
): Uint8Array => {
  const to = new Uint8Array(toHeight * toWidth * channels).fill(fill);
  for (let y = 0; y < height; y++)
    to.set(from.subarray(y * width * channels, (y + 1) * width * channels), y * toWidth * channels);
  return to;
};

/** Repeats the last pixel of each of the rows that are known, and then the last of those rows, in place. */
const repeatEdge = (pixels: Uint8Array, [height, width]: Size, [toHeight, toWidth]: Size): void => {
  const stride = toWidth * 3;
  for (let y = 0; y < height; y++) {
    const end = y * stride + width * 3;
    for (let x = width; x < toWidth; x++) pixels.copyWithin(y * stride + x * 3, end - 3, end);
  }
  for (let y = height; y < toHeight; y++)
    pixels.copyWithin(y * stride, (height - 1) * stride, height * stride);
};

const printSize = ([height, width]: Size): string => `${height} × ${width}`;

/**
 * The picture at a size: what it lacks is added at the bottom and at the right, as pixels that repeat its edge and labels that are
 * `ignored`. Fails with WrongSize where the picture is larger, or has no pixels.
 *
 * @example
 * const dot = { name: "dot", height: 1, width: 1, pixels: Uint8Array.of(7, 8, 9), labels: Uint8Array.of(2) };
 * const wide = fitTo([1, 2])(dot);
 * wide._tag === "Right" && [...wide.right.pixels] // [7, 8, 9, 7, 8, 9]
 * wide._tag === "Right" && [...wide.right.labels] // [2, 255]
 */
export const fitTo =
  (size: Size) =>
  (picture: LabelledPicture): E.Either<ImageProblem, LabelledPicture> => {
    const { name, pixels, labels } = picture;
    const own: Size = [picture.height, picture.width];
    const [height, width] = size;
    if (own[0] === height && own[1] === width) return E.right(picture);
    if (own[0] > height || own[1] > width || own[0] < 1 || own[1] < 1)
      return E.left({
        _tag: "WrongSize",
        file: name,
        rule: `1 × 1 to ${printSize(size)} pixels (height × width) expected`,
        got: printSize(own),
        hint: "larger pictures are cut by an augmentation that crops, and fit in a larger size",
      });
    const padded = inLarger(pixels, own, size, 3, 0);
    repeatEdge(padded, own, size);
    return E.right({
      name,
      height,
      width,
      pixels: padded,
      labels: inLarger(labels, own, size, 1, ignored),
    });
  };
