// PNG files: the samples in them, and pictures and masks written. fast-png writes. It does not read: fast-png 8.0.0 inflates without a
// bound, fills rows that are missing with zeros, and takes interlaced pictures of less than 8 bits apart wrongly; test/…/png.test.ts has
// these cases, and once they pass with its `decode`, pngChunks.ts and pngRows.ts can go.

import { encode } from "fast-png";
import * as E from "fp-ts/lib/Either.js";
import { inflateZlib, largestRatio } from "../../../nn/checkpoint/deflate.ts";
import type { Color, Labels, Picture } from "../images.ts";
import { channelsOf, type PngParts, pngParts } from "./pngChunks.ts";
import { type RowLayout, rowBytes, type Samples, samplesIn } from "./pngRows.ts";
import { type Complaint, complaint } from "./problem.ts";

/** What a file holds, before anything is made of it. */
export interface Png extends Omit<PngParts, "packed"> {
  readonly channels: number;
  /** [height, width, channels], numbers of `depth` bits; indices where there is a palette. */
  readonly samples: Samples;
}

/**
 * The samples in a PNG, of every kind of pixel, depth and interlacing. A Left where the bytes are not those that were written: cut off,
 * changed, rows missing or too many; or where there are too many pixels (`mostPixels`).
 *
 * @example
 * const png = readPng(encodeMask({ height: 1, width: 2, labels: Uint8Array.of(3, 255) }));
 * png._tag === "Right" && png.right.samples // Uint8Array(2) [3, 255]
 */
export const readPng = (bytes: Uint8Array): E.Either<Complaint, Png> => {
  const parts = pngParts(bytes);
  if (E.isLeft(parts)) return parts;
  const { packed, ...rest } = parts.right;
  const channels = channelsOf[rest.kind];
  const layout: RowLayout = { ...rest, channels };
  const rows = unpacked(packed, rowBytes(layout));
  if (E.isLeft(rows)) return rows;
  const samples = samplesIn(layout, rows.right);
  if (samples === undefined) return E.left(corrupt("rows with a filter of PNG expected", "others"));
  const wrong = indexComplaint(rest, samples);
  return wrong === undefined ? E.right({ ...rest, channels, samples }) : E.left(wrong);
};

const corrupt = (rule: string, got: string): Complaint => complaint("CorruptImage", rule, got);

const unpacked = (packed: Uint8Array, size: number): E.Either<Complaint, Uint8Array> => {
  // Nobody packs rows to twice their size; a stream as long as that only takes time, `largestRatio` times its own length.
  if (packed.length > 2 * size + 2 ** 16)
    return E.left(corrupt(`rows of ${size} bytes expected`, `${packed.length} bytes packed`));
  if (size > largestRatio * packed.length)
    return E.left(corrupt(`rows of ${size} bytes expected`, `only ${packed.length} bytes packed`));
  const rows = inflateZlib(packed, size);
  return E.isLeft(rows) ? E.left(corrupt(`rows of ${size} bytes expected`, rows.left)) : rows;
};

const indexComplaint = (
  { kind, palette }: Omit<PngParts, "packed">,
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
