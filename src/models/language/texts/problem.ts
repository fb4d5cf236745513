// What can be wrong with a text to learn from, as a value, and how it is printed.

import { type Complaint, printComplaint } from "../textFile.ts";
import { printTokenProblem, type TokenProblem } from "../tokens/problem.ts";

/** What is wrong with a text, with its file, or with its tokens. */
export type TextProblem = TokenProblem | Complaint<"EmptyText" | "ShortText">;

/**
 * A problem in one line, and a second one with the usual cause or the remedy where it is known.
 *
 * @example
 * printTextProblem({ _tag: "EmptyText", where: "input.txt", rule: "a text expected", got: "an empty file" })
 * // input.txt: a text expected, got an empty file
 */
export const printTextProblem = (problem: TextProblem): string => {
  switch (problem._tag) {
    case "EmptyText":
    case "ShortText":
      return printComplaint(problem);
    default:
      return printTokenProblem(problem);
  }
};
