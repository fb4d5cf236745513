// JPEG files, by jpeg-js: baseline and progressive, grey and colour. A JPEG has no checksum, so that a byte that changed in the coded data
// may give another picture of the same size; a file that was cut off is always noticed.

import * as E from "fp-ts/lib/Either.js";
import jpeg from "jpeg-js";
import type { Picture } from "../images.ts";
import { jpegHeader } from "./jpegMarkers.ts";
import { mostPixels } from "./pictureSize.ts";
import { type Complaint, complaint } from "./problem.ts";

/** The first bytes of every JPEG: the start marker, and the first byte of the next. */
export const jpegSignature = Uint8Array.of(0xff, 0xd8, 0xff);

// jpeg-js takes 4 bytes for each coefficient, and one for each sample of three channels on its way to the picture, twice.
const mostMegabytes = Math.ceil((mostPixels * (3 * 4 + 3 + 3 + 3)) / 2 ** 20) + 16;

/**
 * The picture in a JPEG that begins with the signature. Pixels are as they are stored: a camera's note on how to turn them (Exif) is not
 * followed. Colours that are stored for every other pixel only are repeated. A Left where the file was cut off, its segments are not
 * those of a JPEG, the coded data ends too soon, it is of a kind that is not read (arithmetic, lossless, 12 bits, CMYK), or it has too
 * many pixels (`mostPixels`).
 *
 * @example
 * readJpeg(Uint8Array.of(0xff, 0xd8, 0xff, 0xd9)) // { _tag: "Left", left: { _tag: "CorruptImage", rule: "a picture before the end expected", got: "none" } }
 */
export const readJpeg = (bytes: Uint8Array): E.Either<Complaint, Picture> => {
  const header = jpegHeader(bytes);
  if (E.isLeft(header)) return header;
  const { height, width, channels, isRgb } = header.right;
  try {
    const { data, ...found } = jpeg.decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: mostPixels / 1e6,
      maxMemoryUsageInMB: mostMegabytes,
      ...(channels === 3 && isRgb ? { colorTransform: false } : {}),
    });
    return found.height === height && found.width === width && data.length === 3 * height * width
      ? E.right({ height, width, pixels: data })
      : E.left(complaint("CorruptImage", "one picture expected", "another"));
  } catch (cause) {
    return E.left(undecodable(cause));
  }
};

const undecodable = (cause: unknown): Complaint =>
  complaint(
    "CorruptImage",
    "coded data of a JPEG expected",
    cause instanceof TypeError || !(cause instanceof Error) ? "other data" : cause.message,
    "the file was changed or damaged",
  );
