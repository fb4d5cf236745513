// Random geometries of convolutions, and convolution by its definition, in plain loops.

import fc from "fast-check";
import { type Shape, sizeOf, stridesOf } from "../../src/core/shape.ts";
import { type Tensor, tensor, values } from "../../src/index.ts";

/** One spatial axis of a convolution; the window fits into the padded input. */
export interface Axis {
  readonly size: number;
  readonly taps: number;
  readonly stride: number;
  readonly pad: number;
  readonly dilation: number;
}

/** A convolution of one or two spatial axes. */
export interface Geometry {
  readonly axes: readonly Axis[];
  readonly batch: number;
  readonly groups: number;
  /** Channels and filters of one group. */
  readonly channels: number;
  readonly filters: number;
}

const extentOf = ({ taps, dilation }: Axis): number => (taps - 1) * dilation + 1;

/** What the strides leave over of a padded axis. */
const restOf = (axis: Axis): number => (axis.size + 2 * axis.pad - extentOf(axis)) % axis.stride;

const axisArbitrary: fc.Arbitrary<Axis> = fc
  .record({
    size: fc.integer({ min: 1, max: 6 }),
    taps: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    pad: fc.integer({ min: 0, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
  })
  .filter((axis) => axis.size + 2 * axis.pad >= extentOf(axis));

/** Convolutions of every kind, small. */
export const geometries: fc.Arbitrary<Geometry> = fc.record({
  axes: fc.array(axisArbitrary, { minLength: 1, maxLength: 2 }),
  batch: fc.integer({ min: 0, max: 2 }),
  groups: fc.integer({ min: 1, max: 2 }),
  channels: fc.integer({ min: 1, max: 2 }),
  filters: fc.integer({ min: 1, max: 2 }),
});

/** The options of a geometry, with the output padding that makes the transposed convolution its adjoint. */
export const optionsOf = ({ axes, groups }: Geometry) => ({
  stride: axes.map(({ stride }) => stride) as [number, number],
  pad: axes.map(({ pad }) => pad) as [number, number],
  dilation: axes.map(({ dilation }) => dilation) as [number, number],
  groups,
  outputPad: axes.map(restOf) as [number, number],
});

/** Shapes of the input, of the filters and of the result. */
export const shapesOf = ({ axes, batch, groups, channels, filters }: Geometry) => ({
  x: [batch, ...axes.map(({ size }) => size), groups * channels],
  w: [...axes.map(({ taps }) => taps), channels, groups * filters],
  y: [
    batch,
    ...axes.map(
      (axis) => Math.floor((axis.size + 2 * axis.pad - extentOf(axis)) / axis.stride) + 1,
    ),
    groups * filters,
  ],
});

/** Whole numbers as f64, so that sums are exact in any order. */
export const wholeNumbers = (shape: Shape): fc.Arbitrary<Tensor> =>
  fc
    .array(fc.integer({ min: -5, max: 5 }), {
      minLength: sizeOf(shape),
      maxLength: sizeOf(shape),
    })
    .map((data) => tensor(Float64Array.from(data), { shape }));

/** A geometry with an input, filters and a cotangent of its result. */
export const convolutions = geometries.chain((geometry) => {
  const shapes = shapesOf(geometry);
  return fc.record({
    geometry: fc.constant(geometry),
    x: wholeNumbers(shapes.x),
    w: wholeNumbers(shapes.w),
    y: wholeNumbers(shapes.y),
  });
});

/** All coordinates of a shape, in C order. */
function* coordinatesOf(shape: Shape): Generator<readonly number[]> {
  const strides = stridesOf(shape);
  for (let flat = 0; flat < sizeOf(shape); flat++)
    yield strides.map((stride, at) => Math.floor(flat / stride) % (shape[at] as number));
}

/** Convolution as it is defined: y[n, i, f] = Σ x[n, s·i + d·k − p, c] · w[k, c, f]. */
export const convolveByDefinition = (geometry: Geometry, x: Tensor, w: Tensor): number[] => {
  const { axes, channels, filters } = geometry;
  const shapes = shapesOf(geometry);
  const [xs, ws] = [values(x), values(w)];
  const read = (data: ArrayLike<number>, shape: Shape, at: readonly number[]): number =>
    at.every((i, axis) => i >= 0 && i < (shape[axis] as number))
      ? (data[
          stridesOf(shape).reduce((sum, stride, axis) => sum + stride * (at[axis] as number), 0)
        ] as number)
      : 0;
  return [...coordinatesOf(shapes.y)].map((at) => {
    const [n, f] = [at[0] as number, at.at(-1) as number];
    const group = Math.floor(f / filters);
    let sum = 0;
    for (const tap of coordinatesOf(shapes.w.slice(0, -1))) {
      const place = axes.map(
        ({ stride, dilation, pad }, axis) =>
          stride * (at[axis + 1] as number) + dilation * (tap[axis] as number) - pad,
      );
      const channel = group * channels + (tap.at(-1) as number);
      sum += read(xs, shapes.x, [n, ...place, channel]) * read(ws, shapes.w, [...tap, f]);
    }
    return sum;
  });
};
