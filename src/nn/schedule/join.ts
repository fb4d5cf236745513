// Schedules one after the other.

import { fail } from "../../core/errors.ts";
import { add, less, mul, sub, where } from "../../ops/arithmetic.ts";
import { zerosLike } from "../../ops/create.ts";
import { constant } from "./decay.ts";
import { progressOf, type Schedule } from "./schedule.ts";

/** Options of `join`. */
export interface JoinOptions {
  /** The step at which each schedule but the first begins, rising. */
  readonly boundaries: readonly number[];
  readonly schedules: readonly Schedule[];
}

/**
 * Schedule i from boundary i − 1 on, with steps counted from there. Fails with InvalidArgument
 * unless there is one boundary less than schedules, and boundaries rise.
 *
 * @example
 * const rate = join({
 *   boundaries: [2],
 *   schedules: [constant(8), linear({ from: 4, to: 0, steps: 4 })],
 * });
 * [1, 2, 3].map((step) => item(rate(scalar(step)))) // [8, 4, 3]
 */
export const join = ({ boundaries, schedules }: JoinOptions): Schedule => {
  requireBoundaries("join", boundaries, schedules.length);
  return (step) =>
    boundaries.reduce(
      (before, boundary, i) =>
        where(less(step, boundary), before, (schedules[i + 1] as Schedule)(sub(step, boundary))),
      (schedules[0] as Schedule)(step), // there is one schedule more than boundaries
    );
};

const requireBoundaries = (op: string, boundaries: readonly number[], parts: number): void => {
  if (boundaries.length !== parts - 1) {
    const rule = `one boundary less than parts, of which there are ${parts}, expected`;
    fail(op, "InvalidArgument", rule, String(boundaries.length));
  }
  if (boundaries.some((boundary, i) => i > 0 && !(boundary > (boundaries[i - 1] as number))))
    fail(op, "InvalidArgument", "rising boundaries expected", boundaries.join(", "));
};

/** Options of `piecewiseConstant`. */
export interface PiecewiseConstantOptions {
  /** The step at which each value but the first begins, rising. */
  readonly boundaries: readonly number[];
  /** One more than boundaries. */
  readonly values: readonly number[];
}

/**
 * Value i from boundary i − 1 on.
 *
 * @example
 * const rate = piecewiseConstant({ boundaries: [2, 4], values: [4, 2, 1] });
 * [0, 1, 2, 3, 4, 99].map((step) => item(rate(scalar(step)))) // [4, 4, 2, 2, 1, 1]
 */
export const piecewiseConstant = ({ boundaries, values }: PiecewiseConstantOptions): Schedule => {
  requireBoundaries("piecewiseConstant", boundaries, values.length);
  return join({ boundaries, schedules: values.map(constant) });
};

/** Options of `warmUp`. */
export interface WarmUpOptions {
  /** Updates before the schedule's own first; 0 for none. */
  readonly steps: number;
  /** The value at step 0; default: one (steps + 1)-th of the schedule's first value, so that no update is lost. */
  readonly from?: number;
}

/**
 * Up linearly to the first value of a schedule, which is reached at step `steps`, then the schedule.
 *
 * @example
 * const rate = warmUp({ steps: 3 })(constant(8));
 * [0, 1, 2, 3, 9].map((step) => item(rate(scalar(step)))) // [2, 4, 6, 8, 8]
 */
export const warmUp =
  ({ steps, from }: WarmUpOptions) =>
  (schedule: Schedule): Schedule => {
    if (!(steps > 0)) return schedule;
    return join({
      boundaries: [steps],
      schedules: [
        (step) => {
          const first = schedule(zerosLike(step));
          const start = from ?? mul(first, 1 / (steps + 1));
          return add(mul(progressOf(step, steps), sub(first, start)), start);
        },
        schedule,
      ],
    });
  };
