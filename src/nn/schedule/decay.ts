// Schedules without turns: constant, linear, polynomial, exponential.

import { fail } from "../../core/errors.ts";
import { add, div, floor, maximum, minimum, mul, sub } from "../../ops/arithmetic.ts";
import { full } from "../../ops/create.ts";
import { exp, pow } from "../../ops/functions.ts";
import { progressOf, requireSteps, type Schedule } from "./schedule.ts";

/**
 * The same value at every step.
 *
 * @example
 * item(constant(0.5)(scalar(7))) // 0.5
 */
export const constant =
  (value: number): Schedule =>
  (step) =>
    full(step.shape, value, step.dtype);

/** From where to where, in how many steps. */
export interface LinearOptions {
  /** The value at step 0. */
  readonly from: number;
  /** The value from step `steps` on. */
  readonly to: number;
  /** Steps on the way; above 0. */
  readonly steps: number;
}

/**
 * from + (to − from) · t / steps, and `to` from step `steps` on.
 *
 * @example
 * const rate = linear({ from: 4, to: 2, steps: 4 });
 * [0, 1, 4, 9].map((step) => item(rate(scalar(step)))) // [4, 3.5, 2, 2]
 */
export const linear = (options: LinearOptions): Schedule => polynomial({ ...options, power: 1 });

/** Options of `polynomial`. */
export interface PolynomialOptions extends LinearOptions {
  /** Above 0; default 1. */
  readonly power?: number;
}

/**
 * to + (from − to) · (1 − t / steps)^power, and `to` from step `steps` on.
 *
 * @example
 * const rate = polynomial({ from: 4, to: 0, steps: 4, power: 2 });
 * [0, 2, 4, 9].map((step) => item(rate(scalar(step)))) // [4, 1, 0, 0]
 */
export const polynomial = ({ from, to, steps, power = 1 }: PolynomialOptions): Schedule => {
  requireSteps("polynomial", steps);
  if (!(power > 0)) fail("polynomial", "InvalidArgument", "a power above 0 expected", `${power}`);
  return (step) => {
    const rest = sub(1, progressOf(step, steps));
    return add(mul(power === 1 ? rest : pow(rest, power), from - to), to);
  };
};

/** Options of `exponential`. */
export interface ExponentialOptions {
  /** The value at step 0. */
  readonly from: number;
  /** What the value is multiplied by in `steps` steps; above 0. */
  readonly rate: number;
  /** Default 1: the rate is that of each step. */
  readonly steps?: number;
  /** Whether the value changes every `steps` steps only; default no. */
  readonly staircase?: boolean;
  /** The value never crosses this bound: a floor for rates below 1, a ceiling above. Default none. */
  readonly bound?: number;
}

/**
 * from · rate^(t / steps); as a staircase, with ⌊t / steps⌋ for the exponent.
 *
 * @example
 * const rate = exponential({ from: 8, rate: 0.5, steps: 10, staircase: true, bound: 1 });
 * [0, 9, 10, 99].map((step) => item(rate(scalar(step)))) // [8, 8, 4, 1]
 */
export const exponential = ({
  from,
  rate,
  steps = 1,
  staircase = false,
  bound,
}: ExponentialOptions): Schedule => {
  requireSteps("exponential", steps);
  if (!(rate > 0)) fail("exponential", "InvalidArgument", "a rate above 0 expected", String(rate));
  return (step) => {
    const periods = div(step, steps);
    const value = mul(exp(mul(staircase ? floor(periods) : periods, Math.log(rate))), from);
    if (bound === undefined) return value;
    return rate * Math.sign(from) < Math.sign(from) ? maximum(value, bound) : minimum(value, bound);
  };
};
