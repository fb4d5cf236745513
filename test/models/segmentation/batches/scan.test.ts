// What is known of all pictures: against the plain definitions, on all pixels at once.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { problemOf } from "../../../../src/models/segmentation/batches/error.ts";
import { labelMaps, pixelStatistics } from "../../../../src/models/segmentation/batches/scan.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import { picture, right, sameThread, size, sourceOf, sourcesTo, withBatches } from "./support.ts";

const labels = suite("labelMaps");
const statistics = suite("pixelStatistics");
const workers = fc.nat(3);

/** All of what an iterable has. */
const listed = async <A>(from: AsyncIterable<A>): Promise<readonly A[]> => {
  const all: A[] = [];
  for await (const one of from) all.push(one);
  return all;
};

labels(
  "gives the labels of all pictures as they are, in order",
  forAll({ source: sourcesTo(8, 9), workers })(async ({ source, workers }) =>
    assert.equal(
      await withBatches(
        { source: { kind: "memory", ...source }, workers },
        (data) => listed(labelMaps(data)),
        sameThread,
      ),
      source.pictures.map((each) => each.labels),
    ),
  ),
);

labels("does so with threads of the host", async () => {
  const pictures = [picture("a", [9, 9], 1), picture("b", [1, 2], 2), picture("c", size, 3)];
  const source = sourceOf(pictures);
  assert.equal(
    await withBatches({ source, workers: 2 }, (data) => listed(labelMaps(data))),
    pictures.map((each) => each.labels),
  );
});

const broken = sourceOf([
  picture("a", size, 1),
  { ...picture("b", size, 2), pixels: new Uint8Array(1) },
  { ...picture("c", size, 3), pixels: new Uint8Array(1) },
]);

labels("throws the problem of the first picture that is wrong, behind those that are not", () =>
  withBatches({ source: broken, workers: 1 }, async (data) => {
    const seen: number[] = [];
    try {
      for await (const map of labelMaps(data)) seen.push(map.length);
      assert.unreachable();
    } catch (error) {
      assert.is(problemOf(error)?.file, "b");
    }
    assert.equal(seen, [size[0] * size[1]]);
  }),
);

labels("a reader may leave early", () =>
  withBatches(
    { source: sourceOf(["a", "b", "c", "d"].map((n) => picture(n, size, 1))) },
    async (data) => {
      for await (const map of labelMaps(data)) {
        assert.is(map.length, size[0] * size[1]);
        break;
      }
    },
  ),
);

statistics(
  "are the mean and the deviation of all pixels",
  forAll({ source: sourcesTo(8, 9), workers })(async ({ source, workers }) => {
    const found = await withBatches(
      { source: { kind: "memory", ...source }, workers },
      (data) => pixelStatistics(data)(),
      sameThread,
    );
    const { pixels, mean, deviation } = right(found);
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

statistics(
  "have the same bits for every order and number of threads",
  forAll({ source: sourcesTo(8, 9), workers })(async ({ source, workers }) => {
    const of = async (pictures: typeof source.pictures, count: number) =>
      right(
        await withBatches(
          { source: sourceOf(pictures), workers: count },
          (data) => pixelStatistics(data)(),
          sameThread,
        ),
      );
    assert.equal(await of([...source.pictures].reverse(), workers), await of(source.pictures, 0));
  }),
);

statistics("are a Left where a picture is wrong", () =>
  withBatches({ source: broken, workers: 1 }, async (data) => {
    const found = await pixelStatistics(data)();
    assert.is(E.isLeft(found) && found.left.file, "b");
  }),
);

labels.run();
statistics.run();
