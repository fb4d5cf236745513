// Rows for the engine's own ops, creation, and ops that move elements.

import fc from "fast-check";
import * as B from "../../../src/core/builtin.ts";
import { range, type Shape, sizeOf } from "../../../src/core/shape.ts";
import * as P from "../../../src/index.ts";
import {
  anywhere,
  type Call,
  exact,
  float,
  type Input,
  input,
  integers,
  rounded,
  type Spec,
  shapes,
  show,
  truth,
} from "../spec.ts";

/** A tensor of any dtype, mostly of floats. */
const anything = (shape: Shape): fc.Arbitrary<Input> =>
  fc.constantFrom(
    float(shape),
    float(shape),
    float(shape),
    input(shape, integers(-9, 9), "i32"),
    input(shape, truth, "bool"),
  );

/** Calls of an op of one tensor with options that depend on its shape. */
const moving = <O>(
  name: string,
  op: (options: O) => (x: P.Tensor) => P.Tensor,
  optionsFor: (shape: Shape) => fc.Arbitrary<O>,
  ofShapes: fc.Arbitrary<Shape> = shapes,
): Spec => ({
  tolerance: exact,
  calls: ofShapes.chain((shape) =>
    fc.record({ options: optionsFor(shape), x: anything(shape) }).map(
      ({ options, x }): Call => ({
        code: `${name}(${show(options)})(x)`,
        apply: op(options),
        inputs: [x],
      }),
    ),
  ),
});

const someOf = <T>(items: readonly T[]): fc.Arbitrary<readonly T[]> => fc.subarray([...items]);

const arrangements = <T>(items: readonly T[]): fc.Arbitrary<readonly T[]> =>
  fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });

/** Shapes of as many elements. */
const sameSize = (shape: Shape): fc.Arbitrary<Shape> => {
  const n = sizeOf(shape);
  return fc.constantFrom<Shape[]>(
    [n],
    [1, n],
    [n, 1],
    [...shape].reverse(),
    ...(n === 12 ? [[3, 4]] : []),
    ...(n === 1 ? [[]] : []),
    ...(n > 0 && n % 2 === 0 ? [[2, -1]] : []),
  );
};

/** Shapes that a shape broadcasts to. */
const larger = (shape: Shape): fc.Arbitrary<Shape> =>
  fc
    .tuple(fc.constantFrom<Shape[]>([], [2], [3, 1], [0]), fc.constantFrom(1, 3))
    .map(([leading, repeats]) => [...leading, ...shape.map((n) => (n === 1 ? repeats : n))]);

/** A part of an axis, strided, sometimes counted from its end, sometimes of nothing. */
const parts = (n: number): fc.Arbitrary<readonly [number, number, number]> =>
  fc
    .tuple(fc.nat(n), fc.nat(n), fc.constantFrom(1, 1, 2, 3), fc.boolean())
    .map(([p, q, step, isFromEnd]) => [
      isFromEnd && Math.min(p, q) < n ? Math.min(p, q) - n : Math.min(p, q),
      Math.max(p, q),
      step,
    ]);

const perAxis = <T>(shape: Shape, each: (n: number) => fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.tuple(...shape.map(each));

const concatenations: fc.Arbitrary<Call> = fc
  .record({
    inner: fc.constantFrom<Shape[]>([], [3], [2, 2]),
    sizes: fc.array(fc.constantFrom(1, 2, 3, 0), { minLength: 1, maxLength: 4 }),
    at: fc.nat(2),
    isFloat: fc.constantFrom(true, true, false),
  })
  .map(({ inner, sizes, at, isFloat }) => {
    const axis = Math.min(at, inner.length);
    const shapeOf = (n: number): Shape => [...inner.slice(0, axis), n, ...inner.slice(axis)];
    return {
      code: `concat({ axis: ${axis} })([${sizes.map((_, i) => "xyzuvw"[i]).join(", ")}])`,
      apply: (...tensors) => P.concat({ axis })(tensors),
      inputs: sizes.map((n) =>
        isFloat ? float(shapeOf(n)) : input(shapeOf(n), integers(-9, 9), "i32"),
      ),
    };
  });

/** A call without options of an op of the engine on tensors of one shape. */
const internal = (
  code: string,
  count: number,
  apply: Call["apply"],
  ofShapes: fc.Arbitrary<Shape> = shapes,
): Spec => ({
  tolerance: exact,
  calls: ofShapes.map((shape) => ({
    code,
    apply,
    inputs: range(count).map(() => float(shape, anywhere)),
  })),
});

/** The lowest bit taken of a word, and how many bits. */
const bitFields: readonly (readonly [number, number])[] = [
  [0, 16],
  [16, 16],
  [8, 24],
];

/** The engine's own ops and creation. */
export const builtin = {
  full: {
    tolerance: exact,
    calls: fc
      .record({ shape: shapes, value: fc.constantFrom(0, 1, -2.5) })
      .map(({ shape, value }) => ({
        code: `full(${show(shape)}, ${value})`,
        apply: () => P.full(shape, value),
        inputs: [],
      })),
  },
  iota: {
    tolerance: rounded,
    calls: fc
      .record({
        shape: shapes.filter(({ length }) => length > 0),
        at: fc.nat(2),
        start: fc.constantFrom(0, 1, -2),
        step: fc.constantFrom(1, 3),
        dtype: fc.constantFrom("i32" as const, "f32" as const),
      })
      .map(({ shape, at, start, step, dtype }) => {
        const axis = Math.min(at, shape.length - 1);
        return {
          code: `iota(${show(shape)}, ${axis}, "${dtype}", ${start}, ${step})`,
          apply: () => P.iota(shape, axis, dtype, start, step),
          inputs: [],
        };
      }),
  },
  randomBits: {
    tolerance: exact,
    calls: fc
      .record({
        shape: shapes,
        word: fc.constantFrom(0 as const, 1 as const),
        taken: fc.constantFrom(...bitFields),
      })
      .map(({ shape, word, taken: [shift, bits] }) => {
        const attributes = { stream: 0, word, shift, bits };
        return {
          code: `randomBits(${show(attributes)})(x, y)`,
          apply: (x, y) => P.randomBits(attributes)(x as P.Tensor, y as P.Tensor),
          inputs: [
            input([4], integers(0, 65535), "i32"),
            input(shape, integers(0, 2 ** 20), "i32"),
          ],
        };
      }),
  },
  alias: internal("alias(x)", 1, (x) => B.alias(x as P.Tensor)),
  barrier: internal("barrier(x, y)", 2, (x, y) => B.barrier(x as P.Tensor, y as P.Tensor)),
  addAll: {
    ...internal("sumOf([x, y, z])", 3, (...tensors) => B.sumOf(tensors)),
    tolerance: rounded,
  },
  replicate: internal("replicate(x, 3)", 1, (x) => B.replicate(x as P.Tensor, 3)),
  collapse: {
    ...internal(
      "collapse(x)",
      1,
      (x) => B.collapse(x as P.Tensor),
      shapes.filter(({ length }) => length > 0),
    ),
    tolerance: rounded,
  },
} satisfies Record<string, Spec>;

/** Ops that move elements. */
export const structural = {
  reshape: moving("reshape", P.reshape, sameSize),
  expand: moving("expand", P.expand, larger),
  permute: moving("permute", P.permute, ({ length }) => arrangements(range(length))),
  flip: moving("flip", P.flip, ({ length }) => someOf(range(length)).map((axis) => ({ axis }))),
  pad: moving("pad", P.pad, (shape) =>
    fc.record({
      widths: perAxis(shape, () => fc.tuple(fc.nat(2), fc.nat(1))),
      value: fc.constantFrom(0, 0, 1),
    }),
  ),
  slice: moving("slice", P.slice, (shape) =>
    perAxis(shape, parts).map((axes) => ({
      start: axes.map(([start]) => start),
      stop: axes.map(([, stop]) => stop),
      step: axes.map(([, , step]) => step),
    })),
  ),
  concat: { calls: concatenations, tolerance: exact },
} satisfies Record<string, Spec>;
