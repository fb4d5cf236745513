// Threads of the host: they work while the main thread does, say why they ended, and keep no process from ending.

import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { type Tensor, zeros } from "../../../../src/index.ts";
import { openBatches } from "../../../../src/models/segmentation/batches/dataset.ts";
import { ImageError, problemOf } from "../../../../src/models/segmentation/batches/error.ts";
import type { Source } from "../../../../src/models/segmentation/batches/open.ts";
import { printImageProblem } from "../../../../src/models/segmentation/data/problem.ts";
import { fit } from "../../../../src/nn/index.ts";
import { batches } from "../../../../src/nn/train/dataset.ts";
import { root } from "../../../support/files.ts";
import { suite } from "../../../support/suite.ts";
import {
  augmentation,
  picture,
  right,
  size,
  sourceOf,
  watchedThreads,
  withBatches,
} from "./support.ts";

const test = suite("openBatches, threads");
const source = sourceOf(Array.from({ length: 8 }, (_, i) => picture(`picture ${i}`, size, i)));

/** What a promise is rejected with. */
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error) => error,
  );

test("the next batch is asked for before the last is used, and made meanwhile", async () => {
  const { events, start } = watchedThreads();
  await withBatches(
    { source, augmentation },
    async ({ dataset }) => {
      for await (const { position } of batches(dataset, { size: 2, epochs: 1, ahead: 1 })) {
        events.push(`taken ${position}`);
        // The main thread waits here as it would for a device; the thread goes on.
        while (position < 3 && !events.includes(`made ${position + 1}`))
          await new Promise((resolve) => setTimeout(resolve, 1));
        events.push(`used ${position}`);
      }
    },
    start,
  );
  const order = (...wanted: readonly string[]): void =>
    assert.equal(
      [...wanted].sort((a, b) => events.indexOf(a) - events.indexOf(b)),
      wanted,
    );
  for (const i of [0, 1, 2]) order(`asked ${i + 1}`, `taken ${i}`, `made ${i + 1}`, `used ${i}`);
});

test("each picture is made by one of the threads", async () => {
  const { threads, events, start } = watchedThreads();
  await withBatches(
    { source, workers: 2 },
    async ({ dataset }) => {
      await dataset.batch([0, 2, 4]);
      assert.is(events.filter((event) => event.startsWith("asked")).length, 1);
      await dataset.batch([0, 1, 2]);
      assert.is(events.filter((event) => event.startsWith("asked")).length, 3);
    },
    start,
  );
  assert.is(threads.length, 2);
});

test("a thread that ends by itself is named, in what waits for it and in what comes later", async () => {
  const { threads, start } = watchedThreads();
  await withBatches(
    { source, workers: 2 },
    async ({ dataset }) => {
      // So many that the thread is still at work when it is stopped.
      const waiting = errorOf(dataset.batch([1, ...new Array<number>(50_000).fill(0)]));
      void threads[0]?.stop();
      for (const error of [await waiting, await errorOf(dataset.batch([0]))]) {
        assert.is(problemOf(error)?._tag, "LostWorker");
        assert.match((error as Error).message, "workers that answer expected, got one that ended");
      }
      assert.is((await dataset.batch([1])).labels.shape[0], 1); // the other thread's
    },
    start,
  );
});

test("a thread whose answer cannot be read is stopped, and not left running", async () => {
  const workers: Worker[] = [];
  const note = (worker: Worker): void => void workers.push(worker);
  process.on("worker", note);
  try {
    await withBatches({ source, workers: 1 }, async ({ dataset }) => {
      const [worker] = workers;
      if (worker === undefined) throw new Error("a thread expected");
      const waiting = errorOf(Promise.resolve(dataset.batch([0])));
      const exit = once(worker, "exit");
      worker.emit("messageerror", new Error("torn")); // as the host does for what cannot be cloned
      assert.is(problemOf(await waiting)?.got, "torn");
      await exit;
      assert.is(worker.threadId, -1);
    });
  } finally {
    process.off("worker", note);
  }
});

test("closing ends the threads, what waits and what comes", async () => {
  for (const workers of [0, 2]) {
    const { events, start } = watchedThreads();
    const data = right(await openBatches({ source, size, seed: 1, workers }, start)());
    const waiting = errorOf(Promise.resolve(data.dataset.batch([0, 1])));
    await data.close();
    await data.close(); // once more is once
    assert.is(events.filter((event) => event === "ended").length, workers);
    assert.is(problemOf(await waiting)?.got, workers === 0 ? undefined : "some that were closed");
    assert.is(problemOf(await errorOf(data.surveyOf(0)))?.got, "some that were closed");
  }
});

test("of threads of which one does not open none stays", async () => {
  const { events, start } = watchedThreads();
  const unknown = { ...source, kind: "tape" } as unknown as Source; // as from a file of options
  const opened = await openBatches({ source: unknown, size, seed: 1, workers: 2 }, start)();
  if (E.isRight(opened)) throw new Error("a Left expected");
  assert.is(opened.left._tag, "InvalidOption");
  assert.match(printImageProblem(opened.left), /^openSource: a source of kind memory.*got tape$/);
  while (events.filter((event) => event === "ended").length < 2)
    await new Promise((resolve) => setTimeout(resolve, 1));
});

test("a source that no thread can be sent is refused", async () => {
  const withCode = { ...source, extra: () => 1 } as Source;
  const opened = await openBatches({ source: withCode, size, seed: 1 })();
  if (E.isRight(opened)) throw new Error("a Left expected");
  assert.is(opened.left._tag, "LostWorker");
  assert.match(opened.left.got, "could not be cloned");
});

test("fit throws what a batch is rejected with, of which its caller makes a problem", () => {
  const pictures = [picture("wide.png", [size[0], size[1] + 1], 1)];
  return withBatches({ source: sourceOf(pictures) }, async ({ dataset }) => {
    const run = fit({
      state: { w: zeros([]) },
      step: (state: { w: Tensor }) => ({ state, metrics: { loss: state.w } }),
      data: dataset,
      batchSize: 1,
      epochs: 1,
      progress: "silent",
    });
    const error = await errorOf(run());
    assert.instance(error, ImageError);
    assert.is(problemOf(error)?.file, "wide.png");
  });
});

test("a program ends by itself, and not before its batch has come", () => {
  const folder = mkdtempSync(join(tmpdir(), "pullback-batches-"));
  const at = (path: string): string => JSON.stringify(join(root, path));
  writeFileSync(
    join(folder, "main.mts"),
    `import { openBatches } from ${at("src/models/segmentation/batches/dataset.ts")};
    import { sourceOf, picture } from ${at("test/models/segmentation/batches/support.ts")};
    const source = sourceOf([picture("a", [1, 1], 1), picture("b", [1, 1], 2)]);
    const opened = await openBatches({ source, size: [1, 1], seed: 1, workers: 2 })();
    const batch = await opened.right.dataset.batch([1, 0]);
    void opened.right.dataset.batch([1, 0]);
    console.log(batch.labels.shape.join(), opened.right.where);`,
  );
  try {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", join(folder, "main.mts")],
      { cwd: root, timeout: 60_000, encoding: "utf8" },
    );
    assert.equal([stdout, stderr, status], ["2,1,1 worker\n", "", 0]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
