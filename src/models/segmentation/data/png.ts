// PNG files: the samples in them, and pictures and masks written, both by fast-png. What it reads has been held to checksums, order and
// size before (pngChunks.ts, pngRows.ts), since fast-png 8.0.0 reads files that are damaged; the cases are in test/…/png.test.ts.

import { convertIndexedToRgb, type DecodedPng, decode, encode } from "fast-png";
import * as E from "fp-ts/lib/Either.js";
import type { Color, Labels, Picture } from "../images.ts";
import { channelsOf, type PngParts, plainFile, pngParts } from "./pngChunks.ts";
import { rowsComplaint } from "./pngRows.ts";
import { type Complaint, complaint } from "./problem.ts";

/** Samples as they are in the file, [height, width, channels]; of two bytes where they have 16 bits. */
export type Samples = DecodedPng["data"];

/** What a file holds, before anything is made of it. */
export interface Png extends Omit<PngParts, "packed" | "header"> {
  readonly channels: number;
  /** [height, width, channels], numbers of `depth` bits; indices where there is a palette. */
  readonly samples: Samples;
}

/**
 * The samples in a PNG, of every kind of pixel and depth. A Left where the bytes are not those that were written: cut off, changed, rows
 * missing or too many; where there are too many pixels (`mostPixels`); or where samples of less than 8 bits are interlaced.
 *
 * @example
 * const png = readPng(encodeMask({ height: 1, width: 2, labels: Uint8Array.of(3, 255) }));
 * png._tag === "Right" && png.right.samples // Uint8Array(2) [3, 255]
 */
export const readPng = (bytes: Uint8Array): E.Either<Complaint, Png> => {
  const parts = pngParts(bytes);
  if (E.isLeft(parts)) return parts;
  const { packed, header, ...rest } = parts.right;
  const wrong = rowsComplaint(rest, packed);
  if (wrong !== undefined) return E.left(wrong);
  const samples = decoded(plainFile(header, packed));
  if (E.isLeft(samples)) return samples;
  const beyond = indexComplaint(rest, samples.right);
  if (beyond !== undefined) return E.left(beyond);
  return E.right({ ...rest, channels: channelsOf[rest.kind], samples: samples.right });
};

const corrupt = (rule: string, got: string): Complaint => complaint("CorruptImage", rule, got);

const decoded = (file: Uint8Array): E.Either<Complaint, Samples> => {
  try {
    const png = decode(file); // its checksums are by us, and need no check
    return E.right(png.depth < 8 ? unpacked(png) : png.data);
  } catch (cause) {
    // What is left to find: a filter that there is not.
    const got = cause instanceof Error ? cause.message : `${cause}`;
    return E.left(corrupt("rows that fast-png decodes expected", JSON.stringify(got)));
  }
};

/** Samples of less than 8 bits, a byte each: as indices, looked up in a palette that has every number as its own colour. */
const unpacked = (png: DecodedPng): Uint8Array =>
  convertIndexedToRgb({
    ...png,
    palette: Array.from({ length: 2 ** png.depth }, (_, sample) => [sample]),
  });

const indexComplaint = (
  { kind, palette }: Pick<PngParts, "kind" | "palette">,
  samples: Samples,
): Complaint | undefined => {
  const colors = palette.length / 3;
  const beyond = kind === "palette" ? samples.find((index) => index >= colors) : undefined;
  return beyond === undefined
    ? undefined
    : corrupt(`indices below the palette's ${colors} colours expected`, `${beyond}`);
};

/**
 * A picture as a PNG in red, green and blue of 8 bits.
 *
 * @example
 * encodePng({ height: 1, width: 1, pixels: Uint8Array.of(255, 0, 0) }).subarray(1, 4) // Uint8Array(3) [80, 78, 71]
 */
export const encodePng = ({ height, width, pixels }: Picture): Uint8Array =>
  encode({ height, width, data: pixels, channels: 3 });

/**
 * Labels as a PNG in grey of 8 bits, each as its own value: dark to look at, and what most tools take for a mask.
 *
 * @example
 * const mask = encodeMask({ height: 1, width: 2, labels: Uint8Array.of(0, 7) });
 * Segmentation.decodeLabels("mask.png", mask) // { _tag: "Right", right: { height: 1, width: 2, labels: Uint8Array(2) [0, 7] } }
 */
export const encodeMask = ({ height, width, labels }: Labels): Uint8Array =>
  encode({ height, width, data: labels, channels: 1 });

/**
 * Labels as a PNG with a palette: the values are the labels, and it is seen in these colours. Labels that have none are black.
 *
 * @example
 * const mask = encodePaletteMask([[0, 0, 0], [255, 0, 0]])({ height: 1, width: 2, labels: Uint8Array.of(1, 255) });
 * Segmentation.decodeLabels("mask.png", mask) // { _tag: "Right", right: { height: 1, width: 2, labels: Uint8Array(2) [1, 255] } }
 */
export const encodePaletteMask =
  (colors: readonly Color[]) =>
  ({ height, width, labels }: Labels): Uint8Array => {
    // As many colours as the largest label needs: an index beyond the palette would be an error.
    const most = labels.reduce((largest, label) => Math.max(largest, label), 0);
    const palette = Array.from({ length: most + 1 }, (_, label) => [
      ...(colors[label] ?? [0, 0, 0]),
    ]);
    return encode({ height, width, data: labels, channels: 1, palette });
  };
