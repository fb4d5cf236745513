// Ops that move elements without computing: permute, pad and slice (an adjoint pair), flip, concat and what is made of them.
// In kernels they are changes of coordinates.

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
import { expandTo, madeBy, reshapeTo, shift } from "./broadcast.ts";
import { axesOf, axisOf, requireTensor, withPrimitive } from "./call.ts";

const permutePrimitive: Primitive<{ readonly axes: readonly number[] }> = {
  name: "permute",
  shape: ([x], { axes }) => {
    const { shape, dtype } = x as Aval;
    const isPermutation =
      axes.length === shape.length && range(shape.length).every((at) => axes.includes(at));
    return isPermutation
      ? E.right({ shape: axes.map((at) => shape[at] as number), dtype })
      : E.left(
          problem(
            "AxisOutOfRange",
            `each axis of ${printShape(shape)} once expected`,
            printShape(axes),
          ),
        );
  },
  vjp: ({ g, attributes: { axes } }) => [permuteAxes(g, inversePermutation(axes))],
  lower: {
    _tag: "Pull",
    role: "view",
    cost: 0,
    pull: ({ inputs: [x], attributes: { axes } }) => {
      const inverse = inversePermutation(axes);
      return (coords) => (x as Delayed).at(inverse.map((at) => coords[at] as Expr));
    },
  },
  simplify: ([x], { axes }) => {
    if (axes.every((at, i) => at === i)) return x;
    const inner = madeBy(x as Tensor, permutePrimitive);
    return inner === undefined
      ? undefined
      : permuteAxes(
          inner.inputs[0] as Tensor,
          axes.map((at) => inner.attributes.axes[at] as number),
        );
  },
};

const inversePermutation = (axes: readonly number[]): number[] => {
  const inverse = new Array<number>(axes.length);
  axes.forEach((at, i) => {
    inverse[at] = i;
  });
  return inverse;
};

/** x with its axes in another order; axes counted from the front. */
export const permuteAxes = (x: Tensor, axes: readonly number[]): Tensor =>
  apply(permutePrimitive, { axes }, [x]);

/**
 * x with its axes in another order.
 *
 * @example
 * permute([2, 0, 1])(zeros([2, 3, 4])).shape // [4, 2, 3]
 */
export const permute = withPrimitive(
  (axes: readonly number[]) =>
    (x: Tensor): Tensor =>
      permuteAxes(
        requireTensor("permute", x),
        axes.map((at) => axisOf("permute", at, x.shape.length)),
      ),
  permutePrimitive,
);

/** x with its last two axes swapped: the matrix transpose. */
export const transpose = withPrimitive((x: Tensor): Tensor => {
  const rank = requireTensor("transpose", x).shape.length;
  if (rank < 2)
    fail(
      "transpose",
      "ShapeMismatch",
      "at least two axes expected",
      `shape ${printShape(x.shape)}`,
    );
  return permuteAxes(x, [...range(rank - 2), rank - 1, rank - 2]);
}, permutePrimitive);

/** x with axis `from` moved to `to`; both counted from the front. */
export const moveAxis = (x: Tensor, from: number, to: number): Tensor => {
  const axes = range(x.shape.length).filter((at) => at !== from);
  axes.splice(to, 0, from);
  return permuteAxes(x, axes);
};

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
);

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
);

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

const flipPrimitive: Primitive<{ readonly axes: readonly number[] }> = {
  name: "flip",
  shape: ([x]) => E.right({ shape: (x as Aval).shape, dtype: (x as Aval).dtype }),
  vjp: ({ g, attributes: { axes } }) => [flipAxes(g, axes)],
  lower: {
    _tag: "Pull",
    role: "view",
    cost: 0,
    pull: ({ inputs, attributes: { axes } }) => {
      const [x] = inputs as readonly [Delayed];
      return (coords) =>
        x.at(
          coords.map((coord, at) =>
            axes.includes(at) ? scaleIndex(coord, -1, (x.shape[at] as number) - 1) : coord,
          ),
        );
    },
  },
};

/** x reversed along axes counted from the front. */
export const flipAxes = (x: Tensor, axes: readonly number[]): Tensor =>
  apply(flipPrimitive, { axes }, [x]);

/** x reversed along one axis or several; all by default. */
export const flip = withPrimitive(
  ({ axis }: { readonly axis?: number | readonly number[] }) =>
    (x: Tensor): Tensor =>
      flipAxes(requireTensor("flip", x), axesOf("flip", axis, x.shape.length)),
  flipPrimitive,
);

const concatPrimitive: Primitive<{ readonly axis: number }> = {
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
      const starts = inputs.reduce<number[]>(
        (found, x) => [...found, (found.at(-1) as number) + (x.shape[axis] as number)],
        [0],
      );
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

const requireSome = (op: string, tensors: readonly Tensor[]): Tensor => {
  if (!Array.isArray(tensors) || tensors.length === 0) {
    return fail(
      op,
      "InvalidArgument",
      "an array of at least one tensor expected",
      Array.isArray(tensors) ? "none" : typeof tensors,
    );
  }
  for (const x of tensors) requireTensor(op, x);
  return tensors[0] as Tensor;
};

/**
 * Tensors joined along an axis (default 0) that they have.
 *
 * @example
 * toArray(concat({ axis: 0 })([tensor([1, 2]), tensor([3])])) // [1, 2, 3]
 */
export const concat = withPrimitive(
  ({ axis = 0 }: { readonly axis?: number } = {}) =>
    (tensors: readonly Tensor[]): Tensor =>
      concatAxis(tensors, axisOf("concat", axis, requireSome("concat", tensors).shape.length)),
  concatPrimitive,
);

/**
 * Tensors of equal shape joined along a new axis (default 0).
 *
 * @example
 * toArray(stack({ axis: 1 })([tensor([1, 2]), tensor([3, 4])])) // [[1, 3], [2, 4]]
 */
export const stack = withPrimitive(
  ({ axis = 0 }: { readonly axis?: number } = {}) =>
    (tensors: readonly Tensor[]): Tensor => {
      const first = requireSome("stack", tensors);
      const differs = tensors.find(({ shape }) => shape.join() !== first.shape.join());
      if (differs !== undefined)
        fail(
          "stack",
          "ShapeMismatch",
          "equal shapes expected",
          `${printShape(first.shape)} and ${printShape(differs.shape)}`,
        );
      const at = axisOf("stack", axis, first.shape.length + 1);
      return concatAxis(
        tensors.map((x) => expandDims(at)(x)),
        at,
      );
    },
  concatPrimitive,
);

/** Options of `split`: sizes of the parts, or their number. */
export type SplitOptions = { readonly axis?: number } & (
  | { readonly sizes: readonly number[] }
  | { readonly parts: number }
);

/**
 * x cut along an axis (default 0) into parts of given sizes, or into equal parts. The inverse of `concat`.
 *
 * @example
 * split({ parts: 2 })(tensor([1, 2, 3, 4])).map(toArray) // [[1, 2], [3, 4]]
 */
export const split =
  (options: SplitOptions) =>
  (x: Tensor): Tensor[] => {
    const axis = axisOf("split", options.axis ?? 0, requireTensor("split", x).shape.length);
    const n = x.shape[axis] as number;
    const sizes =
      "sizes" in options ? options.sizes : new Array<number>(options.parts).fill(n / options.parts);
    if (
      sizes.some((size) => !Number.isInteger(size) || size < 0) ||
      sizes.reduce((a, b) => a + b, 0) !== n
    ) {
      fail(
        "split",
        "ShapeMismatch",
        `whole sizes that add up to ${n} (axis ${axis} of ${printShape(x.shape)}) expected`,
        "parts" in options ? `${options.parts} equal parts` : printShape(sizes),
      );
    }
    let from = 0;
    return sizes.map((size) => {
      from += size;
      return narrow(x, axis, from - size, size);
    });
  };

/** x with a new axis of size 1. */
export const expandDims =
  (axis: number) =>
  (x: Tensor): Tensor => {
    const at = axisOf("expandDims", axis, requireTensor("expandDims", x).shape.length + 1);
    return reshapeTo(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
  };

/** x without an axis of size 1, or without all of them. */
export const squeeze =
  (axis?: number) =>
  (x: Tensor): Tensor => {
    const { shape } = requireTensor("squeeze", x);
    if (axis === undefined)
      return reshapeTo(
        x,
        shape.filter((n) => n !== 1),
      );
    const at = axisOf("squeeze", axis, shape.length);
    if (shape[at] !== 1)
      fail(
        "squeeze",
        "ShapeMismatch",
        `size 1 expected on axis ${axis}`,
        `${shape[at]} in ${printShape(shape)}`,
      );
    return reshapeTo(
      x,
      shape.filter((_, i) => i !== at),
    );
  };

/**
 * x repeated whole along each axis. `reps` aligns with the last axes.
 *
 * @example
 * toArray(tile([2])(tensor([1, 2]))) // [1, 2, 1, 2]
 */
export const tile =
  (reps: readonly number[]) =>
  (x: Tensor): Tensor => {
    requireTensor("tile", x);
    if (reps.some((n) => !Number.isInteger(n) || n < 0))
      fail("tile", "InvalidArgument", "whole repetitions ≥ 0 expected", printShape(reps));
    const rank = Math.max(reps.length, x.shape.length);
    const times = [...new Array<number>(rank - reps.length).fill(1), ...reps];
    const shape = [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape];
    const repeated = expandTo(
      reshapeTo(
        x,
        shape.flatMap((n) => [1, n]),
      ),
      shape.flatMap((n, at) => [times[at] as number, n]),
    );
    return reshapeTo(
      repeated,
      shape.map((n, at) => n * (times[at] as number)),
    );
  };

/** A zero tensor of the shape of x, for rules that need one. */
export const zeroOf = (x: Tensor): Tensor => fillTensor(x.shape, 0, x.dtype);
