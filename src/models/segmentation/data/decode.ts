// Bytes of a file to a picture or to labels. The format is told by the first bytes, whatever the file is called.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Labels, Picture } from "../images.ts";
import { jpegSignature, readJpeg } from "./jpeg.ts";
import { type Png, readPng } from "./png.ts";
import { pngSignature } from "./pngChunks.ts";
import { type Complaint, complaint, type ImageProblem, inFile } from "./problem.ts";

type Checked<A> = E.Either<Complaint, A>;

/**
 * The picture in the bytes of a PNG or JPEG, in red, green and blue of 8 bits: grey is repeated, indices are looked up in the palette,
 * numbers of other depths are scaled, ⌊255 v / (2^depth − 1) + ½⌋. A PNG's alpha is dropped where every pixel is opaque; else there is
 * no saying what is seen behind the picture, and it is refused (WrongMode). Profiles of colour and gamma are not followed.
 *
 * A Left for other formats (UnknownFormat), bytes that were cut off or changed (CorruptImage), and more pixels than `mostPixels`
 * (WrongSize).
 *
 * @example
 * const red = Segmentation.encodePng({ height: 1, width: 1, pixels: Uint8Array.of(255, 0, 0) });
 * decodePicture("red.png", red) // { _tag: "Right", right: { height: 1, width: 1, pixels: Uint8Array(3) [255, 0, 0] } }
 */
export const decodePicture = (file: string, bytes: Uint8Array): E.Either<ImageProblem, Picture> => {
  if (beginsWith(jpegSignature, bytes)) return pipe(readJpeg(bytes), E.mapLeft(inFile(file)));
  return pipe(pngOf(bytes), E.chain(pictureOf), E.mapLeft(inFile(file)));
};

/**
 * The labels in a mask: a PNG of grey or palette of at most 8 bits, whose numbers are taken as they are. Anything else is WrongMode:
 * a number of 16 bits is no byte, colours stand for labels by a table (`decodeColors`), and a JPEG does not keep numbers.
 *
 * @example
 * const mask = Segmentation.encodeMask({ height: 1, width: 2, labels: Uint8Array.of(0, 11) });
 * decodeLabels("mask.png", mask) // { _tag: "Right", right: { height: 1, width: 2, labels: Uint8Array(2) [0, 11] } }
 */
export const decodeLabels = (file: string, bytes: Uint8Array): E.Either<ImageProblem, Labels> =>
  pipe(losslessOf(bytes), E.chain(labelsOf), E.mapLeft(inFile(file)));

/**
 * The colours of a mask that is painted: a PNG of at most 8 bits and without transparent pixels. Anything else is WrongMode.
 * `labelsOfColors` turns them into labels.
 *
 * @example
 * const mask = Segmentation.encodePng({ height: 1, width: 1, pixels: Uint8Array.of(128, 64, 128) });
 * decodeColors("mask.png", mask) // { _tag: "Right", right: { height: 1, width: 1, pixels: Uint8Array(3) [128, 64, 128] } }
 */
export const decodeColors = (file: string, bytes: Uint8Array): E.Either<ImageProblem, Picture> =>
  pipe(
    losslessOf(bytes),
    E.chain((png) => (png.depth <= 8 ? pictureOf(png) : E.left(notBytes(png)))),
    E.mapLeft(inFile(file)),
  );

const beginsWith = (signature: Uint8Array, bytes: Uint8Array): boolean =>
  signature.every((byte, i) => bytes[i] === byte);

const pngOf = (bytes: Uint8Array): Checked<Png> => {
  if (beginsWith(pngSignature, bytes)) return readPng(bytes);
  const shown = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0"));
  const got = shown.length === 0 ? "an empty file" : `a file that begins ${shown.join(" ")}`;
  return E.left(complaint("UnknownFormat", "a PNG or JPEG expected", got));
};

const losslessOf = (bytes: Uint8Array): Checked<Png> =>
  beginsWith(jpegSignature, bytes)
    ? E.left(
        complaint(
          "WrongMode",
          "a mask as a PNG expected",
          "a JPEG",
          "JPEG changes the values of pixels; save masks as PNG",
        ),
      )
    : pngOf(bytes);

const modeOf = ({ kind, depth }: Png): string => {
  const names = { grey: "grey", rgb: "colour", palette: "a palette" };
  const alpha = { greyAlpha: "grey with alpha", rgbAlpha: "colour with alpha" };
  return `${{ ...names, ...alpha }[kind]} of ${depth} bits`;
};

const notBytes = (png: Png): Complaint =>
  complaint("WrongMode", "a mask of at most 8 bits expected", modeOf(png));

const labelsOf = (png: Png): Checked<Labels> => {
  const { height, width, kind, depth, samples } = png;
  const isOne = kind === "grey" || kind === "palette";
  if (isOne && depth <= 8) return E.right({ height, width, labels: Uint8Array.from(samples) });
  return E.left(
    complaint(
      "WrongMode",
      "a mask of one channel of at most 8 bits expected",
      modeOf(png),
      isOne ? undefined : "is it painted in colours? Then it takes a table of them",
    ),
  );
};

const pictureOf = (png: Png): Checked<Picture> => {
  const wrong = transparencyComplaint(png);
  if (wrong !== undefined) return E.left(wrong);
  const { height, width } = png;
  const pixels = new Uint8Array(3 * height * width);
  const byteAt = png.kind === "palette" ? paletteByte(png) : sampleByte(png);
  for (let i = 0; i < height * width; i++)
    for (let k = 0; k < 3; k++) pixels[3 * i + k] = byteAt(i, k);
  return E.right({ height, width, pixels });
};

/** Red, green or blue, `k` in 0…2, of the pixel at an index. */
type ByteAt = (i: number, k: number) => number;

const paletteByte =
  ({ samples, palette }: Png): ByteAt =>
  (i, k) =>
    palette[3 * (samples[i] as number) + k] as number; // indices are below the palette's length

const sampleByte = ({ samples, channels, depth }: Png): ByteAt => {
  const most = 2 ** depth - 1;
  const step = channels < 3 ? 0 : 1; // grey is its own red, green and blue
  const sample = (i: number, k: number): number => samples[i * channels + k * step] as number;
  return depth === 8 ? sample : (i, k) => Math.floor((255 * sample(i, k)) / most + 0.5);
};

/** Whether the pixel at an index is not opaque, where a file says anything about that. */
const transparent = (png: Png): ((i: number) => boolean) | undefined => {
  const { kind, depth, channels, samples, transparency } = png;
  if (kind === "greyAlpha" || kind === "rgbAlpha")
    return (i) => samples[i * channels + channels - 1] !== 2 ** depth - 1;
  if (transparency.length === 0) return undefined;
  if (kind === "palette") return (i) => (transparency[samples[i] as number] ?? 255) !== 255;
  // Two bytes for each sample, of which only the lowest bits count, section 11.3.1.1.
  const key = Array.from(
    { length: channels },
    (_, k) => ((transparency[2 * k]! << 8) | transparency[2 * k + 1]!) & (2 ** depth - 1),
  );
  return (i) => key.every((value, k) => samples[i * channels + k] === value);
};

const transparencyComplaint = (png: Png): Complaint | undefined => {
  const isTransparent = transparent(png);
  if (isTransparent === undefined) return undefined;
  let [count, first] = [0, -1];
  for (let i = 0; i < png.height * png.width; i++) {
    if (!isTransparent(i)) continue;
    if (count++ === 0) first = i;
  }
  if (count === 0) return undefined;
  const at = `row ${Math.floor(first / png.width)}, column ${first % png.width}`;
  return complaint(
    "WrongMode",
    "opaque pixels expected",
    `${count} that are not, the first at ${at}`,
    "save the picture on a background of your choice",
  );
};
