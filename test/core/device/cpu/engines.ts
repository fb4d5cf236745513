// Engines of their own, with as many threads as a test asks for, and graphs run on them.

import { type Prepared, prepareGraph } from "../../../../src/core/compile/program.ts";
import { cpuDevice } from "../../../../src/core/device/cpu/cpu.ts";
import { Engine } from "../../../../src/core/device/cpu/engine.ts";
import { cells } from "../../../../src/core/device/cpu/layout.ts";
import type { Device } from "../../../../src/core/device/device.ts";
import { hostValues } from "../../../../src/core/device/transfer.ts";
import type { TypedArray } from "../../../../src/core/dtype.ts";
import { type Storage, storageOf, type Tensor } from "../../../../src/core/tensor.ts";
import * as P from "../../../../src/index.ts";
import type { Suite } from "../../../support/suite.ts";

/** The device cpu, on an engine of its own. */
export const deviceOn = (engine: Engine): Device => ({
  ...cpuDevice,
  prepare: (plan, constants) => engine.prepare(plan, constants),
});

/** A storage on the host alone: what an engine has copied in must not meet another engine. */
export const onHost = (tensor: Tensor): Storage => ({
  host: hostValues(storageOf(tensor) as Storage), // leaves have values
});

/** A graph made ready on an engine. */
export const preparedOn = (
  engine: Engine,
  outputs: readonly Tensor[],
  donated: ReadonlySet<Tensor> = new Set(),
): Prepared => prepareGraph(outputs, deviceOn(engine), { donated });

/** The values of a graph's outputs, computed on an engine. */
export const valuesOn = (engine: Engine, outputs: readonly Tensor[]): readonly TypedArray[] => {
  const { executable, leaves } = preparedOn(engine, outputs);
  return executable.run(leaves.map(onHost)).map(hostValues);
};

/** How often all threads of an engine have met: rises only where several run a program. */
export const meetings = ({ memory }: Engine): number =>
  Atomics.load(memory.words, cells.generation / 4);

/** A product that is just worth several threads. */
export const largeProduct = (): readonly Tensor[] => {
  const side = P.tensor(new Float32Array(176 * 176).fill(0.5), { shape: [176, 176] });
  return [P.matmul(side, side)]; // 44 everywhere
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs a large program until all threads of an engine take part; fails after some seconds. */
export const untilThreaded = async (engine: Engine): Promise<void> => {
  const { executable, leaves } = preparedOn(engine, largeProduct());
  const deadline = performance.now() + 10_000;
  const before = meetings(engine);
  for (;;) {
    executable.run(leaves.map(onHost));
    if (meetings(engine) > before) return;
    if (performance.now() > deadline) throw new Error("threads did not start within 10 s");
    await pause(10);
  }
};

/** Engines of so many threads each, there while a suite runs. */
export const enginesFor = (
  { before, after }: Pick<Suite, "before" | "after">,
  threads: readonly number[],
): readonly Engine[] => {
  const engines: Engine[] = [];
  before(async () => {
    for (const count of threads) engines.push(await startedEngine(count));
  });
  after(() => {
    for (const { pool } of engines) pool.stop();
  });
  return engines;
};

/** An engine all of whose threads have started. */
export const startedEngine = async (threads: number): Promise<Engine> => {
  const engine = new Engine(true, threads);
  if (threads > 1) await untilThreaded(engine);
  return engine;
};
