// The parts of a data set: what tells one from another, and that nothing stays open where one is wrong.

import type { Worker } from "node:worker_threads";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { Segmentation } from "../../../src/models/index.ts";
import { suite } from "../../support/suite.ts";
import { picture, right, size, sourceOf } from "./batches/support.ts";

const test = suite("Segmentation.openParts");

const two = [picture("a", size, 1), picture("b", size, 2)] as const;
const three = [...two, picture("c", size, 3)];

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

/** The settings of parts, as text. */
const settingsOf = async (options: Segmentation.PartsOptions): Promise<string> => {
  const parts = right(await Segmentation.openParts(options)());
  await parts.close();
  return JSON.stringify(parts.settings);
};

test("parts of other labels, classes, names or order have other settings", async () => {
  const before = await settingsOf(optionsOf(three));
  assert.is(await settingsOf(optionsOf(three)), before);
  const [a, b, c] = three as [(typeof two)[0], (typeof two)[0], (typeof two)[0]];
  const relabelled = { ...a, labels: a.labels.map((label) => (label === 0 ? 1 : label)) };
  const { sources } = optionsOf(three);
  const renamed = [a, { ...b, name: "bb" }];
  const classes = ["ink", "card"].map((name) => ({ name, color: [0, 0, 0] as const }));
  for (const [what, other] of [
    ["labels", optionsOf([relabelled, b, c])],
    ["names", optionsOf([{ ...a, name: "d" }, b, c])],
    ["order", optionsOf([b, a, c])],
    ["val", optionsOf(three, { sources: { ...sources, val: sourceOf(renamed) } })],
    ["test", optionsOf(three, { sources: { ...sources, test: sourceOf(renamed) } })],
    [
      "classes",
      optionsOf(three, { sources: { ...sources, train: { ...sourceOf(three), classes } } }),
    ],
  ] as const)
    assert.is.not(await settingsOf(other), before, what);
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
