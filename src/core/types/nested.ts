// The shape and dtype of data: nested arrays, whose literal lengths the compiler counts (tensor([[1, 2], [3, 4]]) is [2, 2]),
// or a typed array.

import type { Dtype, TypedArray } from "../dtype.ts";
import type { Shape } from "./dim.ts";
import type { PrintShape } from "./print.ts";

/** Numbers or booleans in arrays of arrays. */
export type Nested = number | boolean | readonly Nested[];

/** The shape of nested arrays. Rows are taken to be alike; `RaggedProblem` says when they are not. */
export type ShapeOfNested<T, Sizes extends Shape = readonly []> = [T] extends [never]
  ? Sizes
  : [T] extends [readonly (infer Row)[]]
    ? ShapeOfNested<Row, readonly [...Sizes, T["length"]]>
    : [T] extends [number | boolean]
      ? Sizes
      : Shape;

/** The shape of any data. */
export type ShapeOfData<T> = T extends TypedArray ? readonly [T["length"]] : ShapeOfNested<T>;

/** The sentence for rows that differ in shape, or `never`. */
export type RaggedProblem<Op extends string, T> =
  IsRagged<T> extends true ? `${Op}: rows of equal shape expected${FirstClash<T>}` : never;

// The rows of a regular array have one length and are all arrays or all numbers. Looking at the union of the rows answers
// this in a few steps, however many rows there are.
type IsRagged<T> = [T] extends [never]
  ? false
  : [T] extends [number | boolean | TypedArray]
    ? false
    : [T] extends [readonly (infer Row)[]]
      ? IsUnion<T["length"]> extends true
        ? true
        : IsRagged<Row>
      : true;

type IsUnion<T, Member = T> = [T] extends [never]
  ? false
  : Member extends T
    ? [T] extends [Member]
      ? false
      : true
    : false;

/** The shapes of the first two rows that differ: `, got [2] and [3]`; nothing where the compiler cannot tell rows apart. */
type FirstClash<T> = T extends readonly [infer First, ...infer Rest]
  ? IsRagged<First> extends true
    ? FirstClash<First>
    : ClashWith<First, Rest>
  : "";

type ClashWith<First, Rest extends readonly unknown[]> = Rest extends readonly [
  infer Row,
  ...infer More,
]
  ? IsRagged<Row> extends true
    ? FirstClash<Row>
    : ShapeOfNested<Row> extends ShapeOfNested<First>
      ? ClashWith<First, More>
      : `, got ${PrintShape<ShapeOfNested<First>>} and ${PrintShape<ShapeOfNested<Row>>}`
  : "";

/** The dtype of data where none is asked for: f32 for numbers, the array's own for typed arrays. */
export type DtypeOfData<T, Depth extends readonly 1[] = []> = Depth["length"] extends 9
  ? Dtype // Nested itself, which has no bottom
  : [T] extends [never]
    ? "f32" // an empty array
    : T extends readonly unknown[]
      ? DtypeOfData<T[number], [...Depth, 1]>
      : T extends number | Float32Array
        ? "f32"
        : T extends boolean
          ? "bool"
          : T extends Float64Array
            ? "f64"
            : T extends Int32Array
              ? "i32"
              : T extends Int8Array
                ? "i8"
                : Dtype;
