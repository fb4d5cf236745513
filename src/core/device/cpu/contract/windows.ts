// Finds the sums over windows of 3 × 3 elements that move by one: convolutions of that size, and their adjoints in the images. How they are cut into
// tiles of 2 × 2 results that share the work of their windows (winograd.ts).

import { pointsOf } from "../../../kernel/contraction.ts";
import type { Axis, Expr } from "../../../kernel/expr.ts";
import { aligned } from "../heap.ts";
import { margin } from "../layout.ts";
import { strideAlong } from "../loops.ts";
import type { Nest } from "../normalise.ts";
import { factorsIn, type PlainOperand, plainOperand, strideOf } from "./recognise.ts";
import { cutTiles, type UnitCut } from "./windowTiles.ts";

/** A sum over windows: results [others…, y, x, filter], images [others…, y + tap, x + tap, channel], filters [tap, tap, channel, filter]. */
export interface Windows {
  readonly nest: Nest;
  readonly root: Expr;
  /** Axes of the results along which windows move. */
  readonly y: Axis;
  readonly x: Axis;
  /** The rows and columns of a window. */
  readonly taps: readonly [Axis, Axis];
  readonly channel: Axis;
  readonly filter: Axis;
  readonly others: readonly Axis[];
  readonly images: PlainOperand;
  readonly filters: PlainOperand;
}

/** Filters side by side in what is packed, and in the tile of a product. */
export const panelWidth = 8;

/** Rows and columns of windows among axes, and the axes along which they move over images: those of the same strides. */
export const positionsOf = (
  images: PlainOperand,
  axes: readonly Axis[],
  moving: readonly Axis[],
): { readonly taps: readonly [Axis, Axis]; readonly y: Axis; readonly x: Axis } | undefined => {
  const along = (it: Axis): number => strideOf(images, it);
  const [row, column, third] = axes
    .filter(({ size }) => size === 3)
    .sort((one, other) => along(other) - along(one));
  if (row === undefined || column === undefined || third !== undefined) return undefined;
  const [y, x] = [row, column].map((tap) => moving.find((it) => along(it) === along(tap)));
  const isFound = y !== undefined && x !== undefined && y !== x && along(x) > 0;
  return isFound ? { taps: [row, column], y, x } : undefined;
};

/** A nest as a sum over windows, if it is one. */
export const windowsIn = (nest: Nest): Windows | undefined => {
  const found = factorsIn(nest);
  if (found === undefined || found.summed.length !== 3) return undefined;
  const [a, b] = found.factors.map((factor) => plainOperand(nest, factor));
  if (a === undefined || b === undefined) return undefined;
  for (const [images, filters] of [
    [a, b],
    [b, a],
  ] as const) {
    const channel = found.summed.find((it) => strideOf(images, it) === 1);
    const filter = nest.axes.find((it) => strideAlong(nest.target, it) === 1);
    if (channel === undefined || filter === undefined) continue;
    const rest = found.summed.filter((it) => it !== channel);
    const positions = positionsOf(images, rest, nest.axes);
    if (positions === undefined) continue;
    const { y, x } = positions;
    const others = nest.axes.filter((it) => it !== y && it !== x && it !== filter);
    const isApart =
      strideOf(images, filter) === 0 &&
      strideOf(filters, filter) > 0 &&
      [y, x, ...others].every((it) => strideOf(filters, it) === 0);
    if (!isApart) continue;
    const { root } = found;
    return { ...positions, nest, root, channel, filter, others, images, filters };
  }
  return undefined;
};

/** How sums over windows are cut. */
export interface WindowsPlan extends Windows, UnitCut {
  /** Panels of filters, and how many are multiplied before their results are transformed back. */
  readonly panels: number;
  readonly panelsAtOnce: number;
  /** Bytes of the transformed filters, and of what each thread has: transformed images, their products, and results. */
  readonly packedBytes: number;
  readonly imagesBytes: number;
  readonly productsBytes: number;
  readonly scratchBytes: number;
}

/** Elements of a transformed window: 4 × 4, for 2 × 2 results. */
export const points = 16;

/** Fewer channels, filters or tiles are not worth it: the transformations take longer than what they save. */
export const fewest = 16;
export const fewestTiles = 64;
/** What a unit keeps in the second-level cache. */
const unitBytes = 384 * 1024;

/** Plans the sums over windows that a nest is, if it is worth it. */
export const planWindows = (nest: Nest): WindowsPlan | undefined => {
  const it = windowsIn(nest);
  if (it === undefined) return undefined;
  const { y, x, channel, filter, others } = it;
  const [rows, columns] = [Math.ceil(y.size / 2), Math.ceil(x.size / 2)];
  const isLarge =
    channel.size >= fewest &&
    filter.size >= fewest &&
    pointsOf(others) * rows * columns >= fewestTiles;
  if (!isLarge || channel.size % 4 !== 0 || filter.size % 4 !== 0) return undefined;
  // Half tiles read up to two rows behind the images: there has to be memory.
  const isEven = y.size % 2 === 0 && x.size % 2 === 0;
  if (!isEven && 4 * 3 * strideOf(it.images, y) > margin) return undefined;
  const panels = Math.ceil(filter.size / panelWidth);
  const panelsAtOnce = [4, 3, 5, 2, 6, 7].find((n) => panels % n === 0) ?? 1;
  const width = panelWidth * panelsAtOnce;
  const fitting = Math.max(4, Math.floor(unitBytes / (4 * points * (channel.size + width))));
  const cut = cutTiles(rows, columns, fitting);
  const { tilesDown, tilesAcross, tiles } = cut;
  const imagesBytes = 4 * points * tiles * channel.size;
  const productsBytes = 4 * points * tiles * width;
  const resultsBytes = 4 * 4 * tilesDown * tilesAcross * panels * panelWidth;
  return {
    ...it,
    ...cut,
    ...{ panels, panelsAtOnce, imagesBytes, productsBytes },
    packedBytes: aligned(4 * points * panels * panelWidth * channel.size),
    scratchBytes: aligned(imagesBytes + productsBytes + resultsBytes),
  };
};
