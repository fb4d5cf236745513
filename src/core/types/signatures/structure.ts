// Call signatures of the ops that move elements: reshape, permute, expand, pad, slice, concat, split and their kind.
// They accept every dtype.

import type { AxisIndex, AxisProblem, SetAxes, SomeSizes } from "../axis.ts";
import type { Check, FirstProblem } from "../check.ts";
import type { IsKnown } from "../dim.ts";
import type {
  Concat,
  ConcatProblem,
  Several,
  SplitProblem,
  SplitSizes,
  Stack,
  StackProblem,
} from "../join.ts";
import type { Reshape, ReshapeProblem, ReshapeTargetProblem } from "../reshape.ts";
import type {
  Expand,
  ExpandDims,
  ExpandDimsProblem,
  ExpandProblem,
  Pad,
  PadProblem,
  PadWidths,
  Permute,
  PermuteProblem,
  Squeeze,
  SqueezeProblem,
  Tile,
  Transpose,
  TransposeProblem,
} from "../structure.ts";
import type {
  Dtype,
  DtypeOfList,
  HasPrimitive,
  SameDtypesProblem,
  Shape,
  ShapesOf,
  Tensor,
} from "./shared.ts";

/** `reshape([n, 784])(x)`; one size may be −1. */
export interface ReshapeOp {
  <const Target extends Shape>(
    shape: Target & Check<ReshapeTargetProblem<"reshape", Target>>,
  ): ReshapeWith<Target>;
}

/** What `reshape(shape)` is. */
export interface ReshapeWith<Target extends Shape> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<ReshapeProblem<"reshape", S, Target>>,
  ): Tensor<Reshape<Target>, D>;
}

/** `permute([0, 2, 1])(x)` */
export interface PermuteOp {
  <const Axes extends readonly number[]>(axes: Axes): PermuteWith<Axes>;
}

/** What `permute(axes)` is. */
export interface PermuteWith<Axes extends readonly number[]> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<PermuteProblem<"permute", S, Axes>>,
  ): Tensor<Permute<S, Axes>, D>;
}

/** `transpose(x)`, `pipe(x, transpose)`: the last two axes swapped. */
export interface TransposeOp {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<TransposeProblem<"transpose", S>>,
  ): Tensor<Transpose<S>, D>;
}

/** A `TransposeOp` with its record. */
export interface TransposePrimitive extends TransposeOp, HasPrimitive {}

/** `expand([32, 64])(x)` */
export interface ExpandOp {
  <const Target extends Shape>(shape: Target): ExpandWith<Target>;
}

/** What `expand(shape)` is. */
export interface ExpandWith<Target extends Shape> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<ExpandProblem<"expand", S, Target>>,
  ): Tensor<Expand<S, Target>, D>;
}

/** `expandDims(1)(x)`: a new axis of size 1. */
export interface ExpandDimsOp {
  <Axis extends number>(axis: Axis): ExpandDimsWith<Axis>;
}

/** What `expandDims(axis)` is. */
export interface ExpandDimsWith<Axis extends number> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<ExpandDimsProblem<"expandDims", S, Axis>>,
  ): Tensor<ExpandDims<S, Axis>, D>;
}

/** `squeeze(0)(x)`, `squeeze([0, 2])(x)` */
export interface SqueezeOp {
  <const Axis extends number | readonly number[]>(axis: Axis): SqueezeWith<Axis>;
}

/** What `squeeze(axis)` is. */
export interface SqueezeWith<Axis extends number | readonly number[]> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<SqueezeProblem<"squeeze", S, Axis>>,
  ): Tensor<Squeeze<S, Axis>, D>;
}

/** `tile([1, 4])(x)` */
export interface TileOp {
  <const Repeats extends Shape>(
    repeats: Repeats,
  ): <S extends Shape, D extends Dtype>(x: Tensor<S, D>) => Tensor<Tile<S, Repeats>, D>;
}

/** `pad({ widths: [[0, 0], [1, 1]], value: 0 })(x)` */
export interface PadOp {
  <const Widths extends PadWidths>(options: {
    readonly widths: Widths;
    readonly value?: number | boolean;
  }): PadWith<Widths>;
}

/** What `pad(options)` is. */
export interface PadWith<Widths extends PadWidths> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<PadProblem<"pad", S, Widths>>,
  ): Tensor<Pad<S, Widths>, D>;
}

/** Where to start and stop along each axis, and by which step. */
export interface SliceOptions {
  readonly start?: readonly number[];
  readonly stop?: readonly number[];
  readonly step?: readonly number[];
}

/** `slice({ start: [0, 1], stop: [8, -1] })(x)`: the rank stays, the sizes become dynamic. */
export interface SliceOp {
  (
    options: SliceOptions,
  ): <S extends Shape, D extends Dtype>(
    x: Tensor<S, D>,
  ) => Tensor<IsKnown<S> extends true ? SomeSizes<S> : Shape, D>;
}

/** `concat({ axis: 0 })([a, b])` */
export interface ConcatOp {
  <Axis extends number>(options: { readonly axis: Axis }): ConcatWith<Axis>;
}

/** What `concat({ axis })` is. */
export interface ConcatWith<Axis extends number> {
  <const List extends readonly Tensor[]>(
    tensors: List &
      Check<
        FirstProblem<
          SameDtypesProblem<"concat", List>,
          ConcatProblem<"concat", ShapesOf<List>, Axis>
        >
      >,
  ): Tensor<Concat<ShapesOf<List>, Axis>, DtypeOfList<List>>;
}

/** `stack({ axis: 0 })([a, b])` */
export interface StackOp {
  <Axis extends number>(options: { readonly axis: Axis }): StackWith<Axis>;
}

/** What `stack({ axis })` is. */
export interface StackWith<Axis extends number> {
  <const List extends readonly Tensor[]>(
    tensors: List &
      Check<
        FirstProblem<SameDtypesProblem<"stack", List>, StackProblem<"stack", ShapesOf<List>, Axis>>
      >,
  ): Tensor<Stack<ShapesOf<List>, Axis>, DtypeOfList<List>>;
}

/** `split({ axis: 0, parts: 3 })(x)`, `split({ axis: -1, sizes: [64, 64, 32] })(x)`: a tuple where the count is literal. */
export interface SplitOp {
  <Axis extends number, Parts extends number>(options: {
    readonly axis: Axis;
    readonly parts: Parts;
  }): SplitParts<Axis, Parts>;
  <Axis extends number, const Sizes extends Shape>(options: {
    readonly axis: Axis;
    readonly sizes: Sizes;
  }): SplitWith<Axis, Sizes>;
}

/** What `split({ axis, parts })` is. */
export interface SplitParts<Axis extends number, Parts extends number> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<AxisProblem<"split", S, Axis>>,
  ): Several<Tensor<SetAxes<S, AxisIndex<S, Axis>, number>, D>, Parts>;
}

/** What `split({ axis, sizes })` is. */
export interface SplitWith<Axis extends number, Sizes extends Shape> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<SplitProblem<"split", S, Axis, Sizes>>,
  ): TensorsOf<SplitSizes<S, Axis, Sizes>, D>;
}

type TensorsOf<Shapes extends readonly Shape[], D extends Dtype> = {
  readonly [K in keyof Shapes]: Tensor<Shapes[K], D>;
};
