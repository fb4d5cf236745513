// Call signatures of the ops that move elements: reshape, permute, expand, pad, slice, concat, split and their kind.
// They accept every dtype.

import type { Check, FirstProblem } from "../check.ts";
import type {
  Concat,
  ConcatProblem,
  Several,
  SplitPart,
  SplitPartsProblem,
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
  Slice,
  SliceList,
  SliceProblem,
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

/** `squeeze(0)(x)`; `squeeze()(x)` drops all axes of size 1. */
export interface SqueezeOp {
  <Axis extends number | undefined = undefined>(axis?: Axis): SqueezeWith<Axis>;
}

/** What `squeeze(axis)` is. */
export interface SqueezeWith<Axis extends number | undefined> {
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
    readonly value?: number;
  }): PadWith<Widths>;
}

/** What `pad(options)` is. */
export interface PadWith<Widths extends PadWidths> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<PadProblem<"pad", S, Widths>>,
  ): Tensor<Pad<S, Widths>, D>;
}

/** `slice({ start: [0, 1], stop: [8, -1] })(x)`: the axes that are named become dynamic. */
export interface SliceOp {
  <
    const Start extends SliceList = readonly [],
    const Stop extends SliceList = readonly [],
    const Step extends SliceList = readonly [],
  >(options: {
    readonly start?: Start;
    readonly stop?: Stop;
    readonly step?: Step;
  }): SliceWith<Start, Stop, Step>;
}

/** What `slice(options)` is. */
export interface SliceWith<
  Start extends SliceList,
  Stop extends SliceList,
  Step extends SliceList,
> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> &
      Check<
        FirstProblem<
          SliceProblem<"slice", S, Start>,
          SliceProblem<"slice", S, Stop>,
          SliceProblem<"slice", S, Step>
        >
      >,
  ): Tensor<Slice<S, Start, Stop, Step>, D>;
}

/** `concat({ axis: 1 })([a, b])`; along the first axis unless another is given. */
export interface ConcatOp {
  <Axis extends number = 0>(options?: { readonly axis?: Axis }): ConcatWith<Axis>;
}

/** What `concat({ axis })` is. */
export interface ConcatWith<Axis extends number> {
  <const List extends readonly Tensor[]>(
    tensors: List &
      Check<
        FirstProblem<
          ConcatProblem<"concat", ShapesOf<List>, Axis>,
          SameDtypesProblem<"concat", List>
        >
      >,
  ): Tensor<Concat<ShapesOf<List>, Axis>, DtypeOfList<List>>;
}

/** `stack({ axis: 1 })([a, b])`; along a new first axis unless another is given. */
export interface StackOp {
  <Axis extends number = 0>(options?: { readonly axis?: Axis }): StackWith<Axis>;
}

/** What `stack({ axis })` is. */
export interface StackWith<Axis extends number> {
  <const List extends readonly Tensor[]>(
    tensors: List &
      Check<
        FirstProblem<StackProblem<"stack", ShapesOf<List>, Axis>, SameDtypesProblem<"stack", List>>
      >,
  ): Tensor<Stack<ShapesOf<List>, Axis>, DtypeOfList<List>>;
}

/**
 * `split({ parts: 3 })(x)`, `split({ axis: -1, sizes: [64, 64, 32] })(x)`; along the first axis unless another is given.
 * A tuple where the number of parts is literal.
 */
export interface SplitOp {
  <Parts extends number, Axis extends number = 0>(options: {
    readonly axis?: Axis;
    readonly parts: Parts;
  }): SplitParts<Axis, Parts>;
  <const Sizes extends Shape, Axis extends number = 0>(options: {
    readonly axis?: Axis;
    readonly sizes: Sizes;
  }): SplitWith<Axis, Sizes>;
}

/** What `split({ axis, parts })` is. */
export interface SplitParts<Axis extends number, Parts extends number> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<SplitPartsProblem<"split", S, Axis, Parts>>,
  ): Several<Tensor<SplitPart<S, Axis, Parts>, D>, Parts>;
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
