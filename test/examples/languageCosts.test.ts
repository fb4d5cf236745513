// Ways to train language models before they are timed: they compute the same, and take the memory that they are for.

import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { sizesFor } from "../../examples/language/study/sizes.ts";
import {
  costOf,
  deviationFrom,
  isNear,
  memoryOf,
  slopeBy,
} from "../../examples/language/study/wayCosts.ts";
import { control, settingOf, ways } from "../../examples/language/study/ways.ts";
import { suite } from "../support/suite.ts";

const test = suite("language study: costs");

/** Twelve pieces, for the most micro-batches. */
const tiny = () => settingOf({ ...sizesFor("smoke"), batchSize: 12 });

test("has ways to train that compute what the control does, those of f32 to rounding of sums", async () => {
  const setting = await tiny();
  const wanted = await slopeBy(setting, control);
  for (const way of ways) {
    const deviation = deviationFrom(wanted, await slopeBy(setting, way));
    assert.ok(isNear(way, deviation), `${way.name}: ${JSON.stringify(deviation)}`);
  }
});

test("times no way that does not compute what the control does, be it no number", async () => {
  const setting = await tiny();
  const { loss, gradients } = await slopeBy(setting, control);
  const turned = gradients.map((leaf, i) => (i === 0 ? leaf.map((x) => -x) : leaf));
  const wrong = [
    [{ loss: 1.01 * loss, gradients }, /got 0\.0099/],
    [{ loss, gradients: turned }, /and 2$/],
    [{ loss, gradients: gradients.map((leaf) => leaf.map(() => Number.NaN)) }, /and NaN$/],
  ] as const;
  for (const [slope, got] of wrong) {
    const cost = await costOf(setting, control, slope, 1);
    assert.ok(E.isLeft(cost));
    assert.match(cost.left, got);
  }
});

test("has ways that take less memory: parts of a batch, 16 bits, layers computed again", async () => {
  const setting = await tiny();
  const usual = await memoryOf(setting, control);
  assert.is(usual.optimizerBytes, 2 * usual.parameterBytes + 2 * 4); // two means, two counts
  for (const way of ways.filter((it) => it !== control)) {
    const { waitingBytes, temporaryBytes, optimizerBytes, parameterBytes } = await memoryOf(
      setting,
      way,
    );
    assert.ok(temporaryBytes < usual.temporaryBytes, way.name);
    if (way.microBatches > 1) {
      // What waits is so much less but for a few scalars, and gradients are added up.
      const share = usual.waitingBytes / way.microBatches;
      assert.ok(waitingBytes < 1.05 * share, way.name);
      assert.is(optimizerBytes, usual.optimizerBytes + parameterBytes + 4, way.name);
    } else assert.ok(waitingBytes < (2 / 3) * usual.waitingBytes, way.name);
  }
});

test.run();
