// A plan as one WebAssembly module: the functions of its distinct kernels, and `run`, which calls them in order on one thread of several. Threads meet
// at a barrier only between steps that touch the same memory.

import type { Plan, PlanBuffer, PlanStep } from "../../compile/plan.ts";
import { dtypes } from "../../dtype.ts";
import { accessOf, type Band, type ByRow, bandsOf } from "./bands.ts";
import { type Access, conflicts } from "./conflicts.ts";
import { importedDoubles } from "./doubles.ts";
import { aligned } from "./heap.ts";
import { codeOf, type KernelCode, type Phase, rowCodeOf } from "./kernels.ts";
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
  const bands = bandsOf(plan, codes);
  const scratchBytes = Math.max(
    0,
    ...codes.flatMap(({ phases }) => phases.map((phase) => aligned(phase.scratchBytes))),
    ...bands.map(({ byRow }) => byRow?.scratchBytes ?? 0),
  );
  const temporaries = aligned(plan.arenaBytes);
  const writer = new RunWriter(
    plan,
    codes,
    bands,
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

/** Pushes the number of a unit. */
type Units = () => Pushed<"i32">;
/** Pushes the address of a buffer, from some element on. */
type Pointer = (id: number, offset: number) => Pushed<"i32">;

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
  readonly #isProfiled: boolean;
  keptBytes = 0;
  /** What was touched since all threads met last. */
  #touched: Access[] = [];
  /** Whether something was done since then that not every thread knows of. */
  #isShared = false;
  /** Operations of all steps that can be shared. */
  #sharedWork = 0;

  constructor(
    plan: Plan,
    codes: readonly KernelCode[],
    bands: readonly Band[],
    temporaryBytes: number,
    scratchStart: number,
    scratchBytes: number,
    isProfiled: boolean,
    constants: ReadonlySet<number>,
  ) {
    this.#constants = constants;
    this.#isProfiled = isProfiled;
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
    for (const { from, to, byRow } of bands) {
      if (byRow === undefined) this.#step(from, codes[from] as KernelCode);
      else this.#byRow(from, to, byRow);
    }
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

  /** Writes a step on its own. */
  #step(at: number, code: KernelCode): void {
    const step = this.#plan.steps[at] as PlanStep;
    if (this.#isProfiled) this.#mark(at);
    const kept = this.#keptPhases(step, code);
    const place = kept.length > 0 ? this.keptBytes || alignment : undefined;
    if (place !== undefined) this.keptBytes = place + aligned(code.packedBytes);
    for (const phase of code.phases) this.#phase(step, phase, place, kept.includes(phase));
    if (step.kernel.indexedBy !== undefined) this.#stopIfFailed();
  }

  /** Writes the steps of a band: each thread takes some of its rows at a time through all of them. */
  #byRow(from: number, to: number, how: ByRow): void {
    const f = this.#f;
    const { rows, grain, blockRows } = how;
    const steps = this.#plan.steps
      .slice(from, to)
      .map((step) => ({ step, phase: rowCodeOf(step.kernel, rows) }));
    const work = steps.reduce((sum, { phase }) => sum + phase.work, 0);
    const touched = steps.flatMap(({ step }) => this.#accesses(step));
    const isShared = this.#begin(work, Math.ceil(rows / grain), touched);
    const callAll = (begin: Units, end: Units, pointer: Pointer): void =>
      steps.forEach(({ step, phase }, i) => {
        if (this.#isProfiled) this.#mark(from + i);
        this.#call(step, phase, undefined, [begin, end], pointer);
      });
    this.#byWhom(isShared, () => {
      const [first, last] = this.#share(isShared, rows, grain);
      if (blockRows === rows) {
        callAll(first, last, this.#pointer);
        return;
      }
      const [row, end] = [f.local("i32"), f.local("i32")];
      f.for(row, first, last, blockRows, () => {
        f.set(end, f.op("i32.add", f.get(row), f.i32(blockRows)));
        f.set(end, f.least(end, last));
        callAll(
          () => f.get(row),
          () => f.get(end),
          (id, offset) => this.#placeInBlock(how, row, id) ?? this.#pointer(id, offset),
        );
      });
      f.release(row);
      f.release(end);
    });
  }

  /** Pushes where a buffer would begin of which only the rows of a block are there, from `row` on. */
  #placeInBlock({ rows, places }: ByRow, row: Local<"i32">, id: number): Pushed<"i32"> | undefined {
    const place = places.get(id);
    if (place === undefined) return undefined;
    const f = this.#f;
    const rowBytes = (this.#plan.buffers[id] as PlanBuffer).bytes / rows;
    const start = f.op("i32.add", f.get(this.#scratch), f.i32(place));
    return f.op("i32.sub", start, f.op("i32.mul", f.get(row), f.i32(rowBytes)));
  }

  /** The buffers that a step touches. */
  #accesses({ inputs, output }: PlanStep): readonly Access[] {
    const reads = inputs.map((id) => accessOf(this.#plan, id, false));
    return [...reads, accessOf(this.#plan, output, true)];
  }

  /** Begins something that touches so much: after what it must come after. Tells whether threads share it. */
  #begin(work: number, units: number, accesses: readonly Access[]): boolean {
    const isShared = units > 1 && work >= worthSharing;
    // Steps of the first thread alone are in order anyway.
    if ((isShared || this.#isShared) && conflicts(this.#touched, accesses)) this.#meet();
    this.#touched.push(...accesses);
    if (isShared) {
      this.#isShared = true;
      this.#sharedWork += work;
    }
    return isShared;
  }

  /** Writes what all threads do, or the first alone. */
  #byWhom(isShared: boolean, write: () => void): void {
    const f = this.#f;
    if (isShared) write();
    else f.if(f.op("i32.eqz", f.get(f.param(threadParameter))), write);
  }

  /**
   * Where the units of a thread begin and end: parts as equal as units allow that come in grains; where a thread begins, the one before has
   * ended.
   */
  #share(isShared: boolean, units: number, grain = 1): readonly [Units, Units] {
    const f = this.#f;
    if (!isShared) return [() => f.i32(0), () => f.i32(units)];
    const long = (value: Pushed<"i32">) => f.op("i64.extend_i32_u", value);
    const part = (ahead: number) => (): Pushed<"i32"> => {
      const end = () => f.op("i32.add", f.get(f.param(threadParameter)), f.i32(ahead));
      const share = () => f.op("i64.mul", long(end()), f.i64(Math.ceil(units / grain)));
      const whole = f.op(
        "i32.wrap_i64",
        f.op("i64.div_u", share(), long(f.get(f.param(threadsParameter)))),
      );
      if (grain === 1) return whole;
      const bound = f.let(f.op("i32.mul", whole, f.i32(grain)));
      f.release(bound);
      return f.least(bound, units);
    };
    return [part(0), part(1)];
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

  /** Writes a phase; `place` is where its kernel packs, if that is kept, and `isOnce` whether it is done in the first run only. */
  #phase(step: PlanStep, phase: Phase, place: number | undefined, isOnce: boolean): void {
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
    const isShared = this.#begin(phase.work, phase.units, [...this.#accesses(step), ...packed]);
    const f = this.#f;
    const range = this.#share(isShared, phase.units);
    const call = (): void => this.#call(step, phase, place, range, this.#pointer);
    this.#byWhom(isShared, () => {
      if (isOnce) f.if(f.op("i32.eqz", f.get(this.#isKept)), call);
      else call();
    });
  }

  /** Calls the code of a phase for some of its units. */
  #call(
    step: PlanStep,
    { code }: Phase,
    place: number | undefined,
    [begin, end]: readonly [Units, Units],
    pointer: Pointer,
  ): void {
    const f = this.#f;
    f.call(this.#number(code), [
      begin(),
      end(),
      f.get(this.#scratch),
      place === undefined
        ? f.op("i32.add", f.get(f.param(arenaParameter)), f.i32(this.#temporaryBytes))
        : f.op("i32.add", f.get(f.param(keptParameter)), f.i32(place)),
      pointer(step.output, 0),
      ...step.inputs.map((id, slot) => pointer(id, step.offsets[slot] as number)),
    ]);
  }

  /** Pushes where a buffer is, from some element on. */
  readonly #pointer: Pointer = (id, offset) => {
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
  };

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
    this.#touched = [];
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
