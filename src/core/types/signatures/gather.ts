// Call signatures of reads and writes by index. Indices are i32.

import type { AxisIndex, AxisProblem, SetAxes } from "../axis.ts";
import type { Check, FirstProblem } from "../check.ts";
import type { DtypeProblem, DtypeSet, IndicesProblem } from "../dtype.ts";
import type {
  AlongAxisProblem,
  OneHot,
  ScatterAdd,
  ScatterAddAlongAxis,
  ScatterAddProblem,
  Segment,
  SegmentProblem,
  Take,
  TakeAlongAxis,
} from "../gather.ts";
import type { EqualShapesProblem } from "../join.ts";
import type { Dtype, Shape, Tensor } from "./shared.ts";

/** The sentence for an axis out of range or indices that are not i32, or `never`. */
type TakeProblem<S extends Shape, E extends Dtype, Axis extends number> = FirstProblem<
  AxisProblem<"take", S, Axis>,
  IndicesProblem<"take", E>
>;

/**
 * Rows of a table by index, as an embedding: `take(table, ids)`, `pipe(table, take(ids))`, `take({ axis: 1 })(x, ids)`,
 * `pipe(x, take({ axis: 1 })(ids))`.
 */
export interface TakeOp {
  <S extends Shape, I extends Shape, D extends Dtype, E extends Dtype>(
    x: Tensor<S, D>,
    indices: Tensor<I, E> & Check<TakeProblem<S, E, 0>>,
  ): Tensor<Take<S, I, 0>, D>;
  <I extends Shape = never, E extends Dtype = never, Axis extends number = 0>(
    indicesOrOptions: Tensor<I, E> | { readonly axis?: Axis },
  ): [E] extends [never] ? TakeAlong<Axis> : TakeWith<I, E, 0>;
}

/** What `take({ axis })` is. */
export interface TakeAlong<Axis extends number> {
  <S extends Shape, I extends Shape, D extends Dtype, E extends Dtype>(
    x: Tensor<S, D>,
    indices: Tensor<I, E> & Check<TakeProblem<S, E, Axis>>,
  ): Tensor<Take<S, I, Axis>, D>;
  <I extends Shape, E extends Dtype>(indices: Tensor<I, E>): TakeWith<I, E, Axis>;
}

/** What `take(indices)` is. */
export interface TakeWith<I extends Shape, E extends Dtype, Axis extends number> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<TakeProblem<S, E, Axis>>,
  ): Tensor<Take<S, I, Axis>, D>;
}

/** The sentence for indices that do not fit a tensor off the axis, or `never`. */
type AlongProblem<
  S extends Shape,
  I extends Shape,
  E extends Dtype,
  Axis extends number,
> = FirstProblem<AlongAxisProblem<"takeAlongAxis", S, I, Axis>, IndicesProblem<"takeAlongAxis", E>>;

/** `takeAlongAxis({ axis: 1 })(x, indices)`, `pipe(x, takeAlongAxis({ axis: 1 })(indices))` */
export interface TakeAlongAxisOp {
  <Axis extends number>(options: { readonly axis: Axis }): TakeAlongAxisForms<Axis>;
}

/** What `takeAlongAxis({ axis })` is. */
export interface TakeAlongAxisForms<Axis extends number> {
  <S extends Shape, I extends Shape, D extends Dtype, E extends Dtype>(
    x: Tensor<S, D>,
    indices: Tensor<I, E> & Check<AlongProblem<S, I, E, Axis>>,
  ): Tensor<TakeAlongAxis<S, I, Axis>, D>;
  <I extends Shape, E extends Dtype>(indices: Tensor<I, E>): TakeAlongAxisWith<I, E, Axis>;
}

/** What `takeAlongAxis({ axis })(indices)` is. */
export interface TakeAlongAxisWith<I extends Shape, E extends Dtype, Axis extends number> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<AlongProblem<S, I, E, Axis>>,
  ): Tensor<TakeAlongAxis<S, I, Axis>, D>;
}

/** The sentence for updates that are not shaped as the indices from the axis on, or `never`. */
type UpdatesProblem<
  U extends Shape,
  I extends Shape,
  D extends Dtype,
  E extends Dtype,
  Axis extends number,
> = FirstProblem<
  DtypeProblem<"scatterAdd", "number", D>,
  IndicesProblem<"scatterAdd", E>,
  ScatterAddProblem<"scatterAdd", U, I, Axis>
>;

/** `scatterAdd({ size: 1000, axis: 0 })(updates, indices)`, `pipe(updates, scatterAdd({ size })(indices))` */
export interface ScatterAddOp {
  <Size extends number, Axis extends number = 0>(options: {
    readonly size: Size;
    readonly axis?: Axis;
  }): ScatterAddForms<Size, Axis>;
}

/** What `scatterAdd(options)` is. */
export interface ScatterAddForms<Size extends number, Axis extends number> {
  <U extends Shape, I extends Shape, D extends Dtype, E extends Dtype>(
    updates: Tensor<U, D>,
    indices: Tensor<I, E> & Check<UpdatesProblem<U, I, D, E, Axis>>,
  ): Tensor<ScatterAdd<U, I, Axis, Size>, D>;
  <I extends Shape, E extends Dtype>(indices: Tensor<I, E>): ScatterAddWith<I, E, Size, Axis>;
}

/** What `scatterAdd(options)(indices)` is. */
export interface ScatterAddWith<
  I extends Shape,
  E extends Dtype,
  Size extends number,
  Axis extends number,
> {
  <U extends Shape, D extends Dtype>(
    updates: Tensor<U, D> & Check<UpdatesProblem<U, I, D, E, Axis>>,
  ): Tensor<ScatterAdd<U, I, Axis, Size>, D>;
}

/** The sentence for updates and indices of different shapes, or `never`. */
type AlongUpdatesProblem<
  U extends Shape,
  I extends Shape,
  D extends Dtype,
  E extends Dtype,
  Axis extends number,
> = FirstProblem<
  DtypeProblem<"scatterAddAlongAxis", "number", D>,
  IndicesProblem<"scatterAddAlongAxis", E>,
  AxisProblem<"scatterAddAlongAxis", U, Axis>,
  EqualShapesProblem<"scatterAddAlongAxis", U, I>
>;

/** `scatterAddAlongAxis({ size: 10, axis: 1 })(updates, indices)` */
export interface ScatterAddAlongAxisOp {
  <Size extends number, Axis extends number>(options: {
    readonly size: Size;
    readonly axis: Axis;
  }): ScatterAddAlongAxisForms<Size, Axis>;
}

/** What `scatterAddAlongAxis(options)` is. */
export interface ScatterAddAlongAxisForms<Size extends number, Axis extends number> {
  <U extends Shape, I extends Shape, D extends Dtype, E extends Dtype>(
    updates: Tensor<U, D>,
    indices: Tensor<I, E> & Check<AlongUpdatesProblem<U, I, D, E, Axis>>,
  ): Tensor<ScatterAddAlongAxis<U, Axis, Size>, D>;
  <I extends Shape, E extends Dtype>(
    indices: Tensor<I, E>,
  ): <U extends Shape, D extends Dtype>(
    updates: Tensor<U, D> & Check<AlongUpdatesProblem<U, I, D, E, Axis>>,
  ) => Tensor<ScatterAddAlongAxis<U, Axis, Size>, D>;
}

/** `oneHot({ classes: 10 })(indices)`: rows of zeros with a one, f32 unless another dtype is asked for. */
export interface OneHotOp {
  <Classes extends number, D extends Dtype = "f32">(options: {
    readonly classes: Classes;
    readonly dtype?: D;
  }): <I extends Shape, E extends Dtype>(
    indices: Tensor<I, E> & Check<IndicesProblem<"oneHot", E>>,
  ) => Tensor<OneHot<I, Classes>, NoInfer<D>>;
}

/** The largest values along an axis, and where they were. */
export interface TopK<S extends Shape, D extends Dtype> {
  readonly values: Tensor<S, D>;
  readonly indices: Tensor<S, "i32">;
}

/** `topK({ k: 5 })(x)`, along the last axis unless another is given. */
export interface TopKOp {
  <K extends number, Axis extends number = -1>(options: {
    readonly k: K;
    readonly axis?: Axis;
  }): <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> &
      Check<FirstProblem<DtypeProblem<"topK", "number", D>, AxisProblem<"topK", S, Axis>>>,
  ) => TopK<SetAxes<S, AxisIndex<S, Axis>, K>, D>;
}

/** The sentence for rows and ids that do not go together, or `never`. */
type IdsProblem<
  Op extends string,
  Set extends DtypeSet,
  S extends Shape,
  I extends Shape,
  D extends Dtype,
  E extends Dtype,
> = FirstProblem<
  DtypeProblem<Op, Set, D>,
  IndicesProblem<Op, E, "segment ids">,
  SegmentProblem<Op, S, I>
>;

/** `segmentSum({ segments: 156 })(x, ids)`, `pipe(x, segmentSum({ segments })(ids))`: one row for each segment. */
export interface SegmentOp<Op extends string, Set extends DtypeSet = "number"> {
  <N extends number>(options: { readonly segments: N }): SegmentForms<Op, Set, N>;
}

/** What `segmentSum({ segments })` is. */
export interface SegmentForms<Op extends string, Set extends DtypeSet, N extends number> {
  <S extends Shape, I extends Shape, D extends Dtype, E extends Dtype>(
    x: Tensor<S, D>,
    ids: Tensor<I, E> & Check<IdsProblem<Op, Set, S, I, D, E>>,
  ): Tensor<Segment<S, N>, D>;
  <I extends Shape, E extends Dtype>(ids: Tensor<I, E>): SegmentWith<Op, Set, N, I, E>;
}

/** What `segmentSum({ segments })(ids)` is. */
export interface SegmentWith<
  Op extends string,
  Set extends DtypeSet,
  N extends number,
  I extends Shape,
  E extends Dtype,
> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<IdsProblem<Op, Set, S, I, D, E>>,
  ): Tensor<Segment<S, N>, D>;
}

/** `segmentSoftmax({ segments })(x, ids)`: as many rows as before, each segment summing to 1. */
export interface SegmentSoftmaxOp {
  (options: { readonly segments: number }): SegmentSoftmaxForms;
}

/** What `segmentSoftmax({ segments })` is. */
export interface SegmentSoftmaxForms {
  <S extends Shape, I extends Shape, D extends Dtype, E extends Dtype>(
    x: Tensor<S, D>,
    ids: Tensor<I, E> & Check<IdsProblem<"segmentSoftmax", "float", S, I, D, E>>,
  ): Tensor<S, D>;
  <I extends Shape, E extends Dtype>(ids: Tensor<I, E>): SegmentSoftmaxWith<I, E>;
}

/** What `segmentSoftmax({ segments })(ids)` is. */
export interface SegmentSoftmaxWith<I extends Shape, E extends Dtype> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<IdsProblem<"segmentSoftmax", "float", S, I, D, E>>,
  ): Tensor<S, D>;
}
