// What the call signatures share: operands that may be plain scalars, lists of tensors, and the record that a primitive carries.
//
// Conventions of this folder. `Op` is the name that messages start with. An interface called `…With` is what remains of an op
// after the first half of a curried call, add(b) or sum({ axis: 0 }), generic in the tensor that comes later through `pipe`.
// A form that takes options *or* a tensor is written as one signature over a union: `pipe(x, sum)` infers from a single
// generic signature, never from overloads. `D` is `never` exactly when the argument was the options.

import type { Primitive, Tensor } from "../../tensor.ts";
import type { FirstProblem } from "../check.ts";
import type { Shape } from "../dim.ts";
import type { Dtype, JoinDtypes, SameDtypeProblem } from "../dtype.ts";

export type { Dtype, Primitive, Shape, Tensor };

/** An exported op that is a primitive carries its record. */
export interface HasPrimitive {
  readonly primitive: Primitive;
}

/** A plain number or boolean beside a tensor, which takes the dtype of the tensor. */
export type Scalar = number | boolean;

/** A tensor or a scalar. */
export type Operand = Tensor | Scalar;

// Inferring both parameters also resolves for Tensor<S, "f32"> with a type parameter S.

/** The shape of an operand; a scalar has none. */
export type ShapeOf<A> = A extends Tensor<infer S, infer _> ? S : readonly [];

/** The dtype of an operand; a scalar could have any. */
export type DtypeOf<A> = A extends Tensor<infer _, infer D> ? D : Dtype;

/** The shapes of a list of tensors. */
export type ShapesOf<List extends readonly Tensor[]> = {
  readonly [K in keyof List]: List[K]["shape"];
};

/** The common dtype of a list of tensors. */
export type DtypeOfList<List extends readonly Tensor[]> = List extends readonly [
  infer First extends Tensor,
  ...infer Rest extends readonly Tensor[],
]
  ? Rest extends readonly []
    ? First["dtype"]
    : JoinDtypes<First["dtype"], DtypeOfList<Rest>>
  : List[number]["dtype"];

/** The sentence for the first tensor of a list whose dtype differs from the first one's, or `never`. */
export type SameDtypesProblem<
  Op extends string,
  List extends readonly Tensor[],
> = List extends readonly [
  infer First extends Tensor,
  infer Second extends Tensor,
  ...infer Rest extends readonly Tensor[],
]
  ? FirstProblem<
      SameDtypeProblem<Op, First["dtype"], Second["dtype"]>,
      SameDtypesProblem<Op, readonly [First, ...Rest]>
    >
  : never;
