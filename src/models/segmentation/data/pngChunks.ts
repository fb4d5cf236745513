// The parts of a PNG file (W3C, "Portable Network Graphics", third edition, 2025): signature, then chunks with a length, a type, data and
// a checksum each. Every checksum is held, and the file has to go on to its last chunk, so that no damage and no cut goes unnoticed.

import * as E from "fp-ts/lib/Either.js";
import { crc32 } from "../../../nn/checkpoint/crc.ts";
import { sizeComplaint } from "./pictureSize.ts";
import { type Complaint, complaint } from "./problem.ts";

/** What a pixel is made of. */
export type PngKind = "grey" | "rgb" | "palette" | "greyAlpha" | "rgbAlpha";

/** What the first chunk says. */
export interface PngHeader {
  readonly height: number;
  readonly width: number;
  /** Bits of a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  readonly kind: PngKind;
  readonly isInterlaced: boolean;
}

/** A file in its parts. */
export interface PngParts extends PngHeader {
  /** The colours of a palette, three bytes each; empty without one. */
  readonly palette: Uint8Array;
  /** What the chunk tRNS holds: of a palette, how opaque its first colours are; else the one sample or colour that is transparent. */
  readonly transparency: Uint8Array;
  /** The rows, packed by zlib. */
  readonly packed: Uint8Array;
  /** What the chunk IHDR holds. */
  readonly header: Uint8Array;
}

/** The first bytes of every PNG. */
export const pngSignature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

type Checked<A> = E.Either<Complaint, A>;

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

/** Samples of a pixel. */
export const channelsOf = {
  grey: 1,
  rgb: 3,
  palette: 1,
  greyAlpha: 2,
  rgbAlpha: 4,
} satisfies Record<PngKind, number>;

/** The parts of a file that begins with the signature. */
export const pngParts = (bytes: Uint8Array): Checked<PngParts> => {
  const chunks = chunksOf(bytes);
  if (E.isLeft(chunks)) return chunks;
  const misplaced = orderComplaint(chunks.right.map(({ type }) => type));
  if (misplaced !== undefined) return E.left(misplaced);
  const named = (type: string): readonly Uint8Array[] =>
    chunks.right.flatMap((chunk) => (chunk.type === type ? [chunk.data] : []));
  const [header] = named("IHDR") as [Uint8Array]; // they are in order, so it is there
  const said = headerOf(header);
  if (E.isLeft(said)) return said;
  const [palette = new Uint8Array(0)] = named("PLTE");
  const [transparency = new Uint8Array(0)] = named("tRNS");
  const wrong = paletteComplaint(said.right, palette, transparency);
  if (wrong !== undefined) return E.left(wrong);
  return E.right({ ...said.right, palette, transparency, packed: joined(named("IDAT")), header });
};

/**
 * A file of a header, the rows in one chunk, and nothing else. Of the others fast-png 8.0.0 inflates profiles of colour (iCCP) whatever
 * their size, refuses a colour that is transparent (tRNS) in pictures of one or two pixels, and copies 32 kB for each chunk of rows.
 */
export const plainFile = (header: Uint8Array, packed: Uint8Array): Uint8Array =>
  joined([
    pngSignature,
    chunkOf("IHDR", header),
    chunkOf("IDAT", packed),
    chunkOf("IEND", new Uint8Array(0)),
  ]);

/** A chunk with its length and checksum. */
const chunkOf = (type: string, data: Uint8Array): Uint8Array => {
  const chunk = new Uint8Array(data.length + 12);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  chunk.set(new TextEncoder().encode(type), 4);
  chunk.set(data, 8);
  view.setUint32(data.length + 8, crc32(chunk.subarray(4, data.length + 8)));
  return chunk;
};

const corrupt = (rule: string, got: string, hint?: string): Complaint =>
  complaint("CorruptImage", rule, got, hint);

const cutOff = (bytes: Uint8Array): Complaint =>
  corrupt(
    "a PNG up to its chunk IEND expected",
    `${bytes.length} bytes without it`,
    "the file was cut off, or a length in it was changed",
  );

const chunksOf = (bytes: Uint8Array): Checked<readonly Chunk[]> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = pngSignature.length; ; ) {
    if (at + 12 > bytes.length) return E.left(cutOff(bytes));
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) return E.left(cutOff(bytes));
    if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end))
      return E.left(
        corrupt(
          `the checksum of the chunk at byte ${at} expected`,
          "another one",
          "the file was changed or damaged",
        ),
      );
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === "IEND") return E.right(chunks);
    chunks.push({ type, data: bytes.subarray(at + 8, end) });
    at = end + 4;
  }
};

/** What is wrong with the order of the chunks that a picture is made of; others may be anywhere behind the first. */
const orderComplaint = (types: readonly string[]): Complaint | undefined => {
  // The first letter of a chunk that a reader must know is a capital, section 5.4.
  const used = types.filter((type) => type === "tRNS" || /^[A-Z]/.test(type));
  const unknown = used.find((type) => !["IHDR", "PLTE", "IDAT", "tRNS"].includes(type));
  if (unknown !== undefined)
    return complaint("UnknownFormat", "the chunks of a PNG expected", JSON.stringify(unknown));
  const order = used.join(" ");
  const isGood = types[0] === "IHDR" && /^IHDR( PLTE)?( tRNS)?( IDAT)+$/.test(order);
  // Between the parts of the rows there may be nothing else, section 5.6.
  const isParted = types.slice(types.indexOf("IDAT"), types.lastIndexOf("IDAT") + 1);
  if (isGood && isParted.every((type) => type === "IDAT")) return undefined;
  return corrupt("chunks IHDR, PLTE, tRNS, IDAT in this order expected", order || "none");
};

/** Kinds of pixel by their number, and the depths that each may have. */
const kinds: ReadonlyMap<number, readonly [PngKind, readonly number[]]> = new Map([
  [0, ["grey", [1, 2, 4, 8, 16]]],
  [2, ["rgb", [8, 16]]],
  [3, ["palette", [1, 2, 4, 8]]],
  [4, ["greyAlpha", [8, 16]]],
  [6, ["rgbAlpha", [8, 16]]],
]);

const headerOf = (data: Uint8Array): Checked<PngHeader> => {
  if (data.length !== 13) return E.left(corrupt("a header of 13 bytes expected", `${data.length}`));
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth = 0, color = 0, compression = 0, filter = 0, interlace = 0] = data.subarray(8);
  const [kind, depths] = kinds.get(color) ?? [];
  if (kind === undefined || !depths?.includes(depth))
    return E.left(corrupt("a kind of pixel of PNG expected", `type ${color} of ${depth} bits`));
  if (compression !== 0 || filter !== 0 || interlace > 1)
    return E.left(
      complaint(
        "UnknownFormat",
        "compression 0, filter 0 and interlace 0 or 1 expected",
        `${compression}, ${filter}, ${interlace}`,
      ),
    );
  const isInterlaced = interlace === 1;
  // fast-png 8.0.0 takes the passes of such a picture apart wrongly; see test/…/png.test.ts.
  if (isInterlaced && depth < 8)
    return E.left(
      complaint(
        "UnknownFormat",
        "an interlaced PNG of 8 bits or more expected",
        `${depth} bits`,
        "save it without interlacing",
      ),
    );
  const wrong = sizeComplaint(height, width);
  return wrong === undefined
    ? E.right({ height, width, depth, kind, isInterlaced })
    : E.left(wrong);
};

const paletteComplaint = (
  { kind, depth }: PngHeader,
  palette: Uint8Array,
  transparency: Uint8Array,
): Complaint | undefined => {
  const colors = palette.length / 3;
  if (!Number.isInteger(colors) || (kind === "palette" && (colors < 1 || colors > 2 ** depth)))
    return corrupt(`a palette of 1…${2 ** depth} colours expected`, `${palette.length} bytes`);
  const most = { grey: 2, rgb: 6, palette: colors, greyAlpha: 0, rgbAlpha: 0 }[kind];
  const isFit = kind === "palette" ? transparency.length <= most : transparency.length === most;
  if (transparency.length === 0 || isFit) return undefined;
  return corrupt(`a chunk tRNS of ${most} bytes at most expected`, `${transparency.length}`);
};

const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  if (pieces.length === 1) return pieces[0] as Uint8Array; // one
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
};
