// What layers make of shapes, for the compiler, and the sentences for inputs that do not fit the weights: the words of the ops
// inside, under the name of the layer. Bare tensors and sizes that are not literal pass, and are checked when the graph is built.

import type { Dtype } from "../core/dtype.ts";
import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type {
  AxisProblem,
  Broadcast,
  BroadcastProblem,
  CanEqual,
  Check,
  FirstProblem,
  IndicesProblem,
  IsKnown,
  JoinDtypes,
  JoinSizes,
  Matmul,
  MatmulProblem,
  PrintShape,
  PrintSize,
  SameDtypeProblem,
  SomeSizes,
  Take,
} from "../core/types/index.ts";

/** The shape of a parameter: S, or any shape where S says no size at all. So a `Params` without arguments takes bare tensors. */
export type Sized<S extends Shape> = Same<SomeSizes<S> extends S ? Shape : S>;

/**
 * S itself. With the conditional type alone, TypeScript 5.9 holds `Params` to be invariant in its sizes and refuses `Params<3, 2>` where
 * any `Params` will do; through a mapped type it compares the members. To be deleted when test/types/compiles/layers.ts passes without.
 */
type Same<S extends Shape> = { readonly [K in keyof S]: S[K] };

/** A layer that multiplies by a weight of shape W: x [..., inputs] → [..., outputs], for W [inputs, outputs]. */
export interface Product<Layer extends string, W extends Shape> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<MatmulProblem<Layer, S, W>>,
  ): Tensor<Matmul<S, W>, D>;
}

/** A layer that reads rows of a table T: indices [...] → [..., width], for T [symbols, width]. */
export interface Lookup<Layer extends string, T extends Tensor> {
  <I extends Shape, E extends Dtype>(
    indices: Tensor<I, E> & Check<IndicesProblem<Layer, E>>,
  ): Tensor<Take<T["shape"], I, 0>, T["dtype"]>;
}

/** A layer that multiplies each feature by its gain, of shape G: x [..., features] → [..., features], for G [features]. */
export interface Gain<Layer extends string, G extends Shape> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<FirstProblem<AxisProblem<Layer, S, -1>, FeaturesProblem<Layer, S, G>>>,
  ): Tensor<WithFeatures<S, G>, D>;
}

/** The sentence for a last axis that is not as long as a vector with a number for each feature, or `never`. */
type FeaturesProblem<Layer extends string, S extends Shape, G extends Shape> = S extends readonly [
  ...Shape,
  infer N,
]
  ? G extends readonly [infer Features]
    ? CanEqual<N, Features> extends true
      ? never
      : `${Layer}: a last axis as long as the gain expected, got ${PrintShape<S>} and ${PrintShape<G>} (${PrintSize<N>} ≠ ${PrintSize<Features>})`
    : never
  : never;

/** S, with what is known of its last axis from a vector with a number for each feature. */
type WithFeatures<S extends Shape, G extends Shape> =
  IsKnown<S> extends true
    ? S extends readonly [...infer Batch extends Shape, infer N]
      ? G extends readonly [infer Features]
        ? readonly [...Batch, JoinSizes<N, Features>]
        : S
      : S
    : Shape;

/** One step of a recurrent layer: x [..., inputs], h [..., hidden] → [..., hidden], for W [inputs, gates] and U [hidden, gates]. */
export interface Cell<Layer extends string, W extends Shape, U extends Shape> {
  <X extends Shape, H extends Shape, D extends Dtype, E extends Dtype>(
    x: Tensor<X, D> & Check<MatmulProblem<Layer, X, W>>,
    h: Tensor<H, E> & Check<StateProblem<Layer, X, H, U, D, E>>,
  ): Tensor<NextState<X, H, U>, JoinDtypes<D, E>>;
}

/** The shape of the state after a step: the leading axes of input and state broadcast. */
export type NextState<X extends Shape, H extends Shape, U extends Shape> = Broadcast<
  OfInput<X, U>,
  H
>;

/** The shape of a gate by the input alone: x [..., inputs] → [..., hidden]. */
type OfInput<X extends Shape, U extends Shape> = Matmul<
  X,
  readonly [number, U extends readonly [infer Hidden extends number, unknown] ? Hidden : number]
>;

/** The sentence for a state that fits neither the layer nor the input, or `never`. */
export type StateProblem<
  Layer extends string,
  X extends Shape,
  H extends Shape,
  U extends Shape,
  D extends Dtype,
  E extends Dtype,
> = FirstProblem<
  MatmulProblem<Layer, H, U>,
  BroadcastProblem<Layer, OfInput<X, U>, H>,
  SameDtypeProblem<Layer, D, E>
>;
