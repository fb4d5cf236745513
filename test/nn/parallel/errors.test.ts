// What goes wrong in training over threads: options, modules and tasks that are none, losses that fail in a worker, and workers that end.

import { spawnSync } from "node:child_process";
import * as assert from "uvu/assert";
import type { ParallelOptions, ParallelProblem } from "../../../src/nn/index.ts";
import type { Call } from "../../../src/nn/threads/calls.ts";
import type { StartThread } from "../../../src/nn/threads/host.ts";
import { root } from "../../support/files.ts";
import { suite } from "../../support/suite.ts";
import {
  indicesOf,
  library,
  module,
  problemOf,
  training,
  valuesOf,
  withTrainer,
} from "./support.ts";
import type { Mishap, NetworksOptions } from "./task.ts";

const { dataParallel, printParallelProblem } = library;
const test = suite("dataParallel, problems");

const small: NetworksOptions = {
  networks: [{ symbols: 4, width: 3, layers: 1 }],
  optimizer: "adamW",
};

/** The problem of a trainer that does not open. */
const refusal = async (options: ParallelOptions): Promise<ParallelProblem> => {
  const opened = await dataParallel(options)();
  if (opened._tag === "Left") return opened.left;
  await opened.right.stop();
  throw new Error("a Left expected");
};

const failing = (mishap: Mishap, workers = 2): ParallelOptions => ({
  task: { module, name: "flawed", options: { mishap } },
  workers,
  microBatches: 4,
});

test("options are held to their rules", async () => {
  const good = training(small, 2);
  const cases: readonly (readonly [ParallelOptions, string])[] = [
    [{ ...good, workers: 0 }, "dataParallel: workers in 1…64 expected, got 0"],
    [{ ...good, workers: 1.5 }, "dataParallel: workers in 1…64 expected, got 1.5"],
    [{ ...good, microBatches: 0 }, "dataParallel: microBatches in 1…4096 expected, got 0"],
    [{ ...good, clip: 0 }, "dataParallel: clip above 0 expected, got 0"],
    [{ ...good, clip: Number.NaN }, "dataParallel: clip above 0 expected, got NaN"],
    [{ ...good, seed: -1 }, "dataParallel: a whole seed ≥ 0 expected, got -1"],
    [
      { ...good, task: { module: "./task.ts", name: "networks" } },
      "dataParallel: task.module as a URL expected, got ./task.ts\n" +
        'hint: new URL("./task.ts", import.meta.url).href is one',
    ],
  ];
  for (const [options, message] of cases) {
    const problem = await refusal(options);
    assert.is(problem._tag, "InvalidOption");
    assert.is(printParallelProblem(problem), message);
  }
});

test("a task that is none is refused in words that name what is missing", async () => {
  const of = (name: string, from = module) =>
    refusal({ task: { module: from, name, options: small }, workers: 1, microBatches: 1 });
  const [missing, misnamed, noFunction, number, noLoss, thrown, whole, unmade] = await Promise.all([
    of("networks", new URL("./none.js", module).href),
    of("network"),
    of("seven"),
    of("nothing"),
    of("lossless"),
    of("broken"),
    of("whole"),
    of("unmade"),
  ]);
  assert.is(missing._tag, "MissingModule");
  assert.match(missing.got, "none.js");
  assert.is(misnamed._tag, "MissingExport");
  assert.match(misnamed.rule, 'a function "network" expected in');
  assert.match(misnamed.got, "networks");
  assert.is(noFunction._tag, "MissingExport");
  const got = [number, noLoss, thrown, whole, unmade].map((problem) => {
    assert.is(problem._tag, "InvalidTask");
    return problem.got;
  });
  assert.equal(got, [
    "number",
    "one without loss",
    "no file of that name",
    "i32",
    "no file of that name",
  ]);
});

test("an optimiser that mixes leaves is refused", async () => {
  const problem = await refusal(training({ ...small, optimizer: "clipped" }, 2));
  assert.is(problem._tag, "Inseparable");
  assert.match(problem.hint ?? "", "option of dataParallel");
});

test("a batch that micro-batches do not divide is refused, and examples that there are not", async () => {
  await withTrainer(training(small, 1), async ({ step, length }) => {
    assert.is(length, 24);
    const wrong: readonly (readonly [readonly number[], string])[] = [
      [[0, 1, 2, 3, 4], "a batch that 4 micro-batches divide expected, got 5 examples"],
      [[], "a batch that 4 micro-batches divide expected, got 0 examples"],
      [[0, 1, 2, 24], "examples in 0…23 expected, got 24"],
      [[0, 1, 2, 0.5], "examples in 0…23 expected, got 0.5"],
    ];
    for (const [indices, message] of wrong)
      assert.is(printParallelProblem(await problemOf(step(indices))), `dataParallel: ${message}`);
    assert.ok((await step([0, 1, 2, 3])).loss > 0); // it goes on
  });
});

test("a step that fails in a worker says where, leaves everything as it was, and others follow", async () => {
  const expected: readonly (readonly [Mishap, string, string])[] = [
    ["index", "StepFailed", "an index in 0…3 expected, got 10000"],
    ["data", "StepFailed", "no such row"],
    ["NaN", "NonFinite", "NaN"],
    ["slope", "NonFinite", "Infinity"],
  ];
  const check = async ([mishap, tag, got]: (typeof expected)[number]): Promise<void> =>
    withTrainer(failing(mishap), async ({ step, state }) => {
      await step(indicesOf(1, 8));
      const before = valuesOf(await state());
      // Example 5 is in the third of four micro-batches, which is the second worker's.
      const problem = await problemOf(step(indicesOf(0, 8)));
      assert.is(problem._tag, tag, mishap);
      assert.match(problem.got, got);
      const where = mishap === "slope" ? [undefined, undefined] : [1, 2];
      assert.equal([problem.worker, problem.microBatch], where, mishap);
      assert.equal(valuesOf(await state()), before);
      assert.ok(Number.isFinite((await step(indicesOf(2, 8))).loss));
    });
  await Promise.all(expected.map(check));
});

test("a state of another task is refused, and changes nothing", async () => {
  const stateOf = (options: NetworksOptions) =>
    withTrainer(training(options, 1), ({ state }) => state());
  const wider = await stateOf({ ...small, networks: [{ symbols: 4, width: 5, layers: 1 }] });
  const other = await stateOf({ ...small, optimizer: "lion" });
  await withTrainer(training(small, 2), async ({ restore, state }) => {
    const before = valuesOf(await state());
    for (const [wrong, got] of [
      [wider, '"params[0].words" f32 [4, 5] where f32 [4, 3] is expected'],
      [other, "optimizer"],
    ] as const) {
      const problem = await problemOf(restore(wrong));
      assert.is(problem._tag, "StateMismatch");
      assert.match(problem.got, got);
    }
    assert.equal(valuesOf(await state()), before);
  });
});

test("a loss that throws is told by each step", async () => {
  await withTrainer(failing("loss"), async ({ step }) => {
    for (const problem of [
      await problemOf(step(indicesOf(0, 8))),
      await problemOf(step(indicesOf(1, 8))),
    ])
      assert.is(
        printParallelProblem(problem),
        "dataParallel, worker 0, micro-batch 0: a loss that can be computed expected, got no loss today",
      );
  });
});

test("a worker that ends by itself is named, in what waits for it and in what comes later", async () => {
  await withTrainer(failing("exit"), async ({ step, params }) => {
    for (const promise of [step(indicesOf(0, 8)), step(indicesOf(1, 8)), params()]) {
      const problem = await problemOf(promise);
      assert.is(problem._tag, "LostWorker");
      assert.is(problem.worker, 1);
      assert.match(problem.got, "ended with code 3");
    }
  });
});

test("stop ends workers that are at work or wait for others", async () => {
  const waiting = await withTrainer(failing("hang"), async ({ step, stop }) => {
    const rejected = problemOf(step(indicesOf(0, 8)));
    await new Promise((resolve) => setTimeout(resolve, 300)); // one hangs, and one waits for it
    await stop();
    return rejected;
  });
  assert.is(waiting._tag, "Stopped");
});

test("a task whose parameters no memory holds is refused, and its threads are stopped", async () => {
  const size = 2 ** 45;
  const places = [{ path: "w", shape: [size, 1], offset: 0, size, isDivisible: false }];
  const description = { skeleton: [0], dtype: "f32", places, values: new Float32Array(0) };
  let stopped = 0;
  // Threads that say such a thing of their task.
  const start: StartThread = (_, { hear }) => {
    const say = (reply: unknown): void => void setImmediate(() => hear(reply as never)); // as workers do
    say({ _tag: "Opened", opened: { length: 3 } });
    return {
      post: (call) => say({ _tag: "Made", id: (call as Call).id, made: description }), // of callsOf
      hold: () => undefined,
      stop: async () => void stopped++,
    };
  };
  const opened = await dataParallel(training(small, 2), start)();
  if (opened._tag === "Right") throw new Error("a Left expected");
  assert.is(opened.left._tag, "InvalidTask");
  assert.match(
    opened.left.rule,
    `memory for parameters of ${size} elements and sums of their gradients expected`,
  );
  assert.is(stopped, 2);
});

test("a process ends that has a trainer which does nothing", () => {
  const script = `
    import * as library from ${JSON.stringify(new URL("./library.js", module).href)};
    const options = ${JSON.stringify(training(small, 2))};
    const opened = await library.dataParallel(options)();
    const { loss } = await opened.right.step([0, 1, 2, 3]);
    console.log(loss > 0 ? "done" : "not done");`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", script],
    { cwd: root, timeout: 30_000, encoding: "utf8" },
  );
  assert.equal([status, stdout], [0, "done\n"], stderr);
});

test.run();
