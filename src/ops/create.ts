// Tensors from values: nested arrays, typed arrays, and the usual constants.

import * as E from "fp-ts/lib/Either.js";
import { fillTensor } from "../core/builtin.ts";
import {
  allocate,
  computeDtype,
  type Dtype,
  dtypes,
  integerRange,
  isFloat,
  type TypedArray,
  writeElement,
} from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import { call, convert } from "../core/kernel/build.ts";
import { constant, type Expr } from "../core/kernel/expr.ts";
import { apply } from "../core/primitive.ts";
import { printShape, type Shape, sizeOf } from "../core/shape.ts";
import {
  fromTypedArray,
  isTensor,
  noGradient,
  type Primitive,
  type Tensor,
} from "../core/tensor.ts";
import type {
  ArangeConstructor,
  EyeConstructor,
  FilledConstructor,
  FullConstructor,
  IotaConstructor,
  LikeConstructor,
  LinspaceConstructor,
  Nested,
  ScalarConstructor,
  TensorConstructor,
} from "../core/types/index.ts";
import { type HasPrimitive, withPrimitive } from "./call.ts";

export type { Nested };

/** Options of `tensor`. */
export interface TensorOptions {
  /** Element type; default: bool for booleans, the array's own type for typed arrays, else f32. */
  readonly dtype?: Dtype;
  /** The shape of a flat source; default: that of the nesting. */
  readonly shape?: Shape;
}

/**
 * A tensor of given values: nested arrays, a number, a boolean, or a typed array (which is copied).
 *
 * Fails with RaggedArray when lengths differ, and with NotANumber when an integer dtype gets anything but whole numbers.
 *
 * @example
 * tensor([[1, 2], [3, 4]]).shape // [2, 2]
 * tensor(new Float64Array(6), { shape: [2, 3] }).dtype // f64
 */
export const tensor = ((source: Nested | TypedArray, options: TensorOptions = {}): Tensor => {
  if (isTensor(source))
    fail(
      "tensor",
      "InvalidArgument",
      "values expected",
      "a tensor",
      "it is one already; use cast to convert it",
    );
  const isTyped = ArrayBuffer.isView(source);
  const nestedShape = isTyped ? [(source as TypedArray).length] : shapeOfNested(source as Nested);
  const flat = isTyped ? (source as TypedArray) : flattenNested(source as Nested, nestedShape);
  const shape = options.shape ?? nestedShape;
  requireShape("tensor", shape);
  if (sizeOf(shape) !== flat.length) {
    fail(
      "tensor",
      "ShapeMismatch",
      `${sizeOf(shape)} elements expected for shape ${printShape(shape)}`,
      String(flat.length),
    );
  }
  const dtype =
    options.dtype ??
    (isTyped ? dtypeOfArray(source as TypedArray) : typeof flat[0] === "boolean" ? "bool" : "f32");
  return fromTypedArray(shape, dtype, encodeAll(flat, dtype));
}) as TensorConstructor; // sizes by the nesting or the options

/** One number or boolean as a tensor of shape []. */
export const scalar = ((value: number | boolean, dtype?: Dtype): Tensor =>
  tensor(value, dtype === undefined ? {} : { dtype })) as ScalarConstructor; // no axes

const shapeOfNested = (source: Nested): Shape => {
  const shape: number[] = [];
  for (let level = source; Array.isArray(level); level = level[0] as Nested) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  return shape;
};

const flattenNested = (source: Nested, shape: Shape): (number | boolean)[] => {
  const flat: (number | boolean)[] = [];
  const visit = (level: Nested, axis: number, path: string): void => {
    if (axis < shape.length) {
      if (!Array.isArray(level) || level.length !== shape[axis]) {
        fail(
          "tensor",
          "RaggedArray",
          `nested arrays of equal lengths (${shape[axis]} at depth ${axis}) expected`,
          `${Array.isArray(level) ? `length ${level.length}` : typeof level} at ${path}`,
        );
      }
      (level as readonly Nested[]).forEach((item, i) => visit(item, axis + 1, `${path}[${i}]`));
      return;
    }
    if (typeof level !== "number" && typeof level !== "boolean") {
      fail(
        "tensor",
        Array.isArray(level) ? "RaggedArray" : "NotANumber",
        "a number or boolean at the innermost level expected",
        `${Array.isArray(level) ? `an array of length ${level.length}` : level === null ? "null" : typeof level} at ${path}`,
      );
    }
    flat.push(level as number | boolean);
  };
  visit(source, 0, "data");
  return flat;
};

const dtypeOfArray = (array: TypedArray): Dtype => {
  if (array instanceof Float64Array) return "f64";
  if (array instanceof Int32Array) return "i32";
  if (array instanceof Int8Array) return "i8";
  if (array instanceof Uint8Array) return "u8";
  return "f32";
};

const requireDtype = (op: string, dtype: Dtype): void => {
  if (!Object.hasOwn(dtypes, dtype))
    fail(op, "DtypeMismatch", `one of ${Object.keys(dtypes).join(", ")} expected`, `"${dtype}"`);
};

/** Refuses what an integer dtype does not hold; `where` is said after the number. */
const requireHeld = (op: string, x: number, dtype: Dtype, where: () => string): void => {
  const range = integerRange(dtype);
  if (range === undefined || (Number.isInteger(x) && x >= range[0] && x <= range[1])) return;
  fail(
    op,
    "NotANumber",
    `whole numbers in ${range.join("…")} expected for ${dtype}`.replace("-", "−"),
    `${x}${where()}`,
  );
};

const encodeAll = (flat: ArrayLike<number | boolean>, dtype: Dtype): TypedArray => {
  requireDtype("tensor", dtype);
  const array = allocate(dtype, flat.length);
  for (let i = 0; i < flat.length; i++) {
    const x = Number(flat[i]);
    requireHeld("tensor", x, dtype, () => ` at flat index ${i}`);
    writeElement(dtype, array, i, dtype === "bool" ? Number(x !== 0) : x);
  }
  return array;
};

/** Refuses anything but whole, non-negative sizes. */
export const requireShape = (op: string, shape: Shape): void => {
  if (!Array.isArray(shape) || shape.some((n) => !Number.isInteger(n) || n < 0)) {
    fail(
      op,
      "InvalidArgument",
      "a shape of whole, non-negative sizes expected",
      Array.isArray(shape) ? printShape(shape) : String(shape),
    );
  }
};

/** A tensor of one repeated value. */
export const full = ((
  shape: Shape,
  value: number | boolean,
  dtype: Dtype = typeof value === "boolean" ? "bool" : "f32",
): Tensor => {
  requireShape("full", shape);
  requireDtype("full", dtype);
  const x = Number(value);
  requireHeld("full", x, dtype, () => "");
  return fillTensor(shape, dtype === "bool" ? Number(x !== 0) : x, dtype);
}) as FullConstructor; // the shape asked for

/** Zeros. */
export const zeros = ((shape: Shape, dtype: Dtype = "f32"): Tensor => {
  requireShape("zeros", shape);
  return fillTensor(shape, 0, dtype);
}) as FilledConstructor<"zeros">; // the shape asked for

/** Ones. */
export const ones = ((shape: Shape, dtype: Dtype = "f32"): Tensor => {
  requireShape("ones", shape);
  return fillTensor(shape, 1, dtype);
}) as FilledConstructor<"ones">; // the shape asked for

/** Zeros of the shape and dtype of another tensor. */
export const zerosLike = ((x: Tensor): Tensor =>
  fillTensor(x.shape, 0, x.dtype)) as LikeConstructor; // the shape of another

/** Ones of the shape and dtype of another tensor. */
export const onesLike = ((x: Tensor): Tensor => fillTensor(x.shape, 1, x.dtype)) as LikeConstructor; // the shape of another

interface IotaAttributes {
  readonly shape: Shape;
  readonly axis: number;
  readonly dtype: Dtype;
  readonly start: number;
  readonly step: number;
}

const iotaPrimitive: Primitive<IotaAttributes> = {
  name: "iota",
  shape: (_, { shape, dtype }) => E.right({ shape, dtype }),
  vjp: noGradient("a constant depends on nothing"),
  lower: {
    _tag: "Pull",
    role: "view",
    cost: 1,
    pull:
      ({ attributes: { axis, dtype, start, step } }) =>
      (coords) => {
        const type = computeDtype(dtype);
        const i: Expr = convert(coords[axis] as Expr, type);
        return call("add", call("mul", i, constant(step, type)), constant(start, type));
      },
  },
};

/** A tensor whose elements are start + step · (coordinate along an axis). */
export const iota = withPrimitive(
  (shape: Shape, axis: number, dtype: Dtype = "i32", start = 0, step = 1): Tensor =>
    apply(iotaPrimitive, { shape, axis, dtype, start, step }, []),
  iotaPrimitive,
) as unknown as IotaConstructor & HasPrimitive; // the shape asked for

/** Bounds of `arange`. */
export interface ArangeOptions {
  readonly start?: number;
  /** The first value not included. */
  readonly stop: number;
  readonly step?: number;
}

/**
 * Evenly spaced numbers: 0 … n − 1, or from `start` up to, not including, `stop`. i32 unless told otherwise.
 *
 * @example
 * toArray(arange(3)) // [0, 1, 2]
 * toArray(arange({ start: 1, stop: 2, step: 0.5 }, "f32")) // [1, 1.5]
 */
export const arange = ((bounds: number | ArangeOptions, dtype: Dtype = "i32"): Tensor => {
  const { start = 0, stop, step = 1 } = typeof bounds === "number" ? { stop: bounds } : bounds;
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (!Number.isFinite(count))
    fail(
      "arange",
      "InvalidArgument",
      "finite bounds and a step other than 0 expected",
      `${start}, ${stop}, ${step}`,
    );
  if (!isFloat(dtype) && ![start, step].every(Number.isInteger)) {
    fail(
      "arange",
      "DtypeMismatch",
      `whole numbers expected for ${dtype}`,
      `start ${start}, step ${step}`,
      'pass "f32" as the dtype',
    );
  }
  return iota([count], 0, dtype, start, step);
}) as ArangeConstructor; // as many as asked for

/** `count` numbers from start to stop, both included. */
export const linspace = ((
  start: number,
  stop: number,
  count: number,
  dtype: Dtype = "f32",
): Tensor =>
  tensor(
    Array.from({ length: count }, (_, i) =>
      count === 1 ? start : start + ((stop - start) * i) / (count - 1),
    ),
    { dtype },
  )) as LinspaceConstructor; // as many as asked for

/**
 * The identity matrix [n, n].
 *
 * @example
 * toArray(eye(2)) // [[1, 0], [0, 1]]
 */
export const eye = ((n: number, dtype: Dtype = "f32"): Tensor => {
  requireShape("eye", [n]);
  const array = allocate(dtype, n * n);
  for (let i = 0; i < n; i++) writeElement(dtype, array, i * (n + 1), 1);
  return fromTypedArray([n, n], dtype, array);
}) as EyeConstructor; // a square
