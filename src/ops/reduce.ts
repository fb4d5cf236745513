// Reductions over axes: extrema, products, means, variance, and what is built from them. `sum` is beside its adjoint in broadcast.ts.

import * as E from "fp-ts/lib/Either.js";
import { fillTensor } from "../core/builtin.ts";
import { isFloat } from "../core/dtype.ts";
import { fail, problem } from "../core/errors.ts";
import type { Delayed } from "../core/lowering.ts";
import { apply } from "../core/primitive.ts";
import { printShape, range, sizeOf } from "../core/shape.ts";
import type { Aval, Primitive, Tensor } from "../core/tensor.ts";
import type { AlongAxisOp, ArgReduceOp, ReduceOp, ReducePrimitive } from "../core/types/index.ts";
import {
  add,
  cast,
  div,
  equal,
  isFinite,
  isNaN,
  logicalOr,
  mul,
  stopGradient,
  sub,
  where,
} from "./arithmetic.ts";
import {
  keepAxes,
  type ReduceOptions,
  reduceAxes,
  reduction,
  reshapeTo,
  spreadOver,
  sumAxes,
  withoutAxes,
} from "./broadcast.ts";
import {
  axesOf,
  axisOf,
  type HasPrimitive,
  requireCompute,
  requireFloat,
  requireTensor,
  withOptions,
  withPrimitive,
} from "./call.ts";
import { iota, onesLike } from "./create.ts";
import { exp, log, square } from "./functions.ts";
import { concatAxis, narrow, padAxes } from "./slice.ts";
import { flipAxes, permuteAxes } from "./structural.ts";

interface Axes {
  readonly axes: readonly number[];
}

/** Elements that a reduction over axes combines into one. */
const countOver = (x: Tensor, axes: readonly number[]): number =>
  sizeOf(axes.map((at) => x.shape[at] as number));

const someExpected = "at least one element to reduce expected";

const extremumPrimitive = (name: "max" | "min"): Primitive<Axes> => ({
  name,
  shape: ([x], { axes }) => {
    const { shape, dtype } = x as Aval;
    return axes.some((at) => shape[at] === 0)
      ? E.left(problem("EmptyTensor", someExpected, `shape ${printShape(shape)}`))
      : E.right({ shape: withoutAxes(shape, axes), dtype });
  },
  vjp: ({ g, inputs: [x], output, attributes: { axes } }) => {
    // Elements that attain the extremum share the gradient equally.
    const input = x as Tensor;
    const hits = cast(g.dtype)(equal(input, spreadOver(output, input.shape, axes)));
    const share = div(g, sumAxes(hits, axes));
    return [mul(hits, spreadOver(share, input.shape, axes))];
  },
  lower: {
    _tag: "Pull",
    role: "reduce",
    comparesInputs: true,
    cost: 1,
    pull:
      ({ inputs: [x], attributes: { axes } }) =>
      (coords) =>
        reduceAxes(name, x as Delayed, axes, coords),
  },
  simplify: ([x], { axes }) => (axes.length === 0 ? x : undefined),
});

const maxPrimitive = extremumPrimitive("max");
const minPrimitive = extremumPrimitive("min");

const extremum = <Op extends string>(op: Op, primitive: Primitive<Axes>): ReducePrimitive<Op> =>
  withPrimitive(
    reduction(op, (x, axes) => {
      if (x.dtype === "bool")
        fail(op, "DtypeMismatch", "dtype f32, f64 or i32 expected", "bool", "use any or all");
      return apply(primitive, { axes }, [x]);
    }),
    primitive,
  );

/** The largest element over axes; NaN if any is. Ties share the gradient equally. */
export const max: ReducePrimitive<"max"> = extremum("max", maxPrimitive);

/** The smallest element over axes; NaN if any is. Ties share the gradient equally. */
export const min: ReducePrimitive<"min"> = extremum("min", minPrimitive);

const prodPrimitive: Primitive<Axes> = {
  name: "prod",
  shape: ([x], { axes }) =>
    E.right({ shape: withoutAxes((x as Aval).shape, axes), dtype: (x as Aval).dtype }),
  // The product of the other elements, not y / x, so that zeros are right.
  vjp: ({ g, inputs: [x], attributes: { axes } }) => [
    mul(spreadOver(g, (x as Tensor).shape, axes), productOfOthers(x as Tensor, axes)),
  ],
  lower: {
    _tag: "Pull",
    role: "reduce",
    cost: 1,
    pull:
      ({ inputs: [x], attributes: { axes } }) =>
      (coords) =>
        reduceAxes("prod", x as Delayed, axes, coords),
  },
  simplify: ([x], { axes }) => (axes.length === 0 ? x : undefined),
};

/** For each element the product of all others over axes: those before it times those after it, by doubling. */
const productOfOthers = (x: Tensor, axes: readonly number[]): Tensor => {
  const kept = range(x.shape.length).filter((at) => !axes.includes(at));
  const order = [...kept, ...axes];
  const moved = permuteAxes(x, order);
  const flat = reshapeTo(moved, [...kept.map((at) => x.shape[at] as number), countOver(x, axes)]);
  const last = flat.shape.length - 1;
  const before = exclusiveProducts(flat, last);
  const after = flipAxes(exclusiveProducts(flipAxes(flat, [last]), last), [last]);
  return permuteAxes(reshapeTo(mul(before, after), moved.shape), inverse(order));
};

const inverse = (axes: readonly number[]): number[] =>
  range(axes.length).map((at) => axes.indexOf(at));

/** Products of all elements before each one along an axis. */
const exclusiveProducts = (x: Tensor, axis: number): Tensor => {
  const n = x.shape[axis] as number;
  if (n === 0) return x;
  const first = narrow(onesLike(x), axis, 0, 1);
  let product = n === 1 ? first : concatAxis([first, narrow(x, axis, 0, n - 1)], axis);
  for (let distance = 1; distance < n; distance *= 2)
    product = mul(product, shifted(product, axis, distance, 1));
  return product;
};

/** x moved towards higher indices along an axis, with a constant in the places that become free. */
const shifted = (x: Tensor, axis: number, distance: number, value: number): Tensor => {
  const kept = narrow(x, axis, 0, (x.shape[axis] as number) - distance);
  const before = x.shape.map((_, at) => (at === axis ? distance : 0));
  return padAxes(kept, { before, after: x.shape.map(() => 0), value });
};

/** The product over axes. Its gradient is the product of the others, also where elements are 0. */
export const prod: ReducePrimitive<"prod"> = withPrimitive(
  reduction("prod", (x, axes) => {
    if (x.dtype === "bool")
      fail("prod", "DtypeMismatch", "dtype f32, f64 or i32 expected", "bool", "use all");
    return apply(prodPrimitive, { axes }, [x]);
  }),
  prodPrimitive,
);

/**
 * The mean over axes.
 *
 * @example
 * item(mean(tensor([1, 2, 6]))) // 3
 */
export const mean: ReduceOp<"mean", "float"> = reduction("mean", (x, axes) => {
  requireFloat("mean", x);
  return div(sumAxes(x, axes), countOver(x, axes));
});

/** Options of `variance`. */
export interface VarianceOptions extends ReduceOptions {
  /** What is subtracted from the count: 1 for the unbiased estimate (default), 0 for the population. */
  readonly correction?: number;
}

/** Σ (x − mean)² / (n − correction) over axes; correction 1 by default, as PyTorch. */
export const variance = withOptions(
  ({ axis, keepDims = false, correction = 1 }: VarianceOptions, x: Tensor): Tensor => {
    requireFloat("variance", requireTensor("variance", x));
    const axes = axesOf("variance", axis, x.shape.length);
    const centred = sub(x, mean({ axis: axes, keepDims: true })(x));
    const result = div(sumAxes(square(centred), axes), countOver(x, axes) - correction);
    return keepDims ? reshapeTo(result, keepAxes(x.shape, axes)) : result;
  },
) as unknown as ReduceOp<"variance", "float", { readonly correction?: number }>; // sizes by the axes

/** Whether any element over axes is true; of bool. */
export const any: ReduceOp<"any", "bool"> = reduction("any", (x, axes) =>
  truth("any", x, axes, maxPrimitive),
);

/** Whether all elements over axes are true; of bool. */
export const all: ReduceOp<"all", "bool"> = reduction("all", (x, axes) =>
  truth("all", x, axes, minPrimitive),
);

const truth = (
  op: string,
  x: Tensor,
  axes: readonly number[],
  primitive: Primitive<Axes>,
): Tensor => {
  if (x.dtype !== "bool")
    fail(
      op,
      "DtypeMismatch",
      "dtype bool expected",
      x.dtype,
      "compare first, as in any(greater(x, 0))",
    );
  // Of nothing, any is false and all is true.
  if (countOver(x, axes) === 0)
    return fillTensor(withoutAxes(x.shape, axes), op === "all" ? 1 : 0, "bool");
  return cast("bool")(apply(primitive, { axes }, [cast("i32")(x)]));
};

/** Options of `argmax` and `argmin`. */
export interface ArgOptions {
  /** The axis searched. */
  readonly axis: number;
  readonly keepDims?: boolean;
}

const argExtremum = <Op extends "argmax" | "argmin">(
  op: Op,
  primitive: Primitive<Axes>,
): ArgReduceOp<Op> =>
  (({ axis, keepDims = false }: ArgOptions) =>
    (x: Tensor): Tensor => {
      requireCompute(op, requireTensor(op, x));
      if (x.dtype === "bool")
        fail(
          op,
          "DtypeMismatch",
          "dtype f32, f64 or i32 expected",
          "bool",
          'convert it with cast("i32")',
        );
      const at = axisOf(op, axis, x.shape.length);
      const n = x.shape[at] as number;
      if (n === 0) fail(op, "EmptyTensor", someExpected, `shape ${printShape(x.shape)}`);
      const best = equal(x, spreadOver(apply(primitive, { axes: [at] }, [x]), x.shape, [at]));
      const hit = isFloat(x.dtype) ? logicalOr(best, isNaN(x)) : best; // NaN counts as the extremum, as in PyTorch
      return min({ axis: at, keepDims })(where(hit, iota(x.shape, at), n));
    }) as ArgReduceOp<Op>; // sizes by the axis

/** The index of the first largest element along an axis, as i32; of the first NaN if there is one. */
export const argmax: ArgReduceOp<"argmax"> = argExtremum("argmax", maxPrimitive);

/** The index of the first smallest element along an axis, as i32; of the first NaN if there is one. */
export const argmin: ArgReduceOp<"argmin"> = argExtremum("argmin", minPrimitive);

/** log Σ exp x over axes, without overflow; −∞ over no elements. */
export const logSumExp: ReduceOp<"logSumExp", "float"> = reduction("logSumExp", (x, axes) => {
  requireFloat("logSumExp", x);
  const shift = finiteMax(x, axes);
  const total = sumAxes(exp(sub(x, spreadOver(shift, x.shape, axes))), axes);
  return add(log(total), shift);
});

/** The largest element as a constant of differentiation; 0 where it is infinite, so that ∞ − ∞ does not arise, and of nothing. */
const finiteMax = (x: Tensor, axes: readonly number[]): Tensor => {
  if (countOver(x, axes) === 0) return fillTensor(withoutAxes(x.shape, axes), 0, x.dtype);
  const largest = stopGradient(apply(maxPrimitive, { axes }, [x]));
  return where(isFinite(largest), largest, 0);
};

const cumsumPrimitive: Primitive<{ readonly axis: number }> = {
  name: "cumsum",
  shape: ([x]) => E.right({ shape: (x as Aval).shape, dtype: (x as Aval).dtype }),
  vjp: ({ g, attributes: { axis } }) => [
    flipAxes(apply(cumsumPrimitive, { axis }, [flipAxes(g, [axis])]), [axis]),
  ],
  lower: {
    _tag: "Compose",
    // Hillis & Steele, "Data parallel algorithms", 1986: log₂ n passes, each adding what is 2ᵏ before.
    build: ([x], { axis }) => {
      let total = x as Tensor;
      for (let distance = 1; distance < (total.shape[axis] as number); distance *= 2) {
        total = add(total, shifted(total, axis, distance, 0));
      }
      return total;
    },
  },
};

/**
 * Sums of all elements up to each one along an axis.
 *
 * @example
 * toArray(cumsum({ axis: 0 })(tensor([1, 2, 3]))) // [1, 3, 6]
 */
export const cumsum = withPrimitive(
  ({ axis }: { readonly axis: number }) =>
    (x: Tensor): Tensor => {
      requireCompute("cumsum", requireTensor("cumsum", x));
      if (x.dtype === "bool")
        fail(
          "cumsum",
          "DtypeMismatch",
          "dtype f32, f64 or i32 expected",
          "bool",
          'convert it with cast("i32")',
        );
      return apply(cumsumPrimitive, { axis: axisOf("cumsum", axis, x.shape.length) }, [x]);
    },
  cumsumPrimitive,
) as AlongAxisOp<"cumsum"> & HasPrimitive; // the shape stays
