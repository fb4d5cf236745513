// Runs that are taken up: they go on after any interruption as if there had been none, and lose nothing when something is wrong.

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { zeros } from "../../../src/index.ts";
import {
  checkpointPath,
  datasetOf,
  type FitOptions,
  jsonLines,
  loadTree,
  printFitProblem,
} from "../../../src/nn/index.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";
import { bits, checkpointsIn, ended, newFolder, problemOf } from "./runs.ts";
import { type Batch, begin, evaluate, type State, task } from "./task.ts";

const test = suite("fit, taken up");

/** What presses Ctrl-C once, after a step. */
const pressAfter = (last: number): Pick<FitOptions<State, Batch>, "onStep"> => ({
  onStep: ({ step }) => void (step === last && process.emit("SIGINT")),
});

/** A run that writes everything: checkpoints, the best two, JSON lines. */
const recorded = (folder: string, more: Partial<FitOptions<State, Batch>> = {}) =>
  task({
    evaluateEvery: { steps: 2 },
    monitor: { score: "loss", patience: 50 },
    checkpoints: { folder, every: { steps: 3 }, keepBest: 2 },
    loggers: [jsonLines(join(folder, "log.jsonl"))],
    device: "cpu",
    config: { rate: 0.02 },
    ...more,
  });

const linesOf = (folder: string) =>
  readFileSync(join(folder, "log.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => ({ ...JSON.parse(line), time: 0 }));
const bytesOf = (folder: string, step: number) =>
  readFileSync(checkpointPath(folder, step)).toString("hex");

let unbroken = "";
test("an unbroken run keeps its newest and its best", async () => {
  unbroken = newFolder();
  const run = await ended(recorded(unbroken));
  assert.is(run.outcome, "finished");
  const kept = checkpointsIn(unbroken).map((name) => Number(/\d+/.exec(name)?.[0]));
  const best = [...run.evaluations].sort(
    (a, b) => (a.scores["loss"] as number) - (b.scores["loss"] as number),
  );
  assert.ok(kept.includes(15) && kept.length <= 4, kept.join());
  for (const { step } of best.slice(0, 2)) assert.ok(kept.includes(step), `${step} in ${kept}`);
  assert.is(run.best?.step, best[0]?.step);
  assert.equal(await evaluate(run.best?.state as State), best[0]?.scores);
  const found = await loadTree(checkpointPath(unbroken, run.best?.step as number), begin())();
  assert.equal(E.isRight(found) && bits(found.right.tree), bits(run.best?.state));
});

test(
  "a run that is interrupted anywhere and taken up ends with the same bytes and the same log",
  forAll(
    { stops: fc.uniqueArray(fc.integer({ min: 1, max: 14 }), { minLength: 1, maxLength: 3 }) },
    { runs: 6 },
  )(async ({ stops }) => {
    const folder = newFolder();
    for (const stop of [...stops].sort((a, b) => a - b)) {
      const part = await ended(recorded(folder, { ...pressAfter(stop), resume: true }));
      assert.equal([part.outcome, part.step], ["interrupted", stop]);
    }
    const run = await ended(recorded(folder, { resume: true }));
    assert.is(run.outcome, "finished");
    assert.is(bytesOf(folder, 15), bytesOf(unbroken, 15));
    assert.equal(linesOf(folder), linesOf(unbroken));
    assert.equal(process.listenerCount("SIGINT"), 0);
    const again = await ended(recorded(folder, { resume: true })); // there is nothing left to do
    assert.equal(bits([again.state, again.best?.state]), bits([run.state, run.best?.state]));
    assert.equal(again.evaluations, run.evaluations);
  }),
);

test("more epochs make a longer run", async () => {
  const folder = newFolder();
  await ended(recorded(folder, { epochs: 1 }));
  await ended(recorded(folder, { resume: true }));
  assert.is(bytesOf(folder, 15), bytesOf(unbroken, 15));
});

test("checkpoints by seconds and epochs change no byte of the last", async () => {
  for (const every of [{ seconds: 0 }, { epochs: 2 }]) {
    const folder = newFolder();
    await ended(recorded(folder, { checkpoints: { folder, every, keepBest: 2, keepLast: 1 } }));
    assert.is(bytesOf(folder, 15), bytesOf(unbroken, 15));
  }
});

test("a folder with checkpoints is not written over", async () => {
  const problem = await problemOf(recorded(unbroken));
  assert.is(problem._tag, "FolderInUse");
  assert.match(printFitProblem(problem), "set `resume` to go on with that run");
});

test("a checkpoint of another configuration is refused, which is named", async () => {
  const before = checkpointsIn(unbroken);
  const others: readonly (readonly [Partial<FitOptions<State, Batch>>, RegExp])[] = [
    [{ shuffle: 8 }, /a run with shuffle 8 expected, got 7/],
    [{ last: "pad" }, /a run with last "pad" expected, got "drop"/],
    [{ config: { rate: 0.1 } }, /a run with config.rate 0.1 expected, got 0.02\n/],
    [{ monitor: { score: "loss", patience: 9 } }, /a run with monitor.patience 9 expected/],
    [
      { data: datasetOf({ x: zeros([12, 3]), y: zeros([12, 1]) }) },
      /a run with examples 12 expected, got 22/,
    ],
  ];
  for (const [other, message] of others) {
    const problem = await problemOf(recorded(unbroken, { ...other, resume: true }));
    assert.is(problem._tag, "OtherConfiguration");
    assert.match(printFitProblem(problem), message);
  }
  const { optimizer: _optimizer, ...less } = begin();
  const problem = await problemOf(recorded(unbroken, { state: less as State, resume: true }));
  assert.is(problem._tag, "ExtraTensor");
  assert.match(printFitProblem(problem), /extra "optimizer\[0\]/);
  // Settings by which tensors are others are what is said.
  const both = { state: less as State, config: { rate: 0.1 }, resume: true };
  const cause = await problemOf(recorded(unbroken, both));
  assert.is(cause._tag, "OtherConfiguration");
  assert.match(printFitProblem(cause), /a run with config.rate 0.1 expected, got 0.02\n/);
  assert.equal(checkpointsIn(unbroken), before);
});

test("a damaged checkpoint is named, and the older one that is whole; nothing is lost", async () => {
  const folder = newFolder();
  await ended(recorded(folder, { ...pressAfter(8) }));
  const before = checkpointsIn(folder);
  const newest = checkpointPath(folder, 8);
  writeFileSync(newest, readFileSync(newest).subarray(0, -20));
  const problem = await problemOf(recorded(folder, { resume: true }));
  assert.is(problem._tag, "Truncated");
  assert.match(printFitProblem(problem), `loadTree ${newest}: `);
  assert.match(
    printFitProblem(problem),
    `hint: ${checkpointPath(folder, 6)} is whole: move the damaged file away to go on from there`,
  );
  assert.equal(checkpointsIn(folder), before);
  rmSync(newest);
  await ended(recorded(folder, { resume: true }));
  assert.is(bytesOf(folder, 15), bytesOf(unbroken, 15));
  assert.equal(linesOf(folder), linesOf(unbroken));
});

test("what was left half written is no checkpoint, and goes", async () => {
  const folder = newFolder();
  await ended(recorded(folder, { ...pressAfter(5) }));
  const half = join(folder, ".step-000000000006.safetensors.1-0.partial");
  writeFileSync(half, "half");
  writeFileSync(join(folder, "notes.txt"), "mine");
  await ended(recorded(folder, { resume: true }));
  assert.not.ok(existsSync(half));
  assert.ok(existsSync(join(folder, "notes.txt")));
  assert.is(bytesOf(folder, 15), bytesOf(unbroken, 15));
});

test.run();
