// Pad and slice (an adjoint pair), and concat, whose pieces are slices. In kernels they are changes of coordinates.

import * as E from "fp-ts/lib/Either.js";
import { combineInTree, fillTensor } from "../core/builtin.ts";
import { fail, problem } from "../core/errors.ts";
import { divideIndex, index, moduloIndex, scaleIndex } from "../core/kernel/affine.ts";
import { call, isBetween, where } from "../core/kernel/build.ts";
import { constant, type Expr } from "../core/kernel/expr.ts";
import type { Delayed } from "../core/lowering.ts";
import { apply } from "../core/primitive.ts";
import { printShape, range, type Shape, sizeOf } from "../core/shape.ts";
import type { Aval, Primitive, Tensor } from "../core/tensor.ts";
import type { PadOp, SliceOp } from "../core/types/index.ts";
import { madeBy, shift } from "./broadcast.ts";
import { type HasPrimitive, requireTensor, withPrimitive } from "./call.ts";

interface PadAttributes {
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Elements put between neighbours. */
  readonly interior: readonly number[];
  readonly value: number;
}

const padPrimitive: Primitive<PadAttributes> = {
  name: "pad",
  shape: ([x], { before, after, interior }) => {
    const { shape, dtype } = x as Aval;
    const padded = shape.map(
      (n, at) => (before[at] as number) + spread(n, interior[at] as number) + (after[at] as number),
    );
    return E.right({ shape: padded, dtype });
  },
  vjp: ({ g, inputs: [x], attributes: { before, interior } }) => [
    sliceAxes(g, {
      start: before,
      step: interior.map((gap) => gap + 1),
      size: (x as Tensor).shape,
    }),
  ],
  lower: {
    _tag: "Pull",
    role: "select",
    cost: 1,
    reads: (_, [x], output) => sizeOf((x as Aval).shape) / Math.max(1, sizeOf(output.shape)),
    pull: ({ inputs, attributes: { before, interior, value } }) => {
      const [x] = inputs as readonly [Delayed];
      const isInside = (coord: Expr, at: number): Expr => {
        const gap = (interior[at] as number) + 1;
        const inRange = isBetween(coord, 0, spread(x.shape[at] as number, interior[at] as number));
        return gap === 1
          ? inRange
          : call("and", inRange, call("eq", moduloIndex(coord, gap), index(0)));
      };
      return (coords) => {
        if (sizeOf(x.shape) === 0) return constant(value, x.dtype);
        const inner = coords.map((coord, at) => shift(coord, -(before[at] as number)));
        const condition = inner
          .map(isInside)
          .reduce((a, b) => call("and", a, b), constant(1, "bool"));
        const source = inner.map((coord, at) => divideIndex(coord, (interior[at] as number) + 1));
        return where(condition, x.at(source), constant(value, x.dtype));
      };
    },
  },
  addMany: (parts) => joinPieces(parts),
  simplify: ([x], { before, after, interior }) =>
    [...before, ...after, ...interior].every((n) => n === 0) ? x : undefined,
};

/** The sum of pieces padded with zeros that lie one after the other along one axis: their concatenation, zeros in the gaps. */
const joinPieces = (parts: readonly Tensor[]): Tensor | undefined => {
  const pieces = parts.map((part) => madeBy(part, padPrimitive));
  const { shape, dtype } = parts[0] as Tensor;
  const extentOf = (piece: (typeof pieces)[number], at: number): readonly [number, number] => {
    const from = piece?.attributes.before[at] as number;
    return [from, (shape[at] as number) - (piece?.attributes.after[at] as number)];
  };
  const isPlain = pieces.every(
    (piece) =>
      piece !== undefined &&
      piece.attributes.value === 0 &&
      piece.attributes.interior.every((n) => n === 0),
  );
  if (!isPlain) return undefined;
  const cut = range(shape.length).filter((at) =>
    pieces.some((piece) => extentOf(piece, at).join() !== `0,${shape[at]}`),
  );
  const [axis] = cut;
  if (axis === undefined || cut.length > 1) return undefined;
  const ordered = pieces
    .map((piece) => [...extentOf(piece, axis), piece?.inputs[0] as Tensor] as const)
    .sort((a, b) => a[0] - b[0]);
  const joined: Tensor[] = [];
  let reached = 0;
  const zerosTo = (to: number): void => {
    if (to > reached)
      joined.push(
        fillTensor(
          shape.map((n, at) => (at === axis ? to - reached : n)),
          0,
          dtype,
        ),
      );
  };
  for (const [from, to, x] of ordered) {
    if (from < reached) return undefined; // they overlap
    zerosTo(from);
    joined.push(x);
    reached = to;
  }
  zerosTo(shape[axis] as number);
  return concatAxis(joined, axis);
};

const spread = (n: number, interior: number): number => (n === 0 ? 0 : n + (n - 1) * interior);

/** x with `before` and `after` elements added on every axis, and `interior` ones between neighbours. The adjoint of `sliceAxes`. */
export const padAxes = (
  x: Tensor,
  {
    before,
    after,
    interior,
    value = 0,
  }: Omit<PadAttributes, "value" | "interior"> & {
    readonly interior?: readonly number[];
    readonly value?: number;
  },
): Tensor =>
  apply(padPrimitive, { before, after, interior: interior ?? before.map(() => 0), value }, [x]);

/**
 * x with constant elements added before and after each axis. The adjoint of `slice`.
 *
 * @example
 * toArray(pad({ widths: [[1, 2]] })(tensor([5]))) // [0, 5, 0, 0]
 */
export const pad = withPrimitive(
  ({
    widths,
    value = 0,
  }: {
    readonly widths: readonly (readonly [number, number])[];
    readonly value?: number;
  }) =>
    (x: Tensor): Tensor => {
      requireTensor("pad", x);
      if (
        widths.length !== x.shape.length ||
        widths.flat().some((n) => !Number.isInteger(n) || n < 0)
      ) {
        fail(
          "pad",
          "ShapeMismatch",
          `[before, after] of whole numbers ≥ 0 for each axis of ${printShape(x.shape)} expected`,
          JSON.stringify(widths),
        );
      }
      return padAxes(x, { before: widths.map(([n]) => n), after: widths.map(([, n]) => n), value });
    },
  padPrimitive,
) as PadOp & HasPrimitive; // sizes by the widths

interface SliceAttributes {
  readonly start: readonly number[];
  readonly step: readonly number[];
  /** Sizes of the result. */
  readonly size: Shape;
}

const slicePrimitive: Primitive<SliceAttributes> = {
  name: "slice",
  shape: ([x], { size }) => E.right({ shape: size, dtype: (x as Aval).dtype }),
  vjp: ({ g, inputs: [x], attributes: { start, step, size } }) => [
    padAxes(g, {
      before: start,
      after: (x as Tensor).shape.map(
        (n, at) => n - (start[at] as number) - spread(size[at] as number, (step[at] as number) - 1),
      ),
      interior: step.map((n) => n - 1),
    }),
  ],
  lower: {
    _tag: "Pull",
    role: "view",
    cost: 0,
    pull:
      ({ inputs: [x], attributes: { start, step } }) =>
      (coords) =>
        (x as Delayed).at(
          coords.map((coord, at) => scaleIndex(coord, step[at] as number, start[at] as number)),
        ),
  },
  simplify: ([x], { start, step, size }) =>
    start.every((n) => n === 0) &&
    step.every((n) => n === 1) &&
    size.every((n, at) => n === (x as Tensor).shape[at])
      ? x
      : undefined,
};

/** The part of x that begins at `start` and takes every `step`-th element, `size` of them; all inside x. */
export const sliceAxes = (x: Tensor, attributes: SliceAttributes): Tensor =>
  apply(slicePrimitive, attributes, [x]);

/** Options of `slice`: one entry for each axis from the front; what is missing or null is taken whole. */
export interface SliceOptions {
  /** First index; negative ones count from the end. Default 0. */
  readonly start?: readonly (number | null)[];
  /** First index not taken; negative ones count from the end. Default: the size. */
  readonly stop?: readonly (number | null)[];
  /** Distance between taken elements, at least 1. Default 1. */
  readonly step?: readonly (number | null)[];
}

/**
 * A part of x, strided where `step` says so. Bounds outside x are an error, not cut short. The adjoint of `pad`.
 *
 * @example
 * toArray(slice({ start: [1], step: [2] })(tensor([0, 1, 2, 3, 4]))) // [1, 3]
 */
export const slice = withPrimitive(
  ({ start = [], stop = [], step = [] }: SliceOptions) =>
    (x: Tensor): Tensor => {
      const { shape } = requireTensor("slice", x);
      for (const list of [start, stop, step]) {
        if (list.length > shape.length)
          fail(
            "slice",
            "ShapeMismatch",
            `at most ${shape.length} entries for shape ${printShape(shape)} expected`,
            String(list.length),
          );
      }
      const starts = shape.map((n, at) => sliceBound(start[at] ?? 0, n, at));
      const stops = shape.map((n, at) => sliceBound(stop[at] ?? n, n, at));
      const steps = shape.map((_, at) => {
        const given = step[at] ?? 1;
        return Number.isInteger(given) && given >= 1
          ? given
          : fail(
              "slice",
              "InvalidArgument",
              `a whole step ≥ 1 expected for axis ${at}`,
              String(given),
              "reverse an axis with flip",
            );
      });
      const size = starts.map((from, at) =>
        Math.max(0, Math.ceil(((stops[at] as number) - from) / (steps[at] as number))),
      );
      return sliceAxes(x, { start: starts, step: steps, size });
    },
  slicePrimitive,
) as SliceOp & HasPrimitive; // sizes are found at run time

const sliceBound = (given: number, n: number, at: number): number => {
  const bound = given < 0 ? given + n : given;
  return Number.isInteger(given) && bound >= 0 && bound <= n
    ? bound
    : fail(
        "slice",
        "IndexOutOfRange",
        `bounds in −${n}…${n} expected for axis ${at} of size ${n}`,
        String(given).replace("-", "−"),
      );
};

/** Elements [from, from + size) of one axis. */
export const narrow = (x: Tensor, axis: number, from: number, size: number): Tensor =>
  sliceAxes(x, {
    start: x.shape.map((_, at) => (at === axis ? from : 0)),
    step: x.shape.map(() => 1),
    size: x.shape.map((n, at) => (at === axis ? size : n)),
  });

/** Tensors joined along an axis. */
export const concatPrimitive: Primitive<{ readonly axis: number }> = {
  name: "concat",
  shape: (inputs, { axis }) => {
    const [first] = inputs as readonly [Aval];
    for (const other of inputs) {
      const agrees =
        other.shape.length === first.shape.length &&
        other.shape.every((n, at) => at === axis || n === first.shape[at]);
      if (!agrees) {
        return E.left(
          problem(
            "ShapeMismatch",
            `shapes that agree except on axis ${axis} expected`,
            inputs.map(({ shape }) => printShape(shape)).join(", "),
          ),
        );
      }
      if (other.dtype !== first.dtype) {
        return E.left(
          problem(
            "DtypeMismatch",
            "equal dtypes expected",
            `${first.dtype} and ${other.dtype}`,
            "convert one with cast",
          ),
        );
      }
    }
    const total = inputs.reduce((sum, { shape }) => sum + (shape[axis] as number), 0);
    return E.right({
      shape: first.shape.map((n, at) => (at === axis ? total : n)),
      dtype: first.dtype,
    });
  },
  vjp: ({ g, inputs, attributes: { axis } }) => {
    let from = 0;
    return inputs.map(({ shape }) => {
      from += shape[axis] as number;
      return narrow(g, axis, from - (shape[axis] as number), shape[axis] as number);
    });
  },
  lower: {
    _tag: "Pull",
    role: "select",
    cost: 1,
    reads: (i, inputs, output) =>
      sizeOf((inputs[i] as Aval).shape) / Math.max(1, sizeOf(output.shape)),
    pull: ({ inputs, attributes: { axis } }) => {
      const starts = [0];
      for (const x of inputs) starts.push((starts.at(-1) as number) + (x.shape[axis] as number));
      return (coords) => {
        const at = coords[axis] as Expr;
        // A balanced tree of comparisons: many pieces cost their logarithm.
        const choose = (from: number, to: number): Expr => {
          if (to - from === 1) {
            return (inputs[from] as Delayed).at(
              coords.map((coord, i) => (i === axis ? shift(at, -(starts[from] as number)) : coord)),
            );
          }
          const middle = (from + to) >> 1;
          return where(
            call("lt", at, index(starts[middle] as number)),
            choose(from, middle),
            choose(middle, to),
          );
        };
        return choose(0, inputs.length);
      };
    },
  },
  simplify: (inputs, { axis }) => {
    if (inputs.length === 1) return inputs[0];
    const kept = inputs.filter(({ shape }) => shape[axis] !== 0);
    return kept.length === inputs.length || kept.length === 0 ? undefined : concatAxis(kept, axis);
  },
};

/** Tensors joined along an axis counted from the front. */
export const concatAxis = (tensors: readonly Tensor[], axis: number): Tensor =>
  combineInTree(tensors, (some) => apply(concatPrimitive, { axis }, some));
