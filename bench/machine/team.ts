// Threads that run the same WebAssembly functions at the same moment: they wait awake until all are there, and only then start. The main thread is the
// first of them, and holds the clock.

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { FunctionBuilder } from "../../src/core/device/cpu/wasm/function.ts";
import { encodeModule } from "../../src/core/device/cpu/wasm/module.ts";
import { fastest } from "../measure.ts";

/** A function to be timed, with the parameters of `kernelCode`. */
export interface Kernel {
  readonly name: string;
  readonly code: FunctionBuilder;
}

/** What a kernel is called with: how often it repeats itself, and three addresses; what they mean is its own affair. */
export type Arguments = readonly [runs: number, from: number, to: number, target: number];

/** The body of a kernel, to be written. */
export const kernelCode = (isFused = false): FunctionBuilder =>
  new FunctionBuilder(["i32", "i32", "i32", "i32"], [], isFused);

/** Where the memory holds what, in bytes. */
export const places = {
  /** Results of the peaks and of the reads, one cache line a thread. */
  results: 65536,
  /** Panels and sums of the register tiles: a mebibyte. */
  tiles: 2 ** 20,
  /** Sets of the bandwidths. */
  sets: 2 ** 21,
  end: 2 ** 21 + 2 ** 26,
};

/** The address of a thread's result. */
export const resultOf = (thread: number): number => places.results + 64 * thread;

/** Threads with kernels and a memory. */
export interface Team {
  readonly threads: number;
  readonly memory: SharedArrayBuffer;
  /** Seconds from a common start until the last thread is done; one thread for each arguments. */
  readonly time: (kernel: string, args: readonly Arguments[]) => number;
  /** The least of many times, after warm-up. */
  readonly fastest: (kernel: string, args: readonly Arguments[]) => number;
  readonly stop: () => Promise<void>;
}

/** Cells through which the threads talk, each in a cache line of its own. */
const cells = { job: 0, ready: 16, go: 32, done: 48, active: 64, kernel: 65, args: 80 };

/** Milliseconds that a thread stays awake after a run: the scheduler wakes one that sleeps beside who wakes it, often on the same core. */
const awakeMs = 50;

const workerSource = `
const { workerData: { module, memory, shared, thread } } = require("node:worker_threads");
const words = new Int32Array(shared);
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
for (let seen = 0; ; ) {
  const until = performance.now() + ${awakeMs};
  while (Atomics.load(words, ${cells.job}) === seen && performance.now() < until);
  Atomics.wait(words, ${cells.job}, seen);
  seen = Atomics.load(words, ${cells.job});
  if (thread >= words[${cells.active}]) continue;
  const run = exports["kernel" + words[${cells.kernel}]];
  const from = ${cells.args} + 4 * thread;
  const args = words.slice(from, from + 4);
  Atomics.add(words, ${cells.ready}, 1);
  while (Atomics.load(words, ${cells.go}) !== seen);
  run(args[0], args[1], args[2], args[3]);
  Atomics.add(words, ${cells.done}, 1);
}
`;

type Run = (...args: Arguments) => void;

/** Longer than any run takes. */
const patienceMs = 20_000;

const waitFor = (words: Int32Array, cell: number, count: number): void => {
  const until = performance.now() + patienceMs;
  while (Atomics.load(words, cell) !== count)
    if (performance.now() > until) throw new Error("bench: a thread does not answer");
};

const seconds = (work: () => void): number => {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
};

/** Starts the threads. */
export const startTeam = async (kernels: readonly Kernel[], threads: number): Promise<Team> => {
  const pages = places.end / 65536;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const buffer = memory.buffer as unknown as SharedArrayBuffer; // asked for one
  const names = kernels.map(({ name }) => name);
  const module = new WebAssembly.Module(
    encodeModule({
      memory: { initialPages: pages, maximumPages: pages, isShared: true },
      imports: [],
      functions: kernels.map(({ code }) => code),
      exports: Object.fromEntries(kernels.map((_, i) => [`kernel${i}`, i])),
    }),
  );
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const shared = new SharedArrayBuffer(4 * (cells.args + 4 * threads));
  const words = new Int32Array(shared);
  const workers = Array.from({ length: threads - 1 }, (_, i) => {
    const workerData = { module, memory, shared, thread: i + 1 };
    return new Worker(workerSource, { eval: true, workerData });
  });
  await Promise.all(workers.map((worker) => once(worker, "online")));
  const time = (kernel: string, args: readonly Arguments[]): number => {
    const number = names.indexOf(kernel);
    const run = exports[`kernel${number}`] as Run; // exported above
    const own = args[0] as Arguments; // one thread at least
    if (args.length === 1) return seconds(() => run(...own));
    words[cells.active] = args.length;
    words[cells.kernel] = number;
    words.set(args.flat(), cells.args);
    for (const cell of [cells.ready, cells.done]) Atomics.store(words, cell, 0);
    const job = Atomics.add(words, cells.job, 1) + 1;
    Atomics.notify(words, cells.job);
    waitFor(words, cells.ready, args.length - 1);
    return seconds(() => {
      Atomics.store(words, cells.go, job);
      run(...own);
      waitFor(words, cells.done, args.length - 1);
    });
  };
  return {
    threads,
    memory: buffer,
    time,
    fastest: (kernel, args) => fastest(() => time(kernel, args)),
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
};

/** Arguments for so many threads. */
export const forThreads = (
  threads: number,
  argsOf: (thread: number) => Arguments,
): readonly Arguments[] => Array.from({ length: threads }, (_, thread) => argsOf(thread));

/** 1, and all threads of a team, where those are more. */
export const threadCounts = ({ threads }: Team): readonly number[] =>
  threads === 1 ? [1] : [1, threads];
