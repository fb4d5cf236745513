// The threads that help the main one: started when the first program is worth sharing, kept until the process ends. Until they have started, programs
// run on the main thread alone, which changes no result.

import { fail } from "../../../errors.ts";
import { cells } from "../layout.ts";
import { Block, type CpuMemory } from "../memory.ts";
import { type Thread, type ThreadHost, threadHost } from "./host.ts";
import { jobArguments, keptPrograms } from "./worker.ts";

/** A program as the pool runs it. */
export interface SharedProgram {
  /** Unlike that of every other program. */
  readonly number: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly run: RunProgram;
}

/** The exported function of a program. */
export type RunProgram = (
  thread: number,
  threads: number,
  arena: number,
  table: number,
  kept: number,
  patience: number,
) => number;

const at = (cell: number): number => cell / 4;

/** Seconds that the main thread waits for the others before it takes them for dead. */
const usualPatience = 60;

/** How many threads were asked for: PULLBACK_THREADS, or else one for each core. */
const wantedThreads = (cores: number): number => {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  const given = process?.env?.["PULLBACK_THREADS"];
  if (given === undefined || given === "") return Math.min(cores, 16);
  const count = Number(given);
  if (Number.isInteger(count) && count >= 1 && count <= 256) return count;
  return fail("cpu", "InvalidArgument", "PULLBACK_THREADS in 1…256 expected", given);
};

/** Runs programs on several threads. */
export class Pool {
  readonly #memory: CpuMemory;
  readonly #host: ThreadHost | undefined;
  /** Threads that there may be, the main one included. */
  readonly capacity: number;
  /** Why there is only one thread, if so. */
  #reason: string | undefined;
  patience = usualPatience;
  #workers: readonly Thread[] = [];
  /** What ended a worker, if one has ended. */
  #failure: string | undefined;
  /** Programs that the workers have, those run last at the end. */
  readonly #loaded = new Map<number, true>();

  constructor(memory: CpuMemory, threads?: number) {
    this.#memory = memory;
    const offered = threadHost();
    const isOffered = typeof offered !== "string";
    this.#host = isOffered && memory.isShared ? offered : undefined;
    this.capacity = this.#host === undefined ? 1 : (threads ?? wantedThreads(this.#host.cores));
    this.#reason = isOffered ? undefined : offered;
  }

  /** Threads in all, the main one included, once they have started. */
  get threads(): number {
    return this.#reason === undefined ? this.capacity : 1;
  }

  /** Why there is only one thread, if the host allows no more. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Runs a program. Threads help where it is worth sharing and they have started. */
  run(
    program: SharedProgram,
    isParallel: boolean,
    arena: number,
    table: number,
    kept: number,
  ): void {
    if (!isParallel || this.threads === 1 || !this.#isReady()) {
      program.run(0, 1, arena, table, kept, 0);
      return;
    }
    const { words } = this.#memory;
    const isNew = !this.#loaded.has(program.number);
    const module = isNew ? new Block(this.#memory, program.bytes.length) : undefined;
    if (module !== undefined) this.#memory.write(module.offset, "u8", program.bytes);
    const first = at(cells.jobArguments);
    words[first + jobArguments.program] = program.number;
    words[first + jobArguments.address] = module?.offset ?? 0;
    words[first + jobArguments.length] = program.bytes.length;
    words[first + jobArguments.threads] = this.threads;
    words[first + jobArguments.arena] = arena;
    words[first + jobArguments.table] = table;
    words[first + jobArguments.kept] = kept;
    Atomics.add(words, at(cells.job), 1);
    Atomics.notify(words, at(cells.job));
    this.#loaded.delete(program.number);
    this.#loaded.set(program.number, true);
    if (this.#loaded.size > keptPrograms)
      this.#loaded.delete(this.#loaded.keys().next().value as number);
    const patience = this.#host?.canSleep === true ? this.patience : -1;
    let isBroken = true;
    let failure: string | undefined;
    try {
      isBroken = program.run(0, this.threads, arena, table, kept, patience) !== 0;
    } finally {
      failure = this.#failure;
      if (isBroken) this.#disband();
      module?.drop();
    }
    if (isBroken) {
      fail(
        "cpu",
        "DeviceFailure",
        "threads that answer expected",
        failure ?? "one that does not",
        "the values of this call are lost; the next call starts new threads",
      );
    }
  }

  /** Whether all threads have started; starts them where nobody has. Threads that a host refuses are not asked for again. */
  #isReady(): boolean {
    const started = Atomics.load(this.#memory.words, at(cells.idle)) === this.capacity - 1;
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#disband();
      if (!started) {
        this.#reason = `its threads did not start: ${failure}`;
        return false;
      }
    }
    if (this.#workers.length > 0) return started;
    try {
      this.#start();
    } catch (error) {
      this.#disband();
      this.#reason = `its threads did not start: ${String(error)}`;
    }
    return false;
  }

  #start(): void {
    const { words } = this.#memory;
    for (const cell of [cells.arrived, cells.sleepers, cells.idle, cells.broken])
      Atomics.store(words, at(cell), 0);
    const team = Atomics.add(words, at(cells.team), 1) + 1;
    const job = Atomics.load(words, at(cells.job));
    const workers: Thread[] = [];
    this.#workers = workers;
    for (let thread = 1; thread < this.capacity; thread++) {
      const start = { memory: this.#memory.memory, thread, job, team };
      workers.push(
        (this.#host as ThreadHost).start(start, (reason) => {
          // Of threads that were stopped nobody wants to hear.
          if (this.#workers === workers) this.#failure ??= reason;
        }),
      );
    }
  }

  /** Stops all workers; the next program that is worth it starts new ones. */
  #disband(): void {
    const workers = this.#workers;
    this.#workers = [];
    this.#failure = undefined;
    this.#loaded.clear();
    for (const worker of workers) worker.stop();
  }

  /** Stops all workers, for tests. */
  stop(): void {
    this.#disband();
  }
}
