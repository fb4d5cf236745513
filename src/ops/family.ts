// Constructors for families of elementwise ops: one line states a function of scalars and its derivative, and the rest follows.

import * as E from "fp-ts/lib/Either.js";
import type { Dtype } from "../core/dtype.ts";
import { problem } from "../core/errors.ts";
import { call } from "../core/kernel/build.ts";
import type { Expr } from "../core/kernel/expr.ts";
import { type ScalarOp, scalarOps } from "../core/kernel/scalar.ts";
import { apply } from "../core/primitive.ts";
import type { Aval, NoGradient, Primitive, Tensor, Vjp } from "../core/tensor.ts";
import type { BinaryOp, DtypeSet, UnaryPrimitive } from "../core/types/index.ts";
import { broadcastAll } from "./broadcast.ts";
import {
  dual,
  type HasPrimitive,
  requireCompute,
  requireTensor,
  sameAvals,
  toTensors,
  withPrimitive,
} from "./call.ts";

const accepted: Record<DtypeSet, readonly Dtype[]> = {
  float: ["f32", "f64"],
  number: ["f32", "f64", "i32"],
  bool: ["bool"],
  any: ["f32", "f64", "i32", "bool"],
};

const acceptedWords: Record<DtypeSet, string> = {
  float: "f32 or f64",
  number: "f32, f64 or i32",
  bool: "bool",
  any: "f32, f64, i32 or bool",
};

/** Shape rule of elementwise ops: equal shapes and dtypes, of a kind that the op takes. */
const elementwiseShape =
  (accepts: DtypeSet, result: Dtype | "same"): Primitive["shape"] =>
  (inputs: readonly Aval[]) => {
    const wrong = inputs.find(({ dtype }) => !accepted[accepts].includes(dtype));
    if (wrong !== undefined) {
      const hint = accepts === "bool" ? "compare first, or cast" : `convert it with cast`;
      return E.left(
        problem("DtypeMismatch", `dtype ${acceptedWords[accepts]} expected`, wrong.dtype, hint),
      );
    }
    const same = sameAvals(inputs);
    return E.isLeft(same) || result === "same" ? same : E.right({ ...same.right, dtype: result });
  };

/** The record of an elementwise op from a function of scalars. */
export const elementwise = <A>(
  name: string,
  accepts: DtypeSet,
  result: Dtype | "same",
  scalar: (args: readonly Expr[], attributes: A) => Expr,
  cost: number,
  vjp: Vjp<A> | NoGradient,
  simplify?: Primitive<A>["simplify"],
): Primitive<A> => ({
  name,
  isElementwise: true,
  shape: elementwiseShape(accepts, result),
  vjp,
  lower: {
    _tag: "Pull",
    role: "elementwise",
    cost,
    pull:
      ({ inputs, attributes }) =>
      (coords) =>
        scalar(
          inputs.map((x) => x.at(coords)),
          attributes,
        ),
  },
  ...(simplify === undefined ? {} : { simplify }),
});

/** A derivative rule of a function of one tensor: x its input, y its output, g the cotangent of y. */
export type UnaryRule = (context: {
  readonly g: Tensor;
  readonly x: Tensor;
  readonly y: Tensor;
}) => Tensor;

// The types are those that the options say (`NoInfer`), not those that the annotation expects. test/types/dtypes.test.ts compares what
// the two accept.

/** An elementwise op of one tensor, lowered to a scalar operation or to a formula. It accepts floats unless told otherwise. */
export const unary = <
  Op extends string,
  Set extends DtypeSet = "float",
  Result extends Dtype | "same" = "same",
>(
  name: Op,
  rule: UnaryRule | NoGradient,
  options: {
    readonly accepts?: Set;
    readonly result?: Result;
    readonly scalar?: ScalarOp | ((x: Expr) => Expr);
    readonly cost?: number;
    readonly simplify?: (x: Tensor) => Tensor | undefined;
  } = {},
): UnaryPrimitive<Op, NoInfer<Set>, NoInfer<Result>> => {
  const { accepts = "float", result = "same", simplify } = options;
  const scalar = options.scalar ?? (name as string as ScalarOp); // where there is no formula, the scalar op of that name
  const primitive = elementwise<null>(
    name,
    accepts,
    result,
    ([x]) => (typeof scalar === "function" ? scalar(x as Expr) : call(scalar, x as Expr)),
    options.cost ?? (typeof scalar === "string" ? scalarOps[scalar].cost : 10),
    typeof rule === "function"
      ? ({ g, inputs: [x], output }) => [rule({ g, x: x as Tensor, y: output })]
      : rule,
    simplify === undefined ? undefined : ([x]) => simplify(x as Tensor),
  );
  return withPrimitive((x: Tensor): Tensor => {
    requireCompute(name, requireTensor(name, x));
    return apply(primitive, null, [x]);
  }, primitive) as unknown as UnaryPrimitive<Op, Set, Result>; // the shape stays, the dtype is by the shape rule
};

/** A derivative rule of a function of two tensors; returns cotangents of both, `null` for none. */
export type BinaryRule = (context: {
  readonly g: Tensor;
  readonly a: Tensor;
  readonly b: Tensor;
  readonly y: Tensor;
}) => readonly [Tensor | null, Tensor | null];

/** An elementwise op of two tensors that broadcasts, in both call forms. It accepts floats and i32 unless told otherwise. */
export const binary = <
  Op extends string,
  Set extends DtypeSet = "number",
  Result extends Dtype | "same" = "same",
>(
  name: Op,
  rule: BinaryRule | NoGradient,
  options: {
    readonly accepts?: Set;
    readonly result?: Result;
    readonly scalar?: ScalarOp | ((a: Expr, b: Expr) => Expr);
    readonly simplify?: (a: Tensor, b: Tensor) => Tensor | undefined;
  } = {},
): BinaryOp<Op, NoInfer<Set>, NoInfer<Result>> & HasPrimitive => {
  const { accepts = "number", result = "same", simplify } = options;
  const scalar = options.scalar ?? (name as string as ScalarOp); // where there is no formula, the scalar op of that name
  const primitive = elementwise<null>(
    name,
    accepts,
    result,
    ([a, b]) =>
      typeof scalar === "function"
        ? scalar(a as Expr, b as Expr)
        : call(scalar, a as Expr, b as Expr),
    typeof scalar === "string" ? scalarOps[scalar].cost : 4,
    typeof rule === "function"
      ? ({ g, inputs: [a, b], output }) => rule({ g, a: a as Tensor, b: b as Tensor, y: output })
      : rule,
    simplify === undefined ? undefined : ([a, b]) => simplify(a as Tensor, b as Tensor),
  );
  return withPrimitive(
    dual((a, b) => {
      const tensors = toTensors(name, [a, b]);
      for (const x of tensors) requireCompute(name, x);
      return apply(primitive, null, broadcastAll(name, tensors));
    }),
    primitive,
  ) as unknown as BinaryOp<Op, Set, Result> & HasPrimitive; // shapes broadcast, the dtype is by the shape rule
};
