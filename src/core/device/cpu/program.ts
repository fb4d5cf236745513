// A plan as one WebAssembly module: the functions of its distinct kernels, and `run`, which calls them in order on one thread of several. Threads meet
// at a barrier only between steps that touch the same memory.

import type { Plan, PlanBuffer, PlanStep } from "../../compile/plan.ts";
import { dtypes } from "../../dtype.ts";
import { type Access, conflicts } from "./conflicts.ts";
import { importedDoubles } from "./doubles.ts";
import { aligned } from "./heap.ts";
import { codeOf, type KernelCode, type Phase } from "./kernels.ts";
import { alignment, cells } from "./layout.ts";
import { writeBarrier } from "./threads/barrier.ts";
import { FunctionBuilder, type Local, type Pushed } from "./wasm/function.ts";
import { encodeModule, type ImportedFunction, type ImportedMemory } from "./wasm/module.ts";

/** A plan's module and what it needs to run. */
export interface CpuProgram {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Buffers whose addresses `run` finds in its table, in the order of the table. */
  readonly table: readonly number[];
  /** Bytes of the arena without what threads have for themselves: temporaries, and what kernels pack. */
  readonly arenaBytes: number;
  /** Bytes behind that for each thread. */
  readonly scratchBytes: number;
  /** Bytes that only this program uses: what is packed once and kept. Its first word says whether it was. */
  readonly keptBytes: number;
  /** Whether any step is worth sharing between threads. */
  readonly isParallel: boolean;
}

/** Parameters of `run`. */
const [threadParameter, threadsParameter, arenaParameter, tableParameter, keptParameter] = [
  0, 1, 2, 3, 4,
];
const patienceParameter = 5;

/** Scalar operations below which one thread is faster than two that have to meet. */
const worthSharing = 40_000;
/** Operations of all steps that can be shared, below which waking the other threads takes longer than they help. */
const worthWaking = 5_000_000;

/** The function that a profiled program calls at each step. */
const markImport: ImportedFunction = { name: "mark", params: ["i32"], results: [] };

/** Puts a program together; one that is profiled says when each step begins. */
export const buildProgram = (
  plan: Plan,
  memory: ImportedMemory,
  isProfiled: boolean,
  constants: ReadonlySet<number>,
): CpuProgram => {
  const codes = plan.steps.map(({ kernel }) => codeOf(kernel));
  const packedBytes = Math.max(0, ...codes.map((code) => aligned(code.packedBytes)));
  const scratchBytes = Math.max(
    0,
    ...codes.flatMap(({ phases }) => phases.map((phase) => aligned(phase.scratchBytes))),
  );
  const temporaries = aligned(plan.arenaBytes);
  const writer = new RunWriter(
    plan,
    codes,
    temporaries,
    temporaries + packedBytes,
    scratchBytes,
    isProfiled,
    constants,
  );
  return {
    bytes: writer.finish(memory),
    table: writer.table,
    arenaBytes: temporaries + packedBytes,
    scratchBytes,
    keptBytes: writer.keptBytes,
    isParallel: writer.isParallel,
  };
};

class RunWriter {
  readonly #imports: readonly ImportedFunction[];
  readonly #plan: Plan;
  readonly #f = new FunctionBuilder(["i32", "i32", "i32", "i32", "i32", "i32"], ["i32"]);
  readonly #functions: FunctionBuilder[] = [];
  readonly #numbers = new Map<FunctionBuilder, number>();
  readonly #tablePlaces = new Map<number, number>();
  readonly #temporaryBytes: number;
  readonly #scratch;
  readonly #barrier: number;
  readonly #constants: ReadonlySet<number>;
  /** Whether what is kept is there from an earlier run. */
  readonly #isKept: Local<"i32">;
  keptBytes = 0;
  /** What was touched since all threads met last. */
  #accesses: Access[] = [];
  /** Whether something was done since then that not every thread knows of. */
  #isShared = false;
  /** Operations of all steps that can be shared. */
  #sharedWork = 0;

  constructor(
    plan: Plan,
    codes: readonly KernelCode[],
    temporaryBytes: number,
    scratchStart: number,
    scratchBytes: number,
    isProfiled: boolean,
    constants: ReadonlySet<number>,
  ) {
    this.#constants = constants;
    this.#imports = isProfiled ? [...importedDoubles, markImport] : importedDoubles;
    this.#plan = plan;
    this.#temporaryBytes = temporaryBytes;
    this.#barrier = this.#number(writeBarrier());
    for (const { id, kind } of plan.buffers)
      if (kind !== "temporary") this.#tablePlaces.set(id, this.#tablePlaces.size);
    const f = this.#f;
    this.#scratch = f.let(
      f.op(
        "i32.add",
        f.op("i32.add", f.get(f.param(arenaParameter)), f.i32(scratchStart)),
        f.op("i32.mul", f.get(f.param(threadParameter)), f.i32(scratchBytes)),
      ),
    );
    this.#isKept = f.let(f.i32(0));
    const keeps = plan.steps.some((step, at) => this.#keptPhases(step, codes[at]).length > 0);
    if (keeps) f.set(this.#isKept, f.memory("i32.load", 0, f.get(f.param(keptParameter))));
    plan.steps.forEach((step, at) => {
      if (isProfiled) this.#mark(at);
      const code = codes[at] as KernelCode;
      const kept = this.#keptPhases(step, code);
      const place = kept.length > 0 ? this.keptBytes || alignment : undefined;
      if (place !== undefined) this.keptBytes = place + aligned(code.packedBytes);
      for (const phase of code.phases) this.#phase(step, phase, place, kept.includes(phase));
      if (step.kernel.indexedBy !== undefined) this.#stopIfFailed();
    });
    if (this.isParallel) this.#meet();
    if (keeps)
      f.if(f.op("i32.eqz", f.get(f.param(threadParameter))), () =>
        f.memory("i32.store", 0, f.get(f.param(keptParameter)), f.i32(1)),
      );
    if (isProfiled) this.#mark(-1);
    f.i32(0);
  }

  /** Whether the program is worth several threads. */
  get isParallel(): boolean {
    return this.#sharedWork >= worthWaking;
  }

  get table(): readonly number[] {
    return [...this.#tablePlaces.keys()];
  }

  finish(memory: ImportedMemory): Uint8Array<ArrayBuffer> {
    const run = this.#number(this.#f);
    return encodeModule({
      memory,
      imports: this.#imports,
      functions: this.#functions,
      exports: { run },
    });
  }

  /** Phases that pack nothing but constants. */
  #keptPhases(step: PlanStep, code: KernelCode | undefined): readonly Phase[] {
    return (code?.phases ?? []).filter(({ slots }) =>
      slots?.every((slot) => this.#constants.has(step.inputs[slot] as number)),
    );
  }

  /** The first thread says which step it begins. */
  #mark(step: number): void {
    const f = this.#f;
    f.if(f.op("i32.eqz", f.get(f.param(threadParameter))), () =>
      f.call(importedDoubles.length, [f.i32(step)]),
    );
  }

  #number(code: FunctionBuilder): number {
    const known = this.#numbers.get(code);
    if (known !== undefined) return known;
    const number = this.#imports.length + this.#functions.push(code) - 1;
    this.#numbers.set(code, number);
    return number;
  }

  #access(id: number, isWrite: boolean): Access {
    const { kind, offset, bytes, over } = this.#plan.buffers[id] as PlanBuffer;
    return kind === "temporary"
      ? { space: "arena", from: offset as number, to: (offset as number) + bytes, isWrite }
      : { space: `buffer ${over ?? id}`, from: 0, to: 1, isWrite };
  }

  /** Writes a phase; `place` is where its kernel packs, if that is kept, and `isOnce` whether it is done in the first run only. */
  #phase(step: PlanStep, phase: Phase, place: number | undefined, isOnce: boolean): void {
    const { work, units } = phase;
    const isShared = units > 1 && work >= worthSharing;
    const packed: Access[] =
      phase.packed === "none"
        ? []
        : [
            {
              space: place === undefined ? "packed" : `kept ${place}`,
              from: 0,
              to: 1,
              isWrite: phase.packed === "writes",
            },
          ];
    const now = [
      ...step.inputs.map((id) => this.#access(id, false)),
      this.#access(step.output, true),
      ...packed,
    ];
    // Steps of the first thread alone are in order anyway.
    if ((isShared || this.#isShared) && conflicts(this.#accesses, now)) this.#meet();
    this.#accesses.push(...now);
    if (isShared) {
      this.#isShared = true;
      this.#sharedWork += work;
    }
    const f = this.#f;
    const call = (): void => this.#call(step, phase, place);
    const callOnce = (): void => {
      if (isOnce) f.if(f.op("i32.eqz", f.get(this.#isKept)), call);
      else call();
    };
    if (isShared) callOnce();
    else f.if(f.op("i32.eqz", f.get(f.param(threadParameter))), callOnce);
  }

  #call(step: PlanStep, { code, units, work }: Phase, place: number | undefined): void {
    const f = this.#f;
    const isShared = units > 1 && work >= worthSharing;
    // The threads' parts are as equal as units allow; where a thread begins, the one before has ended.
    const long = (value: Pushed<"i32">) => f.op("i64.extend_i32_u", value);
    const part = (ahead: number) => {
      const end = () => f.op("i32.add", f.get(f.param(threadParameter)), f.i32(ahead));
      const share = () => f.op("i64.mul", long(end()), f.i64(units));
      return f.op(
        "i32.wrap_i64",
        f.op("i64.div_u", share(), long(f.get(f.param(threadsParameter)))),
      );
    };
    f.call(this.#number(code), [
      isShared ? part(0) : f.i32(0),
      isShared ? part(1) : f.i32(units),
      f.get(this.#scratch),
      place === undefined
        ? f.op("i32.add", f.get(f.param(arenaParameter)), f.i32(this.#temporaryBytes))
        : f.op("i32.add", f.get(f.param(keptParameter)), f.i32(place)),
      this.#pointer(step.output, 0),
      ...step.inputs.map((id, slot) => this.#pointer(id, step.offsets[slot] as number)),
    ]);
  }

  #pointer(id: number, offset: number) {
    const f = this.#f;
    const { kind, dtype, offset: place } = this.#plan.buffers[id] as PlanBuffer;
    const ahead = offset * dtypes[dtype].bytes;
    if (kind === "temporary")
      return f.op("i32.add", f.get(f.param(arenaParameter)), f.i32((place as number) + ahead));
    const base = f.memory(
      "i32.load",
      4 * (this.#tablePlaces.get(id) as number),
      f.get(f.param(tableParameter)),
    );
    return ahead === 0 ? base : f.op("i32.add", base, f.i32(ahead));
  }

  /** All threads wait for one another; who hears that one has failed stops. */
  #meet(): void {
    const f = this.#f;
    f.if(f.op("i32.gt_u", f.get(f.param(threadsParameter)), f.i32(1)), () => {
      const isBroken = f.callFor("i32", this.#barrier, [
        f.get(f.param(threadsParameter)),
        f.get(f.param(patienceParameter)),
      ]);
      f.if(isBroken, () => f.return([f.i32(1)]));
    });
    this.#accesses = [];
    this.#isShared = false;
  }

  /** Ends the run where an index was out of range: before anything is written over that the caller still has. */
  #stopIfFailed(): void {
    const f = this.#f;
    this.#meet();
    const hasFailed = f.let(f.memory("i32.load", cells.failed, f.i32(0)));
    // Nobody goes on, and perhaps fails in a later step, before all have looked.
    this.#meet();
    f.if(f.get(hasFailed), () => f.return([f.i32(0)]));
    f.release(hasFailed);
  }
}
