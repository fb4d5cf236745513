// The training loop: it is the loop that one would write by hand, goes on after any interruption as if there had been none, and loses
// nothing when something is wrong.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import {
  compile,
  leavesOf,
  ready,
  scalar,
  sum,
  type Tensor,
  tensor,
  toArray,
  where,
  zeros,
} from "../../../src/index.ts";
import {
  checkpointPath,
  datasetOf,
  deal,
  type FitOptions,
  type Fitted,
  fit,
  jsonLines,
  loadTree,
  printFitProblem,
} from "../../../src/nn/index.ts";
import { bitsOf } from "../../support/arrays.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";
import { type Batch, begin, evaluate, examples, type State, step, task } from "./task.ts";

const top = mkdtempSync(join(tmpdir(), "pullback-fit-"));
const test = suite("fit");
test.after(() => rmSync(top, { recursive: true }));

let folders = 0;
const newFolder = (): string => join(top, `run${folders++}`);

const ended = async <S, B>(options: FitOptions<S, B>): Promise<Fitted<S>> => {
  const found = await fit(options)();
  if (E.isLeft(found)) throw new Error(printFitProblem(found.left));
  return found.right;
};
const problemOf = async <S, B>(options: FitOptions<S, B>) => {
  const found = await fit(options)();
  if (E.isRight(found)) throw new Error("no problem");
  return found.left;
};
const bits = (tree: unknown) => leavesOf(tree).map(bitsOf);

/** What presses Ctrl-C once, after a step. */
const pressAfter = (last: number): Pick<FitOptions<State, Batch>, "onStep"> => ({
  onStep: ({ step }) => void (step === last && process.emit("SIGINT")),
});

test("it is the loop that one would write by hand", async () => {
  const byHand = compile(step);
  let state = begin();
  const losses: unknown[] = [];
  for (const epoch of [0, 1, 2]) {
    const { count, at } = deal({ length: 22, size: 4, seed: 7 }, epoch);
    for (let i = 0; i < count; i++) {
      const made = byHand(state, await datasetOf(examples).batch(at(i).indices));
      state = made.state;
      losses.push(toArray(made.metrics.loss));
    }
  }
  const seen: unknown[] = [];
  const run = await ended(task({ onStep: ({ metrics }) => void seen.push(metrics["loss"]) }));
  assert.equal(seen, losses);
  assert.equal(bits(run.state), bits(state));
  assert.equal([run.outcome, run.step, run.evaluations.length], ["finished", 15, 3]);
});

test("it learns, and leaves the state that it was given as it was", async () => {
  const state = await ready(begin());
  const before = bits(state);
  const run = await ended(task({ state, epochs: 30 }));
  assert.equal(bits(state), before);
  const losses = run.evaluations.map(({ scores }) => scores["loss"] as number);
  assert.ok((losses.at(-1) as number) < (losses[0] as number) / 5, losses.join());
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
const checkpointsIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.includes("step-"))
    .sort();
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
    [{ config: { rate: 0.1 } }, /a run with config {"rate":0.1} expected, got {"rate":0.02}/],
    [
      { monitor: { score: "loss", patience: 9 } },
      /a run with monitor {"patience":9,"score":"loss"} expected/,
    ],
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

test("it stops early, and has the best state", async () => {
  const scores = [3, 2, 2.5, 2.25, 1];
  let checks = 0;
  const states: unknown[] = [];
  const run = await ended(
    task({
      epochs: 5,
      monitor: { score: "error", patience: 2 },
      evaluate: async (state) => {
        states.push(bits(state));
        return { error: scores[checks++] as number };
      },
    }),
  );
  assert.equal([run.outcome, run.reason, run.step], ["stopped", "patience", 20]);
  assert.equal([run.best?.step, run.best?.value], [10, 2]);
  assert.equal(bits(run.best?.state), states[1]);
});

/** A run of a single number, with losses to order. */
const counting = (losses: readonly number[]): FitOptions<Tensor, Tensor> => ({
  state: scalar(0),
  step: (state, x) => ({ state, metrics: { loss: sum(x) } }),
  data: datasetOf(tensor(losses)),
  batchSize: 1,
  epochs: 1,
  shuffle: false,
  progress: "silent",
});

test("a loss that is no number is an error that says where, and no checkpoint", async () => {
  const folder = newFolder();
  const options = {
    ...counting([1, 2, Number.NaN, 4]),
    checkpoints: { folder, every: { steps: 1 } },
  };
  const problem = await problemOf(options);
  assert.is(problem._tag, "NonFinite");
  assert.is(
    printFitProblem(problem),
    `fit: a finite loss after step 3 expected, got NaN\nhint: the checkpoints in ${folder} are from before`,
  );
  assert.equal(checkpointsIn(folder), [
    "step-000000000001.safetensors",
    "step-000000000002.safetensors",
  ]);
  assert.match(
    printFitProblem(await problemOf(counting([Number.POSITIVE_INFINITY]))),
    "got Infinity",
  );
});

test("training goes on after such a loss where that is wanted", async () => {
  const run = await ended({ ...counting([1, Number.NaN, 3]), nonFinite: "continue" });
  assert.equal([run.outcome, run.step], ["finished", 3]);
});

test("the last batch is filled up, and the step told what is real", async () => {
  const run = await ended<Tensor, Tensor>({
    ...counting([1, 2, 3, 4, 5]),
    step: (_, x, isReal) => ({ state: sum(where(isReal, x, 0)), metrics: { loss: sum(x) } }),
    batchSize: 3,
    last: "pad",
  });
  assert.equal([run.step, toArray(run.state)], [2, 9]); // 4 + 5
});

test("metrics may be read less often, and change nothing", async () => {
  const seen: unknown[] = [];
  const run = await ended(
    task({ readEvery: 4, onStep: ({ metrics }) => void seen.push(metrics["loss"]) }),
  );
  assert.is(new Set(seen).size, 5); // none yet, after steps 4, 8 and 12, and at the end
  assert.equal(bits(run.state), bits((await ended(task())).state));
});

test("an async data set is asked for the next batch before the step has ended", async () => {
  const events: string[] = [];
  const rows = datasetOf(examples);
  await ended(
    task({
      epochs: 1,
      shuffle: false,
      data: {
        length: 22,
        batch: async (indices) => {
          events.push(`batch ${(indices[0] as number) / 4}`);
          return rows.batch(indices);
        },
      },
      onStep: ({ step }) => void events.push(`step ${step}`),
    }),
  );
  assert.equal(events.slice(0, 5), ["batch 0", "batch 1", "batch 2", "step 1", "batch 3"]);
});

test("Ctrl-C is left alone where it is not wanted", async () => {
  const before = process.listenerCount("SIGINT");
  const during: number[] = [];
  const onStep = (): void => void during.push(process.listenerCount("SIGINT"));
  await ended(task({ epochs: 1, signals: false, onStep }));
  assert.equal(new Set(during), new Set([before]));
});

test("what is thrown inside is thrown on, and the handlers go", async () => {
  const data = { length: 22, batch: () => Promise.reject(new Error("no such file")) };
  const message = await fit(task({ data }))().catch((error) => error.message);
  assert.is(message, "no such file");
  assert.is(process.listenerCount("SIGINT"), 0);
});

test("a step that returns another tree, and a score that is missing, are mistakes of the caller", async () => {
  const wrong = fit({
    ...counting([1]),
    step: (state) => ({ state: [state] as unknown as Tensor, metrics: {} }),
  });
  const thrown = await wrong().catch((error) =>
    messageOf(() => {
      throw error;
    }),
  );
  assert.is(
    thrown,
    'fit: a step that returns a state like the one it gets expected, got no ""; extra "[0]"',
  );
  const missing = fit({
    ...counting([1]),
    evaluate: async () => ({ error: 1 }),
    monitor: { score: "loss" },
  });
  const said = await missing().catch((error) =>
    messageOf(() => {
      throw error;
    }),
  );
  assert.is(said, 'fit: a score "loss" expected, got error');
});

test("options out of range are named", async () => {
  const said = async (more: Partial<FitOptions<Tensor, Tensor>>) =>
    printFitProblem(await problemOf({ ...counting([1]), ...more }));
  assert.is(await said({ batchSize: 0 }), "fit: batchSize ≥ 1 expected, got 0");
  assert.is(await said({ epochs: 0.5 }), "fit: epochs ≥ 0 expected, got 0.5");
  assert.is(await said({ batchSize: 2 }), "fit: data for a batch of 2 expected, got 1 examples");
  assert.is(
    await said({ resume: true }),
    "fit: checkpoints, where a run is taken up expected, got none",
  );
  assert.is(
    await said({ monitor: { score: "loss" } }),
    "fit: evaluate, where a score is watched expected, got none",
  );
  assert.is(await said({ evaluateEvery: { steps: 0 } }), "fit: periods ≥ 1 expected, got 0");
});

test.run();
