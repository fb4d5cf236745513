// The shape and dtype of data: nested arrays, whose literal lengths the compiler counts (tensor([[1, 2], [3, 4]]) is [2, 2]),
// or a typed array.

import type { Dtype, TypedArray } from "../dtype.ts";
import type { CanEqual, Shape } from "./dim.ts";

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
export type ShapeOfData<T> = [T] extends [TypedArray] ? readonly [T["length"]] : ShapeOfNested<T>;

/** The sentence for rows that differ in length or depth, or `never`. */
export type RaggedProblem<Op extends string, T> =
  IsRagged<T> extends true ? FirstRagged<Op, T, LengthsOf<T>> : never;

// The rows of a regular array have one length and are all arrays or all numbers. Looking at the union of the rows answers
// this in a few steps, however many rows there are; only a ragged array is walked to find the place.
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

/** The lengths along the first elements: what the other rows are measured against. */
type LengthsOf<T, Found extends Shape = readonly []> = T extends readonly [
  infer First,
  ...unknown[],
]
  ? LengthsOf<First, readonly [...Found, T["length"]]>
  : T extends readonly []
    ? readonly [...Found, 0]
    : Found;

/** The sentence for the first place, in reading order, that has another length or depth than the first rows. */
type FirstRagged<
  Op extends string,
  T,
  Lengths extends Shape,
  Depth extends readonly 1[] = [],
  Path extends string = "data",
> = Lengths extends readonly [infer N extends number, ...infer Inner extends Shape]
  ? [T] extends [readonly unknown[]]
    ? CanEqual<T["length"], N> extends true
      ? FirstRaggedRow<Op, T, Inner, [...Depth, 1], Path>
      : LengthSentence<Op, N, Depth["length"], `length ${T["length"]} at ${Path}`>
    : [T] extends [number | boolean]
      ? LengthSentence<Op, N, Depth["length"], `${TypeName<T>} at ${Path}`>
      : never
  : T extends readonly [unknown, ...unknown[]] | readonly []
    ? `${Op}: a number or boolean at the innermost level expected, got an array of length ${T["length"]} at ${Path}`
    : never;

type FirstRaggedRow<
  Op extends string,
  Rows extends readonly unknown[],
  Lengths extends Shape,
  Depth extends readonly 1[],
  Path extends string,
  Seen extends readonly 1[] = [],
> = Rows extends readonly [infer Row, ...infer More]
  ? FirstRagged<Op, Row, Lengths, Depth, `${Path}[${Seen["length"]}]`> extends infer Found extends
      string
    ? [Found] extends [never]
      ? FirstRaggedRow<Op, More, Lengths, Depth, Path, [...Seen, 1]>
      : Found
    : never
  : never;

type LengthSentence<
  Op extends string,
  N extends number,
  Depth extends number,
  Got extends string,
> = `${Op}: nested arrays of equal lengths (${N} at depth ${Depth}) expected, got ${Got}`;

/** What `typeof` says of a scalar. */
export type TypeName<T> = T extends boolean ? "boolean" : "number";

/** The dtype of data where none is asked for: f32 for numbers, the array's own for typed arrays. */
export type DtypeOfData<T, Depth extends readonly 1[] = []> = Depth["length"] extends 9
  ? Dtype // Nested itself, which has no bottom
  : [T] extends [never]
    ? "f32" // an empty array
    : T extends readonly unknown[]
      ? DtypeOfData<T[number], [...Depth, 1]>
      : T extends number | Float32Array | Uint16Array
        ? "f32"
        : T extends boolean
          ? "bool"
          : T extends Float64Array
            ? "f64"
            : T extends Int32Array
              ? "i32"
              : T extends Int8Array
                ? "i8"
                : "u8";
