// Runs programs: fills the table of addresses, calls the program, and hands out its results.

import type { Plan, PlanBuffer } from "../../compile/plan.ts";
import type { Dtype } from "../../dtype.ts";
import { fail } from "../../errors.ts";
import type { Storage } from "../../tensor.ts";
import type { Executable } from "../device.ts";
import { giveAway, hostValues } from "../transfer.ts";
import { compileModule } from "./compileModule.ts";
import { doubleFunctions } from "./doubles.ts";
import { aligned } from "./heap.ts";
import { failedKernel } from "./kernels.ts";
import { cells } from "./layout.ts";
import { Block, CpuMemory } from "./memory.ts";
import { isProfiling, mark, printAtExit, profileProgram } from "./profile.ts";
import { buildProgram, type CpuProgram } from "./program.ts";
import { Residency } from "./residency.ts";
import { Pool, type RunProgram, type SharedProgram } from "./threads/pool.ts";

/** Values of at most so many bytes are copied in from the host and out to it with each run, and not kept: that is less work than looking after them. */
const maxStagedBytes = 4096;
/** Results of at most so many bytes are copied out even where they could stay with an input over which they may be written: counts of steps. */
const maxCountBytes = 64;

/** What has been done, for the curious. */
export interface EngineCounts {
  programs: number;
  runs: number;
  compileMs: number;
  runMs: number;
}

/** The one engine of a process. */
export class Engine {
  readonly memory: CpuMemory;
  readonly residency: Residency;
  readonly pool: Pool;
  readonly counts: EngineCounts = { programs: 0, runs: 0, compileMs: 0, runMs: 0 };
  #arena: Block | undefined;
  readonly isProfiled = isProfiling();

  /** `threads` is for tests; without, it is as many as the environment says or the machine has. */
  constructor(isShared: boolean, threads?: number) {
    this.memory = new CpuMemory(isShared);
    this.pool = new Pool(this.memory, threads);
    this.residency = new Residency(this.memory);
    if (this.isProfiled) printAtExit();
  }

  /** Where the arena of a program is: one serves all programs, since they run one at a time. */
  arena(bytes: number): number {
    if (this.#arena === undefined || this.#arena.bytes < bytes) {
      this.#arena?.drop();
      this.#arena = undefined;
      this.#arena = new Block(this.memory, bytes);
    }
    return this.#arena.offset;
  }

  prepare(plan: Plan, constants: ReadonlySet<number> = new Set()): Executable {
    const start = performance.now();
    const { memory } = this;
    const { maximumPages, isShared } = memory;
    const program = buildProgram(
      plan,
      { initialPages: 1, maximumPages, isShared },
      this.isProfiled,
      constants,
    );
    const module = compileModule(program.bytes, program.isParallel);
    const instance = new WebAssembly.Instance(module, {
      env: { memory: memory.memory, mark, ...doubleFunctions },
    });
    const number = this.counts.programs++;
    this.counts.compileMs += performance.now() - start;
    const run = instance.exports["run"] as unknown as RunProgram; // exported by buildProgram
    return new CpuExecutable(this, plan, program, { number, bytes: program.bytes, run });
  }
}

/** An input of a plan: where its address goes in the table, and where it is copied to if it is small and comes from the host. */
interface InputSlot {
  readonly dtype: Dtype;
  readonly size: number;
  readonly word: number;
  readonly staged: number | undefined;
}

/** A result that is no input: the input over which it may be written; where it is copied from if it is small and is not. */
interface OutputSlot extends InputSlot {
  readonly bytes: number;
  readonly over: number | undefined;
}

/** A program with its table. */
class CpuExecutable implements Executable {
  readonly #engine: Engine;
  readonly #plan: Plan;
  readonly #arenaBytes: number;
  readonly #shared: SharedProgram;
  readonly #isParallel: boolean;
  readonly #table: Block;
  /** What is packed once. */
  readonly #kept: number;
  readonly #inputs: readonly InputSlot[];
  readonly #outputs: readonly OutputSlot[];
  /** Both. */
  readonly #slots: readonly InputSlot[];
  /** For each result of the plan: an input, or the number of an output from the count of inputs on. */
  readonly #results: readonly number[];

  constructor(engine: Engine, plan: Plan, program: CpuProgram, shared: SharedProgram) {
    this.#engine = engine;
    this.#plan = plan;
    this.#arenaBytes = program.arenaBytes + engine.pool.capacity * program.scratchBytes;
    this.#shared = shared;
    this.#isParallel = program.isParallel;
    const bufferOf = (id: number): PlanBuffer => plan.buffers[id] as PlanBuffer;
    const own = [...new Set(plan.outputs)].filter((id) => bufferOf(id).kind !== "input");
    const positionOver = (id: number): number => plan.inputs.indexOf(bufferOf(id).over ?? -1);
    const isStaged = (id: number): boolean =>
      bufferOf(id).bytes <= (positionOver(id) < 0 ? maxStagedBytes : maxCountBytes);
    const keptAt = aligned(4 * program.table.length);
    let bytes = keptAt + program.keptBytes;
    const staged = new Map<number, number>();
    for (const id of [...plan.inputs, ...own].filter(isStaged)) {
      staged.set(id, bytes);
      bytes += aligned(bufferOf(id).bytes);
    }
    this.#table = new Block(engine.memory, bytes);
    forgotten.register(this, this.#table);
    const { offset } = this.#table;
    this.#kept = offset + keptAt;
    if (program.keptBytes > 0) engine.memory.words[this.#kept / 4] = 0;
    const wordOf = (id: number): number => offset / 4 + program.table.indexOf(id);
    const slotOf = (id: number): InputSlot => {
      const place = staged.get(id);
      return {
        dtype: bufferOf(id).dtype,
        size: bufferOf(id).size,
        word: wordOf(id),
        staged: place === undefined ? undefined : offset + place,
      };
    };
    this.#inputs = plan.inputs.map(slotOf);
    this.#outputs = own.map((id) => {
      const { bytes: length } = bufferOf(id);
      const over = positionOver(id);
      return { ...slotOf(id), bytes: length, over: over < 0 ? undefined : over };
    });
    this.#slots = [...this.#inputs, ...this.#outputs];
    this.#results = plan.outputs.map((id) => {
      const position = own.indexOf(id);
      return position < 0 ? plan.inputs.indexOf(id) : plan.inputs.length + position;
    });
  }

  readonly run = (inputs: readonly Storage[]): readonly Storage[] => {
    const { memory, residency, counts, pool, isProfiled } = this.#engine;
    const arena = this.#engine.arena(this.#arenaBytes);
    const blocks = this.#blocksFor(inputs);
    // All memory is taken by now, so the view stays good.
    const { words } = memory;
    this.#slots.forEach(({ word, staged }, i) => {
      words[word] = blocks[i]?.offset ?? (staged as number);
    });
    words[cells.failed / 4] = 0;
    counts.runs++;
    if (isProfiled) profileProgram(this.#plan.steps);
    const start = performance.now();
    try {
      pool.run(this.#shared, this.#isParallel, arena, this.#table.offset, this.#kept);
      counts.runMs += performance.now() - start;
    } catch (error) {
      // Threads that failed have stopped anywhere: what they were writing over is neither the old nor the new.
      this.#outputs.forEach(({ over }) => {
        if (over !== undefined && blocks[over] !== undefined)
          giveAway(inputs[over] as Storage, "a call that failed");
      });
      this.#dropOwn(blocks);
      throw error;
    }
    if (words[cells.failed / 4] !== 0) {
      this.#dropOwn(blocks);
      refuseIndex(memory.words);
    }
    const made = this.#outputs.map(({ dtype, size, over, staged }, i) => {
      const block = blocks[inputs.length + i];
      if (block === undefined) return { host: residency.read(staged as number, dtype, size) };
      return over !== undefined && blocks[over] === block
        ? residency.takeOver(inputs[over] as Storage)
        : residency.adopt(block, dtype, size);
    });
    return this.#results.map(
      (position) => (inputs[position] ?? made[position - inputs.length]) as Storage,
    );
  };

  /** Blocks of the inputs, then of the outputs; undefined for what is small and on the host before, or after, this run. */
  #blocksFor(inputs: readonly Storage[]): readonly (Block | undefined)[] {
    const { memory, residency } = this.#engine;
    const blocks: (Block | undefined)[] = [];
    for (let i = 0; i < this.#inputs.length; i++) {
      const { dtype, size, staged } = this.#inputs[i] as InputSlot;
      const storage = inputs[i] as Storage;
      let block = residency.find(storage);
      if (block === undefined) {
        const values = hostValues(storage);
        if (staged === undefined) block = residency.upload(storage, values, dtype, size);
        else memory.write(staged, dtype, values);
      }
      blocks.push(block);
    }
    if (residency.isFull)
      residency.makeRoom(new Set(blocks.filter((block) => block !== undefined)));
    try {
      for (const { bytes, over, staged } of this.#outputs) {
        const taken = over === undefined ? undefined : blocks[over];
        blocks.push(taken ?? (staged === undefined ? new Block(memory, bytes) : undefined));
      }
    } catch (error) {
      this.#dropOwn(blocks);
      throw error;
    }
    return blocks;
  }
  /** Gives back the blocks that were made for outputs. */
  #dropOwn(blocks: readonly (Block | undefined)[]): void {
    this.#outputs.forEach(({ over }, i) => {
      const block = blocks[this.#inputs.length + i];
      if (over === undefined || blocks[over] !== block) block?.drop();
    });
  }
}

/** Fails with what a program noted. */
const refuseIndex = (words: Int32Array): never => {
  const index = words[cells.failedIndex / 4] as number;
  const size = words[cells.failedSize / 4] as number;
  const kernel = failedKernel(words[cells.failedKernel / 4] as number);
  return fail(
    kernel.indexedBy ?? kernel.label,
    "IndexOutOfRange",
    `an index in 0…${size - 1} expected`,
    String(index),
  );
};

/** Gives back the tables of programs that are garbage. */
const forgotten = new FinalizationRegistry<Block>((table) => table.drop());
