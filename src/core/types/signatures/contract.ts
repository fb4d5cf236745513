// Call signatures of products: matmul, dot, outer, einsum, and the product of a sparse matrix with a dense one.

import type { Check, FirstProblem } from "../check.ts";
import type { DotProblem, Matmul, MatmulProblem, Outer, OuterProblem } from "../contract.ts";
import type { DtypeProblem, JoinDtypes, SameDtypeProblem } from "../dtype.ts";
import type { Einsum, EinsumInputs, EinsumProblem, EinsumSpecProblem } from "../einsum.ts";
import type { Dtype, DtypeOfList, SameDtypesProblem, Shape, ShapesOf, Tensor } from "./shared.ts";

/** The sentence for two factors that are not of one dtype to compute with, or `never`. */
type FactorProblem<Op extends string, D extends Dtype, E extends Dtype> = FirstProblem<
  DtypeProblem<Op, "any", D>,
  DtypeProblem<Op, "any", E>,
  SameDtypeProblem<Op, D, E>
>;

/** `matmul(a, b)`, `pipe(a, matmul(b))` */
export interface MatmulOp {
  <A extends Shape, B extends Shape, D extends Dtype, E extends Dtype>(
    a: Tensor<A, D>,
    b: Tensor<B, E> &
      Check<FirstProblem<FactorProblem<"matmul", D, E>, MatmulProblem<"matmul", A, B>>>,
  ): Tensor<Matmul<A, B>, JoinDtypes<D, E>>;
  <B extends Shape, E extends Dtype>(b: Tensor<B, E>): MatmulWith<B, E>;
}

/** What `matmul(b)` is. */
export interface MatmulWith<B extends Shape, E extends Dtype> {
  <A extends Shape, D extends Dtype>(
    a: Tensor<A, D> &
      Check<FirstProblem<FactorProblem<"matmul", D, E>, MatmulProblem<"matmul", A, B>>>,
  ): Tensor<Matmul<A, B>, JoinDtypes<D, E>>;
}

/** `dot(a, b)` of two vectors, `pipe(a, dot(b))` */
export interface DotOp {
  <A extends Shape, B extends Shape, D extends Dtype, E extends Dtype>(
    a: Tensor<A, D>,
    b: Tensor<B, E> & Check<FirstProblem<FactorProblem<"dot", D, E>, DotProblem<"dot", A, B>>>,
  ): Tensor<readonly [], JoinDtypes<D, E>>;
  <B extends Shape, E extends Dtype>(b: Tensor<B, E>): DotWith<B, E>;
}

/** What `dot(b)` is. */
export interface DotWith<B extends Shape, E extends Dtype> {
  <A extends Shape, D extends Dtype>(
    a: Tensor<A, D> & Check<FirstProblem<FactorProblem<"dot", D, E>, DotProblem<"dot", A, B>>>,
  ): Tensor<readonly [], JoinDtypes<D, E>>;
}

/** `outer(a, b)` of two vectors, `pipe(a, outer(b))` */
export interface OuterOp {
  <A extends Shape, B extends Shape, D extends Dtype, E extends Dtype>(
    a: Tensor<A, D>,
    b: Tensor<B, E> &
      Check<FirstProblem<FactorProblem<"outer", D, E>, OuterProblem<"outer", A, B>>>,
  ): Tensor<Outer<A, B>, JoinDtypes<D, E>>;
  <B extends Shape, E extends Dtype>(b: Tensor<B, E>): OuterWith<B, E>;
}

/** What `outer(b)` is. */
export interface OuterWith<B extends Shape, E extends Dtype> {
  <A extends Shape, D extends Dtype>(
    a: Tensor<A, D> &
      Check<FirstProblem<FactorProblem<"outer", D, E>, OuterProblem<"outer", A, B>>>,
  ): Tensor<Outer<A, B>, JoinDtypes<D, E>>;
}

/** `einsum("bij,bjk->bik")(a, b)`, read by the compiler from its string for up to three operands. */
export interface EinsumOp {
  <const Spec extends string>(spec: Spec & Check<EinsumSpecProblem<Spec>>): EinsumWith<Spec>;
}

/** What `einsum(spec)` is: a function of as many tensors as the string has inputs. */
export type EinsumWith<Spec extends string> = [EinsumSpecProblem<Spec>] extends [never]
  ? EinsumInputs<Spec>["length"] extends 1
    ? EinsumOne<Spec>
    : EinsumInputs<Spec>["length"] extends 2
      ? EinsumTwo<Spec>
      : EinsumInputs<Spec>["length"] extends 3
        ? EinsumThree<Spec>
        : EinsumMany
  : EinsumMany;

/** An Einstein summation that the compiler does not read. */
export type EinsumMany = (...operands: readonly Tensor[]) => Tensor;

/** The sentence about the last of some operands, or `never`. */
type OperandsProblem<Spec extends string, List extends readonly Tensor[]> = FirstProblem<
  DtypeProblem<"einsum", "any", LastOf<List>["dtype"]>,
  SameDtypesProblem<"einsum", List>,
  EinsumProblem<Spec, ShapesOf<List>>
>;

type LastOf<List extends readonly Tensor[]> = List extends readonly [
  ...unknown[],
  infer Last extends Tensor,
]
  ? Last
  : Tensor;

/** `einsum("ij->ji")`, also in `pipe`. */
export interface EinsumOne<Spec extends string> {
  <A extends Tensor>(
    a: A & Check<OperandsProblem<Spec, readonly [A]>>,
  ): Tensor<Einsum<Spec, ShapesOf<readonly [A]>>, DtypeOfList<readonly [A]>>;
}

/** `einsum("ij,jk->ik")` */
export interface EinsumTwo<Spec extends string> {
  <A extends Tensor, B extends Tensor>(
    a: A & Check<OperandsProblem<Spec, readonly [A]>>,
    b: B & Check<OperandsProblem<Spec, readonly [A, B]>>,
  ): Tensor<Einsum<Spec, ShapesOf<readonly [A, B]>>, DtypeOfList<readonly [A, B]>>;
}

/** `einsum("ij,jk,kl->il")` */
export interface EinsumThree<Spec extends string> {
  <A extends Tensor, B extends Tensor, C extends Tensor>(
    a: A & Check<OperandsProblem<Spec, readonly [A]>>,
    b: B & Check<OperandsProblem<Spec, readonly [A, B]>>,
    c: C & Check<OperandsProblem<Spec, readonly [A, B, C]>>,
  ): Tensor<Einsum<Spec, ShapesOf<readonly [A, B, C]>>, DtypeOfList<readonly [A, B, C]>>;
}

/** Anything with the shape of a sparse matrix. */
export interface SparseShape<Rows extends number = number, Columns extends number = number> {
  readonly shape: readonly [Rows, Columns];
}

/** `csrMatmul(a, x)` of a sparse [rows, columns] and a dense [columns, features] */
export interface CsrMatmulOp<Sparse extends SparseShape = SparseShape> {
  <A extends Sparse, S extends Shape, D extends Dtype>(
    a: A,
    x: Tensor<S, D> & Check<CsrProblem<A, S, D>>,
  ): Tensor<Matmul<A["shape"], S>, D>;
}

type CsrProblem<A extends SparseShape, S extends Shape, D extends Dtype> = FirstProblem<
  DtypeProblem<"csrMatmul", "any", D>,
  MatmulProblem<"csrMatmul", A["shape"], S>
>;
