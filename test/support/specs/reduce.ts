// Rows for reductions, what runs along an axis, and contraction.

import fc from "fast-check";
import { range, type Shape } from "../../../src/core/shape.ts";
import * as P from "../../../src/index.ts";
import {
  anywhere,
  approximate,
  type Call,
  type Domain,
  distinct,
  exact,
  filledShapes,
  float,
  input,
  integers,
  nonZero,
  rounded,
  type Spec,
  shapes,
  show,
  type Tolerance,
} from "../spec.ts";

/** No axis named, one counted from either end, or several. */
const axesFor = ({ length }: Shape): fc.Arbitrary<{ axis?: number | readonly number[] }> =>
  fc.oneof(
    fc.constant({}),
    fc.subarray(range(length)).map((axis) => ({ axis })),
    ...(length === 0
      ? []
      : [fc.integer({ min: -length, max: length - 1 }).map((axis) => ({ axis }))]),
  );

const reduction = (
  name: string,
  op: (options: P.ReduceOptions) => (x: P.Tensor) => P.Tensor,
  domain: Domain,
  tolerance: Tolerance,
  ofShapes: fc.Arbitrary<Shape> = shapes,
): Spec => ({
  tolerance,
  calls: ofShapes.chain((shape) =>
    fc
      .record({
        axes: axesFor(shape),
        keepDims: fc.boolean(),
        isFloat: fc.constantFrom(true, true, false),
      })
      .map(({ axes, keepDims, isFloat }): Call => {
        const options = { ...axes, keepDims };
        return {
          code: `${name}(${show(options)})(x)`,
          apply: op(options),
          inputs: [isFloat ? float(shape, domain) : input(shape, integers(-3, 3), "i32")],
        };
      }),
  ),
});

/** An op along one axis that it is told. */
const alongAxis = (
  name: string,
  op: (options: { readonly axis: number }) => (x: P.Tensor) => P.Tensor,
  tolerance: Tolerance,
): Spec => ({
  tolerance,
  calls: fc.oneof({ weight: 9, arbitrary: filledShapes }, fc.constant([2, 0])).chain((shape) =>
    fc.integer({ min: -shape.length, max: shape.length - 1 }).map((axis) => ({
      code: `${name}({ axis: ${axis} })(x)`,
      apply: op({ axis }),
      inputs: [float(shape, anywhere)],
    })),
  ),
});

const pair = (code: string, apply: Call["apply"], a: Shape, b: Shape): fc.Arbitrary<Call> =>
  fc.constantFrom(anywhere, anywhere, undefined).map((domain) => ({
    code,
    apply,
    inputs: [a, b].map((shape) =>
      domain === undefined ? input(shape, integers(-3, 3), "i32") : float(shape, domain),
    ),
  }));

const matmul: Call["apply"] = (x, y) => P.matmul(x as P.Tensor, y as P.Tensor);

const products: fc.Arbitrary<Call> = fc.oneof(
  fc
    .constantFrom<(readonly [Shape, Shape])[]>(
      [[3], [3]],
      [[2, 3], [3]],
      [[3], [3, 2]],
      [
        [2, 3],
        [3, 4],
      ],
      [
        [1, 1],
        [1, 2],
      ],
      [
        [2, 2, 3],
        [3, 2],
      ],
      [
        [2, 1, 2, 3],
        [3, 3, 2],
      ],
      [
        [2, 0],
        [0, 3],
      ],
      [
        [0, 2],
        [2, 3],
      ],
    )
    .chain(([a, b]) => pair("matmul(x, y)", matmul, a, b)),
  pair("dot(x, y)", (x, y) => P.dot(x as P.Tensor, y as P.Tensor), [4], [4]),
  pair("outer(x, y)", (x, y) => P.outer(x as P.Tensor, y as P.Tensor), [2], [3]),
  fc
    .constantFrom<[string, Shape, Shape][]>(
      ["ij,jk->ki", [2, 3], [3, 2]],
      ["bij,bkj->bik", [2, 2, 3], [2, 1, 3]],
      ["ij,kl->", [2, 2], [1, 3]],
      ["ii,ij->j", [3, 3], [3, 2]],
      ["ijk,ljk->il", [2, 2, 3], [2, 2, 3]],
      ["ij,ij->ij", [2, 3], [2, 3]],
    )
    .chain(([equation, a, b]) =>
      pair(
        `einsum("${equation}")(x, y)`,
        (x, y) => P.einsum(equation)(x as P.Tensor, y as P.Tensor),
        a,
        b,
      ),
    ),
);

export const reductions = {
  sum: reduction("sum", P.sum, anywhere, rounded),
  max: reduction("max", P.max, distinct, exact, fc.oneof(filledShapes, fc.constant([]))),
  min: reduction("min", P.min, distinct, exact, fc.oneof(filledShapes, fc.constant([]))),
  prod: reduction("prod", P.prod, nonZero, rounded),
  softmax: alongAxis("softmax", P.softmax, approximate),
  logSoftmax: alongAxis("logSoftmax", P.logSoftmax, approximate),
  cumsum: alongAxis("cumsum", P.cumsum, rounded),
  contract: { calls: products, tolerance: rounded },
} satisfies Record<string, Spec>;
