// Resizing of images: each axis is resampled by itself, on the grid that the options ask for.

import { apply } from "../core/primitive.ts";
import type { Primitive, Tensor } from "../core/tensor.ts";
import type { ResizeOp } from "../core/types/index.ts";
import { type HasPrimitive, withPrimitive } from "./call.ts";
import { perAxis, requireImages } from "./image.ts";
import {
  type Grid,
  type Resampling,
  resampleLinearPrimitive,
  resampleNearestPrimitive,
} from "./resample.ts";

const greatestDivisor = (a: number, b: number): number =>
  b === 0 ? Math.abs(a) : greatestDivisor(b, a % b);

/** x with one axis brought to another size, on a grid. */
const resample = (
  x: Tensor,
  axis: number,
  to: number,
  primitive: Primitive<Resampling>,
  gridOf: (from: number, to: number) => Grid,
): Tensor => {
  const from = x.shape[axis] as number;
  if (from === to) return x; // on every grid, elements of equal sizes coincide
  const { scale, offset, unit } = gridOf(from, to);
  const d = greatestDivisor(greatestDivisor(scale, offset), unit);
  const grid = { scale: scale / d, offset: offset / d, unit: unit / d };
  return apply(primitive, { axis, from, to, ...grid }, [x]);
};

/** Coordinate i · from / to. */
const origins = (from: number, to: number): Grid => ({ scale: from, offset: 0, unit: to });

/** Coordinate (i + ½) · from / to − ½: pixels are squares, and the edges of the images coincide. */
const centres = (from: number, to: number): Grid => ({
  scale: 2 * from,
  offset: from - to,
  unit: 2 * to,
});

/** Coordinate i · (from − 1) / (to − 1): the first and the last pixels coincide. */
const corners = (from: number, to: number): Grid =>
  to === 1 ? { scale: 0, offset: 0, unit: 1 } : { scale: from - 1, offset: 0, unit: to - 1 };

/** Options of `resizeNearest`. */
export interface ResizeOptions {
  /** Height and width of the result. */
  readonly size: readonly [height: number, width: number];
}

/**
 * Images brought to another size by taking pixel ⌊i · from / to⌋ along each axis: PyTorch's mode "nearest".
 *
 *   x [batch, height, width, channels]  → [batch, size₀, size₁, channels]
 *
 * @example
 * values(resizeNearest({ size: [1, 4] })(tensor([1, 2], { shape: [1, 1, 2, 1] }))) // Float32Array(4) [1, 1, 2, 2]
 */
export const resizeNearest = withPrimitive(
  ({ size }: ResizeOptions) =>
    (x: Tensor): Tensor => {
      const sizes = perAxis("resizeNearest", "size", size, 2, 1);
      return sizes.reduce<Tensor>(
        (y, n, at) => resample(y, at + 1, n, resampleNearestPrimitive, origins),
        requireImages("resizeNearest", x),
      );
    },
  resampleNearestPrimitive,
) as ResizeOp<"resizeNearest"> & HasPrimitive; // the shape by the signature

/** Options of `resizeBilinear`. */
export interface ResizeBilinearOptions extends ResizeOptions {
  /** Whether the centres of the corner pixels stay in place, instead of their outer edges (default). */
  readonly alignCorners?: boolean;
}

/**
 * Images brought to another size by mixing the nearest two pixels along each axis; beyond the outermost pixels their values go on.
 * PyTorch's mode "bilinear", without antialiasing.
 *
 *   x [batch, height, width, channels]  → [batch, size₀, size₁, channels]
 *
 * @example
 * values(resizeBilinear({ size: [1, 3], alignCorners: true })(tensor([1, 2], { shape: [1, 1, 2, 1] }))) // Float32Array(3) [1, 1.5, 2]
 */
export const resizeBilinear = withPrimitive(
  ({ size, alignCorners = false }: ResizeBilinearOptions) =>
    (x: Tensor): Tensor => {
      const sizes = perAxis("resizeBilinear", "size", size, 2, 1);
      return sizes.reduce<Tensor>(
        (y, n, at) =>
          resample(y, at + 1, n, resampleLinearPrimitive, alignCorners ? corners : centres),
        requireImages("resizeBilinear", x),
      );
    },
  resampleLinearPrimitive,
) as ResizeOp<"resizeBilinear", { readonly alignCorners?: boolean }> & HasPrimitive; // the shape by the signature
