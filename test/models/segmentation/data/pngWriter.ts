// A writer of PNG files of every kind, for tests: all kinds of pixel, depths, filters and passes, in as many pieces as one likes. It
// follows the standard as plainly as can be, and shares only the checksum with what it tests.

import { deflateSync } from "node:zlib";
import fc from "fast-check";
import {
  channelsOf,
  type PngHeader,
  type PngKind,
} from "../../../../src/models/segmentation/data/pngChunks.ts";
import { crc32 } from "../../../../src/nn/checkpoint/crc.ts";

/** A picture as it is to be written. */
export interface PlainPng extends PngHeader {
  /** [height][width][channels] */
  readonly samples: readonly (readonly (readonly number[])[])[];
  readonly palette: readonly number[];
  readonly transparency: readonly number[];
  /** The filter of each row, over and over. */
  readonly filters: readonly number[];
  /** Bytes of rows in each chunk. */
  readonly pieceBytes: number;
}

const colorTypes = { grey: 0, rgb: 2, palette: 3, greyAlpha: 4, rgbAlpha: 6 } as const;

/** A chunk with its length and checksum. */
export const pngChunk = (type: string, data: Uint8Array): Uint8Array => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
};

/** The first chunk. */
export const headerChunk = (png: PngHeader): Uint8Array => {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(png.width, 0);
  data.writeUInt32BE(png.height, 4);
  data.set([png.depth, colorTypes[png.kind], 0, 0, png.isInterlaced ? 1 : 0], 8);
  return pngChunk("IHDR", data);
};

/** A file of these chunks and the last one. */
export const pngFile = (...chunks: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(
    Buffer.concat([
      Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
      ...chunks,
      pngChunk("IEND", noBytes),
    ]),
  );

const noBytes = new Uint8Array(0);

/** The file of a picture. */
export const writePng = (png: PlainPng): Uint8Array => {
  const packed = deflateSync(rowsOf(png));
  const pieces = [];
  for (let at = 0; at < packed.length; at += png.pieceBytes)
    pieces.push(pngChunk("IDAT", packed.subarray(at, at + png.pieceBytes)));
  return pngFile(
    headerChunk(png),
    pngChunk("tEXt", Buffer.from("Title\0test", "latin1")),
    ...(png.palette.length > 0 ? [pngChunk("PLTE", Uint8Array.from(png.palette))] : []),
    ...(png.transparency.length > 0 ? [pngChunk("tRNS", Uint8Array.from(png.transparency))] : []),
    ...pieces,
  );
};

/** The rows before they are packed. */
export const rowsOf = ({ samples, depth, kind, filters, isInterlaced }: PlainPng): Uint8Array => {
  const step = Math.max(1, (channelsOf[kind] * depth) / 8);
  const out: number[] = [];
  let count = 0;
  for (const part of isInterlaced ? adam7(samples) : [samples]) {
    let above: readonly number[] = [];
    for (const row of part) {
      const line = bytesOf(row.flat(), depth);
      const filter = filters[count++ % filters.length] as number;
      out.push(filter, ...line.map((_, i) => filtered(filter, line, above, i, step)));
      above = line;
    }
  }
  return Uint8Array.from(out);
};

const adam7 = (samples: PlainPng["samples"]): readonly PlainPng["samples"][] => {
  // The pass of each pixel of a square of 8x8, W3C PNG, section 8.2.
  const passes = [
    "16462646",
    "77777777",
    "56565656",
    "77777777",
    "36463646",
    "77777777",
    "56565656",
  ];
  const passAt = (row: number, column: number): number =>
    Number([...passes, "77777777"][row % 8]?.[column % 8]);
  return [1, 2, 3, 4, 5, 6, 7].map((pass) =>
    samples
      .map((row, i) => row.filter((_, j) => passAt(i, j) === pass))
      .filter((row) => row.length > 0),
  );
};

const bytesOf = (values: readonly number[], depth: number): readonly number[] => {
  const bits = values.map((value) => value.toString(2).padStart(depth, "0")).join("");
  return (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2));
};

const filtered = (
  filter: number,
  line: readonly number[],
  above: readonly number[],
  i: number,
  step: number,
): number => {
  const [left, up, corner] = [line[i - step] ?? 0, above[i] ?? 0, above[i - step] ?? 0];
  const distance = (value: number): number => Math.abs(left + up - corner - value);
  const nearest = [left, up, corner].reduce((a, b) => (distance(b) < distance(a) ? b : a));
  const guess = [0, left, up, Math.floor((left + up) / 2), nearest][filter] as number; // 0…4
  return ((line[i] as number) - guess + 256) % 256;
};

const depthsOf: Readonly<Record<PngKind, readonly number[]>> = {
  grey: [1, 2, 4, 8, 16],
  rgb: [8, 16],
  palette: [1, 2, 4, 8],
  greyAlpha: [8, 16],
  rgbAlpha: [8, 16],
};

const kinds = fc.constantFrom<PngKind>("grey", "rgb", "palette", "greyAlpha", "rgbAlpha");

/** Pictures of every kind; alpha is opaque more often than not. */
export const plainPngs: fc.Arbitrary<PlainPng> = fc
  .record({
    kind: kinds,
    height: fc.integer({ min: 1, max: 12 }),
    width: fc.integer({ min: 1, max: 12 }),
  })
  .chain((it) => fc.record({ it: fc.constant(it), depth: fc.constantFrom(...depthsOf[it.kind]) }))
  .chain(({ it, depth }) => {
    const most = 2 ** depth - 1;
    const colors = Math.min(most + 1, 5);
    const sample = fc.integer({ min: 0, max: it.kind === "palette" ? colors - 1 : most });
    const alpha = fc.oneof(
      { weight: 60, arbitrary: fc.constant(most) },
      { weight: 1, arbitrary: sample },
    );
    const channels = channelsOf[it.kind];
    const isAlpha = it.kind.endsWith("Alpha");
    const pixel = fc.tuple(
      ...Array.from({ length: channels }, (_, k) =>
        isAlpha && k === channels - 1 ? alpha : sample,
      ),
    );
    const bytes = (length: number) =>
      fc.array(fc.integer({ min: 0, max: 255 }), { minLength: length, maxLength: length });
    // The key of a grey or colour, two bytes each; of a palette, how opaque its first colours are.
    const key = { grey: 2, rgb: 6, palette: 2, greyAlpha: 0, rgbAlpha: 0 }[it.kind];
    const transparency = it.kind === "palette" ? fc.constant([255, 255]) : bytes(key);
    return fc.record({
      ...{
        kind: fc.constant(it.kind),
        height: fc.constant(it.height),
        width: fc.constant(it.width),
      },
      depth: fc.constant(depth),
      isInterlaced: fc.boolean(),
      samples: fc.array(fc.array(pixel, { minLength: it.width, maxLength: it.width }), {
        minLength: it.height,
        maxLength: it.height,
      }),
      palette: it.kind === "palette" ? bytes(3 * colors) : fc.constant([]),
      transparency: fc.oneof(
        { weight: 3, arbitrary: fc.constant<number[]>([]) },
        { weight: 1, arbitrary: transparency },
      ),
      filters: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 5 }),
      pieceBytes: fc.integer({ min: 5, max: 100 }),
    });
  });
