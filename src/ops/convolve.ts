// Convolution of series and images, and the transposed convolution, which is its adjoint in the input. Padding, groups and the
// sizes of results are arranged here; the sums are those of correlate.ts.
// V. Dumoulin & F. Visin, "A guide to convolution arithmetic for deep learning", 2016.

import { fail } from "../core/errors.ts";
import { printShape, type Shape } from "../core/shape.ts";
import { isTensor, type Primitive, type Tensor } from "../core/tensor.ts";
import type {
  ConvOp,
  ConvOptions,
  ConvTransposeOp,
  ConvTransposeOptions,
} from "../core/types/index.ts";
import { reshapeTo } from "./broadcast.ts";
import { dual, type HasPrimitive, type Operand, withPrimitive } from "./call.ts";
import {
  correlate,
  correlatePrimitive,
  spreadWindows,
  spreadWindowsPrimitive,
  type Window,
} from "./correlate.ts";
import { imageAxes, type PerAxis, perAxis, requireFloats } from "./image.ts";

type Rank = 1 | 2;

/** A convolution as asked for, and its checked operands. Lists have one entry for each spatial axis. */
interface Request {
  readonly op: string;
  readonly rank: Rank;
  /** [batch, …spatial, channels] */
  readonly images: Tensor;
  /** [...taps, channels / groups, filters] */
  readonly filters: Tensor;
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly pad: readonly number[] | "same";
  readonly groups: number;
  /** Elements from the first to the last that one window reads. */
  readonly extent: readonly number[];
}

const axesOfImages: Record<Rank, string> = { 1: "[batch, width, channels]", 2: imageAxes };
const axesOfFilters: Record<Rank, string> = {
  1: "[width, channels / groups, filters]",
  2: "[height, width, channels / groups, filters]",
};

const checkRequest = (
  op: string,
  rank: Rank,
  { stride = 1, pad = 0, dilation = 1, groups = 1 }: ConvOptions<Rank>,
  x: Operand,
  w: Operand,
): Request => {
  const images = requireFloats(op, x, rank + 2, axesOfImages[rank]);
  const filters = requireFloats(op, w, rank + 2, axesOfFilters[rank]);
  if (images.dtype !== filters.dtype)
    fail(op, "DtypeMismatch", "equal dtypes expected", `${images.dtype} and ${filters.dtype}`);
  const taps = filters.shape.slice(0, rank);
  if (taps.includes(0))
    fail(op, "EmptyTensor", "filters of at least one tap expected", printShape(filters.shape));
  if (!Number.isInteger(groups) || groups < 1)
    fail(op, "InvalidArgument", "a whole number of groups ≥ 1 expected", String(groups));
  const apart = perAxis(op, "dilation", dilation, rank, 1);
  return {
    op,
    rank,
    images,
    filters,
    stride: perAxis(op, "stride", stride, rank, 1),
    dilation: apart,
    pad: pad === "same" ? pad : perAxis(op, "pad", pad, rank, 0),
    groups,
    extent: taps.map((n, at) => (n - 1) * entry(apart, at) + 1),
  };
};

/** Entry of a list that has one for each axis. */
const entry = (list: readonly number[], at: number): number => list[at] as number;

const requireChannels = (
  { op, images, filters }: Request,
  channels: number,
  expected: number,
  factors: string,
): void => {
  if (channels === expected) return;
  fail(
    op,
    "ShapeMismatch",
    "channels of input and filter equal expected",
    `${printShape(images.shape)} and ${printShape(filters.shape)} (${channels} ≠ ${factors})`,
  );
};

const requireDivisor = ({ op, groups }: Request, what: string, n: number): void => {
  if (n % groups !== 0)
    fail(op, "ShapeMismatch", `a number of groups that divides ${n} ${what} expected`, `${groups}`);
};

/** Elements added before and after spatial axes of the given sizes. */
const paddingOf = (sizes: Shape, { pad, stride, extent }: Request) => {
  if (pad !== "same") return { before: pad, after: pad };
  // As many as give ⌈size / stride⌉ positions, an odd one behind.
  const total = sizes.map((n, at) => {
    const positions = Math.ceil(n / entry(stride, at));
    return Math.max(0, (positions - 1) * entry(stride, at) + entry(extent, at) - n);
  });
  return {
    before: total.map((n) => Math.floor(n / 2)),
    after: total.map((n) => Math.ceil(n / 2)),
  };
};

/** Letters of the axes: n batch, i j positions, k l taps, g groups, c channels of a group, f filters of a group. */
const lettersOf = ({ rank, stride, dilation }: Request, before: readonly number[]) => {
  const [positions, taps] = ["ij".slice(0, rank), "kl".slice(0, rank)];
  const windows = [...positions].map(
    (position, at): Window => ({
      position,
      tap: taps[at] as string,
      stride: entry(stride, at),
      dilation: entry(dilation, at),
      before: entry(before, at),
    }),
  );
  return { input: ["n", ...windows, "g", "c"], filters: `${taps}cgf`, output: `n${positions}gf` };
};

/** The last axis in equal parts, one for each group. */
const inGroups = (x: Tensor, groups: number): Tensor => {
  const last = x.shape.at(-1) as number;
  return reshapeTo(x, [...x.shape.slice(0, -1), groups, last / groups]);
};

const convolve = (request: Request): Tensor => {
  const { op, images, filters, stride, extent, groups } = request;
  const [batch, channels] = [images.shape[0], images.shape.at(-1)] as [number, number];
  const [perGroup, count] = filters.shape.slice(-2) as [number, number];
  requireDivisor(request, "channels", channels);
  requireDivisor(request, "filters", count);
  const factors = groups === 1 ? `${perGroup}` : `${perGroup} · ${groups}`;
  requireChannels(request, channels, perGroup * groups, factors);
  const sizes = images.shape.slice(1, -1);
  const { before, after } = paddingOf(sizes, request);
  const padded = sizes.map((n, at) => n + entry(before, at) + entry(after, at));
  if (padded.some((n, at) => n < entry(extent, at))) {
    fail(
      op,
      "ShapeMismatch",
      "windows no larger than the padded input expected",
      `windows ${printShape(extent)} and input ${printShape(padded)}`,
    );
  }
  const positions = padded.map(
    (n, at) => Math.floor((n - entry(extent, at)) / entry(stride, at)) + 1,
  );
  const letters = lettersOf(request, before);
  const result = correlate(inGroups(images, groups), inGroups(filters, groups), {
    left: letters.input,
    right: letters.filters,
    output: letters.output,
    shape: [batch, ...positions, groups, count / groups],
  });
  return reshapeTo(result, [batch, ...positions, count]);
};

/** Spatial sizes of the result of a transposed convolution. */
const sizesOfTransposed = (request: Request, outputPad: PerAxis): Shape => {
  const { op, rank, images, stride, extent, pad } = request;
  const more = perAxis(op, "outputPad", outputPad, rank, 0);
  if (more.some((n, at) => n >= entry(stride, at)))
    fail(op, "InvalidArgument", "outputPad below the stride expected", printShape(more));
  if (pad === "same" && more.some((n) => n > 0))
    fail(op, "InvalidArgument", 'outputPad 0 with pad "same" expected', printShape(more));
  const positions = images.shape.slice(1, -1);
  const sizes = positions.map((n, at) =>
    pad === "same"
      ? n * entry(stride, at)
      : (n - 1) * entry(stride, at) + entry(extent, at) + entry(more, at) - 2 * entry(pad, at),
  );
  if (positions.includes(0) || sizes.some((n) => n < 1)) {
    fail(
      op,
      "ShapeMismatch",
      "a result of at least one element along each axis expected",
      `${printShape(sizes)} from ${printShape(positions)}`,
    );
  }
  return sizes;
};

const convolveTransposed = (request: Request, outputPad: PerAxis): Tensor => {
  const { images, filters, groups } = request;
  const [batch, count] = [images.shape[0], images.shape.at(-1)] as [number, number];
  const [perGroup, expected] = filters.shape.slice(-2) as [number, number];
  requireChannels(request, count, expected, `${expected}`);
  requireDivisor(request, "filters", count);
  const sizes = sizesOfTransposed(request, outputPad);
  const letters = lettersOf(request, paddingOf(sizes, request).before);
  const result = spreadWindows(inGroups(images, groups), inGroups(filters, groups), {
    left: letters.input,
    positions: letters.output,
    taps: letters.filters,
    shape: [batch, ...sizes, groups, perGroup],
  });
  return reshapeTo(result, [batch, ...sizes, perGroup * groups]);
};

/** The call forms f(x, w), f(w)(x), f(options)(x, w) and f(options)(w)(x). */
const withFilters = <O extends object>(
  primitive: Primitive,
  f: (options: O, x: Operand, w: Operand) => Tensor,
) =>
  withPrimitive((first?: O | Tensor, ...rest: Operand[]) => {
    const forms = (options: O) => dual((x, w) => f(options, x, w));
    return isTensor(first)
      ? (forms({} as O) as (...args: Operand[]) => unknown)(first, ...rest) // all options are optional
      : forms(first ?? ({} as O));
  }, primitive);

const convolution = (op: string, rank: Rank) =>
  withFilters(correlatePrimitive, (options: ConvOptions<Rank>, x, w) =>
    convolve(checkRequest(op, rank, options, x, w)),
  );

const transposedConvolution = (op: string, rank: Rank) =>
  withFilters(
    spreadWindowsPrimitive,
    ({ outputPad = 0, ...options }: ConvTransposeOptions<Rank>, y, w) =>
      convolveTransposed(checkRequest(op, rank, options, y, w), outputPad),
  );

/**
 * One-dimensional convolution of a batch of series (without reversing the filters: a cross-correlation).
 *
 *   x [batch, width, channels]   w [taps, channels / groups, filters]   → [batch, width′, filters]
 *
 * Options as for `conv2d`.
 *
 * @example
 * toArray(conv1d(tensor([[[1], [2], [4]]]), tensor([[[-1]], [[1]]]))) // [[[1], [2]]]
 */
export const conv1d = convolution("conv1d", 1) as ConvOp<"conv1d", 1> & HasPrimitive;

/**
 * Two-dimensional convolution of a batch of images (without reversing the filters: a cross-correlation).
 *
 *   x [batch, height, width, channels]   w [kh, kw, channels / groups, filters]
 *   → [batch, height′, width′, filters]  with height′ = ⌊(height + 2·pad − dilation·(kh − 1) − 1) / stride⌋ + 1
 *
 * `stride`, `pad` and `dilation` are numbers or one number for each spatial axis; by default 1, 0 and 1. Pad "same" gives
 * ⌈height / stride⌉ rows, an odd row of padding going behind. With `groups` the channels and the filters are cut into as many
 * equal parts, and each part of the filters sees its own part of the channels.
 *
 * Differentiable in x and w. Fails with ShapeMismatch when channels differ, groups do not divide them, or a window is larger than
 * the padded image.
 *
 * @example
 * conv2d({ stride: 1, pad: 1 })(images, filters) // [8, 32, 32, 3], [3, 3, 3, 16] → [8, 32, 32, 16]
 */
export const conv2d = convolution("conv2d", 2) as ConvOp<"conv2d", 2> & HasPrimitive;

/**
 * The adjoint of `conv1d` in its input: [batch, width, filters] → [batch, width′, channels]. Options as for `convTranspose2d`.
 *
 * @example
 * toArray(convTranspose1d({ stride: 2 })(tensor([[[1], [2]]]), tensor([[[1]], [[10]]]))) // [[[1], [10], [2], [20]]]
 */
export const convTranspose1d = transposedConvolution("convTranspose1d", 1) as ConvTransposeOp<
  "convTranspose1d",
  1
> &
  HasPrimitive;

/**
 * Transposed convolution: the adjoint of `conv2d` in its input, for the same filters and options.
 *
 *   y [batch, height, width, filters]   w [kh, kw, channels / groups, filters]
 *   → [batch, height′, width′, channels]  with height′ = (height − 1)·stride − 2·pad + dilation·(kh − 1) + 1 + outputPad
 *
 * `outputPad`, below the stride, chooses among the sizes that conv2d brings to `height`. Pad "same" gives height · stride rows.
 *
 * Differentiable in y and w. Fails with ShapeMismatch when channels differ, groups do not divide them, or nothing is left.
 *
 * @example
 * convTranspose2d({ stride: 2, pad: 1, outputPad: 1 })(y, w) // [8, 16, 16, 32], [3, 3, 3, 32] → [8, 32, 32, 3]
 */
export const convTranspose2d = transposedConvolution("convTranspose2d", 2) as ConvTransposeOp<
  "convTranspose2d",
  2
> &
  HasPrimitive;
