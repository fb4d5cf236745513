// Rows read by index and rows added by index: one adjoint pair that take, takeAlongAxis, their adjoints and segment sums are all
// brought to, as x [groups, rows, width] and indices [groups, picks].
//
// A device whose threads write their own cell only cannot scatter. There the indices are sorted, the run of each output row is found
// by binary search, and the row is the sum over its run: the work stays proportional to the data.

import * as E from "fp-ts/lib/Either.js";
import { problem } from "../core/errors.ts";
import { addIndex, index } from "../core/kernel/affine.ts";
import { checkedIndex, reduceBetween } from "../core/kernel/build.ts";
import { axis, type Expr } from "../core/kernel/expr.ts";
import type { Delayed } from "../core/lowering.ts";
import { apply } from "../core/primitive.ts";
import { sizeOf } from "../core/shape.ts";
import { type Aval, noGradient, type Primitive, type Tensor, type Vjp } from "../core/tensor.ts";
import { reshapeTo } from "./broadcast.ts";
import { argsortRows, countBelow } from "./order.ts";

type Coords = readonly [group: Expr, row: Expr, column: Expr];
type Sizes = readonly [groups: number, rows: number, width: number];

/** The record of an op that reads rows: y[g, i, w] = x[g, indices[g, i], w].  dx = scatterRows(g), none for indices */
export const gatherRecord = (name: string): Primitive<null> => ({
  name,
  shape: ([x, indices]) => {
    const [groups, rows, width] = (x as Aval).shape as Sizes;
    const picks = (indices as Aval).shape[1] as number;
    return rows === 0 && groups * picks > 0
      ? E.left(problem("IndexOutOfRange", "an axis with elements to take from expected", "size 0"))
      : E.right({ shape: [groups, picks, width], dtype: (x as Aval).dtype });
  },
  vjp: ({ g, inputs: [x, indices] }) => [
    scatterRows(g, indices as Tensor, (x as Tensor).shape[1] as number),
    null,
  ],
  lower: {
    _tag: "Pull",
    role: "select",
    checksIndices: true,
    cost: 1,
    pull: ({ inputs }) => {
      const [x, indices] = inputs as readonly [Delayed, Delayed];
      return (coords) => {
        const [group, pick, column] = coords as unknown as Coords;
        const row = checkedIndex(indices.at([group, pick]), x.shape[1] as number);
        return x.at([group, row, column]);
      };
    },
  },
});

/** How rows that meet are combined. */
type Combine = "sum" | "max";

interface ScatterAttributes {
  /** Rows of the result. */
  readonly size: number;
}

/** What distinguishes scatters: how rows that meet are combined, and from which value. */
interface Combination {
  readonly combine: Combine;
  readonly initial: number;
  readonly vjp: Vjp<ScatterAttributes>;
}

const addition: Combination = {
  combine: "sum",
  initial: 0,
  vjp: ({ g, inputs: [, indices] }) => [gatherRows(g, indices as Tensor), null],
};

/**
 * The record of an op that combines rows of updates [groups, picks, width] by index, starting from `initial`:
 * y[g, r, w] = Σ updates[g, i, w] over all i with indices[g, i] = r.  dupdates = gatherRows(g), none for indices
 */
export const scatterRecord = (
  name: string,
  { combine, initial, vjp }: Combination = addition,
): Primitive<ScatterAttributes> => ({
  name,
  shape: ([updates], { size }) => {
    const { shape, dtype } = updates as Aval;
    const [groups, , width] = shape as Sizes;
    return E.right({ shape: [groups, size, width], dtype });
  },
  vjp,
  lower: {
    _tag: "Scatter",
    checksIndices: true,
    combine,
    initial,
    loop: ([updates]) => (updates as Aval).shape,
    push: ({ inputs, attributes: { size } }) => {
      const [updates, indices] = inputs as readonly [Delayed, Delayed];
      return (coords) => {
        const [group, pick, column] = coords as unknown as Coords;
        const row = checkedIndex(indices.at([group, pick]), size);
        return { target: [group, row, column], value: updates.at(coords) };
      };
    },
    fallback: ([updates, indices], { size }) =>
      combineByIndex(name, combine, updates as Tensor, indices as Tensor, size),
  },
});

/** The pair that every other one's gradients are made of. */
export const takePrimitive: Primitive<null> = gatherRecord("take");
/** The adjoint of `takePrimitive`. */
export const scatterAddPrimitive: Primitive<ScatterAttributes> = scatterRecord("scatterAdd");

/** The rows of x [groups, rows, width] at indices [groups, picks]. */
export const gatherRows = (
  x: Tensor,
  indices: Tensor,
  primitive: Primitive<null> = takePrimitive,
): Tensor => apply(primitive, null, [x, indices]);

/** Updates [groups, picks, width] combined by indices [groups, picks] into `size` rows. */
export const scatterRows = (
  updates: Tensor,
  indices: Tensor,
  size: number,
  primitive: Primitive<ScatterAttributes> = scatterAddPrimitive,
): Tensor => apply(primitive, { size }, [updates, indices]);

interface CheckAttributes {
  /** The op that the indices were given to: what a complaint names. */
  readonly op: string;
  readonly size: number;
}

/** Indices as they are, once it is known that 0 ≤ index < size. */
export const checkIndicesPrimitive: Primitive<CheckAttributes> = {
  name: "checkIndices",
  isElementwise: true,
  shape: ([indices]) => E.right({ shape: (indices as Aval).shape, dtype: (indices as Aval).dtype }),
  vjp: noGradient("indices are whole numbers"),
  lower: {
    _tag: "Pull",
    role: "elementwise",
    checksIndices: true,
    cost: 1,
    pull:
      ({ inputs: [indices], attributes: { size } }) =>
      (coords) =>
        checkedIndex((indices as Delayed).at(coords), size),
  },
};

/** The same by pulling. */
const combineByIndex = (
  name: string,
  combine: Combine,
  updates: Tensor,
  given: Tensor,
  size: number,
): Tensor => {
  const indices = apply(checkIndicesPrimitive, { op: name, size }, [given]);
  const order = argsortRows(indices);
  const columns = reshapeTo(indices, [...indices.shape, 1]);
  const sorted = reshapeTo(gatherRows(columns, order), indices.shape);
  const starts = countBelow(sorted, { from: 0, count: size + 1 });
  return apply(runsPrimitives[combine], null, [updates, order, starts]);
};

/** Row r combines the updates at order[starts[r]], …, order[starts[r + 1] − 1]. */
const runsRecord = (combine: Combine): Primitive<null> => ({
  name: `${combine}Runs`,
  shape: ([updates, , starts]) => {
    const { shape, dtype } = updates as Aval;
    const [groups, , width] = shape as Sizes;
    return E.right({ shape: [groups, ((starts as Aval).shape[1] as number) - 1, width], dtype });
  },
  vjp: noGradient("made by lowering, after differentiation"),
  lower: {
    _tag: "Pull",
    role: "reduce",
    cost: 1,
    // On average; the bounds of a run are read once.
    reads: (i, [updates], output) =>
      i === 2 ? 2 : sizeOf((updates as Aval).shape) / Math.max(1, sizeOf(output.shape)),
    pull: ({ inputs }) => {
      const [updates, order, starts] = inputs as readonly [Delayed, Delayed, Delayed];
      return (coords) => {
        const [group, row, column] = coords as unknown as Coords;
        const at = axis(updates.shape[1] as number);
        return reduceBetween(
          combine,
          at,
          starts.at([group, row]),
          starts.at([group, addIndex(row, index(1))]),
          updates.at([group, order.at([group, at]), column]),
        );
      };
    },
  },
});

/** Runs of sorted updates, combined. */
export const runsPrimitives: Readonly<Record<Combine, Primitive<null>>> = {
  sum: runsRecord("sum"),
  max: runsRecord("max"),
};
