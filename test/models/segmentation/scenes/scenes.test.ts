// Scenes by place: the same bytes again, all classes in CamVid's shares, every size, and no telling the class by the colour.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { ignored, type LabelledPicture } from "../../../../src/models/segmentation/images.ts";
import { scenes } from "../../../../src/models/segmentation/scenes/index.ts";
import { street, streetClasses } from "../../../../src/models/segmentation/streetClasses.ts";
import { forAll } from "../../../support/property.ts";
import { refusalOf } from "../../../support/refusal.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("scenes");

type Options = Parameters<typeof scenes>[0];

const load = async (options: Options, index: number): Promise<LabelledPicture> => {
  const loaded = await scenes(options).load(index)();
  if (E.isLeft(loaded)) throw new Error(JSON.stringify(loaded.left));
  return loaded.right;
};
const loadAll = async (options: Options): Promise<readonly LabelledPicture[]> =>
  Promise.all(Array.from({ length: options.count }, (_, index) => load(options, index)));

const places = {
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  index: fc.nat(1000),
  height: fc.integer({ min: 24, max: 61 }),
  width: fc.integer({ min: 32, max: 83 }),
};

test(
  "have the size asked for, and every label is a class or ignored",
  forAll(places, { runs: 40 })(async ({ seed, index, height, width }) => {
    const picture = await load({ seed, count: 1001, height, width }, index);
    assert.equal([picture.height, picture.width], [height, width]);
    assert.is(picture.pixels.length, height * width * 3);
    assert.is(picture.labels.length, height * width);
    assert.ok(picture.labels.every((label) => label < streetClasses.length || label === ignored));
  }),
);

test(
  "are the same again, whatever the count and whatever was loaded before",
  forAll(places, { runs: 20 })(async ({ seed, index, height, width }) => {
    const first = await load({ seed, count: 1001, height, width }, index);
    const pictures = scenes({ seed, count: 2000, height, width });
    await pictures.load(index + 1)();
    assert.equal(await pictures.load(index)(), E.right(first));
    assert.is(pictures.names[index], first.name);
  }),
);

test(
  "are others at another seed or index",
  forAll(places, { runs: 20 })(async ({ seed, index, height, width }) => {
    const size = { count: 1002, height, width };
    const { pixels, labels } = await load({ seed, ...size }, index);
    for (const other of [
      await load({ seed, ...size }, index + 1),
      await load({ seed: (seed + 1) % 2 ** 32, ...size }, index),
    ]) {
      assert.not.equal(other.pixels, pixels);
      assert.not.equal(other.labels, labels);
    }
  }),
);

test("show the same street at half the size", async () => {
  for (let index = 0; index < 10; index++) {
    const [large, small] = [90, 45].map((height) =>
      load({ seed: 3, count: 10, height, width: (height / 3) * 4 }, index),
    );
    const [{ labels: fine }, { labels: coarse }] = [await large!, await small!];
    const same = coarse.filter((label, at) => {
      const [y, x] = [Math.floor(at / 60), at % 60];
      return [0, 1, 120, 121].some((step) => fine[240 * y + 2 * x + step] === label);
    });
    assert.ok(same.length > 0.9 * coarse.length, `${index}: ${same.length}`);
  }
});

// CamVid's own shares of pixels, in the order of its classes (train, 367 pictures).
const camvid = [
  0.1685, 0.2326, 0.0098, 0.3166, 0.0449, 0.0972, 0.0117, 0.0113, 0.0587, 0.0064, 0.0029,
];

const sharesOf = (pictures: readonly LabelledPicture[]): readonly number[] => {
  const counts = new Float64Array(256);
  for (const { labels } of pictures) for (const label of labels) counts[label]!++;
  const total = counts.reduce((sum, count) => sum + count);
  return [...counts].map((count) => count / total);
};

test("have every class in 60 pictures, with at least half and at most twice its share in CamVid", async () => {
  const shares = sharesOf(await loadAll({ seed: 1, count: 60 }));
  camvid.forEach((share, label) => {
    const name = streetClasses[label]?.name;
    assert.ok(shares[label]! > share / 2, `${name}: ${shares[label]}`);
    assert.ok(shares[label]! < share * 2, `${name}: ${shares[label]}`);
  });
  for (const label of [street.pole, street.fence, street.pedestrian, street.bicyclist])
    assert.ok(shares[label]! < 0.015);
  assert.ok(shares[ignored]! > 0.005 && shares[ignored]! < 0.05, `${shares[ignored]}`);
});

/** The cube of 16³ that a pixel's colour is in. */
const bin = ({ pixels }: LabelledPicture, at: number): number =>
  ((pixels[3 * at]! >> 4) << 8) | ((pixels[3 * at + 1]! >> 4) << 4) | (pixels[3 * at + 2]! >> 4);

test("are not told by colour: the likeliest class of each colour has a mean IoU below 0.3", async () => {
  const pictures = await loadAll({ seed: 2, count: 80 });
  const [learned, held] = [pictures.slice(0, 40), pictures.slice(40)];
  const votes = Array.from({ length: 4096 }, () => new Uint32Array(11));
  for (const picture of learned)
    picture.labels.forEach((label, at) => {
      if (label !== ignored) votes[bin(picture, at)]![label]!++;
    });
  const winners = votes.map((counts) => counts.indexOf(Math.max(...counts)));
  const [hits, unions] = [new Float64Array(11), new Float64Array(11)];
  for (const picture of held)
    picture.labels.forEach((label, at) => {
      if (label === ignored) return;
      const guess = winners[bin(picture, at)]!;
      unions[label]!++;
      if (guess === label) hits[label]!++;
      else unions[guess]!++;
    });
  const mean = [...hits].reduce((sum, hit, label) => sum + hit / unions[label]! / 11, 0);
  assert.ok(mean < 0.3 && mean > 0.05, `${mean}`);
});

test("end with a Left that says which index there is", async () => {
  for (const index of [-1, 3, 0.5, Number.NaN])
    assert.equal(await scenes({ seed: 1, count: 3 }).load(index)(), {
      _tag: "Left",
      left: {
        _tag: "InvalidOption",
        file: "scenes",
        rule: "an index in 0…2 expected",
        got: `${index}`,
      },
    });
});

test("refuse options that make no picture", async () => {
  const refusal = async (options: Partial<Options>) =>
    (await refusalOf(() => scenes({ seed: 1, count: 1, ...options }))).message;
  assert.is(await refusal({ seed: -1 }), "scenes: a whole seed in 0…2³² − 1 expected, got -1");
  assert.is(await refusal({ seed: 0.5 }), "scenes: a whole seed in 0…2³² − 1 expected, got 0.5");
  assert.is(await refusal({ count: 0 }), "scenes: a whole count in 1…2³² − 1 expected, got 0");
  assert.is(
    await refusal({ height: 23 }),
    "scenes: a whole height of at least 24 expected, got 23",
  );
  assert.is(
    await refusal({ width: Number.NaN }),
    "scenes: a whole width of at least 32 expected, got NaN",
  );
  assert.is(
    await refusal({ height: 2 ** 13, width: 2 ** 12 }),
    "scenes: at most 2²⁴ pixels expected, got 33554432",
  );
});

test.run();
