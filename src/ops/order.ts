// The order of rows by their elements, and searches in sorted rows: what sorting, top k, sparse rows and scatters on devices that
// cannot scatter are made of. One kernel per step, and one output element per thread.
//
// Short runs are sorted by counting who comes first; then sorted runs are merged two by two, each output element finding its
// source by binary search (Green, McColl & Bader, "GPU merge path", 2012). That is O(n log² n) comparisons like a bitonic
// network, but log₂ n kernels instead of log² n, for any n, and stable.

import * as E from "fp-ts/lib/Either.js";
import { fillTensor } from "../core/builtin.ts";
import { addIndex, index, moduloIndex, scaleIndex } from "../core/kernel/affine.ts";
import { call, convert, reduce, where } from "../core/kernel/build.ts";
import { axis, constant, type Expr } from "../core/kernel/expr.ts";
import type { Delayed } from "../core/lowering.ts";
import { apply } from "../core/primitive.ts";
import type { Shape } from "../core/shape.ts";
import { type Aval, noGradient, type Primitive, type Tensor } from "../core/tensor.ts";

/** Runs up to this length are sorted by counting: two kernels instead of five merges. */
const countedRun = 32;

interface Direction {
  readonly descending: boolean;
}

const positions = noGradient("positions are whole numbers");

const sameShapeI32: Primitive["shape"] = ([x]) =>
  E.right({ shape: (x as Aval).shape, dtype: "i32" as const });

const truth = (claim: boolean): Expr => constant(Number(claim), "bool");

/** Whether key a is to come before key b. NaN counts as larger than every number, as in PyTorch; equal keys keep their order. */
const isBefore = (a: Expr, b: Expr, { descending }: Direction): Expr => {
  const [low, high] = descending ? [b, a] : [a, b];
  // Not “low < high”, which no number is before NaN by.
  const isLower = call("not", call("le", high, low));
  return a.dtype === "i32" ? isLower : call("and", isLower, call("not", call("isNaN", low)));
};

/** The first position of the run of a length that a position is in. */
const runStart = (position: Expr, length: number): Expr =>
  call("sub", position, moduloIndex(position, length));

/** The sum over the positions j of a run that are in the row, at most `size`. */
const sumOverRun = (
  start: Expr,
  { run, size }: { readonly run: number; readonly size: number },
  term: (position: Expr, j: Expr) => Expr,
): Expr => {
  const j = axis(run);
  const position = addIndex(start, j);
  const isInside = call("lt", position, index(size));
  return reduce("sum", j, where(isInside, term(position, j), index(0)));
};

interface Run {
  readonly run: number;
}

/** How many elements of its run come before each element. */
export const rankPrimitive: Primitive<Run & Direction> = {
  name: "rank",
  shape: sameShapeI32,
  vjp: positions,
  lower: {
    _tag: "Pull",
    role: "reduce",
    cost: 6,
    reads: (_, __, ___, { run }) => run + 1,
    pull: ({ inputs, attributes }) => {
      const [keys] = inputs as readonly [Delayed];
      const size = keys.shape[1] as number;
      return ([group, at]) => {
        const [row, own] = [group as Expr, at as Expr];
        const key = keys.at([row, own]);
        return sumOverRun(runStart(own, attributes.run), { ...attributes, size }, (position) => {
          const other = keys.at([row, position]);
          const isFirstOfEquals = call(
            "and",
            call("lt", position, own),
            call("not", isBefore(key, other, attributes)),
          );
          return convert(call("or", isBefore(other, key, attributes), isFirstOfEquals), "i32");
        });
      };
    },
  },
};

/** The positions of a run in the order of their ranks: the inverse of a permutation. */
export const placePrimitive: Primitive<Run> = {
  name: "place",
  shape: sameShapeI32,
  vjp: positions,
  lower: {
    _tag: "Pull",
    role: "reduce",
    cost: 3,
    reads: (_, __, ___, { run }) => run,
    pull: ({ inputs, attributes: { run } }) => {
      const [ranks] = inputs as readonly [Delayed];
      const size = ranks.shape[1] as number;
      return ([group, at]) => {
        const start = runStart(at as Expr, run);
        const wanted = call("sub", at as Expr, start);
        const found = sumOverRun(start, { run, size }, (position, j) =>
          where(call("eq", ranks.at([group as Expr, position]), wanted), j, index(0)),
        );
        return addIndex(start, found);
      };
    },
  },
};

/**
 * The first position in [from, to) where a claim does not hold, or `to`, if it holds up to there and nowhere after.
 * The distance is at most `span`; the search is unrolled, so that it is an expression.
 */
const searchWhile = (
  { from, to, span }: { readonly from: Expr; readonly to: Expr; readonly span: number },
  claim: (position: Expr) => Expr,
): Expr => {
  let reached = from;
  for (let step = 2 ** Math.floor(Math.log2(span)); step >= 1; step /= 2) {
    const probe = addIndex(reached, index(step - 1));
    const holds = where(call("lt", probe, to), claim(probe), truth(false));
    reached = where(holds, addIndex(reached, index(step)), reached);
  }
  return reached;
};

/** Sorted runs of a length merged two by two. Inputs: the keys, and the positions that each run has in order. */
export const mergePrimitive: Primitive<{ readonly length: number } & Direction> = {
  name: "merge",
  shape: sameShapeI32,
  vjp: positions,
  lower: {
    _tag: "Pull",
    role: "select",
    cost: 100,
    reads: (_, __, ___, { length }) => 2 * Math.log2(length) + 3,
    pull: ({ inputs, attributes }) => {
      const [keys, order] = inputs as readonly [Delayed, Delayed];
      const [, size] = keys.shape as readonly [number, number];
      const { length } = attributes;
      return ([group, at]) => {
        const source = (position: Expr): Expr => order.at([group as Expr, position]);
        const key = (position: Expr): Expr => keys.at([group as Expr, source(position)]);
        const start = runStart(at as Expr, 2 * length);
        const taken = call("sub", at as Expr, start); // elements of the pair of runs that come before
        const rest = call("sub", index(size), start);
        const left = call("min", rest, index(length)); // sizes of both runs; the last ones may be short
        const right = call(
          "max",
          index(0),
          call("min", scaleIndex(rest, 1, -length), index(length)),
        );
        const isFromLeft = (i: Expr, j: Expr): Expr =>
          call(
            "not",
            isBefore(
              key(addIndex(start, scaleIndex(j, 1, length))),
              key(addIndex(start, i)),
              attributes,
            ),
          );
        const bounds = {
          from: call("max", index(0), call("sub", taken, right)),
          to: call("min", taken, left),
          span: length,
        };
        // Of those before, i come from the left run and j from the right one.
        const i = searchWhile(bounds, (p) =>
          isFromLeft(p, scaleIndex(call("sub", taken, p), 1, -1)),
        );
        const j = call("sub", taken, i);
        const isNextLeft = where(
          call("lt", i, left),
          where(call("lt", j, right), isFromLeft(i, j), truth(true)),
          truth(false),
        );
        return source(addIndex(start, where(isNextLeft, i, scaleIndex(j, 1, length))));
      };
    },
  },
};

/** The positions of the elements of each row [groups, n] in sorted order. */
export const argsortPrimitive: Primitive<Direction> = {
  name: "argsort",
  shape: sameShapeI32,
  vjp: positions,
  lower: {
    _tag: "Compose",
    build: ([keys], { descending }) => {
      const { shape } = keys as Tensor;
      const [, size] = shape as readonly [number, number];
      if (size <= 1) return fillTensor(shape, 0, "i32");
      const run = Math.min(countedRun, size);
      const ranks = apply(rankPrimitive, { run, descending }, [keys as Tensor]);
      let order = apply(placePrimitive, { run }, [ranks]);
      for (let length = run; length < size; length *= 2) {
        order = apply(mergePrimitive, { length, descending }, [keys as Tensor, order]);
      }
      return order;
    },
  },
};

/** The positions of the elements of each row [groups, n] in ascending order, equal ones as they were; i32 [groups, n]. */
export const argsortRows = (keys: Tensor, descending = false): Tensor =>
  apply(argsortPrimitive, { descending }, [keys]);

interface Thresholds {
  /** The first threshold, and how many there are, one apart. */
  readonly from: number;
  readonly count: number;
}

/** How many elements of a sorted row are below each threshold. */
export const countBelowPrimitive: Primitive<Thresholds> = {
  name: "countBelow",
  shape: ([sorted], { count }) => {
    const [groups] = (sorted as Aval).shape as readonly [number, number];
    return E.right({ shape: [groups, count] satisfies Shape, dtype: "i32" });
  },
  vjp: positions,
  lower: {
    _tag: "Pull",
    role: "select",
    cost: 60,
    reads: (_, [sorted]) => Math.log2(((sorted as Aval).shape[1] as number) + 1),
    pull: ({ inputs, attributes: { from } }) => {
      const [sorted] = inputs as readonly [Delayed];
      const size = sorted.shape[1] as number;
      return ([group, threshold]) =>
        size === 0
          ? index(0)
          : searchWhile({ from: index(0), to: index(size), span: size }, (position) =>
              call(
                "lt",
                sorted.at([group as Expr, position]),
                scaleIndex(threshold as Expr, 1, from),
              ),
            );
    },
  },
};

/** How many elements of each sorted row [groups, n] of whole numbers are below from, from + 1, …; i32 [groups, count]. */
export const countBelow = (sorted: Tensor, thresholds: Thresholds): Tensor =>
  apply(countBelowPrimitive, thresholds, [sorted]);
