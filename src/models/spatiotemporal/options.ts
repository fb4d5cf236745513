// What is wrong with options, as a value: simulator, windows and baselines return it in an
// `Either`.

/** What is wrong with options: the rule, and what arrived. */
export interface OptionProblem {
  readonly _tag: "InvalidOption";
  readonly rule: string;
  readonly got: string;
}

/** Builds an `OptionProblem`. */
export const optionProblem = (rule: string, got: string): OptionProblem => ({
  _tag: "InvalidOption",
  rule,
  got,
});

/** Prints a problem in one line, beginning with who noticed. */
export const printOptionProblem = (who: string, { rule, got }: OptionProblem): string =>
  `${who}: ${rule}, got ${got}`;
