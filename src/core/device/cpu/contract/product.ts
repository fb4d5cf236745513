// A product as code: its factors packed where that pays, then block after block of its output, and what the kernel does with the sums while they
// are in the cache.

import { linear } from "../../../kernel/affine.ts";
import { pointsOf } from "../../../kernel/contraction.ts";
import { type Axis, axis } from "../../../kernel/expr.ts";
import type { EmitContext } from "../emit/emitter.ts";
import { emitKernel, type KernelWriter } from "../kernelCode.ts";
import { strideAlong } from "../loops.ts";
import { parameters } from "../parameters.ts";
import { type Sharing, unitVariables, workOf } from "../units.ts";
import type { Bound, FunctionBuilder, Local } from "../wasm/function.ts";
import { tileColumns, tileRows } from "./blocking.ts";
import { epilogueOf, type Sums } from "./epilogue.ts";
import type { Factor, Packing, ProductPlan } from "./plan.ts";
import { addressAt, advance, advanceBy, setRange } from "./pointers.ts";
import { StreamedBlocks } from "./streamed.ts";
import { writeTile } from "./tile.ts";

/** Bytes of an element. */
const element = 4;

/** Writes the code that packs a factor. */
export const emitPacking = ({ nest, offset }: Packing, context: EmitContext): Sharing => {
  const { f } = context;
  const place = f.let(f.op("i32.add", f.get(f.param(parameters.packed)), f.i32(offset)));
  return emitKernel(nest, context, { output: place });
};

/** Writes the code of a product whose factors are packed. */
export const emitProduct = (plan: ProductPlan, context: EmitContext): Sharing => {
  const writer = new ProductWriter(plan, context);
  return { units: writer.write(), work: workOf(plan.nest), scratchBytes: plan.scratchBytes };
};

class ProductWriter {
  readonly #plan: ProductPlan;
  readonly #context: EmitContext;
  readonly #f: FunctionBuilder;
  readonly #rowBlock: Axis;
  readonly #columnBlock: Axis;
  /** What packs the right factor block by block, where it is stored as integers. */
  readonly #streaming: StreamedBlocks | undefined;

  constructor(plan: ProductPlan, context: EmitContext) {
    this.#plan = plan;
    this.#context = context;
    this.#f = context.f;
    const { blocking, product } = plan;
    this.#rowBlock = axis(Math.ceil(product.row.size / blocking.blockRows));
    this.#columnBlock = axis(Math.ceil(product.column.size / blocking.blockColumns));
    this.#streaming = plan.streaming && new StreamedBlocks(plan, plan.streaming, context);
  }

  /** Writes everything; returns into how many units it can be cut. */
  write(): number {
    const f = this.#f;
    const { product, blocking, isPlain } = this.#plan;
    const { row, column, others } = product;
    const unitAxes = [...others, this.#rowBlock, this.#columnBlock];
    const [firstRow, endRow, firstColumn, endColumn] = [0, 1, 2, 3].map(() => f.local("i32")) as [
      Local<"i32">,
      Local<"i32">,
      Local<"i32">,
      Local<"i32">,
    ];
    const ranges = new Map<Axis, readonly [Bound, Bound]>([
      [row, [firstRow, endRow]],
      [column, [firstColumn, endColumn]],
    ]);
    const epilogue = isPlain ? undefined : this.#epilogue(unitAxes, ranges);
    epilogue?.begin();
    this.#streaming?.begin([this.#rowBlock, this.#columnBlock], [firstColumn, endColumn]);
    const unit = f.local("i32");
    f.for(unit, f.param(parameters.begin), f.param(parameters.end), 1, () => {
      const variables = unitVariables(f, unit, unitAxes);
      const blockOf = (of: Axis): Local<"i32"> => variables.get(of) as Local<"i32">; // one for each unit axis
      const { blockRows, blockColumns } = blocking;
      setRange(f, [firstRow, endRow], blockOf(this.#rowBlock), blockRows, row.size);
      setRange(f, [firstColumn, endColumn], blockOf(this.#columnBlock), blockColumns, column.size);
      this.#block(variables, firstRow, endRow, firstColumn, endColumn);
      epilogue?.unit(variables);
    });
    return pointsOf(unitAxes);
  }

  /** What is done with the sums of a block, which are in the thread's own memory. */
  #epilogue(
    unitAxes: readonly Axis[],
    ranges: ReadonlyMap<Axis, readonly [Bound, Bound]>,
  ): KernelWriter {
    const { nest, product, blocking } = this.#plan;
    const { row, column } = product;
    const { blockRows, blockColumns } = blocking;
    const index = linear(0, [
      { atom: row, stride: blockColumns },
      { atom: column, stride: 1 },
      { atom: this.#rowBlock, stride: -blockRows * blockColumns },
      { atom: this.#columnBlock, stride: -blockColumns },
    ]);
    const sums: Sums = {
      ...{ root: product.root, index, size: blockRows * blockColumns, offset: 0 },
      ...{ units: unitAxes, block: [row], along: column, ranges },
    };
    return epilogueOf(nest, sums, this.#context);
  }

  /** The address of a factor's first element for a unit, without row, column, and summed axes. */
  #start(factor: Factor, variables: ReadonlyMap<Axis, Local<"i32">>): Local<"i32"> {
    const f = this.#f;
    const buffer =
      factor.slot === undefined
        ? f.param(parameters.packed)
        : f.param(parameters.inputs + factor.slot);
    return this.#sum(buffer, factor.base, factor.otherStrides, variables);
  }

  /** A pointer plus elements: a constant, and strides times variables. */
  #sum(
    pointer: Local<"i32">,
    base: number,
    strides: ReadonlyMap<Axis, number>,
    variables: ReadonlyMap<Axis, Local<"i32">>,
  ): Local<"i32"> {
    const counts = [...strides].map(
      ([over, stride]) => [variables.get(over) as Local<"i32">, element * stride] as const, // of units
    );
    return addressAt(this.#f, pointer, element * base, ...counts);
  }

  /** Adds a number of elements to an address. */
  #move(address: Local<"i32">, count: Local<"i32">, stride: number): void {
    advanceBy(this.#f, address, count, element * stride);
  }

  #block(
    variables: ReadonlyMap<Axis, Local<"i32">>,
    firstRow: Local<"i32">,
    endRow: Local<"i32">,
    firstColumn: Local<"i32">,
    endColumn: Local<"i32">,
  ): void {
    const f = this.#f;
    const { blocking, left, right } = this.#plan;
    const { outerSummed, innerSummed, stretch } = blocking;
    const last = innerSummed.at(-1) as Axis;
    const isCut = stretch < last.size;
    const isFirst = outerSummed.length > 0 || isCut ? f.let(f.i32(1)) : undefined;
    const sums = this.#sums(variables, firstRow, firstColumn);
    const starts = [
      this.#start(left, variables),
      this.#streaming === undefined
        ? this.#start(right, variables)
        : this.#streaming.start(firstColumn),
    ] as const;
    const turning = new Map(variables);
    const tiles = (
      turns: Local<"i32"> | number,
      at: readonly [Local<"i32">, Local<"i32">],
    ): void => {
      this.#streaming?.write(turning);
      this.#tiles({
        turns,
        isFirst,
        left: at[0],
        right: at[1],
        sums,
        firstRow,
        endRow,
        firstColumn,
        endColumn,
      });
      if (isFirst !== undefined) f.set(isFirst, f.i32(0));
    };
    const stretches = (at: readonly [Local<"i32">, Local<"i32">]): void => {
      if (!isCut) {
        this.#streaming?.whole();
        tiles(last.size, at);
        return;
      }
      const k = f.local("i32");
      const turns = f.local("i32");
      f.for(k, 0, last.size, stretch, () => {
        f.set(turns, f.op("i32.sub", f.i32(last.size), f.get(k)));
        f.set(turns, f.least(turns, stretch));
        this.#streaming?.stretch(k, turns);
        const here = at.map((address) => f.let(f.get(address))) as [Local<"i32">, Local<"i32">];
        this.#move(here[0], k, left.summedStrides.get(last) ?? 0);
        if (this.#streaming === undefined)
          this.#move(here[1], k, right.summedStrides.get(last) ?? 0);
        tiles(turns, here);
        for (const address of here) f.release(address);
      });
      f.release(k);
      f.release(turns);
    };
    const around = (
      [over, ...rest]: readonly Axis[],
      at: readonly [Local<"i32">, Local<"i32">],
    ): void => {
      if (over === undefined) {
        stretches(at);
        return;
      }
      const k = f.local("i32");
      turning.set(over, k);
      f.for(k, 0, over.size, 1, () => {
        const here = at.map((address) => f.let(f.get(address))) as [Local<"i32">, Local<"i32">];
        this.#move(here[0], k, left.summedStrides.get(over) ?? 0);
        this.#move(here[1], k, right.summedStrides.get(over) ?? 0);
        around(rest, here);
        for (const address of here) f.release(address);
      });
      f.release(k);
    };
    around(outerSummed, starts);
  }

  /** The address of the first sum of a block. */
  #sums(
    variables: ReadonlyMap<Axis, Local<"i32">>,
    firstRow: Local<"i32">,
    firstColumn: Local<"i32">,
  ): Local<"i32"> {
    const f = this.#f;
    const { nest, product, isPlain } = this.#plan;
    if (!isPlain) return f.let(f.get(f.param(parameters.scratch)));
    const { target } = nest;
    const strides = new Map(product.others.map((it) => [it, strideAlong(target, it) as number]));
    const base = target.tag === "affine" ? target.base : 0;
    const address = this.#sum(f.param(parameters.output), base, strides, variables);
    this.#move(address, firstRow, strideAlong(target, product.row) as number);
    this.#move(address, firstColumn, 1);
    return address;
  }

  /** All tiles of a block, for one stretch of the sums. */
  #tiles(at: TilesAt): void {
    const f = this.#f;
    const { column } = this.#plan.product;
    const c = f.local("i32");
    const whole = f.let(f.op("i32.sub", f.get(at.endColumn), f.i32(tileColumns - 1)));
    f.for(c, at.firstColumn, whole, tileColumns, () => {
      this.#panel(at, c, tileColumns);
    });
    const rest = column.size % tileColumns;
    if (rest > 0) {
      f.if(f.op("i32.eq", f.get(at.endColumn), f.i32(column.size)), () => {
        f.set(c, f.i32(column.size - rest));
        this.#panel(at, c, rest);
      });
    }
    f.release(whole);
    f.release(c);
  }

  /** The tiles of some columns, one after the other down the rows. */
  #panel(at: TilesAt, c: Local<"i32">, columns: number): void {
    const f = this.#f;
    const { product, blocking, left, right, nest, isPlain } = this.#plan;
    const rowStride = isPlain
      ? (strideAlong(nest.target, product.row) as number)
      : blocking.blockColumns;
    const rightAt = f.let(f.get(at.right));
    this.#move(rightAt, c, right.tileStride);
    const sums = f.let(f.get(at.sums));
    this.#move(sums, f.let(f.op("i32.sub", f.get(c), f.get(at.firstColumn))), 1);
    const leftAt = f.let(f.get(at.left));
    this.#move(leftAt, at.firstRow, left.tileStride);
    const r = f.local("i32");
    const tile = (rows: number): void =>
      writeTile(f, {
        rows,
        columns,
        left: leftAt,
        right: rightAt,
        leftView: left,
        rightView: right,
        sums,
        rowBytes: 4 * rowStride,
        isPadded: !isPlain,
        summed: blocking.innerSummed,
        turns: at.turns,
        isFirst: at.isFirst,
      });
    const whole = f.let(f.op("i32.sub", f.get(at.endRow), f.i32(tileRows - 1)));
    f.for(r, at.firstRow, whole, tileRows, () => {
      tile(tileRows);
      advance(f, leftAt, element * tileRows * left.tileStride);
      advance(f, sums, element * tileRows * rowStride);
    });
    const rest = product.row.size % tileRows;
    if (rest > 0) f.if(f.op("i32.eq", f.get(at.endRow), f.i32(product.row.size)), () => tile(rest));
    for (const local of [rightAt, sums, leftAt, r, whole]) f.release(local);
  }
}

/** Where the tiles of a block are. */
interface TilesAt {
  readonly turns: Local<"i32"> | number;
  readonly isFirst: Local<"i32"> | undefined;
  readonly left: Local<"i32">;
  readonly right: Local<"i32">;
  readonly sums: Local<"i32">;
  readonly firstRow: Local<"i32">;
  readonly endRow: Local<"i32">;
  readonly firstColumn: Local<"i32">;
  readonly endColumn: Local<"i32">;
}
