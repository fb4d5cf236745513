// What a training run refuses before it begins, whatever model it trains: options out of their range, and what models and optimisers throw.

import * as E from "fp-ts/lib/Either.js";
import type { TensorError } from "../core/errors.ts";
import type { FitProblem } from "../nn/train/index.ts";

/** What is to hold, in words, and what was given. */
export type Rule = readonly [holds: boolean, rule: string, got: number];

/** Whether it is a whole number that is large enough. */
export const isCount = (n: number, least: number): boolean => Number.isSafeInteger(n) && n >= least;

/** The first rule that does not hold, as a problem of `op`. */
export const held = (op: string, rules: readonly Rule[]): E.Either<FitProblem, void> => {
  const broken = rules.find(([holds]) => !holds);
  return broken === undefined
    ? E.right(undefined)
    : E.left(invalidOption(op, broken[1], String(broken[2])));
};

/** An option that is not what is expected. */
export const invalidOption = (op: string, rule: string, got: string): FitProblem => ({
  _tag: "InvalidOption",
  op,
  rule: `${rule} expected`,
  got,
});

/** What was thrown about shapes or settings, as a problem of the options. */
export const refusalOf = ({ problem: { _tag: _, ...said } }: TensorError): FitProblem => ({
  _tag: "InvalidOption",
  ...said,
});
