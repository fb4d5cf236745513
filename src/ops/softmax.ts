// Softmax along an axis and its logarithm, each with a gradient from its own output.

import * as E from "fp-ts/lib/Either.js";
import { apply } from "../core/primitive.ts";
import type { Aval, Primitive, Tensor } from "../core/tensor.ts";
import type { LastAxisPrimitive } from "../core/types/index.ts";
import { div, mul, sub } from "./arithmetic.ts";
import { spreadOver, sumAxes } from "./broadcast.ts";
import { axisOf, requireFloat, requireTensor, withOptions, withPrimitive } from "./call.ts";
import { exp, log } from "./functions.ts";
import { max } from "./reduce.ts";

/** Options of ops along one axis. */
export interface AxisOptions {
  /** The axis; default −1. */
  readonly axis?: number;
}

const softmaxPrimitive: Primitive<{ readonly axis: number }> = {
  name: "softmax",
  shape: ([x]) => E.right({ shape: (x as Aval).shape, dtype: (x as Aval).dtype }),
  // dx = y · (g − Σ g y): from the output, without exponentials.
  vjp: ({ g, output: y, attributes: { axis } }) => [
    mul(y, sub(g, spreadOver(sumAxes(mul(g, y), [axis]), y.shape, [axis]))),
  ],
  lower: {
    _tag: "Compose",
    build: ([input], { axis }) => {
      const x = input as Tensor;
      if (x.shape[axis] === 0) return x;
      // Subtracting the maximum leaves the quotient unchanged and keeps exp below overflow.
      const e = exp(
        sub(x, spreadOver(apply(max.primitive, { axes: [axis] }, [x]), x.shape, [axis])),
      );
      return div(e, spreadOver(sumAxes(e, [axis]), x.shape, [axis]));
    },
  },
};

/**
 * exp x / Σ exp x along an axis (default the last).
 *
 * @example
 * toArray(softmax(tensor([0, 0]))) // [0.5, 0.5]
 */
export const softmax = withPrimitive(
  withOptions(({ axis = -1 }: AxisOptions, x: Tensor): Tensor => {
    requireFloat("softmax", requireTensor("softmax", x));
    return apply(softmaxPrimitive, { axis: axisOf("softmax", axis, x.shape.length) }, [x]);
  }),
  softmaxPrimitive,
) as unknown as LastAxisPrimitive<"softmax", "float">; // the shape stays

const logSoftmaxPrimitive: Primitive<{ readonly axis: number }> = {
  name: "logSoftmax",
  shape: softmaxPrimitive.shape,
  // dx = g − softmax x · Σ g
  vjp: ({ g, output: y, attributes: { axis } }) => [
    sub(g, mul(exp(y), spreadOver(sumAxes(g, [axis]), y.shape, [axis]))),
  ],
  lower: {
    _tag: "Compose",
    build: ([input], { axis }) => {
      const x = input as Tensor;
      if (x.shape[axis] === 0) return x;
      const shifted = sub(
        x,
        spreadOver(apply(max.primitive, { axes: [axis] }, [x]), x.shape, [axis]),
      );
      return sub(shifted, spreadOver(log(sumAxes(exp(shifted), [axis])), x.shape, [axis]));
    },
  },
};

/** x − log Σ exp x along an axis (default the last): the logarithm of softmax, precise where softmax underflows. */
export const logSoftmax = withPrimitive(
  withOptions(({ axis = -1 }: AxisOptions, x: Tensor): Tensor => {
    requireFloat("logSoftmax", requireTensor("logSoftmax", x));
    return apply(logSoftmaxPrimitive, { axis: axisOf("logSoftmax", axis, x.shape.length) }, [x]);
  }),
  logSoftmaxPrimitive,
) as unknown as LastAxisPrimitive<"logSoftmax", "float">; // the shape stays
