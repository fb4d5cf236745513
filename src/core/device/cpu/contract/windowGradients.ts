// Finds the gradients of 3 × 3 filters that were moved by one over images: for each tap the sum over all positions of what the tap met there times the
// gradient of the result. How they are cut.

import { pointsOf } from "../../../kernel/contraction.ts";
import type { Axis, Expr } from "../../../kernel/expr.ts";
import { aligned } from "../heap.ts";
import { strideAlong } from "../loops.ts";
import type { Nest } from "../normalise.ts";
import { factorsIn, type PlainOperand, plainOperand, strideOf } from "./recognise.ts";
import { fewest, fewestTiles, panelWidth, points, positionsOf } from "./windows.ts";
import { cutTiles, type UnitCut } from "./windowTiles.ts";

/** Gradients [tap, tap, channel, filter], of images [others…, y + tap, x + tap, channel] and gradients of results [others…, y, x, filter]. */
export interface WindowGradients {
  readonly nest: Nest;
  readonly root: Expr;
  /** Summed axes: positions of windows, and all others. */
  readonly y: Axis;
  readonly x: Axis;
  readonly others: readonly Axis[];
  readonly taps: readonly [Axis, Axis];
  readonly channel: Axis;
  readonly filter: Axis;
  readonly images: PlainOperand;
  readonly gradients: PlainOperand;
}

/** A nest as the gradients of filters, if it is that. */
export const windowGradientsIn = (nest: Nest): WindowGradients | undefined => {
  const found = factorsIn(nest);
  if (found === undefined || nest.axes.length !== 4) return undefined;
  const [a, b] = found.factors.map((factor) => plainOperand(nest, factor));
  if (a === undefined || b === undefined) return undefined;
  for (const [images, gradients] of [
    [a, b],
    [b, a],
  ] as const) {
    const filter = nest.axes.find(
      (it) => strideAlong(nest.target, it) === 1 && strideOf(gradients, it) === 1,
    );
    const channel = nest.axes.find((it) => it !== filter && strideOf(images, it) === 1);
    if (filter === undefined || channel === undefined) continue;
    const rest = nest.axes.filter((it) => it !== filter && it !== channel);
    const positions = positionsOf(images, rest, found.summed);
    if (positions === undefined) continue;
    const { taps, y, x } = positions;
    const isApart =
      strideOf(images, filter) === 0 &&
      [channel, ...taps].every((it) => strideOf(gradients, it) === 0) &&
      [y, x].every((it) => strideOf(gradients, it) > 0);
    if (!isApart) continue;
    const others = found.summed.filter((it) => it !== y && it !== x);
    const { root } = found;
    return { ...positions, nest, root, others, channel, filter, images, gradients };
  }
  return undefined;
};

/** How gradients of filters are cut. */
export interface WindowGradientsPlan extends WindowGradients, UnitCut {
  /** Units of tiles that are added up one after the other, in parts that threads can share. */
  readonly units: readonly Axis[];
  readonly parts: number;
  /** Filters side by side, with space for whole panels. */
  readonly width: number;
  /** Bytes of the sums of one part, and of those of all. */
  readonly partBytes: number;
  readonly packedBytes: number;
  /** Bytes of the transformed images of a unit, and of all that a thread has. */
  readonly imagesBytes: number;
  readonly scratchBytes: number;
}

/** What a unit keeps in the second-level cache. */
const unitBytes = 512 * 1024;
/** Parts that may be added up at the same time, and the bytes that they may take. */
const mostParts = 8;
const partsBytes = 4 * 2 ** 20;
/** Fewer parts than this keep a second thread idle; where even they would take more memory, gradients are computed directly. */
const fewestParts = 2;
const mostBytes = 64 * 2 ** 20;

/**
 * Plans the gradients of filters that a nest is, if it is worth it. Only where tiles come out even: in half ones, what lies beside the images would be
 * multiplied by 0, and may be no number.
 */
export const planWindowGradients = (nest: Nest): WindowGradientsPlan | undefined => {
  const it = windowGradientsIn(nest);
  if (it === undefined) return undefined;
  const { y, x, channel, filter, others } = it;
  if (y.size % 2 !== 0 || x.size % 2 !== 0) return undefined;
  if (channel.size % 4 !== 0 || filter.size % 4 !== 0) return undefined;
  const [rows, columns] = [y.size / 2, x.size / 2];
  const isLarge =
    channel.size >= fewest &&
    filter.size >= fewest &&
    pointsOf(others) * rows * columns >= 4 * fewestTiles;
  if (!isLarge) return undefined;
  const width = panelWidth * Math.ceil(filter.size / panelWidth);
  const fitting = Math.max(4, Math.floor(unitBytes / (4 * points * (channel.size + width))));
  const cut = cutTiles(rows, columns, fitting);
  const units = [...others, cut.down, cut.across];
  const partBytes = 4 * points * channel.size * width;
  if (fewestParts * partBytes > mostBytes) return undefined;
  const parts = Math.min(
    pointsOf(units),
    Math.max(fewestParts, Math.min(mostParts, Math.floor(partsBytes / partBytes))),
  );
  const imagesBytes = 4 * points * cut.tiles * channel.size;
  const gradientsBytes = 4 * points * cut.tiles * width;
  return {
    ...it,
    ...cut,
    ...{ units, parts, width, partBytes, imagesBytes },
    packedBytes: aligned(parts * partBytes),
    scratchBytes: aligned(imagesBytes + gradientsBytes),
  };
};
