// Call signatures of the ops that reduce axes or work along one.

import type { AxesProblem, AxisOption, AxisProblem } from "../axis.ts";
import type { Check, FirstProblem } from "../check.ts";
import type { DtypeProblem, DtypeSet, ResultDtype } from "../dtype.ts";
import type { Reduce, ReduceOne } from "../reduce.ts";
import type { Dtype, HasPrimitive, Shape, Tensor } from "./shared.ts";

/** Which axes to reduce (all by default), and whether they stay as axes of size 1. */
export interface ReduceOptions<
  Axis extends AxisOption = AxisOption,
  Keep extends boolean = boolean,
> {
  /** One axis or several, negative ones counted from the end; default: all. */
  readonly axis?: Axis;
  /** Whether reduced axes stay, with size 1; default: they disappear. */
  readonly keepDims?: Keep;
}

/**
 * A reduction: `sum(x)`, `pipe(x, sum)`, `sum({ axis: -1, keepDims: true })(x)`.
 *
 * @typeParam Extra further options, such as `{ readonly correction?: number }` of variance
 */
export interface ReduceOp<Op extends string, Set extends DtypeSet = "number", Extra = unknown> {
  <
    S extends Shape = never,
    D extends Dtype = never,
    const Axis extends AxisOption = undefined,
    Keep extends boolean = false,
  >(
    x: (Tensor<S, D> & Check<DtypeProblem<Op, Set, D>>) | (ReduceOptions<Axis, Keep> & Extra),
  ): [D] extends [never] ? ReduceWith<Op, Set, Axis, Keep> : Tensor<readonly [], D>;
}

/** A `ReduceOp` with its record. */
export interface ReducePrimitive<
  Op extends string,
  Set extends DtypeSet = "number",
  Extra = unknown,
> extends ReduceOp<Op, Set, Extra>,
    HasPrimitive {}

/** What `sum({ axis, keepDims })` is. */
export interface ReduceWith<
  Op extends string,
  Set extends DtypeSet,
  Axis extends AxisOption,
  Keep extends boolean,
> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<FirstProblem<DtypeProblem<Op, Set, D>, AxesProblem<Op, S, Axis>>>,
  ): Tensor<Reduce<S, Axis, Keep>, D>;
}

/** A reduction of exactly one axis to its index: `argmax({ axis: -1 })(x)`, of i32. */
export interface ArgReduceOp<Op extends string, Set extends DtypeSet = "number"> {
  <Axis extends number, Keep extends boolean = false>(options: {
    readonly axis: Axis;
    readonly keepDims?: Keep;
  }): <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<FirstProblem<DtypeProblem<Op, Set, D>, AxisProblem<Op, S, Axis>>>,
  ) => Tensor<ReduceOne<S, Axis, Keep>, "i32">;
}

/** An op along one axis that keeps the shape, where the axis must be said: `cumsum({ axis: 0 })(x)`. */
export interface AlongAxisOp<Op extends string, Set extends DtypeSet = "number"> {
  <Axis extends number>(options: { readonly axis: Axis }): AlongAxisWith<Op, Set, Axis, "same">;
}

/** An op along one axis, several, or (by default) all, that keeps the shape and every dtype: `flip({ axis: [0, 1] })(x)`. */
export interface AlongAxesOp<Op extends string> {
  <const Axis extends AxisOption = undefined>(options: {
    readonly axis?: Axis;
  }): AlongAxesWith<Op, Axis>;
}

/** What `flip({ axis })` is. */
export interface AlongAxesWith<Op extends string, Axis extends AxisOption> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<AxesProblem<Op, S, Axis>>,
  ): Tensor<S, D>;
}

/**
 * An op along one axis, by default the last, that keeps the shape: `softmax(x)`, `pipe(x, softmax)`,
 * `softmax({ axis: 0 })(x)`; `argsort` with another dtype as the result.
 *
 * @typeParam Extra further options, such as `{ readonly descending?: boolean }` of sort
 */
export interface LastAxisOp<
  Op extends string,
  Set extends DtypeSet = "number",
  Extra = unknown,
  Result extends Dtype | "same" = "same",
> {
  <S extends Shape = never, D extends Dtype = never, Axis extends number = -1>(
    x:
      | (Tensor<S, D> & Check<FirstProblem<DtypeProblem<Op, Set, D>, ScalarProblem<Op, S>>>)
      | ({ readonly axis?: Axis } & Extra),
  ): [D] extends [never] ? AlongAxisWith<Op, Set, Axis, Result> : Tensor<S, ResultDtype<D, Result>>;
}

/** The sentence for a scalar, which has no last axis, or `never`. */
type ScalarProblem<Op extends string, S extends Shape> = [S] extends [never]
  ? never
  : AxisProblem<Op, S, -1>;

/** A `LastAxisOp` with its record. */
export interface LastAxisPrimitive<
  Op extends string,
  Set extends DtypeSet = "number",
  Extra = unknown,
  Result extends Dtype | "same" = "same",
> extends LastAxisOp<Op, Set, Extra, Result>,
    HasPrimitive {}

/** `softmax(x)`, `logSoftmax({ axis })(x)`: a `LastAxisOp` of floats. */
export interface SoftmaxOp<Op extends string> extends LastAxisOp<Op, "float"> {}

/** What `softmax({ axis })` is. */
export interface AlongAxisWith<
  Op extends string,
  Set extends DtypeSet,
  Axis extends number,
  Result extends Dtype | "same",
> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<FirstProblem<DtypeProblem<Op, Set, D>, AxisProblem<Op, S, Axis>>>,
  ): Tensor<S, ResultDtype<D, Result>>;
}
