// What a JPEG may not be, one rule at a time: segments put together by hand around the coded data of a small picture.

import * as E from "fp-ts/lib/Either.js";
import jpeg from "jpeg-js";
import * as assert from "uvu/assert";
import { decodePicture } from "../../../../src/models/segmentation/data/decode.ts";
import { printImageProblem } from "../../../../src/models/segmentation/data/problem.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("readJpeg");

interface Segment {
  readonly marker: number;
  readonly data: readonly number[];
  /** What follows a scan's header up to the next marker. */
  readonly coded: readonly number[];
}

/** The segments of a file, the start and end markers left out. */
const segmentsOf = (bytes: Uint8Array): readonly Segment[] => {
  const segments: Segment[] = [];
  for (let at = 2; bytes[at + 1] !== 0xd9; ) {
    const length = 256 * (bytes[at + 2] as number) + (bytes[at + 3] as number);
    const marker = bytes[at + 1] as number;
    let end = at + 2 + length;
    while (marker === 0xda && !(bytes[end] === 0xff && bytes[end + 1] !== 0)) end++;
    const [data, coded] = [bytes.slice(at + 4, at + 2 + length), bytes.slice(at + 2 + length, end)];
    segments.push({ marker, data: [...data], coded: [...coded] });
    at = end;
  }
  return segments;
};

const fileOf = (segments: readonly Segment[]): Uint8Array => {
  const body = segments.flatMap(({ marker, data, coded }) => {
    const length = data.length + 2;
    return [0xff, marker, length >> 8, length & 255, ...data, ...coded];
  });
  return Uint8Array.of(0xff, 0xd8, ...body, 0xff, 0xd9);
};

const rgba = Uint8Array.from({ length: 4 * 8 * 8 }, (_, i) => [200, 100, 50, 255][i % 4] as number);
const written = jpeg.encode({ height: 8, width: 8, data: rgba }, 100).data;
const segments = segmentsOf(Uint8Array.from(written));

const complaint = (parts: readonly Segment[]): string => {
  const result = decodePicture("p.jpg", fileOf(parts));
  if (E.isRight(result)) return "none";
  return `${result.left._tag} ${printImageProblem(result.left)}`;
};
/** The file with some segments changed; undefined leaves one out. */
const with_ = (marker: number, change: (segment: Segment) => readonly Segment[]): string =>
  complaint(segments.flatMap((it) => (it.marker === marker ? change(it) : [it])));
const withData = (marker: number, change: (data: number[]) => number[]): string =>
  with_(marker, (it) => [{ ...it, data: change([...it.data]) }]);
const put =
  (at: number, ...bytes: number[]) =>
  (data: number[]) => [...data.slice(0, at), ...bytes, ...data.slice(at + bytes.length)];
const twice = (it: Segment) => [it, it];

test("reads the segments that it was taken apart to", () => {
  assert.equal(fileOf(segments), Uint8Array.from(written));
  assert.is(complaint(segments), "none");
});

test("refuses other codes, precisions and colours than it knows", () => {
  for (const marker of [0xc3, 0xc5, 0xc9, 0xcd, 0xcc, 0xdc])
    assert.match(
      with_(0xc0, (it) => [{ ...it, marker }]),
      "UnknownFormat p.jpg: a baseline or progressive JPEG",
    );
  assert.is(
    withData(0xc0, put(0, 12)),
    "UnknownFormat p.jpg: a JPEG of 8 bits expected, got 12 bits",
  );
  const four = withData(0xc0, (data) => [...put(5, 4)(data), 4, 0x11, 0]);
  assert.match(
    four,
    "WrongMode p.jpg: grey or colour expected, got 4 components\nhint: is it CMYK?",
  );
});

test("refuses sizes beyond the limit before it takes memory, and none", () => {
  const most = "WrongSize p.jpg: 1…33554432 pixels expected";
  assert.is(withData(0xc0, put(1, 255, 255, 255, 255)), `${most}, got [65535, 65535]`);
  assert.is(withData(0xc0, put(1, 0, 0)), `${most}, got [0, 8]`);
});

test("refuses a header that says more than the coded data holds", () => {
  assert.match(withData(0xc0, put(1, 0, 64)), "CorruptImage p.jpg: coded data of a JPEG expected");
});

test("refuses frames, tables and scans that do not fit", () => {
  assert.match(with_(0xc0, twice), "one frame expected, got two");
  assert.match(
    with_(0xc0, () => []),
    "a scan's header behind the frame's expected",
  );
  assert.match(
    with_(0xda, () => []),
    "all components in scans expected, got 3 without one",
  );
  assert.match(withData(0xc0, put(6, 2)), "components of factors in 1…4, each once");
  assert.match(withData(0xc0, put(7, 0x05)), "components of factors in 1…4, each once");
  assert.match(
    withData(0xc0, (data) => [...data, 0]),
    "a frame's header expected",
  );
  assert.match(
    withData(0xc4, (data) => [...data, 0]),
    "tables that fill their segment",
  );
  assert.match(
    withData(0xdb, (data) => [...data, 0]),
    "tables that fill their segment",
  );
  assert.match(
    withData(0xda, put(1, 9)),
    "a scan of components of the frame expected, got 9, 2, 3",
  );
  assert.match(
    with_(0xc4, () => []),
    "coded data of a JPEG expected",
  );
  assert.match(
    with_(0xdb, () => []),
    "coded data of a JPEG expected",
  );
});

test("refuses more scans than an encoder writes", () => {
  const many = with_(0xda, (it) => Array.from({ length: 101 }, () => it));
  assert.is(many, "UnknownFormat p.jpg: 100 scans at most expected, got more");
});

test("refuses restart intervals that jpeg-js cannot read", () => {
  const alone = (interval: number) =>
    with_(0xda, (it) => [
      { marker: 0xdd, data: [0, interval], coded: [] },
      { ...it, data: [1, 1, 0, 0, 63, 0] },
    ]);
  assert.match(alone(3), "UnknownFormat p.jpg: a restart interval that divides the scan");
  assert.match(alone(1), "all components in scans expected, got 2 without one");
});

test("takes colours as red, green and blue where Adobe's marker says so", () => {
  const adobe = (transform: number): Segment => ({
    ...{ marker: 0xee, coded: [] },
    data: [...new TextEncoder().encode("Adobe"), 0, 100, 0, 0, 0, 0, transform],
  });
  const first = (parts: readonly Segment[]) => {
    const picture = decodePicture("p.jpg", fileOf(parts));
    return E.isRight(picture) ? [...picture.right.pixels.subarray(0, 3)] : [];
  };
  const close = (found: readonly number[], expected: readonly number[]) =>
    assert.ok(
      found.length === 3 &&
        found.every((value, k) => Math.abs(value - (expected[k] as number)) <= 2),
      `${found}`,
    );
  close(first([adobe(1), ...segments]), [200, 100, 50]);
  // Y = 0.299 r + 0.587 g + 0.114 b, Cb = 128 + 0.564 (b − Y), Cr = 128 + 0.713 (r − Y), untouched.
  close(first([adobe(0), ...segments]), [124, 86, 182]);
});

test.run();
