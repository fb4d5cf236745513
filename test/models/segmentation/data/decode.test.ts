// Pictures and labels from bytes: what was written is read, of every kind; what was cut off or changed is noticed.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import jpeg from "jpeg-js";
import * as assert from "uvu/assert";
import {
  decodeColors,
  decodeLabels,
  decodePicture,
} from "../../../../src/models/segmentation/data/decode.ts";
import { mostPixels } from "../../../../src/models/segmentation/data/pictureSize.ts";
import {
  encodeMask,
  encodePaletteMask,
  encodePng,
} from "../../../../src/models/segmentation/data/png.ts";
import { channelsOf } from "../../../../src/models/segmentation/data/pngChunks.ts";
import {
  type ImageProblem,
  printImageProblem,
} from "../../../../src/models/segmentation/data/problem.ts";
import type { Picture } from "../../../../src/models/segmentation/images.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import { type PlainPng, plainPngs, writePng } from "./pngWriter.ts";

const right = <A>(result: E.Either<ImageProblem, A>): A => {
  if (E.isLeft(result)) throw new Error(printImageProblem(result.left));
  return result.right;
};
const tagOf = (result: E.Either<ImageProblem, unknown>): string =>
  E.isLeft(result) ? result.left._tag : "none";

/** What should be seen: pixels, or undefined where one of them is not opaque. */
const modelPixels = (png: PlainPng): readonly number[] | undefined => {
  const { kind, depth, samples, palette, transparency } = png;
  const most = 2 ** depth - 1;
  const bytes = (values: readonly number[]) =>
    values.map((value) => Math.round((value / most) * 255));
  const key = transparency.flatMap((byte, i) =>
    i % 2 === 0 ? [(256 * byte + (transparency[i + 1] as number)) & most] : [],
  );
  const pixels = samples.flat().map((pixel): readonly number[] | undefined => {
    const [a, b, c, d] = pixel as [number, number, number, number];
    if (kind === "palette") return palette.slice(3 * a, 3 * a + 3);
    if ((kind === "greyAlpha" && b < most) || (kind === "rgbAlpha" && d < most)) return undefined;
    if (key.length > 0 && String(key) === String(pixel)) return undefined;
    return bytes(channelsOf[kind] < 3 ? [a, a, a] : [a, b, c]);
  });
  return pixels.some((pixel) => pixel === undefined) ? undefined : (pixels.flat() as number[]); // all are there
};

const png = suite("decodePicture and decodeLabels, PNG");

png(
  "give what was written, of every kind but the interlaced of less than 8 bits",
  forAll(plainPngs, { runs: 400 })((plain) => {
    const { height, width, kind, depth, isInterlaced } = plain;
    const bytes = writePng(plain);
    if (isInterlaced && depth < 8) {
      for (const decode of [decodePicture, decodeLabels, decodeColors])
        assert.is(tagOf(decode("p.png", bytes)), "UnknownFormat");
      return;
    }
    const picture = decodePicture("p.png", bytes);
    const pixels = modelPixels(plain);
    if (pixels === undefined) assert.is(tagOf(picture), "WrongMode");
    else assert.equal(right(picture), { height, width, pixels: Uint8Array.from(pixels) });

    const labels = decodeLabels("m.png", bytes);
    const isMask = (kind === "grey" || kind === "palette") && depth <= 8;
    if (!isMask) assert.is(tagOf(labels), "WrongMode");
    else
      assert.equal(right(labels), {
        height,
        width,
        labels: Uint8Array.from(plain.samples.flat(2)),
      });

    const colors = decodeColors("m.png", bytes);
    if (depth > 8) assert.is(tagOf(colors), "WrongMode");
    else
      assert.equal(
        colors,
        E.isLeft(picture) ? E.left({ ...picture.left, file: "m.png" }) : picture,
      );
  }),
);

png(
  "refuse every file that was cut off",
  forAll(plainPngs, { runs: 25 })((plain) => {
    const bytes = writePng(plain);
    for (let length = 0; length < bytes.length; length++) {
      const tag = tagOf(decodePicture("p.png", bytes.subarray(0, length)));
      assert.is(tag, length < 8 ? "UnknownFormat" : "CorruptImage", `${length} of ${bytes.length}`);
      assert.is(tagOf(decodeLabels("p.png", bytes.subarray(0, length))), tag);
    }
  }),
);

/** Bytes with some of them changed. */
const changed = (bytes: Uint8Array, flips: readonly (readonly [at: number, by: number])[]) => {
  const copy = Uint8Array.from(bytes);
  for (const [at, by] of flips) copy[at % copy.length]! ^= by; // an index in it
  return copy;
};
const flips = fc.array(fc.tuple(fc.nat(5000), fc.integer({ min: 1, max: 255 })), {
  minLength: 1,
  maxLength: 3,
});

png(
  "refuse a file of which bytes were changed",
  forAll(
    { plain: plainPngs, flips },
    { runs: 1000 },
  )(({ plain, flips }) => {
    const bytes = writePng(plain);
    const damaged = changed(bytes, flips);
    if (Buffer.compare(bytes, damaged) === 0) return; // a byte was changed back
    const tag = tagOf(decodePicture("p.png", damaged));
    assert.ok(["UnknownFormat", "CorruptImage"].includes(tag), tag);
  }),
);

png(
  "read what encodePng, encodeMask and encodePaletteMask write",
  forAll(fc.uint8Array({ minLength: 12, maxLength: 12 }))((bytes) => {
    const [height, width] = [2, 2];
    assert.equal(
      right(decodePicture("p", encodePng({ height, width, pixels: bytes }))).pixels,
      bytes,
    );
    const labels = { height, width: 6, labels: bytes };
    assert.equal(right(decodeLabels("m", encodeMask(labels))), labels);
    const palette = [[9, 8, 7]] as const;
    assert.equal(right(decodeLabels("m", encodePaletteMask(palette)(labels))), labels);
    const seen = right(decodeColors("m", encodePaletteMask(palette)(labels)));
    const expected = Array.from(bytes, (label) => (label === 0 ? palette[0] : [0, 0, 0])).flat();
    assert.equal(seen.pixels, Uint8Array.from(expected));
  }),
);

interface PillowCase {
  readonly name: string;
  readonly file: string;
  readonly height: number;
  readonly width: number;
  readonly pixels?: string;
  readonly labels?: string;
  readonly refused?: string;
}
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "base64"));
const pillow: readonly PillowCase[] = JSON.parse(
  readFileSync(new URL("golden/pillow.json", import.meta.url), "utf8"),
);

const golden = suite("decodePicture and decodeLabels, Pillow's files");

golden("there are PNG, JPEG and others", () => {
  assert.is(pillow.length, 30);
});

for (const { name, file, height, width, pixels, labels, refused } of pillow) {
  golden(name, () => {
    const picture = decodePicture(name, fromBase64(file));
    if (refused !== undefined) assert.is(tagOf(picture), refused);
    if (refused === "UnknownFormat")
      assert.is(tagOf(decodeLabels(name, fromBase64(file))), refused);
    if (pixels !== undefined) {
      const found = right(picture);
      assert.equal([found.height, found.width], [height, width]);
      const expected = fromBase64(pixels);
      const apart = found.pixels.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (expected[i] as number))),
        0,
      );
      // libjpeg and jpeg-js round the inverse transform in different places; where colours were halved, libjpeg interpolates them and
      // jpeg-js repeats them, half a pixel of a smooth slope away.
      const most = !name.startsWith("JPEG") ? 0 : name.includes("halved") ? 6 : 3;
      assert.ok(apart <= most, `${apart} apart`);
    }
    if (labels !== undefined)
      assert.equal(right(decodeLabels(name, fromBase64(file))).labels, fromBase64(labels));
    if (name.startsWith("JPEG"))
      assert.is(tagOf(decodeLabels(name, fromBase64(file))), "WrongMode");
  });
}

const jpegs = suite("decodePicture, JPEG");

const jpegFiles = pillow
  .filter(({ name, refused }) => name.startsWith("JPEG") && refused === undefined)
  .map(({ file }) => fromBase64(file));

jpegs(
  "gives what jpeg-js wrote, within what it loses",
  forAll({
    height: fc.integer({ min: 1, max: 20 }),
    width: fc.integer({ min: 1, max: 20 }),
    color: fc.uint8Array({ minLength: 3, maxLength: 3 }),
  })(({ height, width, color }) => {
    const rgba = Uint8Array.from({ length: 4 * height * width }, (_, i) => color[i % 4] ?? 255);
    const bytes = Uint8Array.from(jpeg.encode({ height, width, data: rgba }, 100).data);
    const picture = right(decodePicture("p.jpg", bytes));
    assert.equal([picture.height, picture.width], [height, width]);
    assert.is(picture.pixels.length, 3 * height * width);
    // One colour: rounding of three channels there and back.
    assert.ok(picture.pixels.every((value, i) => Math.abs(value - (color[i % 3] as number)) <= 3));
  }),
);

jpegs("refuses every file that was cut off", () => {
  for (const bytes of jpegFiles)
    for (let length = 0; length < bytes.length; length++) {
      const tag = tagOf(decodePicture("p.jpg", bytes.subarray(0, length)));
      assert.is(tag, length < 3 ? "UnknownFormat" : "CorruptImage", `${length} of ${bytes.length}`);
    }
});

jpegs(
  "refuses changed bytes, or gives a whole picture: a JPEG has no checksum",
  forAll(
    { file: fc.nat(100), flips },
    { runs: 1500 },
  )(({ file, flips }) => {
    const bytes = changed(jpegFiles[file % jpegFiles.length] as Uint8Array, flips);
    const result = decodePicture("p.jpg", bytes);
    if (E.isLeft(result)) {
      assert.is(result.left.file, "p.jpg");
      assert.not.match(printImageProblem(result.left), "undefined");
      return;
    }
    const { height, width, pixels }: Picture = result.right;
    assert.is(pixels.length, 3 * height * width);
    assert.ok(height * width <= mostPixels);
  }),
);

jpegs("ignores what follows the end marker", () => {
  for (const bytes of jpegFiles) {
    const longer = Uint8Array.from([...bytes, 0xff, 0xd8, 1, 2, 3]);
    assert.equal(decodePicture("p", longer), decodePicture("p", bytes));
  }
});

png.run();
golden.run();
jpegs.run();
