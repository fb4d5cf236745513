// The parts of a data set: nothing stays open where one is wrong.

import type { Worker } from "node:worker_threads";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { Segmentation } from "../../../src/models/index.ts";
import { suite } from "../../support/suite.ts";
import { picture, size, sourceOf } from "./batches/support.ts";

const test = suite("Segmentation.openParts");

const two = [picture("a", size, 1), picture("b", size, 2)] as const;
const optionsOf = (
  train: readonly Segmentation.LabelledPicture[],
  change: Partial<Segmentation.PartsOptions> = {},
): Segmentation.PartsOptions => ({
  sources: { train: sourceOf(train), val: sourceOf(two), test: sourceOf(two) },
  size,
  seed: 1,
  workers: 0,
  ...change,
});

/** The threads that are started while something is done. */
const threadsOf = async (act: () => Promise<unknown>): Promise<readonly Worker[]> => {
  const workers: Worker[] = [];
  const note = (worker: Worker): void => void workers.push(worker);
  process.on("worker", note);
  try {
    await act();
  } finally {
    process.off("worker", note);
  }
  return workers;
};

test("what is thrown over the training part leaves no thread open", async () => {
  // As from a program without types: no reader of files makes such a picture.
  const strange = { ...two[0], pixels: undefined } as unknown as Segmentation.LabelledPicture;
  const unknown = { ...two[0], labels: two[0].labels.map(() => 7) };
  for (const [picture, isThrown] of [
    [strange, true],
    [unknown, false],
  ] as const) {
    let thrown: unknown;
    const workers = await threadsOf(async () => {
      const opening = Segmentation.openParts(optionsOf([picture], { workers: 1 }))();
      const found = await opening.catch((error) => {
        thrown = error;
      });
      assert.ok(found === undefined || E.isLeft(found));
    });
    assert.is(thrown !== undefined, isThrown);
    assert.equal(
      workers.map(({ threadId }) => threadId),
      [-1, -1, -1], // as of those that have ended
    );
  }
});

test.run();
