// What is known of all pictures: against the plain definitions, on all pixels at once.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import type { BatchesOptions } from "../../../../src/models/segmentation/batches/dataset.ts";
import { type Survey, survey } from "../../../../src/models/segmentation/batches/survey.ts";
import { ignored } from "../../../../src/models/segmentation/images.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import { picture, right, sameThread, size, sourceOf, sourcesTo, withBatches } from "./support.ts";

const test = suite("survey");
const sources = { source: sourcesTo(8, 9), workers: fc.nat(3) };

/** What is found out in threads that are none. */
const found = async (options: Pick<BatchesOptions, "source" | "workers">): Promise<Survey> =>
  right(await withBatches(options, (data) => survey(data)(), sameThread));

test(
  "counts the labels of each class, and the pixels of the pictures that have some",
  forAll(sources)(async ({ source, workers }) => {
    const { counts } = await found({ source: { kind: "memory", ...source }, workers });
    const labels = source.pictures.map((each) => [...each.labels]);
    const classes = source.classes.map((_, k) => k);
    assert.equal(
      counts.pixels,
      classes.map((k) => labels.flat().filter((label) => label === k).length),
    );
    assert.equal(
      counts.pixelsWherePresent,
      classes.map((k) => labels.filter((each) => each.includes(k)).flat().length),
    );
  }),
);

test(
  "has the mean and the deviation of all pixels",
  forAll(sources)(async ({ source, workers }) => {
    const { colors } = await found({ source: { kind: "memory", ...source }, workers });
    const { pixels, mean, deviation } = colors;
    for (const channel of [0, 1, 2]) {
      const all = source.pictures.flatMap((each) =>
        [...each.pixels].filter((_, i) => i % 3 === channel).map((value) => value / 255),
      );
      const middle = all.reduce((sum, x) => sum + x, 0) / all.length;
      const spread = all.reduce((sum, x) => sum + (x - middle) ** 2, 0) / all.length;
      assert.is(pixels, all.length);
      // Sums of at most 504 doubles of at most 1 are wrong by less than 504 · 2⁻⁵³ of themselves.
      assert.ok(Math.abs((mean[channel] as number) - middle) < 1e-12);
      assert.ok(Math.abs((deviation[channel] as number) ** 2 - spread) < 1e-12);
    }
  }),
);

test(
  "has the same bits for every order and number of threads",
  forAll(sources)(async ({ source, workers }) =>
    assert.equal(
      await found({ source: sourceOf([...source.pictures].reverse()), workers }),
      await found({ source: sourceOf(source.pictures), workers: 0 }),
    ),
  ),
);

test("is the same from threads of the host", async () => {
  const source = sourceOf([
    picture("a", [9, 9], 1),
    picture("b", [1, 2], 2),
    picture("c", size, 3),
  ]);
  const inThreads = await withBatches({ source, workers: 2 }, (data) => survey(data)());
  const here = await found({ source, workers: 0 });
  assert.equal(right(inThreads), here);
  assert.is(
    here.counts.pixels.reduce((sum, n) => sum + n),
    source.pictures.flatMap(({ labels }) => [...labels]).filter((label) => label !== ignored)
      .length,
  );
});

test("names the first picture that is wrong", () => {
  const source = sourceOf([
    picture("a", size, 1),
    { ...picture("b", size, 2), pixels: new Uint8Array(1) },
    { ...picture("c", size, 3), pixels: new Uint8Array(1) },
  ]);
  return withBatches({ source, workers: 1 }, async (data) => {
    const none = await survey(data)();
    assert.is(E.isLeft(none) && none.left.file, "b");
  });
});

test("asks for each picture once", async () => {
  const source = sourceOf(["a", "b", "c", "d", "e"].map((name, i) => picture(name, size, i)));
  await withBatches({ source, workers: 2 }, async (data) => {
    const asked: number[] = [];
    const surveyOf = (index: number) => {
      asked.push(index);
      return data.surveyOf(index);
    };
    right(await survey({ ...data, surveyOf })());
    assert.equal(asked, [0, 1, 2, 3, 4]);
  });
});

test.run();
