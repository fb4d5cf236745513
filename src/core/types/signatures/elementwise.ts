// Call signatures of the ops that work element by element.

import type { Broadcast, BroadcastProblem } from "../broadcast.ts";
import type { Check, FirstProblem } from "../check.ts";
import type {
  DtypeProblem,
  DtypeSet,
  JoinDtypes,
  ResultDtype,
  SameDtypeProblem,
} from "../dtype.ts";
import type {
  Dtype,
  DtypeOf,
  HasPrimitive,
  Operand,
  Scalar,
  Shape,
  ShapeOf,
  Tensor,
} from "./shared.ts";

/** An op of one tensor that keeps the shape: `relu(x)`, `pipe(x, relu)`. */
export interface UnaryOp<
  Op extends string,
  Set extends DtypeSet = "compute",
  Result extends Dtype | "same" = "same",
> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<DtypeProblem<Op, Set, D>>,
  ): Tensor<S, ResultDtype<D, Result>>;
}

/** A `UnaryOp` with its record. (`UnaryOp<…> & HasPrimitive` would lose the shape in `pipe(x, relu)`.) */
export interface UnaryPrimitive<
  Op extends string,
  Set extends DtypeSet = "compute",
  Result extends Dtype | "same" = "same",
> extends UnaryOp<Op, Set, Result>,
    HasPrimitive {}

/** An op with required options that keeps the shape: `clamp({ min: 0, max: 1 })(x)`. */
export type UnaryWithOptions<Op extends string, Options, Set extends DtypeSet = "number"> = (
  options: Options,
) => UnaryOp<Op, Set>;

/** An op whose options may be left out: `elu(x)`, `elu({ alpha: 0.5 })(x)`. */
export interface UnaryMaybeOptions<Op extends string, Options, Set extends DtypeSet = "float"> {
  <S extends Shape = never, D extends Dtype = never>(
    x: (Tensor<S, D> & Check<DtypeProblem<Op, Set, D>>) | Options,
  ): [D] extends [never] ? UnaryOp<Op, Set> : Tensor<S, D>;
}

/** `cast("f16")(x)`: the same shape in another dtype. */
export type CastOp = <To extends Dtype>(
  dtype: To,
) => <S extends Shape>(x: Tensor<S>) => Tensor<S, To>;

/** The sentence for an operand of the wrong dtype, or `never`. */
type OperandProblem<Op extends string, Set extends DtypeSet, A extends Operand> = DtypeProblem<
  Op,
  Set,
  DtypeOf<A>
>;

/** The sentence for two operands that do not go together, or `never`. */
export type BinaryProblem<
  Op extends string,
  Set extends DtypeSet,
  A extends Operand,
  B extends Operand,
> = A extends Scalar
  ? B extends Scalar
    ? `${Op}: at least one tensor expected, got two scalars`
    : OperandProblem<Op, Set, B>
  : B extends Scalar
    ? OperandProblem<Op, Set, A>
    : FirstProblem<
        FirstProblem<OperandProblem<Op, Set, A>, OperandProblem<Op, Set, B>>,
        FirstProblem<
          SameDtypeProblem<Op, DtypeOf<A>, DtypeOf<B>>,
          BroadcastProblem<Op, ShapeOf<A>, ShapeOf<B>>
        >
      >;

/** The shape of a result of two operands. */
export type BinaryShape<A extends Operand, B extends Operand> = A extends Scalar
  ? ShapeOf<B>
  : B extends Scalar
    ? ShapeOf<A>
    : Broadcast<ShapeOf<A>, ShapeOf<B>>;

/** The result of two operands. */
export type BinaryResult<
  A extends Operand,
  B extends Operand,
  Result extends Dtype | "same",
> = Tensor<BinaryShape<A, B>, ResultDtype<JoinDtypes<DtypeOf<A>, DtypeOf<B>>, Result>>;

/**
 * An op of two operands that broadcast: `add(a, b)`, `add(a, 1)`, `pipe(a, add(b))`. The curried operand comes second:
 * `sub(b)(a)` is a − b.
 */
export interface BinaryOp<
  Op extends string,
  Set extends DtypeSet = "number",
  Weak extends Scalar = number,
  Result extends Dtype | "same" = "same",
> {
  <A extends Tensor | Weak, B extends Tensor | Weak>(
    a: A & Check<OperandProblem<Op, Set, A>>,
    b: B & Check<BinaryProblem<Op, Set, A, B>>,
  ): BinaryResult<A, B, Result>;
  <B extends Tensor | Weak>(
    b: B & Check<OperandProblem<Op, Set, B>>,
  ): BinaryWith<Op, Set, Weak, Result, B>;
}

/** What `add(b)` is. */
export interface BinaryWith<
  Op extends string,
  Set extends DtypeSet,
  Weak extends Scalar,
  Result extends Dtype | "same",
  B extends Operand,
> {
  <A extends Tensor | Weak>(a: A & Check<BinaryProblem<Op, Set, A, B>>): BinaryResult<A, B, Result>;
}

/** A comparison: `less(a, b)`, `less(a, 0)`, `pipe(a, less(b))`, of bool. */
export interface CompareOp<Op extends string>
  extends BinaryOp<Op, "compute", number | boolean, "bool"> {}

/** A connective of booleans: `logicalAnd(a, b)`. */
export interface LogicalOp<Op extends string> extends BinaryOp<Op, "bool", boolean, "bool"> {}

/** The dtype of `where` of two operands: f32 for two numbers, bool for two booleans. */
type ChoiceDtype<A extends Operand, B extends Operand> = [A, B] extends [boolean, boolean]
  ? "bool"
  : [A, B] extends [Scalar, Scalar]
    ? "f32"
    : JoinDtypes<DtypeOf<A>, DtypeOf<B>>;

/** The sentence for two choices that do not go together, or `never`. */
type ChoiceProblem<A extends Operand, B extends Operand> = [A, B] extends [Scalar, Scalar]
  ? never
  : BinaryProblem<"where", "compute", A, B>;

/** `where(condition, a, b)`: a where the condition holds and b elsewhere; all three broadcast. */
export interface WhereOp {
  <S extends Shape, C extends Dtype, A extends Operand, B extends Operand>(
    condition: Tensor<S, C> & Check<DtypeProblem<"where", "bool", C>>,
    a: A &
      Check<
        FirstProblem<
          OperandProblem<"where", "compute", A>,
          BroadcastProblem<"where", S, ShapeOf<A>>
        >
      >,
    b: B & Check<FirstProblem<ChoiceProblem<A, B>, BroadcastProblem<"where", S, ShapeOf<B>>>>,
  ): Tensor<Broadcast<S, BinaryShape<A, B>>, ChoiceDtype<A, B>>;
}
