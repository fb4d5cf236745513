// Rows for public functions that are made of primitives. None is required: the laws hold for what is composed of ops that obey them.
// They are here because a formula can be wrong where its parts are right.

import fc from "fast-check";
import type { Shape } from "../../../src/core/shape.ts";
import * as P from "../../../src/index.ts";
import {
  approximate,
  type Call,
  distinct,
  exact,
  filledShapes,
  float,
  input,
  rounded,
  type Spec,
  show,
  truth,
} from "../spec.ts";

/** Calls with options of an op of one tensor that has elements. */
const ofOne = <O>(
  name: string,
  op: (options: O) => (x: P.Tensor) => P.Tensor,
  options: (shape: Shape) => fc.Arbitrary<O>,
  tolerance = exact,
  inputOf = (shape: Shape) => float(shape, distinct),
): Spec => ({
  tolerance,
  calls: filledShapes.chain((shape) =>
    options(shape).map(
      (chosen): Call => ({
        code: `${name}(${show(chosen)})(x)`,
        apply: op(chosen),
        inputs: [inputOf(shape)],
      }),
    ),
  ),
});

const axisOf = ({ length }: Shape): fc.Arbitrary<number> =>
  fc.integer({ min: -length, max: length - 1 });

const someAxes = (shape: Shape): fc.Arbitrary<P.ReduceOptions> =>
  fc.record({ axis: axisOf(shape), keepDims: fc.boolean() }, { requiredKeys: [] });

const oneAxis = (shape: Shape): fc.Arbitrary<P.ArgOptions> =>
  fc.record({ axis: axisOf(shape), keepDims: fc.boolean() });

const flags = (shape: Shape) => input(shape, truth, "bool");

/** Functions of the public list that have no record of their own. */
export const derived = {
  mean: ofOne("mean", P.mean, someAxes, rounded),
  variance: ofOne(
    "variance",
    (options: P.VarianceOptions) => P.variance(options),
    (shape) => fc.record({ axis: axisOf(shape), correction: fc.constant(0) }),
    rounded,
  ),
  logSumExp: ofOne("logSumExp", P.logSumExp, someAxes, approximate),
  argmax: ofOne("argmax", P.argmax, oneAxis),
  argmin: ofOne("argmin", P.argmin, oneAxis),
  any: ofOne("any", P.any, someAxes, exact, flags),
  all: ofOne("all", P.all, someAxes, exact, flags),
  expandDims: ofOne(
    "expandDims",
    (axis: number) => P.expandDims(axis),
    ({ length }) => fc.nat(length),
  ),
  tile: ofOne(
    "tile",
    (reps: Shape) => P.tile(reps),
    ({ length }) => fc.array(fc.nat(2), { minLength: 1, maxLength: length + 1 }),
  ),
  stack: {
    tolerance: exact,
    calls: filledShapes.chain((shape) =>
      fc.integer({ min: -shape.length - 1, max: shape.length }).map(
        (axis): Call => ({
          code: `stack({ axis: ${axis} })([x, y])`,
          apply: (x, y) => P.stack({ axis })([x as P.Tensor, y as P.Tensor]),
          inputs: [float(shape), float(shape)],
        }),
      ),
    ),
  },
  split: {
    tolerance: exact,
    calls: fc.constantFrom(0, 1, 2).map(
      (part): Call => ({
        code: `split({ axis: 1, sizes: [1, 0, 3] })(x)[${part}]`,
        apply: (x) => P.split({ axis: 1, sizes: [1, 0, 3] })(x)[part] as P.Tensor,
        inputs: [float([2, 4])],
      }),
    ),
  },
} satisfies Record<string, Spec>;
