// The ops whose types are tested, from one place: once src/ops has them all, this file becomes
// `export * from "../../src/ops/index.ts"`.

import type {
  AlongAxesOp,
  AlongAxisOp,
  ArangeConstructor,
  ArgReduceOp,
  BernoulliConstructor,
  BinaryOp,
  CastOp,
  CategoricalConstructor,
  CompareOp,
  ConcatOp,
  ConvOp,
  ConvTransposeOp,
  CsrMatmulOp,
  DotOp,
  EinsumOp,
  ExpandDimsOp,
  ExpandOp,
  EyeConstructor,
  FilledConstructor,
  FoldInOp,
  FullConstructor,
  GlobalPoolOp,
  HasPrimitive,
  KeyConstructor,
  LastAxisOp,
  LastAxisPrimitive,
  LikeConstructor,
  LinspaceConstructor,
  LogicalOp,
  MatmulOp,
  OneHotOp,
  OuterOp,
  PadOp,
  PermutationConstructor,
  PermuteOp,
  PoolOp,
  PoolWithIndicesOp,
  ReduceOp,
  ReducePrimitive,
  ReshapeOp,
  ResizeOp,
  SampleConstructor,
  ScalarConstructor,
  ScatterAddAlongAxisOp,
  ScatterAddOp,
  SegmentOp,
  SegmentSoftmaxOp,
  SliceOp,
  SoftmaxOp,
  SparseShape,
  SplitKeyOp,
  SplitOp,
  SqueezeOp,
  StackOp,
  TakeAlongAxisOp,
  TakeOp,
  TensorConstructor,
  TileOp,
  TopKOp,
  TransposePrimitive,
  UnaryMaybeOptions,
  UnaryOp,
  UnaryPrimitive,
  UnaryWithOptions,
  UnpoolOp,
  WhereOp,
} from "../../src/core/types/index.ts";

export declare const add: BinaryOp<"add"> & HasPrimitive;
export declare const sub: BinaryOp<"sub"> & HasPrimitive;
export declare const div: BinaryOp<"div", "float"> & HasPrimitive;
export declare const less: CompareOp<"less"> & HasPrimitive;
export declare const logicalAnd: LogicalOp<"logicalAnd"> & HasPrimitive;
export declare const logicalNot: UnaryPrimitive<"logicalNot", "bool">;
export declare const where: WhereOp & HasPrimitive;
export declare const relu: UnaryPrimitive<"relu", "number">;
export declare const exp: UnaryPrimitive<"exp", "float">;
export declare const silu: UnaryOp<"silu", "float">;
export declare const isNaN: UnaryOp<"isNaN", "float", "bool">;
export declare const clamp: UnaryWithOptions<
  "clamp",
  { readonly min?: number; readonly max?: number }
>;
export declare const elu: UnaryMaybeOptions<"elu", { readonly alpha?: number }>;
export declare const cast: CastOp;

export declare const sum: ReducePrimitive<"sum">;
export declare const mean: ReduceOp<"mean", "float">;
export declare const any: ReduceOp<"any", "bool">;
export declare const variance: ReduceOp<"variance", "float", { readonly correction?: number }>;
export declare const argmax: ArgReduceOp<"argmax">;
export declare const cumsum: AlongAxisOp<"cumsum">;
export declare const flip: AlongAxesOp<"flip">;
export declare const softmax: SoftmaxOp<"softmax">;
export declare const sort: LastAxisOp<"sort", "number", { readonly descending?: boolean }>;
export declare const argsort: LastAxisPrimitive<
  "argsort",
  "number",
  { readonly descending?: boolean },
  "i32"
>;

export declare const reshape: ReshapeOp;
export declare const permute: PermuteOp;
export declare const transpose: TransposePrimitive;
export declare const expand: ExpandOp;
export declare const expandDims: ExpandDimsOp;
export declare const squeeze: SqueezeOp;
export declare const tile: TileOp;
export declare const pad: PadOp;
export declare const slice: SliceOp;
export declare const concat: ConcatOp;
export declare const stack: StackOp;
export declare const split: SplitOp;

export declare const matmul: MatmulOp;
export declare const dot: DotOp;
export declare const outer: OuterOp;
export declare const einsum: EinsumOp;
export declare const csr: <const Rows extends number, const Columns extends number>(parts: {
  readonly rowStarts: readonly number[];
  readonly columns: readonly number[];
  readonly values: readonly number[];
  readonly shape: readonly [Rows, Columns];
}) => SparseShape<Rows, Columns>;
export declare const csrMatmul: CsrMatmulOp;

export declare const take: TakeOp;
export declare const takeAlongAxis: TakeAlongAxisOp;
export declare const scatterAdd: ScatterAddOp;
export declare const scatterAddAlongAxis: ScatterAddAlongAxisOp;
export declare const oneHot: OneHotOp;
export declare const topK: TopKOp;
export declare const segmentSum: SegmentOp<"segmentSum">;
export declare const segmentSoftmax: SegmentSoftmaxOp;

export declare const conv1d: ConvOp<"conv1d", 1>;
export declare const conv2d: ConvOp<"conv2d", 2>;
export declare const convTranspose2d: ConvTransposeOp<"convTranspose2d", 2>;
export declare const maxPool2d: PoolOp<"maxPool2d">;
export declare const maxPoolWithIndices2d: PoolWithIndicesOp<"maxPoolWithIndices2d">;
export declare const maxUnpool2d: UnpoolOp<"maxUnpool2d">;
export declare const globalAvgPool2d: GlobalPoolOp<"globalAvgPool2d">;
export declare const resizeNearest: ResizeOp<"resizeNearest">;
export declare const resizeBilinear: ResizeOp<
  "resizeBilinear",
  { readonly alignCorners?: boolean }
>;

export declare const tensor: TensorConstructor;
export declare const scalar: ScalarConstructor;
export declare const zeros: FilledConstructor<"zeros">;
export declare const full: FullConstructor;
export declare const arange: ArangeConstructor;
export declare const linspace: LinspaceConstructor;
export declare const zerosLike: LikeConstructor;
export declare const eye: EyeConstructor;
export declare const key: KeyConstructor;
export declare const splitKey: SplitKeyOp;
export declare const foldIn: FoldInOp;
export declare const bernoulli: BernoulliConstructor;
export declare const permutation: PermutationConstructor;
export declare const normal: SampleConstructor<
  "normal",
  { readonly mean?: number; readonly std?: number }
>;
export declare const uniform: SampleConstructor<
  "uniform",
  { readonly min?: number; readonly max?: number }
>;
export declare const categorical: CategoricalConstructor;
