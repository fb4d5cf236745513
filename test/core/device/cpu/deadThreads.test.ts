// Worker threads that end or answer no more: a clear error instead of a wait without end, and the next call works.

import * as assert from "uvu/assert";
import type { Engine } from "../../../../src/core/device/cpu/engine.ts";
import { cells } from "../../../../src/core/device/cpu/layout.ts";
import { hostValues } from "../../../../src/core/device/transfer.ts";
import type { TypedArray } from "../../../../src/core/dtype.ts";
import { refusalOf } from "../../../support/refusal.ts";
import { suite } from "../../../support/suite.ts";
import {
  largeProduct,
  meetings,
  onHost,
  preparedOn,
  startedEngine,
  untilThreaded,
  valuesOn,
} from "./engines.ts";

const test = suite("threads of cpu that die");

/** Fails unless an engine computes, and soon with all its threads again. */
const assertWorks = async (engine: Engine): Promise<void> => {
  const isRight = (): boolean =>
    (valuesOn(engine, largeProduct())[0] as TypedArray).every((x) => x === 44);
  assert.ok(isRight(), "at once");
  await untilThreaded(engine);
  const before = meetings(engine);
  assert.ok(isRight(), "on all threads");
  assert.ok(meetings(engine) > before);
};

/** What a large program is refused with, and after how many seconds. */
const refusal = async (engine: Engine) => {
  const start = performance.now();
  const { tag, message } = await refusalOf(() => valuesOn(engine, largeProduct()));
  return { tag, message, seconds: (performance.now() - start) / 1000 };
};

/** Has the workers end without a word when the next job comes: as if it were for others. */
const endAtNextJob = ({ memory }: Engine): void => {
  Atomics.add(memory.words, cells.team / 4, 1);
};

const hint = "\nhint: the values of this call are lost; the next call starts new threads";

for (const threads of [2, 3])
  test(`${threads - 1} that never come to the barrier are taken for dead`, async () => {
    const engine = await startedEngine(threads);
    engine.pool.patience = 1;
    endAtNextJob(engine);
    const { tag, message, seconds } = await refusal(engine);
    assert.is(tag, "DeviceFailure");
    assert.is(message, `cpu: threads that answer expected, got one that does not${hint}`);
    assert.ok(seconds > 0.9 && seconds < 5, `after ${seconds} s`);
    await assertWorks(engine);
    engine.pool.stop();
  });

test("one that cannot run its program says so at once", async () => {
  const engine = await startedEngine(3);
  const { pool } = engine;
  const run = pool.run.bind(pool);
  // The workers get bytes that are no module; the main thread has its program already.
  pool.run = (program, ...rest) =>
    run({ ...program, number: 1_000_000, bytes: new Uint8Array(64) }, ...rest);
  const { tag, message, seconds } = await refusal(engine);
  pool.run = run;
  assert.is(tag, "DeviceFailure");
  assert.is(message, `cpu: threads that answer expected, got one that does not${hint}`);
  assert.ok(seconds < 5, `after ${seconds} s`);
  await assertWorks(engine);
  pool.stop();
});

test("one that ends between two programs is replaced", async () => {
  const engine = await startedEngine(2);
  endAtNextJob(engine);
  const { words } = engine.memory;
  Atomics.add(words, cells.job / 4, 1);
  Atomics.notify(words, cells.job / 4);
  await new Promise((resolve) => setTimeout(resolve, 300)); // until the main thread has heard of it
  await assertWorks(engine);
  engine.pool.stop();
});

test("what fails on the main thread leaves nobody waiting", async () => {
  const engine = await startedEngine(2);
  const { pool } = engine;
  const run = pool.run.bind(pool);
  pool.run = (program, ...rest) => {
    const fails = (): number => {
      throw new RangeError("the main thread's own");
    };
    run({ ...program, run: fails }, ...rest);
  };
  let thrown: unknown;
  try {
    valuesOn(engine, largeProduct());
  } catch (error) {
    thrown = error;
  }
  pool.run = run;
  assert.instance(thrown, RangeError);
  await assertWorks(engine);
  pool.stop();
});

test("a call that failed leaves no memory taken", async () => {
  const engine = await startedEngine(2);
  const { heap } = engine.memory;
  const { executable, leaves } = preparedOn(engine, largeProduct());
  const inputs = leaves.map(onHost); // copied in by the first run
  executable.run(inputs).map(hostValues);
  engine.pool.patience = 1;
  endAtNextJob(engine);
  const before = heap.used;
  await refusalOf(() => executable.run(inputs));
  assert.is(heap.used, before);
  engine.pool.stop();
});

test.run();
