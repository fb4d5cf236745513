// The form of a row in the spec table: how to draw calls of a primitive, on which values it is smooth, and how closely devices have
// to agree. The laws in test/laws are the readers; test/support/specs.ts is the table.

import { inspect } from "node:util";
import fc from "fast-check";
import type { Dtype } from "../../src/core/dtype.ts";
import { type Shape, sizeOf } from "../../src/core/shape.ts";
import type { Tensor } from "../../src/index.ts";

/** Draws the values of one input, in C order. */
export type Domain = (count: number) => fc.Arbitrary<readonly number[]>;

/** One tensor that a call takes. */
export interface Input {
  readonly shape: Shape;
  /** `float` is f64 where a law needs precision, and f32 where it compares devices. */
  readonly dtype: Dtype | "float";
  readonly values: fc.Arbitrary<readonly number[]>;
}

/** An op with its options, and the tensors to apply it to. */
export interface Call {
  /** As one would write it; the inputs are x, y and z. */
  readonly code: string;
  readonly apply: (...inputs: Tensor[]) => Tensor;
  readonly inputs: readonly Input[];
  /** Whether values are rounded so coarsely that central differences see the steps. */
  readonly isStaircase?: boolean;
}

/** How closely another device has to agree with the reference: |a − b| ≤ tolerance · (1 + |b|), in f32. */
export interface Tolerance {
  readonly value: number;
  readonly gradient: number;
}

/** What the laws have to know about a primitive. */
export interface Spec {
  readonly calls: fc.Arbitrary<Call>;
  readonly tolerance: Tolerance;
  /** Why the gradient is not that of the values; it is zero then. */
  readonly stopsGradient?: string;
  /** The step of central differences, where 1e-6 would drown in f32 rounding; the op must be linear then. */
  readonly step?: number;
}

/** Elements are moved, not computed: every device gives the same. */
export const exact: Tolerance = { value: 0, gradient: 1e-6 };
/** A few roundings to f32 (relative 6e-8 each). */
export const rounded: Tolerance = { value: 1e-6, gradient: 3e-6 };
/** Functions that devices approximate, each in its own way, and longer sums. */
export const approximate: Tolerance = { value: 1e-5, gradient: 3e-5 };

/** Multiples of `step` from min to max, shifted by `offset`. Dyadic steps are exact in f32. */
export const numbers =
  (min: number, max: number, step = 1 / 64, offset = 0): Domain =>
  (count) =>
    fc.array(
      fc
        .integer({ min: Math.ceil(min / step), max: Math.floor(max / step) })
        .map((k) => k * step + offset),
      { minLength: count, maxLength: count },
    );

/** Whole numbers from min to max, both included. */
export const integers = (min: number, max: number): Domain => numbers(min, max, 1);

/** Indices 0 … n − 1. */
export const indices = (n: number): Domain => integers(0, n - 1);

/** Values around 0. */
export const anywhere = numbers(-2, 2);
/** Values well above 0. */
export const positive = numbers(0.5, 2);
/** Values of either sign, at least 0.25 from 0. */
export const nonZero: Domain = (count) =>
  fc
    .tuple(numbers(0.25, 2)(count), truth(count))
    .map(([sizes, signs]) => sizes.map((x, i) => (signs[i] === 1 ? x : -x)));
/** Values at least 0.2 from every whole number and every half, where rounding jumps. */
export const betweenJumps: Domain = (count) =>
  fc
    .tuple(
      integers(-3, 2)(count),
      fc.constantFrom(0.25, 0.75).chain((x) => numbers(x, x)(count)),
    )
    .map(([wholes, parts]) => wholes.map((x, i) => x + (parts[i] as number)));
/** 0 and 1. */
export const truth: Domain = integers(0, 1);
/** Values that differ by at least 0.25, so that a small step leaves their order as it is. */
export const distinct: Domain = (count) => {
  const places = Array.from({ length: count }, (_, i) => i);
  return fc
    .shuffledSubarray(places, { minLength: count, maxLength: count })
    .map((order) => order.map((k) => (k - Math.floor(count / 2)) / 4));
};

/** An input of floating-point numbers. */
export const float = (shape: Shape, domain: Domain = anywhere): Input =>
  input(shape, domain, "float");

/** An input of a dtype. */
export const input = (shape: Shape, domain: Domain, dtype: Input["dtype"]): Input => ({
  shape,
  dtype,
  values: domain(sizeOf(shape)),
});

/** Options as one would write them. */
export const show = (options: unknown): string => inspect(options, { breakLength: Infinity });

/** Shapes of several ranks, with axes of size 1 and tensors without elements. */
export const shapes: fc.Arbitrary<Shape> = fc.constantFrom<Shape[]>(
  [],
  [3],
  [2, 3],
  [4, 1],
  [2, 1, 3],
  [3, 2, 2],
  [0],
  [2, 0],
);

/** The shapes that have at least one axis, and elements along all of them. */
export const filledShapes: fc.Arbitrary<Shape> = fc.constantFrom<Shape[]>(
  [1],
  [4],
  [2, 3],
  [4, 1],
  [2, 1, 3],
  [3, 2, 2],
);

/** Pairs of shapes that broadcast. */
export const shapePairs: fc.Arbitrary<readonly [Shape, Shape]> = fc.constantFrom<
  (readonly [Shape, Shape])[]
>(
  [[], []],
  [[3], [3]],
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[], [2, 2]],
  [
    [2, 1],
    [1, 3],
  ],
  [
    [3, 1, 2],
    [2, 1],
  ],
  [[0], [1]],
);

/** A row for an op of one tensor. */
export const unarySpec = (
  name: string,
  apply: (x: Tensor) => Tensor,
  domain: Domain,
  tolerance: Tolerance,
  dtypes: readonly Input["dtype"][] = ["float"],
): Spec => ({
  tolerance,
  calls: fc
    .record({ shape: shapes, dtype: fc.constantFrom(...dtypes) })
    .map(({ shape, dtype }) => ({
      code: `${name}(x)`,
      apply,
      inputs: [input(shape, dtype === "i32" ? integers(-3, 3) : domain, dtype)],
    })),
});

/** A row for an op of two tensors that broadcast. */
export const binarySpec = (
  name: string,
  apply: (x: Tensor, y: Tensor) => Tensor,
  [left, right]: readonly [Domain, Domain],
  tolerance: Tolerance,
  integer?: readonly [Domain, Domain],
): Spec => ({
  tolerance,
  calls: fc
    .record({ pair: shapePairs, isInteger: fc.constantFrom(false, false, integer !== undefined) })
    .map(({ pair: [a, b], isInteger }) => {
      const [p, q] = isInteger && integer !== undefined ? integer : [left, right];
      const dtype = isInteger ? "i32" : "float";
      return {
        code: `${name}(x, y)`,
        apply,
        inputs: [input(a, p, dtype), input(b, q, dtype)],
      };
    }),
});
