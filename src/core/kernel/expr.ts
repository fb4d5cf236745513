// Scalar expressions: what one output element is, as a function of its coordinates. Expressions are shared (equal
// expressions of one kernel are one object), so that common subexpressions are found by building them.
//
// Integer expressions that are linear in the loop variables are kept in one normal form, `affine`: base + Σ stride·atom.
// Movement ops only rewrite it; see affine.ts for the arithmetic.

import { type ReduceOp, type ScalarDtype, type ScalarOp, scalarOps } from "./scalar.ts";

/** A loop variable: an integer in [0, size). */
export interface Axis {
  readonly tag: "axis";
  readonly id: number;
  readonly dtype: "i32";
  readonly size: number;
}

/** A number. */
export interface Const {
  readonly tag: "const";
  readonly id: number;
  readonly dtype: ScalarDtype;
  readonly value: number;
}

/** base + Σ stride·atom, with integer strides ≠ 0 and atoms that are not affine themselves, ordered by id. */
export interface Affine {
  readonly tag: "affine";
  readonly id: number;
  readonly dtype: "i32";
  readonly base: number;
  readonly terms: readonly { readonly atom: Expr; readonly stride: number }[];
}

/** The element of an input buffer at a flat index. */
export interface Load {
  readonly tag: "load";
  readonly id: number;
  readonly dtype: ScalarDtype;
  readonly slot: number;
  readonly index: Expr;
}

/** A scalar operation on expressions. */
export interface Call {
  readonly tag: "call";
  readonly id: number;
  readonly dtype: ScalarDtype;
  readonly op: ScalarOp;
  readonly args: readonly Expr[];
}

/**
 * A reduction of `body` over a loop variable. With `from` and `to` the variable runs over [from, to) ⊂ [0, size)
 * instead, which is how rows of a sparse matrix are walked.
 */
export interface Reduce {
  readonly tag: "reduce";
  readonly id: number;
  readonly dtype: ScalarDtype;
  readonly op: ReduceOp;
  readonly axis: Axis;
  readonly from: Expr | undefined;
  readonly to: Expr | undefined;
  readonly body: Expr;
}

/** A scalar expression. */
export type Expr = Axis | Const | Affine | Load | Call | Reduce;

/** Expressions of one kernel, by what they are. */
let table = new Map<string, Expr>();
let nextId = 0;

/** Runs a builder with an empty table: ids start at 0, so that equal kernels get equal printed forms. */
export const withFreshExprs = <T>(build: () => T, firstId = 0): T => {
  const outer = { table, nextId };
  table = new Map();
  nextId = firstId;
  try {
    return build();
  } finally {
    ({ table, nextId } = outer);
  }
};

const intern = <E extends Expr>(key: string, make: (id: number) => E): E => {
  const known = table.get(key);
  if (known !== undefined) return known as E; // equal keys were made by the same constructor
  const made = make(nextId++);
  table.set(key, made);
  return made;
};

/** A new loop variable. */
export const axis = (size: number): Axis => ({ tag: "axis", id: nextId++, dtype: "i32", size });

/** A constant. */
export const constant = (value: number, dtype: ScalarDtype = "f32"): Const =>
  intern(`c${dtype}${Object.is(value, -0) ? "-0" : value}`, (id) => ({
    tag: "const",
    id,
    dtype,
    value,
  }));

/** An affine node; use `linear` of affine.ts, which keeps the normal form. */
export const makeAffine = (base: number, terms: Affine["terms"]): Affine =>
  intern(`a${base}|${terms.map((t) => `${t.stride}*${t.atom.id}`).join("+")}`, (id) => ({
    tag: "affine",
    id,
    dtype: "i32",
    base,
    terms,
  }));

/** The element of input `slot` at a flat index. */
export const load = (slot: number, dtype: ScalarDtype, index: Expr): Load =>
  intern(`l${slot},${index.id}`, (id) => ({ tag: "load", id, dtype, slot, index }));

/** A call without any simplification; `call` of build.ts simplifies. */
export const makeCall = (op: ScalarOp, args: readonly Expr[], dtype?: ScalarDtype): Call => {
  const { result } = scalarOps[op];
  const type = dtype ?? (typeof result === "number" ? (args[result] as Expr).dtype : result);
  return intern(`${op}:${type}(${args.map((arg) => arg.id).join(",")})`, (id) => ({
    tag: "call",
    id,
    dtype: type,
    op,
    args,
  }));
};

/** A reduction over an axis, or over the part [from, to) of it. */
export const makeReduce = (
  op: ReduceOp,
  over: Axis,
  body: Expr,
  bounds?: { readonly from: Expr; readonly to: Expr },
): Reduce =>
  intern(`r${op}${over.id},${body.id},${bounds?.from.id ?? ""},${bounds?.to.id ?? ""}`, (id) => ({
    tag: "reduce",
    id,
    dtype: body.dtype,
    op,
    axis: over,
    from: bounds?.from,
    to: bounds?.to,
    body,
  }));

/** The expressions that an expression is made of. */
export const children = (expr: Expr): readonly Expr[] => {
  switch (expr.tag) {
    case "axis":
    case "const":
      return [];
    case "affine":
      return expr.terms.map((term) => term.atom);
    case "load":
      return [expr.index];
    case "call":
      return expr.args;
    case "reduce":
      return expr.from === undefined || expr.to === undefined
        ? [expr.body]
        : [expr.from, expr.to, expr.body];
  }
};
