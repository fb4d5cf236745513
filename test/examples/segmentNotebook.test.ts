// What the notebook of the segmenter asks of labels, losses and networks.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { inBlocks, iouInBlocks } from "../../examples/segment/blocks.ts";
import { judgeOnTest } from "../../examples/segment/judged.ts";
import { pullOf } from "../../examples/segment/pull.ts";
import { classDots } from "../../examples/segment/report.ts";
import { key, tensor } from "../../src/index.ts";
import { Segmentation } from "../../src/models/index.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const { ignored } = Segmentation;
const test = suite("segment, for its notebook");

const maps: fc.Arbitrary<Segmentation.Labels> = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([height, width]) =>
    fc.uint8Array({ minLength: height * width, maxLength: height * width }).map((bytes) => ({
      height,
      width,
      labels: bytes.map((x) => (x % 5 === 4 ? ignored : x % 5)),
    })),
  );
const sizes = fc.integer({ min: 1, max: 10 });

test(
  "inBlocks changes nothing in blocks of a pixel, nor in what are blocks already",
  forAll({ map: maps, size: sizes })(({ map, size }) => {
    assert.equal(inBlocks(map, 1), map);
    const once = inBlocks(map, size);
    assert.equal(inBlocks(once, size), once);
  }),
);

test("inBlocks gives each block, cut at the edges, the class that most of its pixels have", () => {
  const labels = Uint8Array.of(1, 1, 0, 0, 1, 0, 2, ignored, ignored);
  const expected = Uint8Array.of(1, 1, 0, 1, 1, 0, 2, 2, ignored);
  assert.equal([...inBlocks({ height: 3, width: 3, labels }, 2).labels], [...expected]);
});

test("iouInBlocks is 1 for blocks of a pixel, and counts what blocks lose", () => {
  const map = { height: 1, width: 4, labels: Uint8Array.of(0, 0, 0, 1) };
  assert.equal(iouInBlocks([map, map], 1, 2), [1, 1]);
  assert.equal(iouInBlocks([map, map], 4, 2), [0.75, 0]);
});

const labels = tensor([0, 0, 0, 1, 1, 2, ignored, ignored], { dtype: "u8", shape: [2, 2, 2] });

test("the pull of cross-entropy is the share of pixels", () => {
  const pull = pullOf({ kind: "cross-entropy" }, 3)(labels);
  for (const [i, share] of [3 / 6, 2 / 6, 1 / 6].entries())
    assert.ok(Math.abs((pull[i] as number) - share) < 1e-6); // sums of a few f32
});

test("a weight for a class pulls as much harder", () => {
  const pull = pullOf({ kind: "weighted", weights: [1, 1, 9] }, 3)(labels);
  for (const [i, share] of [3 / 14, 2 / 14, 9 / 14].entries())
    assert.ok(Math.abs((pull[i] as number) - share) < 1e-6); // sums of a few f32
});

test("judgeOnTest keeps what was found in the pictures that are named, and scores all", async () => {
  const source = (seed: number) =>
    ({ kind: "scenes", seed, count: 3, height: 24, width: 32 }) as const;
  const opened = await Segmentation.openParts({
    sources: { train: source(0), val: source(1), test: source(2) },
    size: [24, 32],
    seed: 0,
    workers: 0,
  })();
  if (E.isLeft(opened)) throw new Error(Segmentation.printImageProblem(opened.left));
  const parts = opened.right;
  const config = Segmentation.configOf("segnet-small", { classes: 11, width: 1 });
  const network = {
    params: Segmentation.Segmenter.init(key(0), config),
    stats: Segmentation.Segmenter.initState(config),
  };
  const { found, areas } = await judgeOnTest(parts, config, network, {
    kept: [2, 0],
    batchSize: 2,
  });
  await parts.close();
  assert.equal([...found.keys()].sort(), [0, 2]);
  for (const labelsOfOne of found.values()) assert.is(labelsOfOne.length, 24 * 32);
  assert.ok(areas.count > 2 * 24 * 32 * 0.5);
});

test("classDots draws a dot for each class and name", () => {
  const dots = (names: readonly string[]) =>
    classDots("t", "share", ["a", "b"], Object.fromEntries(names.map((it) => [it, [0.1, 0.2]])));
  const count = (names: readonly string[]) => dots(names).svg.split("<circle").length - 1;
  assert.is(count(["one"]), 2);
  assert.is(count(["one", "two"]), 4);
});

test.run();
