// Factors of stored integers. They are made into floats block by block, in the thread's own memory, just before a block is multiplied: so what is
// read from memory is as small as it is stored, in the order in which it lies there, and no copy of the factor is made.

import { linear } from "../../../kernel/affine.ts";
import { pointsOf } from "../../../kernel/contraction.ts";
import type { Axis } from "../../../kernel/expr.ts";
import { axis } from "../../../kernel/expr.ts";
import { rewriter } from "../../../kernel/rewrite.ts";
import { withAddresses } from "../emit/addresses.ts";
import type { EmitContext } from "../emit/emitter.ts";
import { KernelWriter } from "../kernelCode.ts";
import type { Nest } from "../normalise.ts";
import { parameters } from "../parameters.ts";
import type { FunctionBuilder, Local } from "../wasm/function.ts";
import { otherAxesOf } from "./blocking.ts";
import type { ProductPlan, Streaming } from "./plan.ts";
import { advanceBy } from "./pointers.ts";

/** Bytes of an element. */
const element = 4;

/** Writes the code that packs a block: terms `first` to `end` of the last summed axis, in the columns of the unit. */
export class StreamedBlocks {
  readonly #plan: ProductPlan;
  readonly #streaming: Streaming;
  readonly #context: EmitContext;
  readonly #f: FunctionBuilder;
  readonly #first: Local<"i32">;
  readonly #end: Local<"i32">;
  #units: readonly Axis[] = [];
  #writer: KernelWriter | undefined;
  /** Stands for the turn at which a block begins: a loop variable that no loop changes here. */
  readonly #start: Axis;

  constructor(plan: ProductPlan, streaming: Streaming, context: EmitContext) {
    this.#plan = plan;
    this.#streaming = streaming;
    this.#context = context;
    this.#f = context.f;
    this.#first = context.f.local("i32");
    this.#end = context.f.local("i32");
    this.#start = axis(this.#last.size);
  }

  get #last(): Axis {
    return this.#plan.product.summed.at(-1) as Axis; // there is one
  }

  /** Writes what comes before all units. */
  begin(
    [, columnBlock]: readonly [row: Axis, column: Axis],
    columns: readonly [first: Local<"i32">, end: Local<"i32">],
  ): void {
    const f = this.#f;
    const { nest, product, blocking } = this.#plan;
    const { along, pitch, offset } = this.#streaming;
    const { column, others, right } = product;
    const last = this.#last;
    const units = [
      ...otherAxesOf(right, others),
      columnBlock,
      ...blocking.outerSummed,
      this.#start,
    ];
    const block = along === last ? [column] : [last];
    const loops = [...units, ...block, along];
    const whole: Nest = {
      axes: loops,
      inputs: nest.inputs,
      output: { dtype: "f32", size: pitch * blocking.stretch },
      target: linear(0, [
        { atom: last, stride: pitch },
        { atom: column, stride: 1 },
        { atom: this.#start, stride: -pitch },
        { atom: columnBlock, stride: -blocking.blockColumns },
      ]),
      body: rewriter(() => undefined)(right),
    };
    const pointers = [
      f.let(f.op("i32.add", f.get(f.param(parameters.scratch)), f.i32(offset))),
      ...nest.inputs.map((_, slot) => f.param(parameters.inputs + slot)),
    ];
    this.#units = units;
    this.#writer = new KernelWriter(
      withAddresses(whole, loops),
      { outer: [...units, ...block], along, parts: 4, across: undefined },
      { axes: units, rest: block, piece: 0, units: pointsOf(units) },
      loops,
      this.#context,
      pointers,
      new Map([
        [last, [this.#first, this.#end]],
        [column, columns],
      ]),
    );
    this.#writer.begin();
  }

  /** The address at which the element of a column 0 would be: a block begins with the first of its columns. */
  start(firstColumn: Local<"i32">): Local<"i32"> {
    const f = this.#f;
    const { offset } = this.#streaming;
    const address = f.let(f.op("i32.add", f.get(f.param(parameters.scratch)), f.i32(offset)));
    advanceBy(f, address, firstColumn, -element);
    return address;
  }

  /** Says that the next block has all terms. */
  whole(): void {
    this.#f.set(this.#first, this.#f.i32(0));
    this.#f.set(this.#end, this.#f.i32(this.#last.size));
  }

  /** Says that the next block has so many terms, from k on. */
  stretch(k: Local<"i32">, turns: Local<"i32">): void {
    const f = this.#f;
    f.set(this.#first, f.get(k));
    f.set(this.#end, f.op("i32.add", f.get(k), f.get(turns)));
  }

  /** Packs the block, given the variables of units and of the summed axes around it. */
  write(variables: ReadonlyMap<Axis, Local<"i32">>): void {
    const known = new Map(variables).set(this.#start, this.#first);
    const own = new Map(this.#units.map((it) => [it, known.get(it) as Local<"i32">])); // all of them are there
    (this.#writer as KernelWriter).unit(own); // made by `begin`
  }
}
