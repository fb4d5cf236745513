// Pooling of images: maxima with and without their indices, unpooling by indices, averages, and both over whole planes.

import { fillTensor } from "../core/builtin.ts";
import { fail } from "../core/errors.ts";
import { apply } from "../core/primitive.ts";
import { printShape, sameShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type {
  GlobalPoolOp,
  PoolOp,
  PoolOptions,
  PoolWithIndicesOp,
  UnpoolOp,
} from "../core/types/index.ts";
import { div } from "./arithmetic.ts";
import { madeBy, reshapeTo } from "./broadcast.ts";
import { dual, type HasPrimitive, withPrimitive } from "./call.ts";
import { correlate } from "./correlate.ts";
import { requireIndices, scatterAddAlongAxis } from "./gather.ts";
import { imageAxes, perAxis, requireFloats, requireImages, requireRank } from "./image.ts";
import {
  maxPoolIndicesPrimitive,
  maxPoolPrimitive,
  placeMaxima,
  placeMaximaPrimitive,
  positionsOf,
  type Windows,
} from "./maxima.ts";
import { mean } from "./reduce.ts";

type Pair = readonly [number, number];
type Images = readonly [batch: number, height: number, width: number, channels: number];

/** Options as windows that fit into the images. */
const windowsOf = (
  op: string,
  { size, stride = size, pad = 0 }: PoolOptions,
  { shape }: Tensor,
): Windows => {
  const pair = (name: string, value: PoolOptions["size"], least: number): Pair =>
    perAxis(op, name, value, 2, least) as Pair; // perAxis checks that there are two
  const windows = {
    size: pair("size", size, 1),
    stride: pair("stride", stride, 1),
    pad: pair("pad", pad, 0),
  };
  if (windows.pad.some((n, at) => 2 * n > (windows.size[at] as number))) {
    fail(
      op,
      "InvalidArgument",
      "pad of at most half the window expected",
      `pad ${printShape(windows.pad)} and window ${printShape(windows.size)}`,
    );
  }
  const padded = windows.pad.map((n, at) => 2 * n + (shape[at + 1] as number));
  if (windows.size.some((n, at) => n > (padded[at] as number))) {
    fail(
      op,
      "ShapeMismatch",
      "windows no larger than the padded input expected",
      `windows ${printShape(windows.size)} and input ${printShape(padded)}`,
    );
  }
  return windows;
};

/**
 * The largest elements of windows of images, per channel.
 *
 *   x [batch, height, width, channels]  → [batch, height′, width′, channels]
 *   with height′ = ⌊(height + 2·pad − size) / stride⌋ + 1
 *
 * The stride is the size unless given. `pad`, at most half the size, adds rows and columns of −∞. NaN counts as the largest. The
 * gradient goes to the first maximum of a window, in row-major order. Fails with ShapeMismatch when a window is larger than
 * the padded image.
 *
 * @example
 * maxPool2d({ size: 3, stride: 2, pad: 1 })(x) // [8, 32, 32, 16] → [8, 16, 16, 16]
 */
export const maxPool2d = withPrimitive(
  (options: PoolOptions) =>
    (x: Tensor): Tensor => {
      const images = requireImages("maxPool2d", x);
      return apply(maxPoolPrimitive, windowsOf("maxPool2d", options, images), [images]);
    },
  maxPoolPrimitive,
) as PoolOp<"maxPool2d"> & HasPrimitive; // the shape by the signature

/**
 * The largest elements of windows as in `maxPool2d`, and where in the plane of its channel each of them is: the index h · width + w of
 * the first maximum of the window, in row-major order, or of its first NaN.
 *
 *   x [batch, height, width, channels]  → { values, indices } of [batch, height′, width′, channels], the indices i32
 *
 * @example
 * const { values, indices } = maxPoolWithIndices2d({ size: 2 })(tensor([1, 5, 2, 3], { shape: [1, 2, 2, 1] }));
 * [toArray(values), toArray(indices)].flat(4) // [5, 1]
 */
export const maxPoolWithIndices2d = withPrimitive(
  (options: PoolOptions) =>
    (x: Tensor): { readonly values: Tensor; readonly indices: Tensor } => {
      const images = requireImages("maxPoolWithIndices2d", x);
      const windows = windowsOf("maxPoolWithIndices2d", options, images);
      const values = apply(maxPoolPrimitive, windows, [images]);
      return { values, indices: apply(maxPoolIndicesPrimitive, windows, [images, values]) };
    },
  maxPoolIndicesPrimitive,
) as PoolWithIndicesOp<"maxPoolWithIndices2d"> & HasPrimitive; // the shapes by the signature

const unpool = (size: Pair, x: unknown, places: unknown): Tensor => {
  const op = "maxUnpool2d";
  const [height, width] = perAxis(op, "size", size, 2, 1) as Pair; // perAxis checks that there are two
  const values = requireFloats(op, x, 4, imageAxes);
  const indices = requireIndices(op, places);
  requireRank(op, indices, 4, imageAxes);
  if (!sameShape(values.shape, indices.shape)) {
    fail(
      op,
      "ShapeMismatch",
      "equal shapes of values and indices expected",
      `${printShape(values.shape)} and ${printShape(indices.shape)}`,
    );
  }
  // Indices that were just made by pooling such planes are known to lie in their windows.
  const pooling = madeBy(indices, maxPoolIndicesPrimitive);
  if (pooling !== undefined) {
    const [, h, w] = (pooling.inputs[0] as Tensor).shape;
    if (h === height && w === width)
      return placeMaxima(values, indices, pooling.attributes, [height, width]);
  }
  const [batch, rows, columns, channels] = values.shape as Images;
  const flat = [batch, rows * columns, channels];
  const placed = scatterAddAlongAxis({ size: height * width, axis: 1 })(
    reshapeTo(values, flat),
    reshapeTo(indices, flat),
  );
  return reshapeTo(placed, [batch, height, width, channels]);
};

/**
 * Values put at their indices into planes of zeros, per channel: undoes `maxPoolWithIndices2d` except for what it dropped.
 *
 *   values, indices [batch, height, width, channels], the indices i32 in 0…size₀·size₁ − 1  → [batch, …size, channels]
 *
 * Values that meet, as the maxima of overlapping windows do, are added up: this is the adjoint of reading planes at indices.
 * dvalues = g read at the indices; none for indices. Where the indices come straight from pooling planes of that size, each element
 * of the result looks at the windows that cover it; other indices take a scatter, and fail with IndexOutOfRange on the
 * device `reference`.
 *
 * @example
 * const indices = tensor([3], { shape: [1, 1, 1, 1], dtype: "i32" });
 * toArray(maxUnpool2d({ size: [2, 2] })(ones([1, 1, 1, 1]), indices)) // [[[[0], [0]], [[0], [1]]]]
 */
export const maxUnpool2d = withPrimitive(
  ({ size }: { readonly size: Pair }) => dual((values, indices) => unpool(size, values, indices)),
  placeMaximaPrimitive,
) as UnpoolOp<"maxUnpool2d"> & HasPrimitive; // the call forms of dual

/** Options of `avgPool2d`. */
export interface AvgPoolOptions extends PoolOptions {
  /** Whether padding counts as zeros (default), or is left out of the mean. */
  readonly countIncludePad?: boolean;
}

/** Sums over windows, zeros around the images: a correlation with ones. */
const sumsOver = (x: Tensor, { size, stride, pad }: Windows): Tensor => {
  const along = (position: string, tap: string, at: 0 | 1) => ({
    position,
    tap,
    stride: stride[at],
    dilation: 1,
    before: pad[at],
  });
  const [batch, height, width, channels] = x.shape as Images;
  return correlate(x, fillTensor(size, 1, x.dtype), {
    left: ["n", along("i", "k", 0), along("j", "l", 1), "c"],
    right: "kl",
    output: "nijc",
    shape: [batch, ...positionsOf({ size, stride, pad }, [height, width]), channels],
  });
};

/**
 * Means over windows of images, per channel.
 *
 *   x [batch, height, width, channels]  → [batch, height′, width′, channels], height′ as for `maxPool2d`
 *
 * Padding counts as zeros, as in PyTorch, unless `countIncludePad` is false.
 *
 * @example
 * toArray(avgPool2d({ size: 2 })(tensor([1, 5, 2, 4], { shape: [1, 2, 2, 1] }))) // [[[[3]]]]
 */
export const avgPool2d = ((options: AvgPoolOptions) =>
  (x: Tensor): Tensor => {
    const images = requireImages("avgPool2d", x);
    const windows = windowsOf("avgPool2d", options, images);
    const sums = sumsOver(images, windows);
    if (options.countIncludePad ?? true) return div(sums, windows.size[0] * windows.size[1]);
    const [, height, width] = images.shape as Images;
    return div(sums, sumsOver(fillTensor([1, height, width, 1], 1, images.dtype), windows));
  }) as (options: AvgPoolOptions) => ReturnType<PoolOp<"avgPool2d">>; // the shape by the signature

/**
 * The mean of every plane: [batch, height, width, channels] → [batch, channels].
 *
 * @example
 * toArray(globalAvgPool2d(tensor([1, 5, 2, 4], { shape: [1, 2, 2, 1] }))) // [[3]]
 */
export const globalAvgPool2d = ((x: Tensor): Tensor =>
  mean({ axis: [1, 2] })(requireImages("globalAvgPool2d", x))) as GlobalPoolOp<"globalAvgPool2d">; // the shape by the signature

/**
 * The maximum of every plane: [batch, height, width, channels] → [batch, channels]. The gradient goes to the first maximum.
 *
 * @example
 * toArray(globalMaxPool2d(tensor([1, 5, 2, 4], { shape: [1, 2, 2, 1] }))) // [[5]]
 */
export const globalMaxPool2d = ((x: Tensor): Tensor => {
  const { shape } = requireImages("globalMaxPool2d", x);
  const [batch, height, width, channels] = shape as Images;
  const size: Pair = [height, width];
  const maxima = apply(maxPoolPrimitive, { size, stride: size, pad: [0, 0] }, [x]);
  return reshapeTo(maxima, [batch, channels]);
}) as GlobalPoolOp<"globalMaxPool2d">; // the shape by the signature
