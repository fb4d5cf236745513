// The segments of a JPEG file (ITU-T T.81, annex B), walked before it is decoded: jpeg-js reads on behind the end of a file that was cut
// off, follows lengths wherever they lead, and takes what it does not know for what it knows (0.4.4).

import * as E from "fp-ts/lib/Either.js";
import { sizeComplaint } from "./pictureSize.ts";
import { type Complaint, complaint } from "./problem.ts";

/** What the segments say. */
export interface JpegHeader {
  readonly height: number;
  readonly width: number;
  /** Grey has one, colour three. */
  readonly channels: 1 | 3;
  /** Red, green and blue themselves, not brightness and two differences: Adobe's marker says so. */
  readonly isRgb: boolean;
}

type Checked<A> = E.Either<Complaint, A>;

/** The most scans that a picture may come in. Encoders write 10 or so; each costs time, however short it is. */
const mostScans = 100;

interface Frame {
  readonly height: number;
  readonly width: number;
  /** By their numbers. */
  readonly components: ReadonlyMap<number, { readonly h: number; readonly v: number }>;
}

interface Walk {
  readonly frame?: Frame;
  /** Components whose mean brightness came, without which there is nothing to see. */
  readonly seen: ReadonlySet<number>;
  readonly scans: number;
  readonly restartInterval: number;
  readonly isRgb: boolean;
}

const corrupt = (rule: string, got: string, hint?: string): Complaint =>
  complaint("CorruptImage", rule, got, hint);

const cutOff = (bytes: Uint8Array): Complaint =>
  corrupt(
    "a JPEG up to its end marker expected",
    `${bytes.length} bytes without it`,
    "the file was cut off, or a length in it was changed",
  );

/** The header of a file whose segments lead from one to the next, with every component in a scan, up to the end marker. */
export const jpegHeader = (bytes: Uint8Array): Checked<JpegHeader> => {
  let walk: Walk = { seen: new Set(), scans: 0, restartInterval: 0, isRgb: false };
  for (let at = 2; ; ) {
    if (at >= bytes.length) return E.left(cutOff(bytes));
    if (bytes[at] !== 0xff) return E.left(corrupt(`a marker at byte ${at} expected`, "none"));
    while (bytes[at] === 0xff) at++; // any number may fill up
    const marker = bytes[at++];
    if (marker === undefined) return E.left(cutOff(bytes));
    if (marker === 0xd9) return ended(walk);
    if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd8))
      return E.left(corrupt(`a segment at byte ${at - 2} expected`, hex(marker)));
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (at + Math.max(2, length) > bytes.length) return E.left(cutOff(bytes));
    if (length < 2) return E.left(corrupt(`a length at byte ${at} expected`, `${length}`));
    const next = segment(marker, bytes.subarray(at + 2, at + length), walk);
    if (E.isLeft(next)) return next;
    walk = next.right;
    at += length;
    if (marker === 0xda) at = scanEnd(bytes, at);
  }
};

/** Where the coded data of a scan ends: at the next marker that is not one of restart. */
const scanEnd = (bytes: Uint8Array, from: number): number => {
  let at = from;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) return bytes.length;
    const after = bytes[at + 1] ?? 0;
    if (after !== 0 && !(after >= 0xd0 && after <= 0xd7)) return at;
    at += 2;
  }
};

const ended = ({ frame, seen, isRgb }: Walk): Checked<JpegHeader> => {
  if (frame === undefined) return E.left(corrupt("a picture before the end expected", "none"));
  const { height, width, components } = frame;
  const missing = components.size - seen.size;
  return missing === 0
    ? E.right({ height, width, channels: components.size === 1 ? 1 : 3, isRgb })
    : E.left(corrupt("all components in scans expected", `${missing} without one`));
};

const segment = (marker: number, data: Uint8Array, walk: Walk): Checked<Walk> => {
  switch (marker) {
    case 0xc0:
    case 0xc1:
    case 0xc2:
      return E.map((frame: Frame) => ({ ...walk, frame }))(frameOf(data, walk));
    case 0xc4:
      return tablesFit(data, huffmanLength) ? E.right(walk) : E.left(badTables);
    case 0xdb:
      return tablesFit(data, quantizationLength) ? E.right(walk) : E.left(badTables);
    case 0xda:
      return scanned(data, walk);
    case 0xdd: {
      const [high = 0, low = 0] = data;
      return data.length === 2
        ? E.right({ ...walk, restartInterval: (high << 8) | low })
        : E.left(corrupt("a restart interval of 2 bytes expected", `${data.length}`));
    }
    case 0xee:
      // "Adobe", then at 11 how colours are coded; 0 with three components is red, green and blue.
      return E.right(isAdobe(data) ? { ...walk, isRgb: data[11] === 0 } : walk);
    default:
      return marker >= 0xe0 && marker !== 0xfd && (marker <= 0xef || marker === 0xfe)
        ? E.right(walk)
        : E.left(
            complaint(
              "UnknownFormat",
              "a baseline or progressive JPEG of Huffman's code expected",
              `marker ${hex(marker)}`,
              "arithmetic coding, lossless and hierarchical JPEGs are not read",
            ),
          );
  }
};

const hex = (marker: number): string => `ff${marker.toString(16).padStart(2, "0")}`;

const isAdobe = (data: Uint8Array): boolean =>
  data.length >= 12 && String.fromCharCode(...data.subarray(0, 5)) === "Adobe";

const badTables = corrupt("tables that fill their segment expected", "others");

/** Whether tables follow each other to the end of a segment; `length` gives that of the one at an index. */
const tablesFit = (data: Uint8Array, length: (data: Uint8Array, at: number) => number): boolean => {
  let at = 0;
  while (at < data.length) at += length(data, at);
  return at === data.length;
};

const huffmanLength = (data: Uint8Array, at: number): number =>
  data.subarray(at + 1, at + 17).reduce((sum, count) => sum + count, 17);

const quantizationLength = (data: Uint8Array, at: number): number =>
  (data[at] as number) >> 4 === 0 ? 65 : 129;

const frameOf = (data: Uint8Array, { frame }: Walk): Checked<Frame> => {
  const [bits, h1 = 0, h0 = 0, w1 = 0, w0 = 0, count = 0] = data;
  if (frame !== undefined) return E.left(corrupt("one frame expected", "two"));
  if (data.length !== 6 + 3 * count) return E.left(corrupt("a frame's header expected", "none"));
  if (bits !== 8)
    return E.left(complaint("UnknownFormat", "a JPEG of 8 bits expected", `${bits} bits`));
  if (count !== 1 && count !== 3)
    return E.left(
      complaint("WrongMode", "grey or colour expected", `${count} components`, "is it CMYK?"),
    );
  const [height, width] = [(h1 << 8) | h0, (w1 << 8) | w0];
  const wrong = sizeComplaint(height, width);
  if (wrong !== undefined) return E.left(wrong);
  const components = new Map(
    Array.from({ length: count }, (_, k) => {
      const [id = 0, factors = 0] = data.subarray(6 + 3 * k);
      return [id, { h: factors >> 4, v: factors & 15 }] as const;
    }),
  );
  const isFit = [...components.values()].every(({ h, v }) => h > 0 && h < 5 && v > 0 && v < 5);
  return isFit && components.size === count
    ? E.right({ height, width, components })
    : E.left(corrupt("components of factors in 1…4, each once, expected", "others"));
};

const scanned = (data: Uint8Array, walk: Walk): Checked<Walk> => {
  const { frame, scans, restartInterval } = walk;
  const count = data[0] ?? 0;
  if (frame === undefined || data.length !== 4 + 2 * count || count === 0)
    return E.left(corrupt("a scan's header behind the frame's expected", "another"));
  if (scans === mostScans)
    return E.left(complaint("UnknownFormat", `${mostScans} scans at most expected`, "more"));
  const ids = Array.from({ length: count }, (_, k) => data[1 + 2 * k] as number);
  if (!ids.every((id) => frame.components.has(id)) || new Set(ids).size !== count)
    return E.left(corrupt("a scan of components of the frame expected", ids.join(", ")));
  if (count === 1 && restartInterval > 0 && blocksOf(frame, ids[0] as number) % restartInterval > 0)
    return E.left(
      complaint(
        "UnknownFormat",
        "a restart interval that divides the scan expected",
        `${restartInterval}`,
        "jpeg-js 0.4.4 reads no other in a scan of one component",
      ),
    );
  const isMean = data[1 + 2 * count] === 0; // the first frequency of the scan
  return E.right({
    ...walk,
    scans: scans + 1,
    seen: isMean ? new Set([...walk.seen, ...ids]) : walk.seen,
  });
};

/** Blocks of 8x8 in a scan of one component, annex A.2.2. */
const blocksOf = ({ height, width, components }: Frame, id: number): number => {
  const all = [...components.values()];
  const { h, v } = components.get(id) as { h: number; v: number }; // of the frame
  const along = (length: number, factor: number, most: number): number =>
    Math.ceil(Math.ceil((length * factor) / most) / 8);
  return (
    along(width, h, Math.max(...all.map((it) => it.h))) *
    along(height, v, Math.max(...all.map((it) => it.v)))
  );
};
