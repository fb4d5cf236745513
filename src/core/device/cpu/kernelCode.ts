// One kernel as a WebAssembly function of (begin, end, scratch, packed, output, inputs…): it computes the units [begin, end) of its output. Units are turns of
// its outer loops, or pieces of the only one, so that threads can share a kernel and no element depends on how.

import { type IsFree, type Statement, scheduleNest } from "../../kernel/block.ts";
import { axesIn } from "../../kernel/contraction.ts";
import type { Axis } from "../../kernel/expr.ts";
import { exprsOf, type Kernel } from "../../kernel/kernel.ts";
import { type AddressedNest, hasAddresses, withAddresses } from "./emit/addresses.ts";
import { combineLanes, combineScalars } from "./emit/combine.ts";
import { type EmitContext, Emitter, lanesPerPart } from "./emit/emitter.ts";
import { storeHalf, storeHalves } from "./emit/halves.ts";
import { type Address, loadLanes, loadScalar, storeLanes, storeScalar } from "./emit/memory.ts";
import { Writer } from "./emit/statements.ts";
import { wantedInLanes } from "./emit/wanted.ts";
import { type LoopPlan, planLoops } from "./loops.ts";
import type { Nest } from "./normalise.ts";
import { parameters } from "./parameters.ts";
import { cutRows } from "./rows.ts";
import { tileBytes, writeTransposition } from "./transposition.ts";
import { type Cut, cutLoops, type Sharing, unitVariables, workOf } from "./units.ts";
import type { Bound, Local } from "./wasm/function.ts";

/** How a kernel is written, other than by default. */
export interface EmitOptions {
  /** The address of its output. */
  readonly output?: Local<"i32">;
  /** How many rows its units are. */
  readonly rows?: number;
}

/** Writes a kernel into the context's function. */
export const emitKernel = (
  nest: Nest,
  context: EmitContext,
  { output = context.f.param(parameters.output), rows }: EmitOptions = {},
): Sharing => {
  const plan = planLoops(nest);
  const cut = rows === undefined ? cutLoops(nest, plan) : cutRows(nest, plan, rows);
  const { along, across } = plan;
  const loops = [
    ...cut.axes,
    ...cut.rest,
    ...(across === undefined ? [] : [across]),
    ...(along === undefined ? [] : [along]),
  ];
  const addressed = withAddresses(nest, loops);
  const pointers = [
    output,
    ...nest.inputs.map((_, slot) => context.f.param(parameters.inputs + slot)),
  ];
  new KernelWriter(addressed, plan, cut, loops, context, pointers).write();
  const scratchBytes = across === undefined ? 0 : tileBytes;
  return { units: cut.units, work: workOf(nest), scratchBytes };
};

/** What all lanes read at one place needs no guard where it is there: with it both sides of a choice are ready, and the choice is one instruction. */
const isFreeAlong =
  ({ safeLoads }: AddressedNest, along: Axis | undefined): IsFree =>
  (expr) =>
    along !== undefined && safeLoads.has(expr) && !axesIn(expr).has(along);

/** Writes the loops of a kernel and what is in them. */
export class KernelWriter {
  readonly #nest: AddressedNest;
  readonly #plan: LoopPlan;
  readonly #cut: Cut;
  readonly #loops: readonly Axis[];
  readonly #context: EmitContext;
  readonly #writer: Writer;
  readonly #levels: readonly (readonly Statement[])[];
  readonly #outermost: Emitter;
  readonly #pointers: readonly Local<"i32">[];
  /** Where loops begin and end that do not run over the whole of their axis. */
  readonly #ranges: ReadonlyMap<Axis, readonly [Bound, Bound]>;

  constructor(
    nest: AddressedNest,
    plan: LoopPlan,
    cut: Cut,
    loops: readonly Axis[],
    context: EmitContext,
    pointers: readonly Local<"i32">[],
    ranges: ReadonlyMap<Axis, readonly [Bound, Bound]> = new Map(),
  ) {
    this.#pointers = pointers;
    this.#ranges = ranges;
    this.#nest = nest;
    this.#plan = plan;
    this.#cut = cut;
    this.#loops = loops;
    this.#context = context;
    const reduced = exprsOf(nest as unknown as Kernel).flatMap((expr) =>
      expr.tag === "reduce" ? [expr.axis] : [],
    );
    const lanes =
      plan.along === undefined
        ? reduced
        : [plan.along, ...(plan.across === undefined ? [] : [plan.across])];
    this.#writer = new Writer(nest, (roots) => wantedInLanes(roots, lanes));
    this.#levels = scheduleNest(loops, [nest.target, nest.body], isFreeAlong(nest, plan.along));
    this.#outermost = new Emitter(context, undefined, 1);
  }

  /** Writes what comes before all loops. */
  begin(): void {
    const e = this.#outermost;
    const { outputPointer, inputPointers } = this.#nest;
    [outputPointer, ...inputPointers].forEach((pointer, i) => {
      e.define(pointer, { kind: "uniform", local: this.#pointers[i] as Local<"i32"> });
    });
    this.#writer.block(e, this.#levels[0] ?? []);
  }

  /** Writes one unit, given the variables of the loops that are cut into units. */
  unit(variables: ReadonlyMap<Axis, Local<"i32">>): void {
    const { axes } = this.#cut;
    for (const [over, local] of variables) this.#outermost.define(over, { kind: "uniform", local });
    axes.forEach((_, depth) => this.#writer.block(this.#outermost, this.#levels[depth + 1] ?? []));
    this.#inner(axes.length);
  }

  write(): void {
    const { f } = this.#context;
    this.begin();
    const { axes } = this.#cut;
    if (axes.length === 0) this.#inner(0);
    else {
      const unit = f.local("i32");
      f.for(unit, f.param(parameters.begin), f.param(parameters.end), 1, () => {
        this.unit(unitVariables(f, unit, axes));
      });
    }
  }

  /** The loops from some depth on. */
  #inner(depth: number): void {
    const { f } = this.#context;
    const { along, across } = this.#plan;
    const over = this.#loops[depth];
    if (over === undefined) {
      this.#store(this.#outermost);
      return;
    }
    if (over === across) this.#transposition(depth);
    else if (over === along) {
      const [from, to] = this.#bounds(over);
      this.#lanes(depth, from, to);
    } else {
      const i = f.local("i32");
      this.#outermost.define(over, { kind: "uniform", local: i });
      const [from, to] = this.#ranges.get(over) ?? [0, over.size];
      f.for(i, from, to, 1, () => {
        this.#writer.block(this.#outermost, this.#levels[depth + 1] ?? []);
        this.#inner(depth + 1);
      });
    }
  }

  /** Where a loop begins and ends: everywhere, unless it is the one that is cut into pieces. */
  #bounds(over: Axis): readonly [Bound, Bound] {
    const { f } = this.#context;
    const { axes, piece } = this.#cut;
    const given = this.#ranges.get(over);
    if (given !== undefined) return given;
    if (axes.length > 0 || piece === 0) return [0, over.size];
    const start = f.let(f.op("i32.mul", f.get(f.param(parameters.begin)), f.i32(piece)));
    const end = f.let(f.op("i32.mul", f.get(f.param(parameters.end)), f.i32(piece)));
    f.set(end, f.least(end, over.size));
    return [start, end];
  }

  /** How far a power of two as the step comes from one bound to another. */
  #wholes(from: Bound, to: Bound, step: number): Bound {
    const { f } = this.#context;
    if (typeof from === "number" && typeof to === "number") return to - ((to - from) % step);
    const length = f.op("i32.sub", f.bound(to), f.bound(from));
    return f.let(f.op("i32.add", f.op("i32.and", length, f.i32(-step)), f.bound(from)));
  }

  /** The loop along the lanes: as many vectors side by side as there are, then single ones, then single elements. */
  #lanes(depth: number, from: Bound, to: Bound): void {
    const { f } = this.#context;
    const { along, parts } = this.#plan;
    const over = along as Axis;
    const i = f.local("i32");
    const statements = this.#levels[depth + 1] ?? [];
    let at = from;
    const loop = (until: Bound, step: number, width: number): void => {
      if (typeof at === "number" && typeof until === "number" && at >= until) return;
      const start = at;
      f.for(i, start, until, step, () => {
        const e = this.#outermost.inner(width === 0 ? undefined : over, Math.max(1, width));
        e.define(
          over,
          width === 0
            ? { kind: "uniform", local: i }
            : { kind: "linear", local: i, stride: 1, partStride: lanesPerPart },
        );
        this.#writer.block(e, statements);
        this.#store(e);
      });
      at = until;
    };
    for (let width = parts; width >= 1; width /= parts > 1 ? parts : 2)
      loop(this.#wholes(at, to, width * lanesPerPart), width * lanesPerPart, width);
    loop(to, 1, 0);
    f.release(i);
  }

  #transposition(depth: number): void {
    const { along, across } = this.#plan as { along: Axis; across: Axis };
    const [from, to] = this.#bounds(across);
    const { body } = this.#nest;
    const isLight = exprsOf({ ...this.#nest, target: body } as unknown as Kernel).length <= 16;
    writeTransposition({
      isLight,
      ...{ f: this.#context.f, across, along, from, to },
      statements: [...(this.#levels[depth + 1] ?? []), ...(this.#levels[depth + 2] ?? [])],
      outermost: this.#outermost,
      writer: this.#writer,
      nest: this.#nest,
      store: (e) => this.#store(e),
    });
  }

  /** Stores the value of the kernel where it goes. */
  #store(e: Emitter): void {
    const { f } = this.#context;
    const { output, target, body, scatter } = this.#nest;
    const { dtype } = output;
    const address = this.#writer.address(e, target);
    if (!hasAddresses(dtype)) {
      this.#storeHalves(e, address);
      return;
    }
    if (address.value.kind === "uniform") {
      const base = address.value.local as Local<"i32">; // an address
      const shifted =
        address.offset < 0 ? f.let(f.op("i32.add", f.get(base), f.i32(address.offset))) : base;
      const offset = Math.max(0, address.offset);
      storeScalar(f, dtype, shifted, offset, () =>
        scatter === undefined
          ? e.scalar(body)
          : combineScalars(
              e,
              { op: scatter.combine, dtype: body.dtype },
              loadScalar(f, dtype, shifted, offset),
              e.scalar(body),
            ),
      );
      return;
    }
    for (let vector = 0; vector < e.vectors(body); vector++) {
      storeLanes(e, dtype, address, vector, () =>
        scatter === undefined
          ? e.lanes(body, vector)
          : combineLanes(
              e,
              { op: scatter.combine, dtype: body.dtype },
              loadLanes(e, dtype, address, vector),
              e.lanes(body, vector),
            ),
      );
    }
  }

  /** Stores elements of which two share a byte. */
  #storeHalves(e: Emitter, address: Address): void {
    const { body } = this.#nest;
    const [pointer] = this.#pointers as [Local<"i32">];
    const at = { ...address, pointer };
    const { value } = address;
    if (value.kind === "uniform")
      storeHalf(e.f, at, value.local as Local<"i32">, () => e.scalar<"i32">(body));
    else
      for (let part = 0; part < e.parts; part++)
        storeHalves(e, at, part, () => e.lanes(body, part));
  }
}
