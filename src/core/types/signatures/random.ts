// Call signatures of random keys and of draws from them.

import type { AxisProblem } from "../axis.ts";
import type { Check, FirstProblem } from "../check.ts";
import type { CanEqual, IsKnown } from "../dim.ts";
import type { DtypeProblem } from "../dtype.ts";
import type { Several } from "../join.ts";
import type { PrintShape } from "../print.ts";
import type { ReduceOne } from "../reduce.ts";
import type { SizesProblem } from "./create.ts";
import type { Dtype, Shape, Tensor } from "./shared.ts";

/** A random key: four 16-bit limbs. */
export type RandomKey = Tensor<readonly [4], "i32">;

/** The sentence for a tensor that is not a key, or `never`. */
type KeyProblem<Op extends string, S extends Shape, D extends Dtype> =
  IsKnown<S> extends true
    ? [CanEqual<D, "i32">, S extends readonly [infer N] ? CanEqual<N, 4> : false] extends [
        true,
        true,
      ]
      ? never
      : `${Op}: a key, i32[4], expected, got ${D}${PrintShape<S>}`
    : never;

/** `key(42)` */
export type KeyConstructor = (seed: number) => RandomKey;

/** `splitKey(key)`, `splitKey(key, 5)`: a tuple where the count is literal. */
export interface SplitKeyOp {
  <S extends Shape, D extends Dtype, N extends number = 2>(
    key: Tensor<S, D> & Check<KeyProblem<"splitKey", S, D>>,
    n?: N,
  ): Several<RandomKey, N>;
}

/** `foldIn(key, step)` */
export interface FoldInOp {
  <S extends Shape, D extends Dtype>(
    key: Tensor<S, D> & Check<KeyProblem<"foldIn", S, D>>,
    i: number | Tensor,
  ): RandomKey;
}

/** `normal(key, [32, 64])`, `uniform(key, shape, { min: -1, max: 1 })`: draws of floats, f32 unless f64 is asked for. */
export interface SampleConstructor<Op extends string, Extra = unknown> {
  <const Size extends Shape, S extends Shape, K extends Dtype, D extends "f32" | "f64" = "f32">(
    key: Tensor<S, K> & Check<KeyProblem<Op, S, K>>,
    shape: Size & Check<SizesProblem<Op, Size>>,
    options?: { readonly dtype?: D } & Extra,
  ): Tensor<Size, NoInfer<D>>;
}

/** `bernoulli(key, [32, 64], { p: 0.1 })`: draws of bool. */
export interface BernoulliConstructor {
  <const Size extends Shape, S extends Shape, K extends Dtype>(
    key: Tensor<S, K> & Check<KeyProblem<"bernoulli", S, K>>,
    shape: Size & Check<SizesProblem<"bernoulli", Size>>,
    options?: { readonly p?: number | Tensor },
  ): Tensor<Size, "bool">;
}

/** `categorical(key, logits)`: an i32 index for each row of logits, along the last axis unless another is given. */
export interface CategoricalConstructor {
  <K extends Shape, E extends Dtype, S extends Shape, D extends Dtype, Axis extends number = -1>(
    key: Tensor<K, E> & Check<KeyProblem<"categorical", K, E>>,
    logits: Tensor<S, D> &
      Check<
        FirstProblem<AxisProblem<"categorical", S, Axis>, DtypeProblem<"categorical", "float", D>>
      >,
    options?: { readonly axis?: Axis },
  ): Tensor<ReduceOne<S, Axis>, "i32">;
}

/** `permutation(key, 10)`: the numbers 0 … n − 1 in random order, of i32. */
export interface PermutationConstructor {
  <S extends Shape, D extends Dtype, N extends number>(
    key: Tensor<S, D> & Check<KeyProblem<"permutation", S, D>>,
    n: N,
  ): Tensor<readonly [N], "i32">;
}
