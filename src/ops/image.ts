// What ops on series [batch, width, channels] and images [batch, height, width, channels] share: checks of ranks and dtypes, and
// options that are one number for all spatial axes or one for each.

import { isFloat } from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import { printShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { requireCompute, requireTensor } from "./call.ts";

/** One number for all spatial axes, or one for each. */
export type PerAxis = number | readonly number[];

/** A tensor of floats of a rank; `axes` says which axes are meant. */
export const requireFloats = (op: string, x: unknown, rank: number, axes: string): Tensor => {
  const tensor = requireTensor(op, x);
  requireCompute(op, tensor);
  if (!isFloat(tensor.dtype))
    fail(op, "DtypeMismatch", "dtype f32 or f64 expected", tensor.dtype, "convert it with cast");
  requireRank(op, tensor, rank, axes);
  return tensor;
};

/** Refuses a tensor of another rank. */
export const requireRank = (op: string, { shape }: Tensor, rank: number, axes: string): void => {
  if (shape.length !== rank)
    fail(op, "ShapeMismatch", `rank ${rank} expected`, printShape(shape), `axes are ${axes}`);
};

/** The axes of a batch of images, in messages. */
export const imageAxes = "[batch, height, width, channels]";

/** A batch of images that have at least one pixel. */
export const requireImages = (op: string, x: unknown): Tensor => {
  const images = requireFloats(op, x, 4, imageAxes);
  if (images.shape[1] === 0 || images.shape[2] === 0)
    fail(op, "EmptyTensor", "images of at least one pixel expected", printShape(images.shape));
  return images;
};

/** An option as one whole number, at least `least`, for each of `rank` spatial axes. */
export const perAxis = (
  op: string,
  name: string,
  value: PerAxis,
  rank: number,
  least: number,
): readonly number[] => {
  const list = typeof value === "number" ? new Array<number>(rank).fill(value) : value;
  const isValid =
    Array.isArray(list) &&
    list.length === rank &&
    list.every((n) => Number.isInteger(n) && n >= least);
  if (isValid) return list;
  const each = rank === 1 ? "" : `, or one for each of ${rank} axes,`;
  return fail(
    op,
    "InvalidArgument",
    `a whole ${name} ≥ ${least}${each} expected`,
    Array.isArray(value) ? printShape(value) : String(value),
  );
};
