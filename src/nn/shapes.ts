// What layers make of shapes, for the compiler, and the sentences for inputs that do not fit the weights: the words of the ops
// inside, under the name of the layer. Bare tensors and sizes that are not literal pass, and are checked when the graph is built.

import type { Dtype } from "../core/dtype.ts";
import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Check, Matmul, MatmulProblem, SomeSizes } from "../core/types/index.ts";

/** The shape of a parameter: S, or any shape where S says no size at all. So a `Params` without arguments takes bare tensors. */
export type Sized<S extends Shape> = Same<SomeSizes<S> extends S ? Shape : S>;

/** S, in a form that has the compiler compare records of known sizes with bare ones member by member, not by their type arguments. */
type Same<S extends Shape> = { readonly [K in keyof S]: S[K] };

/** A layer that multiplies by a weight of shape W: x [..., inputs] → [..., outputs], for W [inputs, outputs]. */
export interface Product<Layer extends string, W extends Shape> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<MatmulProblem<Layer, S, W>>,
  ): Tensor<Matmul<S, W>, D>;
}
