// Reads PNGs of the kind that pictures are: 8 bits a channel, red, green, blue and opacity.

import { inflateSync } from "node:zlib";

/** A picture in pixels. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** `#rrggbb` at a column and a row. */
  readonly at: (x: number, y: number) => string;
  /** How many pixels have each colour. */
  readonly counts: ReadonlyMap<string, number>;
}

/** The pixels of a PNG. W3C, "Portable Network Graphics", 2nd edition, 2003, §5 and §9. */
export const readPng = (bytes: Uint8Array): Pixels => {
  const data = Buffer.from(bytes);
  if (data.toString("latin1", 1, 4) !== "PNG") throw new Error("a PNG expected");
  const [width, height, kind] = [
    data.readUInt32BE(16),
    data.readUInt32BE(20),
    data.readUInt16BE(24),
  ];
  if (kind !== 0x0806) throw new Error(`8 bits of RGBA expected, got ${kind.toString(16)}`);
  const parts: Buffer[] = [];
  for (let at = 8; at < data.length; at += 12 + data.readUInt32BE(at))
    if (data.toString("latin1", at + 4, at + 8) === "IDAT")
      parts.push(data.subarray(at + 8, at + 8 + data.readUInt32BE(at)));
  const rows = unfilter(inflateSync(Buffer.concat(parts)), width * 4, height);
  const at = (x: number, y: number): string => {
    const row = rows[y] as Uint8Array; // y is below the height
    return `#${Buffer.from(row.subarray(4 * x, 4 * x + 3)).toString("hex")}`;
  };
  const counts = new Map<string, number>();
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) counts.set(at(x, y), (counts.get(at(x, y)) ?? 0) + 1);
  return { width, height, at, counts };
};

const unfilter = (data: Buffer, length: number, height: number): readonly Uint8Array[] => {
  const rows: Uint8Array[] = [];
  let above = new Uint8Array(length);
  for (let y = 0; y < height; y++) {
    const start = y * (length + 1);
    const row = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      const [left, up, corner] = [row[i - 4] ?? 0, above[i] as number, above[i - 4] ?? 0];
      row[i] = (data[start + 1 + i] as number) + guess(data[start] as number, left, up, corner);
    }
    rows.push(row);
    above = row;
  }
  return rows;
};

const guess = (filter: number, left: number, up: number, corner: number): number =>
  [0, left, up, (left + up) >> 1, nearest(left + up - corner, left, up, corner)][filter] as number;

const nearest = (wish: number, ...choices: readonly number[]): number =>
  choices.reduce((best, it) => (Math.abs(it - wish) < Math.abs(best - wish) ? it : best));
