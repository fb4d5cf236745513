// Augmentation: pictures and labels move alike, colours change alone, places decide everything, and what identity leaves.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  type Augmentation,
  augment,
  augmentAt,
  streetAugmentation,
} from "../../../../src/models/segmentation/augment/index.ts";
import { ignored, type LabelledPicture } from "../../../../src/models/segmentation/images.ts";
import { forAll } from "../../../support/property.ts";
import { refusalOf } from "../../../support/refusal.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("augment");

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const place = fc.record({ seed: word, epoch: word, index: word });
const side = fc.integer({ min: 1, max: 12 });
const strength = fc.double({ min: 0, max: 1, noNaN: true });

const pictures: fc.Arbitrary<LabelledPicture> = fc
  .record({ height: side, width: side })
  .chain(({ height, width }) =>
    fc.record({
      name: fc.constant("picture"),
      height: fc.constant(height),
      width: fc.constant(width),
      pixels: fc.uint8Array({ minLength: 3 * height * width, maxLength: 3 * height * width }),
      labels: fc
        .array(fc.constantFrom(0, 1, 2, 10, ignored), {
          minLength: height * width,
          maxLength: height * width,
        })
        .map((labels) => Uint8Array.from(labels)),
    }),
  )
  .map((picture) => ({ ...picture }));

const scales = fc
  .tuple(fc.double({ min: 0.3, max: 3, noNaN: true }), fc.double({ min: 1, max: 2, noNaN: true }))
  .map(([least, ratio]) => [least, least * ratio] as const);

const geometries: fc.Arbitrary<Augmentation> = fc.record(
  { flip: strength, scale: scales, crop: fc.tuple(side, side) },
  { requiredKeys: [] },
);
const colorings: fc.Arbitrary<Augmentation> = fc.record(
  {
    brightness: strength,
    contrast: strength,
    saturation: strength,
    hue: fc.double({ min: 0, max: 0.5, noNaN: true }),
  },
  { requiredKeys: [] },
);

/** A picture whose red says its label, so that one can be held against the other. */
const tagged = (picture: LabelledPicture): LabelledPicture => ({
  ...picture,
  pixels: picture.pixels.map((value, at) => (at % 3 === 0 ? picture.labels[at / 3]! : value)),
});
const reds = ({ pixels }: LabelledPicture) => pixels.filter((_, at) => at % 3 === 0);

test(
  "without options changes no byte",
  forAll({ picture: pictures, at: place })(({ picture, at }) => {
    const colors = { brightness: 0, contrast: 0, saturation: 0, hue: 0 };
    for (const options of [{}, { flip: 0, scale: [1, 1] as const, ...colors }])
      assert.equal(augmentAt(options, at)(picture), picture);
  }),
);

test(
  "mirrors and crops picture and labels alike, byte for byte",
  forAll({ picture: pictures, at: place, flip: strength, crop: fc.tuple(side, side) })(
    ({ picture, at, flip, crop }) => {
      const result = augmentAt({ flip, crop }, at)(tagged(picture));
      assert.equal([result.height, result.width], crop);
      const inside = result.labels.map((label, k) =>
        label === ignored ? ignored : reds(result)[k]!,
      );
      assert.equal(result.labels, inside);
    },
  ),
);

test(
  "a crop that fits is a window of the picture, and one that is larger holds all of it",
  forAll({ picture: pictures, at: place, crop: fc.tuple(side, side) })(({ picture, at, crop }) => {
    // Labels that say where they were.
    const labels = picture.labels.map((_, k) => k);
    const result = augmentAt({ crop }, at)({ ...picture, labels });
    const kept = [...result.labels].filter((label) => label !== ignored);
    const [height, width] = [Math.min(crop[0], picture.height), Math.min(crop[1], picture.width)];
    assert.is(kept.length, height * width);
    const expected = kept.map(
      (_, k) => kept[0]! + Math.floor(k / width) * picture.width + (k % width),
    );
    assert.equal(kept, expected);
  }),
);

test(
  "mirrored twice is as before, and once is each row in reverse",
  forAll({ picture: pictures, at: place, other: place })(({ picture, at, other }) => {
    const once = augmentAt({ flip: 1 }, at)(picture);
    assert.equal(augmentAt({ flip: 1 }, other)(once), picture);
    const { width } = picture;
    once.labels.forEach((label, k) => {
      const across = k % width;
      assert.is(label, picture.labels[k - across + width - 1 - across]);
    });
  }),
);

test(
  "scales picture and labels alike: between two labels, red is nearer to that of the pixel",
  forAll({
    stripes: fc.array(fc.constantFrom(0, 200), { minLength: 1, maxLength: 12 }),
    length: side,
    areColumns: fc.boolean(),
    at: place,
    options: geometries,
  })(({ stripes, length, areColumns, at, options }) => {
    const n = stripes.length * length;
    const labels = Uint8Array.from(
      { length: n },
      (_, k) => stripes[areColumns ? k % stripes.length : Math.floor(k / length)]!,
    );
    const [width, height] = areColumns ? [stripes.length, length] : [length, stripes.length];
    const picture = { name: "", height, width, pixels: new Uint8Array(3 * n), labels };
    const result = augmentAt(options, at)(tagged(picture));
    result.labels.forEach((label, k) => {
      const red = reds(result)[k]!;
      if (label === ignored || red === 100) return; // half-way, after rounding, either will do
      assert.is(label, red > 100 ? 200 : 0);
    });
  }),
);

test(
  "keeps a picture of one colour as it is, whatever its scale, and its labels",
  forAll({ at: place, scale: scales, height: side, width: side, crop: fc.tuple(side, side) })(
    ({ at, scale, height, width, crop }) => {
      const n = height * width;
      const pixels = Uint8Array.from({ length: 3 * n }, (_, k) => [17, 90, 201][k % 3]!);
      const picture = { name: "", height, width, pixels, labels: new Uint8Array(n).fill(4) };
      const result = augmentAt({ scale, crop }, at)(picture);
      assert.ok(result.pixels.every((value, k) => value === pixels[k % 3]));
      assert.ok(result.labels.every((label) => label === 4 || label === ignored));
      const isFull = scale[0] * height >= crop[0] && scale[0] * width >= crop[1];
      if (isFull) assert.ok(result.labels.every((label) => label === 4));
    },
  ),
);

test(
  "labels are those there were, and ignored",
  forAll({ picture: pictures, at: place, options: geometries })(({ picture, at, options }) => {
    const known = new Set([...picture.labels, ignored]);
    assert.ok(augmentAt(options, at)(picture).labels.every((label) => known.has(label)));
  }),
);

test(
  "changes of colour touch no label and no place",
  forAll({ picture: pictures, at: place, geometry: geometries, coloring: colorings })(
    ({ picture, at, geometry, coloring }) => {
      const plain = augmentAt(geometry, at)(picture);
      const colored = augmentAt({ ...geometry, ...coloring }, at)(picture);
      assert.equal(colored.labels, plain.labels);
      assert.equal(augmentAt(coloring, at)(picture).labels, picture.labels);
    },
  ),
);

test(
  "the same place gives the same bytes, and the old picture stays as it is",
  forAll({ picture: pictures, at: place, geometry: geometries, coloring: colorings })(
    ({ picture, at, geometry, coloring }) => {
      const before = structuredClone(picture);
      const options = { ...geometry, ...coloring };
      assert.equal(augmentAt(options, at)(picture), augmentAt(options, at)(picture));
      assert.equal(picture, before);
    },
  ),
);

const large: LabelledPicture = {
  name: "large",
  height: 24,
  width: 32,
  pixels: Uint8Array.from({ length: 24 * 32 * 3 }, (_, k) => (k * 37) % 251),
  labels: Uint8Array.from({ length: 24 * 32 }, (_, k) => k % 11),
};

test(
  "another epoch, index or seed gives another picture",
  forAll({ at: place })(({ at }) => {
    const here = augmentAt(streetAugmentation, at)(large);
    for (const name of ["seed", "epoch", "index"] as const) {
      const there = { ...at, [name]: (at[name] + 1) % 2 ** 32 };
      assert.not.equal(augmentAt(streetAugmentation, there)(large).pixels, here.pixels);
    }
  }),
);

test("mirrors as often as asked, and scales evenly in the logarithm", () => {
  const runs = 4000;
  let mirrored = 0;
  let [shrunk, kept] = [0, 0];
  for (let index = 0; index < runs; index++) {
    const at = { seed: 5, epoch: 1, index };
    const tiny = { ...large, height: 1, width: 2, pixels: large.pixels.slice(0, 6) };
    const row = { ...tiny, labels: Uint8Array.of(0, 1) };
    if (augmentAt({ flip: 0.3 }, at)(row).labels[0] === 1) mirrored++;
    const wide = { ...row, width: 64, pixels: new Uint8Array(192), labels: new Uint8Array(64) };
    const { labels } = augmentAt({ scale: [0.5, 2] }, at)(wide);
    // Shrunk, it leaves a margin.
    if (labels.every((label) => label !== ignored)) kept++;
    else shrunk++;
  }
  assert.ok(Math.abs(mirrored / runs - 0.3) < 0.03); // four deviations of 0.0072
  assert.ok(Math.abs(shrunk / runs - 0.5) < 0.04); // and of 0.0079, and those shrunk by less than a pixel
  assert.is(kept + shrunk, runs);
});

test("by hand: enlarged twice, halves of pixels are weighed three to one", () => {
  const row: LabelledPicture = {
    name: "row",
    height: 1,
    width: 2,
    pixels: Uint8Array.of(0, 0, 0, 100, 200, 40),
    labels: Uint8Array.of(3, 8),
  };
  const { pixels, labels } = augment({ scale: [2, 2], crop: [2, 4] }, () => 0.5)(row);
  const line = [0, 0, 0, 25, 50, 10, 75, 150, 30, 100, 200, 40];
  assert.equal([...pixels], [...line, ...line]);
  assert.equal([...labels], [3, 3, 8, 8, 3, 3, 8, 8]);
});

test("by hand: outside the picture is its mean colour, and ignored", () => {
  const row: LabelledPicture = {
    name: "row",
    height: 1,
    width: 2,
    pixels: Uint8Array.of(0, 10, 20, 100, 30, 22),
    labels: Uint8Array.of(3, 8),
  };
  const { pixels, labels } = augment({ crop: [1, 4] }, () => 0.5)(row);
  assert.equal([...pixels], [50, 20, 21, 0, 10, 20, 100, 30, 22, 50, 20, 21]);
  assert.equal([...labels], [ignored, 3, 8, ignored]);
});

test("refuses options out of range, and says which", async () => {
  const at = { seed: 1, epoch: 0, index: 0 };
  const refusal = async (options: Augmentation, where = at) =>
    (await refusalOf(() => augmentAt(options, where))).message;
  const pair = (a: number, b: number) => [a, b] as const;
  assert.is(await refusal({ flip: 1.5 }), "augment: flip in 0…1 expected, got 1.5");
  assert.is(await refusal({ flip: Number.NaN }), "augment: flip in 0…1 expected, got NaN");
  for (const wrong of [pair(0, 1), pair(2, 1), pair(Number.NaN, 1), pair(1, 65)])
    assert.is(
      await refusal({ scale: wrong }),
      `augment: scale [least, most] in 1/64…64 expected, got [${wrong.join(", ")}]`,
    );
  for (const wrong of [pair(0, 1), pair(1.5, 2), pair(1, Number.NaN)])
    assert.is(
      await refusal({ crop: wrong }),
      `augment: crop [height, width] of whole numbers in 1…65536 expected, got [${wrong.join(", ")}]`,
    );
  for (const name of ["brightness", "contrast", "saturation"] as const)
    for (const wrong of [-0.1, 1.1, Number.NaN])
      assert.is(await refusal({ [name]: wrong }), `augment: ${name} in 0…1 expected, got ${wrong}`);
  assert.is(await refusal({ hue: 0.6 }), "augment: hue in 0…0.5 turns expected, got 0.6");
  assert.is(
    await refusal({}, { ...at, epoch: -1 }),
    "augment: a whole epoch in 0…2³² − 1 expected, got -1",
  );
});

test.run();
