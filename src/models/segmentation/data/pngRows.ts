// The rows of a PNG, held to its header before fast-png decodes them: as many bytes as there have to be, and with the checksum that zlib
// has behind them. fast-png 8.0.0 inflates all that there is, does not look at the checksum, and fills a row that is cut off with zeros.

import * as E from "fp-ts/lib/Either.js";
import { inflateZlib, largestRatio } from "../../../nn/checkpoint/deflate.ts";
import { channelsOf, type PngHeader } from "./pngChunks.ts";
import { type Complaint, complaint } from "./problem.ts";

/** What is wrong with the packed rows of a picture, if anything; no more than the rows' size is unpacked to tell. */
export const rowsComplaint = (header: PngHeader, packed: Uint8Array): Complaint | undefined => {
  const size = rowBytes(header);
  const wrong = (got: string) => complaint("CorruptImage", `rows of ${size} bytes expected`, got);
  // Nobody packs rows to twice their size; a stream as long as that only takes time, `largestRatio` times its own length.
  if (packed.length > 2 * size + 2 ** 16) return wrong(`${packed.length} bytes packed`);
  if (size > largestRatio * packed.length) return wrong(`only ${packed.length} bytes packed`);
  const rows = inflateZlib(packed, size);
  return E.isLeft(rows) ? wrong(rows.left) : undefined;
};

/** The passes of an interlaced picture: every `down`-th row from `top`, every `right`-th pixel from `left`; W3C PNG, section 8.2. */
const adam7 = [
  { left: 0, top: 0, right: 8, down: 8 },
  { left: 4, top: 0, right: 8, down: 8 },
  { left: 0, top: 4, right: 4, down: 8 },
  { left: 2, top: 0, right: 4, down: 4 },
  { left: 0, top: 2, right: 2, down: 4 },
  { left: 1, top: 0, right: 2, down: 2 },
  { left: 0, top: 1, right: 1, down: 2 },
];
const onePass = [{ left: 0, top: 0, right: 1, down: 1 }];

/** How many bytes the rows of such a picture take, with the filter's byte before each. */
const rowBytes = ({ height, width, kind, depth, isInterlaced }: PngHeader): number =>
  (isInterlaced ? adam7 : onePass).reduce((sum, { left, top, right, down }) => {
    const rows = Math.ceil((height - top) / down);
    const columns = Math.ceil((width - left) / right);
    const line = Math.ceil((columns * channelsOf[kind] * depth) / 8);
    return columns === 0 ? sum : sum + rows * (1 + line); // a pass without pixels has no rows
  }, 0);
