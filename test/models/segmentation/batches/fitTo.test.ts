// Padding, pixel by pixel.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { fitTo } from "../../../../src/models/segmentation/batches/fitTo.ts";
import { printImageProblem } from "../../../../src/models/segmentation/data/problem.ts";
import { ignored } from "../../../../src/models/segmentation/images.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import { picture, right } from "./support.ts";

const test = suite("fitTo");
const sizes = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }));

test(
  "repeats the nearest pixel, and knows no class outside",
  forAll({ own: sizes, more: fc.tuple(fc.nat(4), fc.nat(4)), seed: fc.nat(99) })(
    ({ own: [height, width], more, seed }) => {
      const from = picture("a", [height, width], seed);
      const to = right(fitTo([height + more[0], width + more[1]])(from));
      assert.equal([to.name, to.height, to.width], ["a", height + more[0], width + more[1]]);
      assert.is(to.pixels.length, to.height * to.width * 3);
      assert.is(to.labels.length, to.height * to.width);
      for (let y = 0; y < to.height; y++)
        for (let x = 0; x < to.width; x++) {
          const nearest = Math.min(y, height - 1) * width + Math.min(x, width - 1);
          const at = y * to.width + x;
          const isInside = y < height && x < width;
          assert.equal(
            to.pixels.slice(at * 3, at * 3 + 3),
            from.pixels.slice(nearest * 3, nearest * 3 + 3),
          );
          assert.is(to.labels[at], isInside ? from.labels[nearest] : ignored);
        }
    },
  ),
);

test(
  "refuses what is higher or wider",
  forAll({ own: sizes, size: sizes })(({ own, size }) => {
    const isLarger = own[0] > size[0] || own[1] > size[1];
    const fitted = fitTo(size)(picture("a", own, 1));
    assert.is(E.isLeft(fitted) && fitted.left._tag === "WrongSize", isLarger);
  }),
);

test("names the picture and both sizes", () => {
  const fitted = fitTo([4, 5])(picture("train/7.png", [3, 9], 1));
  if (E.isRight(fitted)) throw new Error("a Left expected");
  assert.match(
    printImageProblem(fitted.left),
    "train/7.png: 1 × 1 to 4 × 5 pixels (height × width) expected, got 3 × 9\n",
  );
});

test("pads a small picture", () => {
  const pixels = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const small = { name: "a", height: 1, width: 2, pixels, labels: Uint8Array.of(0, 1) };
  const padded = right(fitTo([2, 3])(small));
  const row = [1, 2, 3, 4, 5, 6, 4, 5, 6];
  assert.equal([...padded.pixels], [...row, ...row]);
  assert.equal([...padded.labels], [0, 1, 255, 255, 255, 255]);
});

test.run();
