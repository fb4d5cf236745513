// Reshape, and the adjoint pair behind broadcasting: `expand` repeats along axes, `sum` adds along them. Binary ops insert an
// explicit `expand`, so that every other rule may assume equal shapes.

import * as E from "fp-ts/lib/Either.js";
import { fail, problem } from "../core/errors.ts";
import { addIndex, divideIndex, flatten, index, moduloIndex } from "../core/kernel/affine.ts";
import { reduce } from "../core/kernel/build.ts";
import { type Axis, axis, type Expr } from "../core/kernel/expr.ts";
import type { Delayed } from "../core/lowering.ts";
import { apply } from "../core/primitive.ts";
import {
  broadcastShapes,
  printShape,
  range,
  type Shape,
  sameShape,
  sizeOf,
  stridesOf,
} from "../core/shape.ts";
import { type Apply, type Aval, type Primitive, storageOf, type Tensor } from "../core/tensor.ts";
import type {
  DtypeSet,
  ExpandOp,
  ReduceOp,
  ReduceOptions,
  ReducePrimitive,
  ReshapeOp,
} from "../core/types/index.ts";
import {
  axesOf,
  type HasPrimitive,
  orThrow,
  requireCompute,
  requireTensor,
  withOptions,
  withPrimitive,
} from "./call.ts";

export type { ReduceOptions };

type One = readonly [Delayed];

/**
 * The inner op of a tensor made by a primitive, else undefined. A tensor whose values are known is a leaf like any other: programs are shared by graphs
 * whose leaves differ.
 */
export const madeBy = <A>(
  x: Tensor,
  primitive: Primitive<A>,
): (Apply & { readonly attributes: A }) | undefined =>
  x.origin._tag === "Apply" && x.origin.primitive === primitive && storageOf(x) === undefined
    ? (x.origin as Apply & { readonly attributes: A }) // the primitive's own attributes
    : undefined;

const reshapePrimitive: Primitive<{ readonly shape: Shape }> = {
  name: "reshape",
  shape: ([x], { shape }) => {
    const { shape: from, dtype } = x as Aval;
    return sizeOf(from) === sizeOf(shape)
      ? E.right({ shape, dtype })
      : E.left(
          problem(
            "ShapeMismatch",
            "a shape of as many elements expected",
            `${printShape(from)} → ${printShape(shape)} (${sizeOf(from)} ≠ ${sizeOf(shape)})`,
          ),
        );
  },
  vjp: ({ g, inputs: [x] }) => [reshapeTo(g, (x as Tensor).shape)],
  lower: {
    _tag: "Pull",
    role: "view",
    cost: 0,
    pull: ({ inputs, output }) => {
      const [x] = inputs as One;
      const blocks = matchAxes(output.shape, x.shape);
      return (coords) =>
        x.at(
          blocks.flatMap(([from, to, sizes, others]) => {
            const flat = flatten(coords.slice(from, to), stridesOf(sizes));
            return others.map((n, i) => {
              const quotient = divideIndex(flat, sizeOf(others.slice(i + 1)));
              return i === 0 ? quotient : moduloIndex(quotient, n);
            });
          }),
        );
    },
  },
  simplify: ([x], { shape }) => {
    const inner = madeBy(x as Tensor, reshapePrimitive);
    return sameShape((x as Tensor).shape, shape)
      ? x
      : inner === undefined
        ? undefined
        : reshapeTo(inner.inputs[0] as Tensor, shape);
  },
};

/**
 * The shortest runs of axes [from, to) of a shape, with their sizes, that have as many elements as a run of another shape, with
 * the sizes of that. Coordinates of one run depend on those of the other only.
 */
const matchAxes = (shape: Shape, other: Shape): (readonly [number, number, Shape, Shape])[] => {
  if (sizeOf(shape) === 0) return [[0, shape.length, shape, other]];
  const blocks: (readonly [number, number, Shape, Shape])[] = [];
  let [at, otherAt] = [0, 0];
  while (at < shape.length || otherAt < other.length) {
    const [from, otherFrom] = [at, otherAt];
    let [m, n] = [shape[at++] ?? 1, other[otherAt++] ?? 1];
    while (m !== n) {
      if (m < n) m *= shape[at++] as number;
      else n *= other[otherAt++] as number;
    }
    blocks.push([from, at, shape.slice(from, at), other.slice(otherFrom, otherAt)]);
  }
  return blocks;
};

/** x with another shape of as many elements. */
export const reshapeTo = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply(reshapePrimitive, { shape }, [x]);

/**
 * The same elements in the same order under another shape; one size may be −1 and is found from the rest.
 *
 * @example
 * toArray(reshape([2, -1])(tensor([1, 2, 3, 4]))) // [[1, 2], [3, 4]]
 */
export const reshape = withPrimitive(
  (shape: Shape) =>
    (x: Tensor): Tensor =>
      reshapeTo(requireTensor("reshape", x), completeShape(shape, x.shape)),
  reshapePrimitive,
) as ReshapeOp & HasPrimitive; // the shape is the one asked for

const completeShape = (shape: Shape, from: Shape): Shape => {
  const open = shape.indexOf(-1);
  if (shape.some((n, i) => !Number.isInteger(n) || (n < 0 && i !== open))) {
    return fail(
      "reshape",
      "InvalidArgument",
      "whole sizes, at most one of them −1, expected",
      printShape(shape),
    );
  }
  if (open < 0) return shape;
  const others = sizeOf(shape.filter((_, i) => i !== open));
  const size = sizeOf(from) / others;
  return Number.isInteger(size)
    ? shape.map((n, i) => (i === open ? size : n))
    : fail(
        "reshape",
        "ShapeMismatch",
        "a shape of as many elements expected",
        `${printShape(from)} → ${printShape(shape)} (${sizeOf(from)} is no multiple of ${others})`,
      );
};

const expandPrimitive: Primitive<{ readonly shape: Shape }> = {
  name: "expand",
  shape: ([x], { shape }) => {
    const joined = broadcastShapes((x as Aval).shape, shape);
    return E.isRight(joined) && sameShape(joined.right, shape)
      ? E.right({ shape, dtype: (x as Aval).dtype })
      : E.left(
          problem(
            "ShapeMismatch",
            "a shape that it broadcasts to expected",
            `${printShape((x as Aval).shape)} → ${printShape(shape)}`,
          ),
        );
  },
  vjp: ({ g, inputs: [x] }) => [sumTo(g, (x as Tensor).shape)],
  lower: {
    _tag: "Pull",
    role: "view",
    cost: 0,
    pull:
      ({ inputs }) =>
      (coords) => {
        const [x] = inputs as One;
        const own = coords.slice(coords.length - x.shape.length);
        return x.at(own.map((coord, i) => (x.shape[i] === 1 ? index(0) : coord)));
      },
  },
  simplify: ([x], { shape }) => {
    const inner = madeBy(x as Tensor, expandPrimitive);
    return sameShape((x as Tensor).shape, shape)
      ? x
      : inner === undefined
        ? undefined
        : expandTo(inner.inputs[0] as Tensor, shape);
  },
};

/** x repeated along leading axes and axes of size 1 to a shape. */
export const expandTo = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply(expandPrimitive, { shape }, [x]);

/**
 * x repeated along leading axes and axes of size 1, so that it has a shape. The adjoint of `sum`.
 *
 * @example
 * toArray(expand([2, 2])(tensor([1, 2]))) // [[1, 2], [1, 2]]
 */
export const expand = withPrimitive(
  (shape: Shape) =>
    (x: Tensor): Tensor =>
      expandTo(requireTensor("expand", x), shape),
  expandPrimitive,
) as ExpandOp & HasPrimitive; // the shape is the one asked for

const sumPrimitive: Primitive<{ readonly axes: readonly number[] }> = {
  name: "sum",
  shape: ([x], { axes }) =>
    E.right({ shape: withoutAxes((x as Aval).shape, axes), dtype: (x as Aval).dtype }),
  vjp: ({ g, inputs: [x], attributes: { axes } }) => [spreadOver(g, (x as Tensor).shape, axes)],
  lower: {
    _tag: "Pull",
    role: "reduce",
    cost: 1,
    pull:
      ({ inputs, attributes: { axes } }) =>
      (coords) => {
        const [x] = inputs as One;
        return reduceAxes("sum", x, axes, coords);
      },
  },
  simplify: ([x], { axes }) => (axes.length === 0 ? x : undefined),
};

/** A reduction of a delayed array over some of its axes, at coordinates of the others. */
export const reduceAxes = (
  op: "sum" | "prod" | "max" | "min",
  x: Delayed,
  axes: readonly number[],
  coords: readonly Expr[],
): Expr => {
  const loops = new Map(axes.map((at): [number, Axis] => [at, axis(x.shape[at] as number)]));
  let next = 0;
  const full = x.shape.map((_, at): Expr => loops.get(at) ?? (coords[next++] as Expr));
  return [...loops.values()].reduceRight((body, loop) => reduce(op, loop, body), x.at(full));
};

/** A shape without some axes. */
export const withoutAxes = (shape: Shape, axes: readonly number[]): Shape =>
  shape.filter((_, at) => !axes.includes(at));

/** A shape with some axes of size 1. */
export const keepAxes = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((n, at) => (axes.includes(at) ? 1 : n));

/** What was reduced over axes, repeated along them again. */
export const spreadOver = (g: Tensor, shape: Shape, axes: readonly number[]): Tensor =>
  expandTo(reshapeTo(g, keepAxes(shape, axes)), shape);

/** The sum over axes (sorted, counted from the front), which disappear. */
export const sumAxes = (x: Tensor, axes: readonly number[]): Tensor =>
  axes.length === 0 ? x : apply(sumPrimitive, { axes }, [x]);

/** The sum over whatever `expand` to the shape of g repeated: the adjoint of expandTo. */
export const sumTo = (g: Tensor, shape: Shape): Tensor => {
  const leading = g.shape.length - shape.length;
  const repeated = range(g.shape.length).filter(
    (at) => at < leading || (shape[at - leading] === 1 && g.shape[at] !== 1),
  );
  return reshapeTo(sumAxes(g, repeated), shape);
};

/** A reduction over all axes chosen by options, from one over sorted axes. */
export const reduction = <Op extends string, Set extends DtypeSet>(
  op: Op,
  reduceOver: (x: Tensor, axes: readonly number[]) => Tensor,
): ReduceOp<Op, Set> =>
  withOptions(({ axis: chosen, keepDims = false }: ReduceOptions, x: Tensor): Tensor => {
    requireCompute(op, requireTensor(op, x));
    const axes = axesOf(op, chosen, x.shape.length);
    const reduced = reduceOver(x, axes);
    return keepDims ? reshapeTo(reduced, keepAxes(x.shape, axes)) : reduced;
  }) as unknown as ReduceOp<Op, Set>; // sizes by the axes; the dtype stays

/**
 * The sum over axes; of bool, the count as i32. The adjoint of `expand`.
 *
 * @example
 * toArray(sum({ axis: 0 })(tensor([[1, 2], [3, 4]]))) // [4, 6]
 * item(sum(tensor([1, 2, 3]))) // 6
 */
export const sum: ReducePrimitive<"sum"> = withPrimitive(
  reduction("sum", (x, axes) => {
    if (x.dtype === "bool")
      fail(
        "sum",
        "DtypeMismatch",
        "dtype f32, f64 or i32 expected",
        "bool",
        'count with sum(cast("i32")(x)), or use any and all',
      );
    return sumAxes(x, axes);
  }),
  sumPrimitive,
);

/** Operands broadcast to a common shape; throws in the name of the op. */
export const broadcastAll = (op: string, tensors: readonly Tensor[]): Tensor[] => {
  const shape = tensors.reduce<Shape>(
    (joined, x) => orThrow(op, broadcastShapes(joined, x.shape)),
    [],
  );
  return tensors.map((x) => expandTo(x, shape));
};

/** The coordinate after adding a whole number. */
export const shift = (coord: Expr, by: number): Expr => addIndex(coord, index(by));
