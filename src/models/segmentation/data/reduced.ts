// Pictures made smaller by a whole factor, so that sets of large ones can be trained on: means of squares for the picture, the label of
// the pixel in the middle for the mask, since labels have no mean.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { LabelledPicture, LabelledPictures } from "../images.ts";
import { size } from "./pictureSize.ts";
import { type ImageProblem, invalidOption } from "./problem.ts";

/**
 * A picture of 1/n of the height and width. A pixel is the mean of n x n pixels, ⌊mean + ½⌋; its label is that of the pixel at
 * (⌊n/2⌋, ⌊n/2⌋) of them, the nearest to the middle (the later one of two). Fails with WrongSize where n does not divide the height and
 * the width, and with InvalidOption where it is no whole number of at least 1.
 *
 * @example
 * const pixels = Uint8Array.of(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3); // four greys
 * const picture = { name: "a", height: 2, width: 2, pixels, labels: Uint8Array.of(5, 6, 7, 8) };
 * reduced(2)(picture) // { _tag: "Right", right: { name: "a", height: 1, width: 1, pixels: Uint8Array(3) [2, 2, 2], labels: Uint8Array(1) [8] } }
 */
export const reduced =
  (n: number) =>
  (picture: LabelledPicture): E.Either<ImageProblem, LabelledPicture> => {
    if (!isFactor(n)) return E.left(badFactor(n));
    const { name, height, width } = picture;
    if (height % n !== 0 || width % n !== 0)
      return E.left({
        _tag: "WrongSize",
        file: name,
        rule: `a height and width that ${n} divides expected`,
        got: size(height, width),
      });
    return E.right(n === 1 ? picture : smaller(n, picture));
  };

/** A set whose pictures are made smaller as they are loaded (`reduced`). Fails with InvalidOption for a factor that is none. */
export const reducedPictures =
  (n: number) =>
  (pictures: LabelledPictures): E.Either<ImageProblem, LabelledPictures> =>
    isFactor(n)
      ? E.right({
          ...pictures,
          load: (index) => pipe(pictures.load(index), TE.chainEitherK(reduced(n))),
        })
      : E.left(badFactor(n));

const isFactor = (n: number): boolean => Number.isSafeInteger(n) && n >= 1;

const badFactor = (n: number): ImageProblem =>
  invalidOption("reduced", "a whole factor of at least 1 expected", `${n}`);

const smaller = (n: number, picture: LabelledPicture): LabelledPicture => {
  const [height, width] = [picture.height / n, picture.width / n];
  const pixels = new Uint8Array(3 * height * width);
  const labels = new Uint8Array(height * width);
  const middle = Math.floor(n / 2);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = row * width + column;
      const corner = row * n * picture.width + column * n;
      labels[at] = picture.labels[corner + middle * (picture.width + 1)] as number; // in the square
      for (let k = 0; k < 3; k++)
        pixels[3 * at + k] = Math.floor(boxSum(n, picture, corner, k) / (n * n) + 0.5);
    }
  }
  return { name: picture.name, height, width, pixels, labels };
};

/** The sum of a channel over the square whose first pixel is at `corner`. */
const boxSum = (
  n: number,
  { width, pixels }: LabelledPicture,
  corner: number,
  channel: number,
): number => {
  let sum = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) sum += pixels[3 * (corner + i * width + j) + channel] as number;
  return sum;
};
