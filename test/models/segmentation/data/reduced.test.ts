// Smaller pictures: means and middles against a plain model, and a case by hand.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as assert from "uvu/assert";
import { reduced, reducedPictures } from "../../../../src/models/segmentation/data/reduced.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("reduced");

const sizes = fc.integer({ min: 1, max: 4 });

test(
  "takes means of squares and the labels in their middle",
  forAll({
    n: sizes,
    height: sizes,
    width: sizes,
    bytes: fc.uint8Array({ minLength: 1024, maxLength: 1024 }),
  })(({ n, height, width, bytes }) => {
    const [tall, wide] = [n * height, n * width];
    const pixels = bytes.subarray(0, 3 * tall * wide);
    const labels = bytes.subarray(768, 768 + tall * wide);
    const result = reduced(n)({ name: "p", height: tall, width: wide, pixels, labels });
    const at = (i: number) => [Math.floor(i / width), i % width] as const;
    const mean = (i: number, k: number): number => {
      const [row, column] = at(i);
      const square = Array.from({ length: n * n }, (_, j) => {
        const [y, x] = [row * n + Math.floor(j / n), column * n + (j % n)];
        return pixels[3 * (y * wide + x) + k] as number;
      });
      return Math.round(square.reduce((a, b) => a + b) / (n * n));
    };
    const middle = (i: number): number => {
      const [row, column] = at(i).map((it) => Math.floor((it + 0.5) * n)) as [number, number];
      return labels[row * wide + column] as number;
    };
    const expected = {
      ...{ name: "p", height, width },
      pixels: Uint8Array.from({ length: 3 * height * width }, (_, i) =>
        mean(Math.floor(i / 3), i % 3),
      ),
      labels: Uint8Array.from({ length: height * width }, (_, i) => middle(i)),
    };
    assert.equal(result, E.right(expected));
  }),
);

test("refuses factors that are none, and sizes that they do not divide", async () => {
  const picture = {
    name: "p",
    height: 2,
    width: 3,
    pixels: new Uint8Array(18),
    labels: new Uint8Array(6),
  };
  const tag = (n: number) => {
    const result = reduced(n)(picture);
    return E.isLeft(result) ? result.left._tag : "none";
  };
  assert.equal([1, 2, 3, 0, -1, 1.5, Number.NaN].map(tag), [
    "none",
    "WrongSize",
    "WrongSize",
    ...new Array(4).fill("InvalidOption"),
  ]);
  const set = { classes: [], names: ["p"], load: () => TE.right(picture) };
  assert.is(reducedPictures(0)(set)._tag, "Left");
  const same = reducedPictures(1)(set);
  assert.ok(E.isRight(same));
  assert.equal(await same.right.load(0)(), E.right(picture));
});

test.run();
