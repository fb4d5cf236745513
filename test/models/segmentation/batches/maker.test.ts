// What a thread does: loads a picture once while there is room, and says what is wrong and where.

import fc from "fast-check";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as assert from "uvu/assert";
import { makerOf } from "../../../../src/models/segmentation/batches/maker.ts";
import type { ImageProblem } from "../../../../src/models/segmentation/data/problem.ts";
import type { LabelledPictures } from "../../../../src/models/segmentation/images.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import { picture, size } from "./support.ts";

const test = suite("makerOf");

/** Pictures of the size of batches, 4 bytes a pixel, that count how often each is loaded; one may be broken. */
const countedPictures = (count: number, broken?: number) => {
  const loads = new Array<number>(count).fill(0);
  const names = loads.map((_, i) => `picture ${i}`);
  const problem = (file: string): ImageProblem => ({
    _tag: "CorruptImage",
    file,
    rule: "a whole picture expected",
    got: "half of it",
  });
  const load: LabelledPictures["load"] = (index) => {
    loads[index] = (loads[index] as number) + 1;
    const name = names[index] as string;
    return index === broken ? TE.left(problem(name)) : TE.right(picture(name, size, index));
  };
  return { loads, pictures: { classes: [], names, load } };
};

const pictureBytes = size[0] * size[1] * 4;

test(
  "keeps the pictures that came first, as many as there is room for",
  forAll({
    room: fc.nat(6),
    order: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
    epochs: fc.integer({ min: 1, max: 3 }),
  })(async ({ room, order, epochs }) => {
    const { loads, pictures } = countedPictures(5);
    const cacheBytes = room * pictureBytes + pictureBytes / 2;
    const maker = makerOf(pictures, { size, seed: 1, cacheBytes });
    for (let epoch = 0; epoch < epochs; epoch++) await maker.examples({ indices: order, epoch });
    assert.equal(
      order.map((index) => loads[index]),
      order.map((_, i) => (i < room ? 1 : epochs)),
    );
  }),
);

test("kept pictures and answers share no memory", async () => {
  const { pictures } = countedPictures(1);
  const maker = makerOf(pictures, { size, seed: 1, cacheBytes: 1e6 });
  const ask = async () => {
    const examples = await maker.examples({ indices: [0], epoch: undefined });
    if (examples._tag === "Left") throw new Error("a Right expected");
    return [examples.right.images, examples.right.labels];
  };
  const first = await ask();
  const copies = first.map((bytes) => [...bytes]);
  for (const bytes of first) structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
  assert.equal(first[0]?.length, 0); // moved away
  assert.equal(
    (await ask()).map((bytes) => [...bytes]),
    copies,
  );
});

test("says which example failed, and loads no further", async () => {
  const { loads, pictures } = countedPictures(4, 2);
  const maker = makerOf(pictures, { size, seed: 1, cacheBytes: 1e6 });
  const made = await maker.examples({ indices: [0, 2, 3], epoch: 0 });
  if (made._tag === "Right") throw new Error("a Left expected");
  assert.is(made.left.position, 1);
  assert.is(made.left.problem.file, "picture 2");
  assert.equal(loads, [1, 0, 1, 0]);
  const asked = await maker.survey(2);
  assert.is(asked._tag === "Left" && asked.left.problem.file, "picture 2");
});

test.run();
