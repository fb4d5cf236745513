// How a nest is computed as a product: where each factor is read from, and what has to be packed first.

import { divideIndex, linear, moduloIndex } from "../../../kernel/affine.ts";
import { call, where } from "../../../kernel/build.ts";
import { pointsOf } from "../../../kernel/contraction.ts";
import {
  type Axis,
  axis,
  children,
  constant,
  type Expr,
  makeReduce,
} from "../../../kernel/expr.ts";
import { rewriter } from "../../../kernel/rewrite.ts";
import { stridesOf } from "../../../shape.ts";
import { aligned } from "../heap.ts";
import { strideAlong } from "../loops.ts";
import { type Nest, simplifyNest } from "../normalise.ts";
import { type Blocking, blockingOf, otherAxesOf, tileColumns, tileRows } from "./blocking.ts";
import { type PlainOperand, type Product, productIn, streamedAlong } from "./recognise.ts";
import type { FactorView } from "./tile.ts";

/** A factor as it is read: from its own buffer, or packed. */
export interface Factor extends FactorView {
  /** Input slot; undefined for what is packed. */
  readonly slot: number | undefined;
  /** First element, from the start of the buffer or of what is packed. */
  readonly base: number;
  /** Along the other axes of the output. */
  readonly otherStrides: ReadonlyMap<Axis, number>;
}

/** A nest that packs a factor. */
export interface Packing {
  readonly nest: Nest;
  /** Inputs that the factor is made of. */
  readonly slots: readonly number[];
  /** Byte at which it begins in what the phases of a kernel share. */
  readonly offset: number;
}

/** A product and all that was decided about it. */
export interface ProductPlan {
  readonly nest: Nest;
  readonly product: Product;
  readonly blocking: Blocking;
  readonly left: Factor;
  readonly right: Factor;
  readonly packings: readonly Packing[];
  readonly packedBytes: number;
  /** Whether sums go straight to the output: there is nothing else to do with them. */
  readonly isPlain: boolean;
  /** How the right factor is packed block by block; undefined where it is not. */
  readonly streaming: Streaming | undefined;
  /** Bytes that each thread needs for sums, and for a block of what is streamed. */
  readonly scratchBytes: number;
}

/** The inputs that an expression loads from. */
const slotsOf = (root: Expr): readonly number[] => {
  const slots = new Set<number>();
  const seen = new Set<Expr>();
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    if (expr.tag === "load") slots.add(expr.slot);
    children(expr).forEach(visit);
  };
  visit(root);
  return [...slots];
};

/** A factor in panels: for each of the other axes and each tile's rows, all summed axes, and the rows side by side. */
const packed = (
  nest: Nest,
  operand: Expr,
  across: Axis,
  width: number,
  { others, summed }: Product,
  offset: number,
): { readonly factor: Factor; readonly packing: Packing; readonly bytes: number } => {
  const own = otherAxesOf(operand, others);
  const panel = axis(Math.ceil(across.size / width));
  const lane = axis(width);
  const axes = [...own, panel, ...summed, lane];
  const strides = stridesOf(axes.map(({ size }) => size));
  const strideOf = new Map(axes.map((it, i) => [it, strides[i] as number]));
  const at = linear(0, [
    { atom: panel, stride: width },
    { atom: lane, stride: 1 },
  ]);
  const body = rewriter((expr) => (expr === across ? at : undefined))(operand);
  const isWhole = across.size % width === 0;
  const size = pointsOf(axes);
  const packing: Nest = {
    axes: axes.filter((it) => it.size > 1),
    inputs: nest.inputs,
    output: { dtype: "f32", size },
    target: linear(
      0,
      axes.map((atom, i) => ({ atom, stride: strides[i] as number })),
    ),
    body: isWhole
      ? body
      : where(call("lt", at, constant(across.size, "i32")), body, constant(0, "f32")),
  };
  return {
    factor: {
      slot: undefined,
      base: offset / 4,
      tileStride: (strideOf.get(panel) as number) / width,
      laneStride: 1,
      summedStrides: new Map(summed.map((it) => [it, strideOf.get(it) as number])),
      otherStrides: new Map(own.map((it) => [it, strideOf.get(it) as number])),
    },
    packing: { nest: simplifyNest(packing), slots: slotsOf(operand), offset },
    bytes: aligned(4 * size),
  };
};

const plain = ({ slot, base, strides }: PlainOperand, along: Axis, product: Product): Factor => ({
  slot,
  base,
  tileStride: strides.get(along) ?? 0,
  laneStride: strides.get(along) ?? 0,
  summedStrides: new Map(product.summed.map((it) => [it, strides.get(it) ?? 0])),
  otherStrides: new Map(product.others.map((it) => [it, strides.get(it) ?? 0])),
});

/** A factor that is packed block by block into the thread's own memory. */
export interface Streaming {
  readonly factor: Factor;
  /** The axis that is in vectors while a block is packed. */
  readonly along: Axis;
  /** Elements from one row of a block to the next. */
  readonly pitch: number;
  readonly bytes: number;
  /** Where in the thread's memory a block begins. */
  readonly offset: number;
}

const streamingOf = (
  { summed }: Product,
  { streamed, blockColumns, stretch }: Blocking,
): Streaming | undefined => {
  if (streamed === undefined) return undefined;
  const last = summed.at(-1) as Axis;
  // Rows a power of two apart would fall into few sets of the cache.
  const pitch = blockColumns + 16;
  const factor: Factor = {
    slot: undefined,
    base: 0,
    tileStride: 1,
    laneStride: 1,
    summedStrides: new Map([[last, pitch]]),
    otherStrides: new Map(),
  };
  return { factor, along: streamed, pitch, bytes: aligned(4 * pitch * stretch), offset: 0 };
};

/** Fewer terms of an axis than this are no block of what is streamed. */
const fewestStreamed = 16;

/** A product's nest, its last two summed axes as one where a factor of stored integers is summed over few terms of the last. */
const rejoined = (nest: Nest, { right, column, summed }: Product): Nest => {
  const [inner, outer] = [...summed].reverse() as [Axis?, Axis?];
  if (inner === undefined || outer === undefined || inner.size >= fewestStreamed) return nest;
  if (streamedAlong(nest, right, [column, inner]) === undefined) return nest;
  const both = axis(outer.size * inner.size);
  const [high, low] = [divideIndex(both, inner.size), moduloIndex(both, inner.size)];
  const rebuild = rewriter((expr, below) => {
    if (expr === outer) return high;
    if (expr === inner) return low;
    return expr.tag === "reduce" && expr.axis === outer && expr.body.tag === "reduce"
      ? makeReduce(expr.op, both, below(expr.body.body))
      : undefined;
  });
  return { ...nest, target: rebuild(nest.target), body: rebuild(nest.body) };
};

/** How a nest is computed as a product; undefined where it is none. */
export const planProduct = (given: Nest): ProductPlan | undefined => {
  const found = productIn(given);
  if (found === undefined) return undefined;
  const nest = rejoined(given, found);
  const product = nest === given ? found : productIn(nest);
  if (product === undefined) return undefined;
  const blocking = blockingOf(nest, product);
  const packings: Packing[] = [];
  let packedBytes = 0;
  const factor = (
    operand: Expr,
    found: PlainOperand | undefined,
    packs: boolean,
    across: Axis,
    width: number,
  ): Factor => {
    if (!packs && found !== undefined) return plain(found, across, product);
    const made = packed(nest, operand, across, width, product, packedBytes);
    packings.push(made.packing);
    packedBytes += made.bytes;
    return made.factor;
  };
  const { row, column } = product;
  const streaming = streamingOf(product, blocking);
  const right =
    streaming?.factor ??
    factor(product.right, blocking.right, blocking.packsRight, column, tileColumns);
  const left = factor(product.left, blocking.left, blocking.packsLeft, row, tileRows);
  const isPlain =
    nest.body === product.root &&
    nest.output.dtype === "f32" &&
    strideAlong(nest.target, column) === 1 &&
    (strideAlong(nest.target, row) ?? -1) >= 0 &&
    nest.axes.every((it) => strideAlong(nest.target, it) !== undefined);
  const { blockRows, blockColumns } = blocking;
  const sumsBytes = isPlain ? 0 : aligned(4 * blockRows * blockColumns);
  return {
    ...{ nest, product, blocking, left, right, packings, packedBytes, isPlain },
    streaming: streaming && { ...streaming, offset: sumsBytes },
    scratchBytes: sumsBytes + (streaming?.bytes ?? 0),
  };
};
