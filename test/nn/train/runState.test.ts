// What a checkpoint says of a run: it comes back, best lists are what sorting gives, and folders list what is whole.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { scalar } from "../../../src/index.ts";
import {
  listCheckpoints,
  loadCheckpoint,
  pruneCheckpoints,
  saveCheckpoint,
} from "../../../src/nn/index.ts";
import {
  afterEvaluation,
  afterStep,
  beginRun,
  canonicalJson,
  otherSetting,
  type RunState,
  runFromMetadata,
  runToMetadata,
} from "../../../src/nn/train/runState.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("run state");

const values = fc.array(
  fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(Number.NaN), fc.double()),
  { maxLength: 10 },
);
const monitor = { score: "error", checkFinite: false };
const runOf = (scores: readonly number[], keep: number, mode: "min" | "max" = "min"): RunState =>
  scores.reduce((run, error, i) => {
    const next = afterStep(run, { epoch: i, position: 0, isLast: true });
    return afterEvaluation(
      next,
      { step: next.step, epoch: i, scores: { error, other: 1 } },
      { ...monitor, mode },
      keep,
    );
  }, beginRun);

test(
  "the best are the first of all, sorted; equals in order of time",
  forAll({
    scores: values,
    keep: fc.integer({ min: 1, max: 4 }),
    mode: fc.constantFrom("min" as const, "max" as const),
  })(({ scores, keep, mode }) => {
    const sign = mode === "min" ? 1 : -1;
    const wanted = scores
      .map((value, i) => ({ step: i + 1, value }))
      .filter(({ value }) => Number.isFinite(value))
      .sort((a, b) => sign * (a.value - b.value) || a.step - b.step)
      .slice(0, keep);
    assert.equal(runOf(scores, keep, mode).best, wanted);
  }),
);

test(
  "a run comes back from what a checkpoint says, numbers that are none too",
  forAll(values)((scores) => {
    const run = runOf(scores, 3);
    assert.equal(runFromMetadata(runToMetadata(run, {})), E.right(run));
  }),
);

test("places go on from batch to batch and epoch to epoch", () => {
  const first = afterStep(beginRun, { epoch: 0, position: 0, isLast: false });
  assert.equal([first.step, first.place], [1, { epoch: 0, position: 1 }]);
  const second = afterStep(first, { epoch: 0, position: 1, isLast: true });
  assert.equal([second.step, second.place], [2, { epoch: 1, position: 0 }]);
});

test("another file's metadata is no run", () => {
  assert.ok(E.isLeft(runFromMetadata({})));
  for (const said of ["{", '{"version":2}'])
    assert.ok(E.isLeft(runFromMetadata({ "pullback.run": said })));
});

test("of settings within settings the one that differs is named, as deep as both have the same names", () => {
  const wanted = { loss: { kind: "dice" }, rate: 0.1, decay: undefined, classes: ["a", "b"] };
  const metadata = (training: object) =>
    runToMetadata(beginRun, { config: { data: "d", training } });
  const said = (training: object) =>
    otherSetting(metadata(training), { config: { training: wanted, data: "d" } });
  assert.is(said(wanted), undefined);
  assert.equal(said({ ...wanted, rate: 0.5 }), {
    name: "config.training.rate",
    wanted: "0.1",
    found: "0.5",
  });
  assert.equal(said({ ...wanted, classes: ["a"] }), {
    name: "config.training.classes",
    wanted: '["a","b"]',
    found: '["a"]',
  });
  assert.equal(said({ ...wanted, loss: { kind: "focal", gamma: 2 } }), {
    name: "config.training.loss",
    wanted: '{"kind":"dice"}',
    found: '{"gamma":2,"kind":"focal"}',
  });
});

test("settings that are equal but written otherwise are equal", () => {
  const settings = { config: { a: 1, b: [2, { d: Number.NaN, c: null }] }, size: 3 };
  const metadata = runToMetadata(beginRun, settings);
  assert.is(
    otherSetting(metadata, { size: 3, config: { b: [2, { c: null, d: Number.NaN }], a: 1 } }),
    undefined,
  );
  assert.equal(otherSetting(metadata, { ...settings, size: 4 }), {
    name: "size",
    wanted: "4",
    found: "3",
  });
  assert.equal(otherSetting(metadata, { config: settings.config }), {
    name: "size",
    wanted: "null",
    found: "3",
  });
  assert.is(canonicalJson(undefined), "null");
});

const folder = mkdtempSync(join(tmpdir(), "pullback-folder-"));
test.after(() => rmSync(folder, { recursive: true }));

test("a folder lists what is whole, newest first, and forgets what is not kept", async () => {
  assert.equal(await listCheckpoints(join(folder, "none"))(), E.right([]));
  for (const step of [5, 40, 1000000, 7]) await saveCheckpoint(folder, step, scalar(step))();
  for (const name of [
    ".step-000000000009.safetensors.1-2.partial",
    "step-9.safetensors",
    "other.safetensors",
  ])
    writeFileSync(join(folder, name), "");
  assert.equal(await listCheckpoints(folder)(), E.right([1000000, 40, 7, 5]));
  await pruneCheckpoints(folder, [40, 5, 3])();
  assert.equal(await listCheckpoints(folder)(), E.right([40, 5]));
});

test("a tree that does not fit is not called damaged", async () => {
  const found = await loadCheckpoint(folder, 40, { w: scalar(0) })();
  assert.equal(E.isLeft(found) && [found.left._tag, found.left.hint], ["MissingTensor", undefined]);
});

test.run();
