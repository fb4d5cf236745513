// What a PNG may not be, one rule at a time, with good checksums; and what fast-png, which decodes them, would make of such files alone.

import { deflateSync } from "node:zlib";
import { decode } from "fast-png";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { decodeLabels, decodePicture } from "../../../../src/models/segmentation/data/decode.ts";
import { printImageProblem } from "../../../../src/models/segmentation/data/problem.ts";
import { suite } from "../../../support/suite.ts";
import { headerChunk, type PlainPng, pngChunk, pngFile, rowsOf, writePng } from "./pngWriter.ts";

const test = suite("readPng");

const plain: PlainPng = {
  ...{ height: 2, width: 3, depth: 8, kind: "grey", isInterlaced: false },
  samples: [
    [[1], [2], [3]],
    [[4], [5], [6]],
  ],
  ...{ palette: [], transparency: [], filters: [0], pieceBytes: 1000 },
};
const oneRow: PlainPng = { ...plain, height: 1, isInterlaced: true, samples: [[[1], [0], [1]]] };
const header = headerChunk(plain);
const data = (rows: Uint8Array) => pngChunk("IDAT", deflateSync(rows));
const rows = rowsOf(plain);
const complaint = (bytes: Uint8Array): string => {
  const result = decodePicture("p.png", bytes);
  if (E.isLeft(result)) return `${result.left._tag} ${printImageProblem(result.left)}`;
  return "none";
};

test("reads a file by hand", () => {
  const file = pngFile(header, data(rows));
  assert.is(complaint(file), "none");
  assert.is(complaint(Uint8Array.from([...file, 1, 2, 3])), "none"); // what follows the end does not matter
});

test("refuses rows that are missing or too many", () => {
  const said = (bytes: Uint8Array) => complaint(pngFile(header, data(bytes)));
  const rule = "CorruptImage p.png: rows of 8 bytes expected";
  assert.is(said(rows.subarray(0, 4)), `${rule}, got 4 bytes`);
  assert.is(said(rows.subarray(0, 7)), `${rule}, got 7 bytes`);
  assert.is(said(Uint8Array.from([...rows, 0])), `${rule}, got more than 8 bytes`);
});

test("refuses a filter that there is not, in every row and pass", () => {
  const rule = "CorruptImage p.png: rows that fast-png decodes expected, got";
  const said = (at: number, filter: number, isInterlaced: boolean) => {
    const damaged = rowsOf({ ...plain, isInterlaced }).map((byte, i) => (i === at ? filter : byte));
    return complaint(pngFile(headerChunk({ ...plain, isInterlaced }), data(damaged)));
  };
  for (const filter of [5, 255]) {
    for (const at of [0, 4])
      assert.is(said(at, filter, false), `${rule} "Unsupported filter: ${filter}"`);
    // Three passes of one row each, of the samples 1, then 3, then 2, and the lower row.
    for (const at of [0, 2, 4, 6])
      assert.is(said(at, filter, true), `${rule} "Unsupported filter: ${filter}"`);
  }
});

test("refuses an interlaced file of less than 8 bits", () => {
  for (const depth of [1, 2, 4])
    assert.is(
      complaint(writePng({ ...oneRow, depth })),
      `UnknownFormat p.png: an interlaced PNG of 8 bits or more expected, got ${depth} bits\n` +
        "hint: save it without interlacing",
    );
  assert.is(complaint(writePng({ ...oneRow, depth: 8 })), "none");
});

test("refuses a file that unpacks to more than its header says, before it does", () => {
  const bomb = deflateSync(new Uint8Array(2 ** 24));
  const said = complaint(pngFile(header, pngChunk("IDAT", bomb)));
  assert.is(said, "CorruptImage p.png: rows of 8 bytes expected, got more than 8 bytes");
  const long = pngChunk("IDAT", new Uint8Array(2 ** 17));
  assert.match(complaint(pngFile(header, long)), "got 131072 bytes packed");
});

test("refuses a header that says more than there can be", () => {
  const of = (height: number, width: number) =>
    complaint(pngFile(headerChunk({ ...plain, height, width }), data(rows)));
  assert.is(of(100_000, 1000), "WrongSize p.png: 1…33554432 pixels expected, got [100000, 1000]");
  assert.match(of(2 ** 31, 2 ** 31), "WrongSize");
  assert.match(of(0, 3), "WrongSize");
  assert.match(of(5000, 5000), "CorruptImage p.png: rows of 25005000 bytes expected, got only");
});

test("refuses chunks that are missing, unknown, twice or out of order", () => {
  const image = data(rows);
  const palette = pngChunk("PLTE", new Uint8Array(3));
  const text = pngChunk("tEXt", Uint8Array.of(65, 0, 65));
  assert.is(complaint(pngFile(header, text, image, text)), "none");
  for (const chunks of [
    [],
    [header],
    [image],
    [image, header],
    [text, header, image],
    [header, header, image],
    [header, image, palette],
    [header, palette, palette, image],
    [header, image, text, image],
  ])
    assert.match(
      complaint(pngFile(...chunks)),
      "CorruptImage p.png: chunks IHDR, PLTE, tRNS, IDAT",
    );
  const unknown = pngFile(header, pngChunk("QUUX", rows), image);
  assert.is(complaint(unknown), 'UnknownFormat p.png: the chunks of a PNG expected, got "QUUX"');
});

test("refuses kinds of pixel that there are not, and palettes that do not fit", () => {
  const kind = (depth: number, color: number, rest = [0, 0, 0]) =>
    complaint(
      pngFile(
        pngChunk("IHDR", Uint8Array.of(0, 0, 0, 3, 0, 0, 0, 2, depth, color, ...rest)),
        data(rows),
      ),
    );
  assert.is(kind(8, 0), "none");
  assert.match(kind(3, 0), "a kind of pixel of PNG expected, got type 0 of 3 bits");
  assert.match(kind(4, 2), "type 2 of 4 bits");
  assert.match(kind(8, 5), "type 5 of 8 bits");
  assert.match(kind(8, 0, [0, 0, 2]), "UnknownFormat");
  assert.match(kind(8, 0, [0, 0]), "a header of 13 bytes expected, got 12");
  assert.match(kind(8, 3), "a palette of 1…256 colours expected, got 0 bytes");
  const indexed = (palette: number[], key: number[] = []) =>
    complaint(writePng({ ...plain, kind: "palette", palette, transparency: key }));
  assert.is(indexed(new Array(21).fill(9)), "none");
  assert.match(
    indexed(new Array(18).fill(9)),
    "indices below the palette's 6 colours expected, got 6",
  );
  assert.match(indexed(new Array(20).fill(9)), "a palette of 1…256 colours expected, got 20 bytes");
  assert.match(indexed(new Array(21).fill(9), new Array(8).fill(255)), "tRNS of 7 bytes at most");
});

test("names the pixels that are not opaque", () => {
  const grey = writePng({ ...plain, transparency: [0, 5] });
  assert.is(
    complaint(grey),
    "WrongMode p.png: opaque pixels expected, got 1 that are not, the first at row 1, column 1\n" +
      "hint: save the picture on a background of your choice",
  );
  assert.is(decodeLabels("p.png", grey)._tag, "Right"); // labels are numbers, seen or not
});

// Why files are held to so much before fast-png has them: if one of these fails, the check that it is for may go.
const other = suite("fast-png 8.0.0 without the checks of readPng");
const alone = (bytes: Uint8Array) => decode(bytes, { checkCrc: true });

other("fills rows that are missing with zeros, and passes over what is too many", () => {
  const short = pngFile(header, data(rows.subarray(0, 6)));
  assert.equal([...alone(short).data], [1, 2, 3, 4, 0, 0]);
  const long = pngFile(header, data(new Uint8Array(2 ** 20)));
  assert.equal([...alone(long).data], [0, 0, 0, 0, 0, 0]);
});

other("does not look at the checksum of the rows", () => {
  const packed = deflateSync(rows).map((byte, i, { length }) => (i === length - 1 ? ~byte : byte));
  const file = pngFile(header, pngChunk("IDAT", packed));
  assert.equal([...alone(file).data], [1, 2, 3, 4, 5, 6]);
  assert.match(complaint(file), "got bytes with another checksum");
});

other("takes interlaced pictures of less than 8 bits apart wrongly", () => {
  assert.not.equal([...alone(writePng({ ...oneRow, depth: 1 })).data], [0b10100000]);
  assert.equal([...alone(writePng(oneRow)).data], [1, 0, 1]);
});

other("inflates profiles of colour, which do not matter here, to any size", () => {
  const profile = (packed: Uint8Array) =>
    pngFile(header, pngChunk("iCCP", Uint8Array.of(65, 0, 0, ...packed)), data(rows));
  const bomb = profile(deflateSync(new Uint8Array(2 ** 20)));
  assert.is(alone(bomb).iccEmbeddedProfile?.profile.length, 2 ** 20);
  const damaged = profile(Uint8Array.of(1, 2, 3));
  assert.throws(() => alone(damaged));
  assert.is(complaint(damaged), "none");
});

other("refuses a transparent colour in a picture of one pixel", () => {
  const pixel = { ...plain, height: 1, width: 1, kind: "rgb", samples: [[[1, 2, 3]]] } as const;
  const file = writePng({ ...pixel, transparency: [0, 1, 0, 2, 0, 4] });
  assert.throws(() => alone(file), "more alpha values than there are pixels");
  assert.is(complaint(file), "none");
});

test.run();
other.run();
