// The training loop: it is the loop that one would write by hand, stops when it should, and says what is wrong.

import { existsSync } from "node:fs";
import * as assert from "uvu/assert";
import {
  compile,
  ready,
  scalar,
  sum,
  type Tensor,
  tensor,
  toArray,
  where,
} from "../../../src/index.ts";
import { datasetOf, deal, type FitOptions, fit, printFitProblem } from "../../../src/nn/index.ts";
import { messageOf } from "../../support/messages.ts";
import { suite } from "../../support/suite.ts";
import { bits, checkpointsIn, ended, newFolder, problemOf } from "./runs.ts";
import { begin, examples, step, task } from "./task.ts";

const test = suite("fit");

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

test("a step that is saved is held to a finite loss, read or not", async () => {
  const folder = newFolder();
  const checkpoints = { folder, every: { steps: 2 } };
  const problem = await problemOf({
    ...counting([1, Number.NaN, 3, 4]),
    readEvery: 3,
    checkpoints,
  });
  assert.match(printFitProblem(problem), "a finite loss after step 2 expected, got NaN");
  assert.not.ok(existsSync(folder));
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
