// Which dtypes an op accepts, and that two operands have the same one. A bare `Dtype` passes and is checked at run time.

import type { ComputeDtype, Dtype } from "../dtype.ts";

export type { ComputeDtype, Dtype };

/** The sets of dtypes that ops accept, by name. Storage dtypes are in none: they are cast first. */
export interface DtypeSets {
  readonly float: "f32" | "f64";
  readonly number: "f32" | "f64" | "i32";
  readonly bool: "bool";
  readonly any: ComputeDtype;
}

/** How the messages list a set. */
interface DtypeWords {
  readonly float: "f32 or f64";
  readonly number: "f32, f64 or i32";
  readonly bool: "bool";
  readonly any: "f32, f64, i32 or bool";
}

/** The name of a set of dtypes. */
export type DtypeSet = keyof DtypeSets;

/** The sentence for a tensor of a dtype that the op does not accept, or `never`. */
export type DtypeProblem<Op extends string, Set extends DtypeSet, D extends Dtype> = [D] extends [
  never,
]
  ? never
  : [D & ComputeDtype] extends [never]
    ? `${Op}: dtype ${DtypeWords["any"]} expected, got ${D}`
    : [D & DtypeSets[Set]] extends [never]
      ? `${Op}: dtype ${DtypeWords[Set]} expected, got ${D}`
      : never;

/** The sentence for indices (or what they are called) that are not i32, or `never`. */
export type IndicesProblem<Op extends string, D extends Dtype, What extends string = "indices"> = [
  D & "i32",
] extends [never]
  ? `${Op}: ${What} of dtype i32 expected, got ${D}`
  : never;

/** The sentence for two operands whose dtypes cannot be equal, or `never`. */
export type SameDtypeProblem<Op extends string, D extends Dtype, E extends Dtype> = [
  D & E,
] extends [never]
  ? `${Op}: equal dtypes expected, got ${D} and ${E}`
  : never;

/** The dtype of the result of two operands of equal dtype: the better known of the two. */
export type JoinDtypes<D extends Dtype, E extends Dtype> = [D & E] extends [never] ? D : D & E;

/** The dtype of a result: a fixed one, or `"same"` as the input's. */
export type ResultDtype<D extends Dtype, Result extends Dtype | "same"> = Result extends Dtype
  ? Result
  : D;
