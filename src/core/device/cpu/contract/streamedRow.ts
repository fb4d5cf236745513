// A row, or a few, times a factor of stored integers. Nothing is packed: a few terms at a time are added to the sums of a block of columns, which stay in
// the first-level cache, while the factor is read once, in the order in which it lies in memory. A scale that those terms share is multiplied once.

import { linear } from "../../../kernel/affine.ts";
import { pointsOf } from "../../../kernel/contraction.ts";
import { type Axis, axis, type Expr, load, makeCall } from "../../../kernel/expr.ts";
import { splat } from "../constants.ts";
import { withAddresses } from "../emit/addresses.ts";
import type { EmitContext } from "../emit/emitter.ts";
import { aligned } from "../heap.ts";
import { KernelWriter } from "../kernelCode.ts";
import type { Nest } from "../normalise.ts";
import { parameters } from "../parameters.ts";
import { type Sharing, unitVariables, workOf } from "../units.ts";
import type { Bound, FunctionBuilder, Local } from "../wasm/function.ts";
import { epilogueOf } from "./epilogue.ts";
import { setRange } from "./pointers.ts";
import { type Product, productIn } from "./recognise.ts";
import { leavesOutZeros, type Turns, termsOf, turnsOf } from "./terms.ts";

/** Vectors side by side: as many as leave the numbers of the row in registers. */
const vectors = 2;

/** Such a product. */
export interface StreamedRow {
  readonly nest: Nest;
  readonly product: Product;
  /** Columns whose sums are in memory at once. */
  readonly blockColumns: number;
  /** The rows, one after the other for each block of columns; none where there is one. */
  readonly rows: readonly Axis[];
}

/** Enough columns to read memory in long pieces, and few enough that threads have several blocks each. */
const mostColumns = 512;

/** Up to so many rows, terms of zeros are left out, row by row; more rows are worth making floats of all that is stored. */
const fewRows = 3;

/** A nest as a row, or a few, times stored integers, if it is that. */
export const planStreamedRow = (nest: Nest): StreamedRow | undefined => {
  const product = productIn(nest);
  if (product === undefined) return undefined;
  const { row, column } = product;
  // Products of one row are of stored integers.
  if (row.size > 1 && !(row.size <= fewRows && leavesOutZeros(product))) return undefined;
  const rows = row.size > 1 ? [row] : [];
  return { nest, product, rows, blockColumns: Math.min(mostColumns, column.size) };
};

/** Writes the code of such a product. */
export const emitStreamedRow = (plan: StreamedRow, context: EmitContext): Sharing => {
  const { nest, product, rows, blockColumns } = plan;
  const { column, others, root } = product;
  const { f } = context;
  const columnBlock = axis(Math.ceil(column.size / blockColumns));
  const units = [...others, columnBlock, ...rows];
  const [first, end] = [f.local("i32"), f.local("i32")];
  const ranges = new Map([[column, [first, end] as const]]);
  const place = linear(0, [
    { atom: column, stride: 1 },
    { atom: columnBlock, stride: -blockColumns },
  ]);
  const turns = turnsOf(product.summed);
  const sums = sumsOf(plan, turns, place, units, ranges, context);
  const epilogue = epilogueOf(
    nest,
    {
      ...{ root, index: place, size: blockColumns, offset: 0 },
      ...{ units, block: [], along: column, ranges },
    },
    context,
  );
  sums.begin();
  epilogue.begin();
  const unit = f.local("i32");
  f.for(unit, f.param(parameters.begin), f.param(parameters.end), 1, () => {
    const variables = unitVariables(f, unit, units);
    setRange(
      f,
      [first, end],
      variables.get(columnBlock) as Local<"i32">,
      blockColumns,
      column.size,
    ); // of a unit
    clear(f, f.param(parameters.scratch), 4 * blockColumns);
    around(f, turns.around, new Map(variables), (all) => sums.unit(all));
    epilogue.unit(variables);
  });
  return {
    units: pointsOf(units),
    work: workOf(nest),
    scratchBytes: aligned(4 * blockColumns + 16),
  };
};

/** Sets bytes to zero, sixteen at a time. */
const clear = (f: FunctionBuilder, start: Local<"i32">, bytes: number): void => {
  const i = f.local("i32");
  f.for(i, 0, bytes, 16, () => {
    const at = f.op("i32.add", f.get(start), f.get(i));
    f.memory("v128.store", 0, at, splat(f, 0));
  });
  f.release(i);
};

/** Loops over axes, outermost first. */
const around = (
  f: FunctionBuilder,
  [over, ...rest]: readonly Axis[],
  variables: Map<Axis, Local<"i32">>,
  body: (variables: ReadonlyMap<Axis, Local<"i32">>) => void,
): void => {
  if (over === undefined) {
    body(variables);
    return;
  }
  const i = f.local("i32");
  f.for(i, 0, over.size, 1, () => around(f, rest, variables.set(over, i), body));
  f.release(i);
};

/** The writer of what is added to the sums of a block. */
const sumsOf = (
  { nest, product, blockColumns: size }: StreamedRow,
  turns: Turns,
  place: Expr,
  units: readonly Axis[],
  ranges: ReadonlyMap<Axis, readonly [Bound, Bound]>,
  context: EmitContext,
): KernelWriter => {
  const { f } = context;
  const { column } = product;
  const { turn } = turns;
  const outer = [...units, ...turns.around];
  const loops = [...outer, turn, column];
  const sums = load(nest.inputs.length, "f32", place);
  const whole: Nest = {
    axes: loops,
    inputs: [...nest.inputs, { dtype: "f32", size }],
    output: { dtype: "f32", size },
    target: place,
    body: makeCall("add", [sums, termsOf(product, turns)], "f32"),
  };
  const scratch = f.param(parameters.scratch);
  return new KernelWriter(
    withAddresses(whole, loops),
    { outer: [...outer, turn], along: column, parts: vectors, across: undefined },
    { axes: outer, rest: [turn], piece: 0, units: pointsOf(outer) },
    loops,
    context,
    [scratch, ...nest.inputs.map((_, slot) => f.param(parameters.inputs + slot)), scratch],
    ranges,
  );
};
