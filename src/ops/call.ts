// How ops are called: numbers as weak scalars, options first, both forms for ops of two tensors, and shape problems thrown with
// the name of the op that the user wrote.

import * as E from "fp-ts/lib/Either.js";
import { fillTensor } from "../core/builtin.ts";
import { type Dtype, isFloat, isStorage } from "../core/dtype.ts";
import { fail, problem, type ShapeProblem, TensorError } from "../core/errors.ts";
import { normalizeAxes, normalizeAxis } from "../core/shape.ts";
import { type Aval, isTensor, type Primitive, type Tensor } from "../core/tensor.ts";

/** What ops of tensors also take: numbers and booleans, which adopt the dtype of the other operand. */
export type Operand = Tensor | number | boolean;

/** An exported op carries its record. */
export interface HasPrimitive {
  // biome-ignore lint/suspicious/noExplicitAny: attributes differ from op to op.
  readonly primitive: Primitive<any>;
}

/** Attaches the record of an op to its function. */
export const withPrimitive = <F extends object, A>(
  f: F,
  primitive: Primitive<A>,
): F & { readonly primitive: Primitive<A> } => Object.assign(f, { primitive });

/** The value of an Either, or the problem thrown in the name of an op. */
export const orThrow = <T>(op: string, result: E.Either<ShapeProblem, T>): T => {
  if (E.isLeft(result)) throw new TensorError({ op, ...result.left });
  return result.right;
};

/** An axis counted from the front; throws in the name of the op. */
export const axisOf = (op: string, axis: number, rank: number): number =>
  orThrow(op, normalizeAxis(axis, rank));

/** Axes counted from the front, sorted; all of them when undefined. */
export const axesOf = (
  op: string,
  axes: number | readonly number[] | undefined,
  rank: number,
): number[] => orThrow(op, normalizeAxes(axes, rank));

/** A tensor as it is; anything else is a mistake that the types would have caught. */
export const requireTensor = (op: string, x: unknown): Tensor =>
  isTensor(x)
    ? x
    : fail(
        op,
        "InvalidArgument",
        "a tensor expected",
        x === null ? "null" : Array.isArray(x) ? "an array" : typeof x,
        "make one with tensor(…)",
      );

/** Refuses storage dtypes, which are not computed with. */
export const requireCompute = (op: string, x: Aval): void => {
  if (isStorage(x.dtype))
    fail(
      op,
      "DtypeMismatch",
      "dtype f32, f64, i32 or bool expected",
      x.dtype,
      `${x.dtype} is for storage: cast("f32")(x) first`,
    );
};

/** Refuses everything but floats to compute with. */
export const requireFloat = (op: string, x: Aval): void => {
  requireCompute(op, x);
  if (!isFloat(x.dtype))
    fail(op, "DtypeMismatch", "dtype f32 or f64 expected", x.dtype, "convert it with cast");
};

/** Operands as tensors: numbers and booleans take the dtype of the tensor beside them. */
export const toTensors = (
  op: string,
  operands: readonly Operand[],
  dtypeFor: (tensors: readonly Tensor[]) => Dtype = firstDtype,
): Tensor[] => {
  const tensors = operands.filter(isTensor);
  if (tensors.length === 0)
    fail(
      op,
      "InvalidArgument",
      "at least one tensor expected",
      operands.map((x) => typeof x).join(" and "),
    );
  const dtype = dtypeFor(tensors);
  return operands.map((x) => (isTensor(x) ? x : weakScalar(op, x, dtype)));
};

const firstDtype = ([first]: readonly Tensor[]): Dtype => (first as Tensor).dtype;

const weakScalar = (op: string, x: unknown, dtype: Dtype): Tensor => {
  if (typeof x === "boolean") return fillTensor([], x ? 1 : 0, dtype);
  if (typeof x !== "number") return requireTensor(op, x);
  if (dtype === "i32" && !Number.isInteger(x)) {
    return fail(
      op,
      "DtypeMismatch",
      "a whole number beside an i32 tensor expected",
      String(x),
      'cast the tensor with cast("f32") first',
    );
  }
  return fillTensor([], x, dtype);
};

/** Both call forms of an op of two tensors: f(a, b), and f(b) for use in pipe. */
export interface Dual<R = Tensor> {
  (a: Operand, b: Operand): R;
  (b: Operand): (a: Operand) => R;
}

/** Makes both call forms of f. */
export const dual = <R>(f: (a: Operand, b: Operand) => R): Dual<R> =>
  ((...args: [Operand, Operand?]) =>
    args.length === 1 ? (a: Operand) => f(a, args[0]) : f(args[0], args[1] as Operand)) as Dual<R>; // by the number of arguments

/** The call forms of an op of one tensor whose options are all optional: f(x), and f(options)(x). */
export interface WithOptions<O, R = Tensor> {
  (x: Tensor): R;
  (options?: O): (x: Tensor) => R;
}

/** Makes the call forms of an op of one tensor whose options are all optional. */
export const withOptions = <O extends object, R>(
  f: (options: O, x: Tensor) => R,
): WithOptions<O, R> =>
  ((argument?: O | Tensor) =>
    isTensor(argument)
      ? f({} as O, argument)
      : (x: Tensor) => f(argument ?? ({} as O), x)) as WithOptions<O, R>; // all options are optional

/** Shape rule: dtypes and shapes of all inputs are the same; operands were broadcast before. */
export const sameAvals = (inputs: readonly Aval[]): E.Either<ShapeProblem, Aval> => {
  const [first, ...others] = inputs as [Aval, ...Aval[]];
  for (const other of others) {
    if (other.dtype !== first.dtype) {
      return E.left(
        problem(
          "DtypeMismatch",
          "equal dtypes expected",
          `${first.dtype} and ${other.dtype}`,
          "convert one with cast",
        ),
      );
    }
  }
  return E.right({ shape: first.shape, dtype: first.dtype });
};
