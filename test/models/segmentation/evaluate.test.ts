// Predictions batch by batch, and what they are judged by.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { tensor, values } from "../../../src/index.ts";
import { Segmentation } from "../../../src/models/index.ts";
import { BoundaryF1, Confusion } from "../../../src/nn/index.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";
import { boxes } from "./setup.ts";

const test = suite("Segmentation.predictions");

const [height, width] = [8, 9];

/** A network that says a class by the red of a pixel alone, so that nothing has to be trained. */
const byRed: Segmentation.Predict = (_, images) => {
  const pixels = values(images);
  const red = Array.from({ length: pixels.length / 3 }, (_, i) =>
    (pixels[3 * i] as number) > 100 ? 1 : 0,
  );
  return tensor(red, { dtype: "i32", shape: images.shape.slice(0, 3) });
};
const none = {} as Segmentation.Network; // byRed does not look at it

test(
  "are the same for any size of batch, each picture once and in order",
  forAll({ length: fc.integer({ min: 1, max: 7 }), size: fc.integer({ min: 1, max: 9 }) })(
    async ({ length, size }) => {
      const found: Segmentation.Judged[] = [];
      for await (const one of Segmentation.predictions(
        byRed,
        none,
        boxes(length, height, width),
        size,
      ))
        found.push(one);
      assert.equal(
        found.map(({ index }) => index),
        Array.from({ length }, (_, i) => i),
      );
      for (const { truth, prediction } of found) {
        assert.is(prediction.length, height * width);
        // What is no class was painted as ground.
        const guessed = Array.from(truth, (label) => (label === Segmentation.ignored ? 0 : label));
        assert.equal(Array.from(prediction), guessed);
      }
    },
  ),
);

test("are judged by one matrix over all pictures, and outlines picture by picture", async () => {
  const data = boxes(3, height, width);
  const judged = Segmentation.predictions(byRed, none, data, 2);
  const { areas, outlines } = await Segmentation.judge(judged, { classes: 2, height, width });
  assert.is(areas.meanIou, 1);
  assert.is(areas.count, 3 * (height * width - 1)); // one pixel of each picture is of no class
  assert.is(outlines.meanF1, 1);
  const wrong = async function* (): AsyncGenerator<Segmentation.Judged, void> {
    for await (const one of Segmentation.predictions(byRed, none, data, 2))
      yield { ...one, prediction: Array.from(one.prediction, (it) => 1 - it) };
  };
  const all: Segmentation.Judged[] = [];
  for await (const one of wrong()) all.push(one);
  const found = await Segmentation.judge(wrong(), { classes: 2, height, width });
  const sum = all
    .map(({ truth, prediction }) =>
      Confusion.ofLabels({ classes: 2, ignoreIndex: Segmentation.ignored })(truth, prediction),
    )
    .reduce(Confusion.monoid(2).concat);
  assert.equal(found.areas, Confusion.scores(sum));
  const measure = BoundaryF1.ofLabels({
    classes: 2,
    height,
    width,
    ignoreIndex: Segmentation.ignored,
  });
  const lines = all
    .map(({ truth, prediction }) => measure(truth, prediction))
    .reduce(BoundaryF1.monoid(2).concat);
  assert.equal(found.outlines, BoundaryF1.scores(lines));
});

test.run();
