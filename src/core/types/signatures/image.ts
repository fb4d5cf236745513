// Call signatures of convolution, pooling and resizing. Images are [batch, height, width, channels].

import type { Check, FirstProblem } from "../check.ts";
import type { DtypeProblem, IndicesProblem, JoinDtypes, SameDtypeProblem } from "../dtype.ts";
import type {
  Conv,
  ConvProblem,
  ConvTranspose,
  ConvTransposeProblem,
  GlobalPool,
  Pool,
  RankProblem,
  Resize,
  SpatialRank,
} from "../image.ts";
import type { EqualShapesProblem } from "../join.ts";
import type { Dtype, Shape, Tensor } from "./shared.ts";

/** One number for all spatial axes, or one for each. */
export type PerAxis<Rank extends SpatialRank> =
  | number
  | (Rank extends 1 ? readonly [number] : readonly [number, number]);

/** Options of a convolution. */
export interface ConvOptions<Rank extends SpatialRank, Groups extends number = number> {
  readonly stride?: PerAxis<Rank>;
  readonly pad?: PerAxis<Rank> | "same";
  readonly dilation?: PerAxis<Rank>;
  readonly groups?: Groups;
}

/** Options of a transposed convolution. */
export interface ConvTransposeOptions<Rank extends SpatialRank, Groups extends number = number>
  extends ConvOptions<Rank, Groups> {
  readonly outputPad?: PerAxis<Rank>;
}

/** Dtypes of images and filters: floats, and equal. */
type FilterProblem<Op extends string, D extends Dtype, E extends Dtype> = FirstProblem<
  FirstProblem<DtypeProblem<Op, "float", D>, DtypeProblem<Op, "float", E>>,
  SameDtypeProblem<Op, D, E>
>;

/**
 * `conv2d(x, w)`, `pipe(x, conv2d(w))`, `conv2d({ stride: 2 })(x, w)`, `pipe(x, conv2d({ stride: 2 })(w))`; `conv1d` with
 * Rank 1.
 */
export interface ConvOp<Op extends string, Rank extends SpatialRank> {
  <X extends Shape, W extends Shape, D extends Dtype, E extends Dtype>(
    x: Tensor<X, D>,
    w: Tensor<W, E> & Check<FirstProblem<FilterProblem<Op, D, E>, ConvProblem<Op, X, W, Rank>>>,
  ): Tensor<Conv<X, W, Rank>, JoinDtypes<D, E>>;
  <W extends Shape = never, E extends Dtype = never, Groups extends number = 1>(
    filtersOrOptions: Tensor<W, E> | ConvOptions<Rank, Groups>,
  ): [E] extends [never] ? ConvForms<Op, Rank, Groups> : ConvWith<Op, Rank, 1, W, E>;
}

/** What `conv2d(options)` is. */
export interface ConvForms<Op extends string, Rank extends SpatialRank, Groups extends number> {
  <X extends Shape, W extends Shape, D extends Dtype, E extends Dtype>(
    x: Tensor<X, D>,
    w: Tensor<W, E> &
      Check<FirstProblem<FilterProblem<Op, D, E>, ConvProblem<Op, X, W, Rank, Groups>>>,
  ): Tensor<Conv<X, W, Rank>, JoinDtypes<D, E>>;
  <W extends Shape, E extends Dtype>(w: Tensor<W, E>): ConvWith<Op, Rank, Groups, W, E>;
}

/** What `conv2d(options)(w)` is. */
export interface ConvWith<
  Op extends string,
  Rank extends SpatialRank,
  Groups extends number,
  W extends Shape,
  E extends Dtype,
> {
  <X extends Shape, D extends Dtype>(
    x: Tensor<X, D> &
      Check<FirstProblem<FilterProblem<Op, D, E>, ConvProblem<Op, X, W, Rank, Groups>>>,
  ): Tensor<Conv<X, W, Rank>, JoinDtypes<D, E>>;
}

/** `convTranspose2d(y, w)`, `convTranspose2d({ stride: 2 })(y, w)`, `pipe(y, convTranspose2d({ stride: 2 })(w))` */
export interface ConvTransposeOp<Op extends string, Rank extends SpatialRank> {
  <Y extends Shape, W extends Shape, D extends Dtype, E extends Dtype>(
    y: Tensor<Y, D>,
    w: Tensor<W, E> &
      Check<FirstProblem<FilterProblem<Op, D, E>, ConvTransposeProblem<Op, Y, W, Rank>>>,
  ): Tensor<ConvTranspose<Y, W, Rank>, JoinDtypes<D, E>>;
  <W extends Shape = never, E extends Dtype = never, Groups extends number = 1>(
    filtersOrOptions: Tensor<W, E> | ConvTransposeOptions<Rank, Groups>,
  ): [E] extends [never]
    ? ConvTransposeForms<Op, Rank, Groups>
    : ConvTransposeWith<Op, Rank, 1, W, E>;
}

/** What `convTranspose2d(options)` is. */
export interface ConvTransposeForms<
  Op extends string,
  Rank extends SpatialRank,
  Groups extends number,
> {
  <Y extends Shape, W extends Shape, D extends Dtype, E extends Dtype>(
    y: Tensor<Y, D>,
    w: Tensor<W, E> &
      Check<FirstProblem<FilterProblem<Op, D, E>, ConvTransposeProblem<Op, Y, W, Rank>>>,
  ): Tensor<ConvTranspose<Y, W, Rank, Groups>, JoinDtypes<D, E>>;
  <W extends Shape, E extends Dtype>(w: Tensor<W, E>): ConvTransposeWith<Op, Rank, Groups, W, E>;
}

/** What `convTranspose2d(options)(w)` is. */
export interface ConvTransposeWith<
  Op extends string,
  Rank extends SpatialRank,
  Groups extends number,
  W extends Shape,
  E extends Dtype,
> {
  <Y extends Shape, D extends Dtype>(
    y: Tensor<Y, D> &
      Check<FirstProblem<FilterProblem<Op, D, E>, ConvTransposeProblem<Op, Y, W, Rank>>>,
  ): Tensor<ConvTranspose<Y, W, Rank, Groups>, JoinDtypes<D, E>>;
}

/** Options of pooling; the stride is the size unless given. */
export interface PoolOptions {
  readonly size: PerAxis<2>;
  readonly stride?: PerAxis<2>;
  readonly pad?: PerAxis<2>;
}

/** The sentence for images of another rank or dtype, or `never`. */
type ImageProblem<Op extends string, S extends Shape, D extends Dtype> = FirstProblem<
  DtypeProblem<Op, "float", D>,
  RankProblem<Op, S, 4>
>;

/** `maxPool2d({ size: 2 })(x)` */
export interface PoolOp<Op extends string> {
  (
    options: PoolOptions,
  ): <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<ImageProblem<Op, S, D>>,
  ) => Tensor<Pool<S>, D>;
}

/** Pooled values, and where in the input plane each came from. */
export interface PooledWithIndices<S extends Shape, D extends Dtype> {
  readonly values: Tensor<S, D>;
  readonly indices: Tensor<S, "i32">;
}

/** `maxPoolWithIndices2d({ size: 2 })(x)` */
export interface PoolWithIndicesOp<Op extends string> {
  (
    options: PoolOptions,
  ): <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<ImageProblem<Op, S, D>>,
  ) => PooledWithIndices<Pool<S>, D>;
}

/** The sentence for values and indices that do not go together, or `never`. */
type UnpoolProblem<
  Op extends string,
  S extends Shape,
  I extends Shape,
  D extends Dtype,
  E extends Dtype,
> = FirstProblem<
  ImageProblem<Op, S, D>,
  IndicesProblem<Op, E>,
  EqualShapesProblem<Op, S, I, " of values and indices">
>;

/** `maxUnpool2d({ size: [96, 128] })(values, indices)`, `pipe(values, maxUnpool2d({ size })(indices))` */
export interface UnpoolOp<Op extends string> {
  <const Size extends readonly [height: number, width: number]>(options: {
    readonly size: Size;
  }): UnpoolForms<Op, Size>;
}

/** What `maxUnpool2d({ size })` is. */
export interface UnpoolForms<Op extends string, Size extends readonly [number, number]> {
  <S extends Shape, I extends Shape, D extends Dtype, E extends Dtype>(
    values: Tensor<S, D>,
    indices: Tensor<I, E> & Check<UnpoolProblem<Op, S, I, D, E>>,
  ): Tensor<Resize<S, Size>, D>;
  <I extends Shape, E extends Dtype>(
    indices: Tensor<I, E>,
  ): <S extends Shape, D extends Dtype>(
    values: Tensor<S, D> & Check<UnpoolProblem<Op, S, I, D, E>>,
  ) => Tensor<Resize<S, Size>, D>;
}

/** `globalAvgPool2d(x)`, `pipe(x, globalMaxPool2d)`: [batch, height, width, channels] → [batch, channels]. */
export interface GlobalPoolOp<Op extends string> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<ImageProblem<Op, S, D>>,
  ): Tensor<GlobalPool<S>, D>;
}

/**
 * `resizeNearest({ size: [96, 128] })(x)`
 *
 * @typeParam Extra further options, such as `{ readonly alignCorners?: boolean }` of resizeBilinear
 */
export interface ResizeOp<Op extends string, Extra = unknown> {
  <const Size extends readonly [height: number, width: number]>(
    options: { readonly size: Size } & Extra,
  ): <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<ImageProblem<Op, S, D>>,
  ) => Tensor<Resize<S, Size>, D>;
}
