// What a schedule is, and what its formulas share.

import { fail } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { div, maximum, minimum, sub } from "../../ops/arithmetic.ts";

/**
 * A value for each update: the count of updates before it, floating-point, → the value, of the same
 * shape and dtype. Optimisers pass a scalar; a vector of counts gives the whole course.
 */
export type Schedule = (step: Tensor) => Tensor;

/** How far steps are on the way from `start` to `start + steps`: 0 before, 1 after. */
export const progressOf = (step: Tensor, steps: number, start = 0): Tensor =>
  minimum(div(maximum(sub(step, start), 0), steps), 1);

/** Refuses numbers of steps that are not above 0. */
export const requireSteps = (op: string, steps: number, name = "steps"): void => {
  if (!(steps > 0)) fail(op, "InvalidArgument", `${name} above 0 expected`, String(steps));
};
