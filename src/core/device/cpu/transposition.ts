// Kernels that read along other elements than they write, such as a transposition: blocks of rows are read four by four, turned in registers, and put
// together in a small tile, so that whole cache lines are written. Rows a power of two apart share few places in the cache, and would drive one
// another out of it.

import type { Statement } from "../../kernel/block.ts";
import type { Axis } from "../../kernel/expr.ts";
import type { AddressedNest } from "./emit/addresses.ts";
import { type Emitter, lanesPerPart } from "./emit/emitter.ts";
import type { Writer } from "./emit/statements.ts";
import { parameters } from "./parameters.ts";
import type { Bound, FunctionBuilder, Local } from "./wasm/function.ts";

/** Rows of a tile: several cache lines are read from each page of memory that is visited. */
export const tileRows = 64;
/** Columns of a tile: a cache line is written at a time. */
const tileColumns = 16;
/** Rows that are read at once where that does not take too many registers: a cache line of them. */
const lineRows = 16;
const bytes = 4;
const rowBytes = bytes * tileColumns;

/** Bytes of a tile. */
export const tileBytes = tileRows * rowBytes;

/** What is transposed, and the code around it. */
export interface Transposition {
  readonly f: FunctionBuilder;
  /** The loop along which elements are read, its part that is to be done, and the loop along which they are written. */
  readonly across: Axis;
  readonly from: Bound;
  readonly to: Bound;
  readonly along: Axis;
  /** Whether there is so little to compute that many elements are computed at once. */
  readonly isLight: boolean;
  /** What computes the value of an element within both loops. */
  readonly statements: readonly Statement[];
  readonly outermost: Emitter;
  readonly writer: Writer;
  readonly nest: AddressedNest;
  /** Stores what an emitter has computed. */
  readonly store: (e: Emitter) => void;
}

/** Writes the loops. */
export const writeTransposition = (it: Transposition): void => {
  const { f, across, along, outermost, writer, nest, statements } = it;
  const [block, end, last] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const [row, column] = [f.local("i32"), f.local("i32")];
  const [first, stop, lines] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const single = (): void => {
    const e = outermost.inner(undefined, 1);
    e.define(across, { kind: "uniform", local: row });
    e.define(along, { kind: "uniform", local: column });
    writer.block(e, statements);
    it.store(e);
  };
  const wide = along.size - (along.size % lanesPerPart);
  f.for(block, it.from, it.to, tileRows, () => {
    f.set(end, f.op("i32.add", f.get(block), f.i32(tileRows)));
    f.set(end, f.least(end, it.to));
    const rest = () => f.op("i32.and", f.op("i32.sub", f.get(end), f.get(block)), f.i32(3));
    f.set(last, f.op("i32.sub", f.get(end), rest()));
    // Blocks begin at multiples of their size.
    f.set(lines, f.op("i32.and", f.get(last), f.i32(-lineRows)));
    f.for(first, 0, wide, tileColumns, () => {
      f.set(stop, f.op("i32.add", f.get(first), f.i32(tileColumns)));
      f.set(stop, f.least(stop, wide));
      f.for(column, first, stop, lanesPerPart, () => {
        const rows = (from: Bound, to: Bound, parts: number): void =>
          f.for(row, from, to, parts, () => {
            const e = outermost.inner(along, parts);
            e.define(across, { kind: "linear", local: row, stride: 0, partStride: 1 });
            e.define(along, { kind: "linear", local: column, stride: 1, partStride: 0 });
            writer.block(e, statements);
            const place = placeInTile(f, { row, block, column, first });
            for (let part = 0; part < parts; part++) {
              const value = () => e.lanes(nest.body, part);
              f.memory("v128.store", part * rowBytes, f.get(place), value());
            }
            f.release(place);
          });
        if (it.isLight) rows(block, lines, lineRows);
        rows(it.isLight ? lines : block, last, 4);
      });
      f.for(row, block, last, 1, () => {
        f.for(column, first, stop, lanesPerPart, () => {
          const e = outermost.inner(along, 1);
          e.define(across, { kind: "uniform", local: row });
          e.define(along, { kind: "linear", local: column, stride: 1, partStride: 0 });
          const { value, offset } = writer.address(e, nest.target);
          if (value.kind !== "linear") throw new Error("cpu: a target along the lanes expected");
          const target = f.let(f.op("i32.add", f.get(value.local), f.i32(offset)));
          const place = placeInTile(f, { row, block, column, first });
          f.memory("v128.store", 0, f.get(target), f.memory("v128.load", 0, f.get(place)));
          f.release(place);
          f.release(target);
        });
      });
    });
    f.for(row, last, end, 1, () => f.for(column, 0, wide, 1, single));
    f.for(row, block, end, 1, () => f.for(column, wide, along.size, 1, single));
  });
  for (const local of [block, end, last, row, column, first, stop, lines]) f.release(local);
};

interface TileIndex {
  readonly row: Local<"i32">;
  readonly block: Local<"i32">;
  readonly column: Local<"i32">;
  readonly first: Local<"i32">;
}

/** The address of an element in the thread's tile. */
const placeInTile = (
  f: FunctionBuilder,
  { row, block, column, first }: TileIndex,
): Local<"i32"> => {
  const down = () => f.op("i32.mul", f.op("i32.sub", f.get(row), f.get(block)), f.i32(rowBytes));
  const over = () => f.op("i32.mul", f.op("i32.sub", f.get(column), f.get(first)), f.i32(bytes));
  const offset = () => f.op("i32.add", down(), over());
  return f.let(f.op("i32.add", f.get(f.param(parameters.scratch)), offset()));
};
