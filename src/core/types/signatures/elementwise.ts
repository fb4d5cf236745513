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
import type { TypeName } from "../nested.ts";
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
  Set extends DtypeSet = "float",
  Result extends Dtype | "same" = "same",
> {
  <S extends Shape, D extends Dtype>(
    x: Tensor<S, D> & Check<DtypeProblem<Op, Set, D>>,
  ): Tensor<S, ResultDtype<D, Result>>;
}

/** A `UnaryOp` with its record. (`UnaryOp<…> & HasPrimitive` would lose the shape in `pipe(x, relu)`.) */
export interface UnaryPrimitive<
  Op extends string,
  Set extends DtypeSet = "float",
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

/** The sentence for a fraction beside whole numbers, or `never`. */
type FractionProblem<Op extends string, A, D extends Dtype> = A extends number
  ? [D, `${A}`] extends ["i32", `${string}.${string}`]
    ? `${Op}: a whole number beside an i32 tensor expected, got ${A}`
    : never
  : never;

// Operands that are a tensor or a scalar, as a parameter of type `Operand` is, pass and are checked at run time.

/** The sentence for two operands that do not go together, or `never`. */
export type BinaryProblem<
  Op extends string,
  Set extends DtypeSet,
  A extends Operand,
  B extends Operand,
> = [A] extends [Scalar]
  ? [B] extends [Scalar]
    ? `${Op}: at least one tensor expected, got ${TypeName<A>} and ${TypeName<B>}`
    : FirstProblem<FractionProblem<Op, A, DtypeOf<B>>, OperandProblem<Op, Set, B>>
  : [B] extends [Scalar]
    ? FirstProblem<FractionProblem<Op, B, DtypeOf<A>>, OperandProblem<Op, Set, A>>
    : FirstProblem<
        BroadcastProblem<Op, ShapeOf<A>, ShapeOf<B>>,
        OperandProblem<Op, Set, A>,
        OperandProblem<Op, Set, B>,
        SameDtypeProblem<Op, DtypeOf<A>, DtypeOf<B>>
      >;

/** The shape of a result of two operands. */
export type BinaryShape<A extends Operand, B extends Operand> = [A] extends [Scalar]
  ? ShapeOf<B>
  : [B] extends [Scalar]
    ? ShapeOf<A>
    : Broadcast<ShapeOf<A>, ShapeOf<B>>;

/** The dtype of a result of two operands. */
export type BinaryDtype<
  A extends Operand,
  B extends Operand,
  Result extends Dtype | "same",
> = ResultDtype<JoinDtypes<DtypeOf<A>, DtypeOf<B>>, Result>;

/**
 * An op of two operands that broadcast: `add(a, b)`, `add(a, 1)`, `pipe(a, add(b))`. The curried operand comes second:
 * `sub(b)(a)` is a − b.
 */
export interface BinaryOp<
  Op extends string,
  Set extends DtypeSet = "number",
  Result extends Dtype | "same" = "same",
> {
  <A extends Operand, B extends Operand>(
    a: A & Check<OperandProblem<Op, Set, A>>,
    b: B & Check<BinaryProblem<Op, Set, A, B>>,
  ): Tensor<BinaryShape<A, B>, BinaryDtype<A, B, Result>>;
  <B extends Operand>(b: B & Check<OperandProblem<Op, Set, B>>): BinaryWith<Op, Set, Result, B>;
}

/** What `add(b)` is. */
export interface BinaryWith<
  Op extends string,
  Set extends DtypeSet,
  Result extends Dtype | "same",
  B extends Operand,
> {
  <A extends Operand>(
    a: A & Check<BinaryProblem<Op, Set, A, B>>,
  ): Tensor<BinaryShape<A, B>, BinaryDtype<A, B, Result>>;
}

/** A comparison: `less(a, b)`, `less(a, 0)`, `pipe(a, less(b))`, of bool. */
export interface CompareOp<Op extends string> extends BinaryOp<Op, "any", "bool"> {}

/** A connective of booleans: `logicalAnd(a, b)`. */
export interface LogicalOp<Op extends string> extends BinaryOp<Op, "bool"> {}

/** The dtype of a choice between two operands: f32 for two scalars. */
type ChoiceDtype<A extends Operand, B extends Operand> = [A, B] extends [Scalar, Scalar]
  ? "f32"
  : JoinDtypes<DtypeOf<A>, DtypeOf<B>>;

/** The sentence for a condition that is not of bool, or `never`. */
type ConditionProblem<C extends Dtype> = [C & "bool"] extends [never]
  ? `where: a condition of dtype bool expected, got ${C}`
  : never;

/** The sentence for a first choice that does not go with the condition, or `never`. */
type FirstChoiceProblem<S extends Shape, A extends Operand> = FirstProblem<
  OperandProblem<"where", "any", A>,
  BroadcastProblem<"where", S, ShapeOf<A>>
>;

/** The sentence for a second choice that does not go with the condition or the first, or `never`. */
type SecondChoiceProblem<S extends Shape, A extends Operand, B extends Operand> = FirstProblem<
  OperandProblem<"where", "any", B>,
  BroadcastProblem<"where", Broadcast<S, ShapeOf<A>>, ShapeOf<B>>,
  SameDtypeProblem<"where", DtypeOf<A>, DtypeOf<B>>
>;

/**
 * `where(condition, a, b)`, `pipe(condition, where(a, b))`: a where the condition holds and b elsewhere; all three broadcast.
 */
export interface WhereOp {
  <S extends Shape, C extends Dtype, A extends Operand, B extends Operand>(
    condition: Tensor<S, C> & Check<ConditionProblem<C>>,
    a: A & Check<FirstChoiceProblem<S, A>>,
    b: B & Check<SecondChoiceProblem<S, A, B>>,
  ): Tensor<Broadcast<S, BinaryShape<A, B>>, ChoiceDtype<A, B>>;
  <A extends Operand, B extends Operand>(a: A, b: B): WhereWith<A, B>;
}

/** What `where(a, b)` is. */
export interface WhereWith<A extends Operand, B extends Operand> {
  <S extends Shape, C extends Dtype>(
    condition: Tensor<S, C> &
      Check<
        FirstProblem<ConditionProblem<C>, FirstChoiceProblem<S, A>, SecondChoiceProblem<S, A, B>>
      >,
  ): Tensor<Broadcast<S, BinaryShape<A, B>>, ChoiceDtype<A, B>>;
}
