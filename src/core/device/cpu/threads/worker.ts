// What a worker thread does: waits for a job, runs its part of a program, waits again. As text, since a worker has to start from a file of its own, and
// text starts in Node, in a bundle and in a browser alike.

import { cells } from "../layout.ts";

/** What a worker is told when it starts. */
export interface WorkerStart {
  readonly memory: WebAssembly.Memory;
  /** 1 for the first worker; the main thread is 0. */
  readonly thread: number;
  /** The number of the last job that is not for it. */
  readonly job: number;
  /** The generation of workers to which it belongs. */
  readonly team: number;
}

/** Arguments of a job, by their place from cells.jobArguments on. */
export const jobArguments = {
  program: 0,
  /** Where the bytes of the program's module are, where the workers do not have it yet. */
  address: 1,
  length: 2,
  threads: 3,
  arena: 4,
  table: 5,
  kept: 6,
} as const;

/** Programs that a worker keeps. Main thread and workers forget the same one at the same time: that not run for longest. */
export const keptPrograms = 256;

/** Milliseconds for which a worker looks for the next job before it sleeps: the host's part of a training step, and some more. */
const patienceMs = 5;
/** Looks between two looks at the clock. */
const looks = 1000;

const at = (cell: number): number => cell / 4;

/** The source of a function of a WorkerStart and a function that reports a failure. */
export const workerSource = `
const work = ({ memory, thread, job: last, team }, report) => {
  const words = new Int32Array(memory.buffer);
  const programs = new Map();
  let seen = last;
  const never = () => { throw new Error("arithmetic in f64 is for the main thread"); };
  const env = new Proxy({}, { get: (_, name) => (name === "memory" ? memory : never) });
  const load = (address, length) => {
    const bytes = new Uint8Array(memory.buffer, address, length).slice();
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env }).exports.run;
  };
  Atomics.add(words, ${at(cells.idle)}, 1);
  for (;;) {
    let job = seen;
    const until = performance.now() + ${patienceMs};
    while (job === seen && performance.now() < until)
      for (let i = 0; i < ${looks} && job === seen; i++) job = Atomics.load(words, ${at(cells.job)});
    while (job === seen) {
      Atomics.wait(words, ${at(cells.job)}, seen);
      job = Atomics.load(words, ${at(cells.job)});
    }
    seen = job;
    if (Atomics.load(words, ${at(cells.team)}) !== team) return;
    const [number, address, length, threads, arena, table, kept] = words.slice(${at(cells.jobArguments)}, ${at(cells.jobArguments) + 7});
    try {
      const run = programs.get(number) ?? load(address, length);
      programs.delete(number);
      programs.set(number, run);
      if (programs.size > ${keptPrograms}) programs.delete(programs.keys().next().value);
      run(thread, threads, arena, table, kept, 0);
    } catch (error) {
      Atomics.store(words, ${at(cells.broken)}, 1);
      Atomics.notify(words, ${at(cells.generation)});
      report(String(error));
      return;
    }
  }
};
`;
