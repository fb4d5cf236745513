// Call signatures of what makes tensors from data, filled, and counted.
//
// Dtypes of results are `NoInfer`: an expected type such as a bare `Tensor` must not replace a default.

import type { TypedArray } from "../../dtype.ts";
import type { Check } from "../check.ts";
import type { DtypeOfData, Nested, RaggedProblem, ShapeOfData } from "../nested.ts";
import type { PrintShape } from "../print.ts";
import type { Dtype, Shape, Tensor } from "./shared.ts";

/**
 * `tensor([[1, 2], [3, 4]])` is [2, 2] of f32; `tensor(new Float64Array(6), { shape: [2, 3] })`. Numbers are f32 and booleans
 * bool unless another dtype is asked for.
 */
export interface TensorConstructor {
  <
    const Data extends Nested | TypedArray,
    D extends Dtype = DtypeOfData<Data>,
    const S extends Shape = ShapeOfData<Data>,
  >(
    data: Data & Check<RaggedProblem<"tensor", Data>>,
    options?: { readonly dtype?: D; readonly shape?: S },
  ): Tensor<S, NoInfer<D>>;
}

/** `scalar(3)`, `scalar(3, "i32")`: rank 0. */
export interface ScalarConstructor {
  <V extends number | boolean, D extends Dtype = DtypeOfData<V>>(
    value: V,
    dtype?: D,
  ): Tensor<readonly [], NoInfer<D>>;
}

/** The sentence for a shape with a negative size, or `never`. */
export type SizesProblem<Op extends string, S extends Shape> = number extends S["length"]
  ? never
  : `${S[number]}` extends infer Size extends string
    ? [Extract<Size, `-${string}`>] extends [never]
      ? never
      : `${Op}: a shape of whole, non-negative sizes expected, got ${PrintShape<S>}`
    : never;

/** `zeros([32, 64])`, `ones([n, 10], "f64")` */
export interface FilledConstructor<Op extends string> {
  <const S extends Shape, D extends Dtype = "f32">(
    shape: S & Check<SizesProblem<Op, S>>,
    dtype?: D,
  ): Tensor<S, NoInfer<D>>;
}

/** `full([32, 64], 0.5)` */
export interface FullConstructor {
  <const S extends Shape, V extends number | boolean, D extends Dtype = DtypeOfData<V>>(
    shape: S & Check<SizesProblem<"full", S>>,
    value: V,
    dtype?: D,
  ): Tensor<S, NoInfer<D>>;
}

/** `arange(10)`, of i32; `arange({ start: 0, stop: 1, step: 0.1 }, "f32")` */
export interface ArangeConstructor {
  <N extends number = number, D extends Dtype = "i32">(
    range: N | { readonly start?: number; readonly stop: number; readonly step?: number },
    dtype?: D,
  ): Tensor<readonly [NoInfer<N>], NoInfer<D>>;
}

/** `linspace(0, 1, 11)` */
export interface LinspaceConstructor {
  <N extends number, D extends Dtype = "f32">(
    start: number,
    stop: number,
    count: N,
    dtype?: D,
  ): Tensor<readonly [NoInfer<N>], NoInfer<D>>;
}

/** `iota([2, 3], 1)`: coordinates along an axis, of i32 unless another dtype is asked for. */
export interface IotaConstructor {
  <const S extends Shape, D extends Dtype = "i32">(
    shape: S,
    axis: number,
    dtype?: D,
    start?: number,
    step?: number,
  ): Tensor<S, NoInfer<D>>;
}

/** `zerosLike(x)`: another tensor of the shape and dtype of x. */
export interface LikeConstructor {
  <S extends Shape, D extends Dtype>(x: Tensor<S, D>): Tensor<S, D>;
}

/** `eye(3)`: the identity matrix. */
export interface EyeConstructor {
  <N extends number, D extends Dtype = "f32">(
    size: N,
    dtype?: D,
  ): Tensor<readonly [NoInfer<N>, NoInfer<N>], NoInfer<D>>;
}
