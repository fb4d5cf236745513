// Tokens that a tokeniser has.

import type { TokenProblem } from "./problem.ts";

/** The first of the tokens that is not a whole number 0…symbols − 1. */
export const unknownTokenIn = (
  tokens: ArrayLike<number>,
  symbols: number,
): TokenProblem | undefined => {
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as number; // at < length
    if (!(Number.isInteger(token) && token >= 0 && token < symbols))
      return { _tag: "UnknownToken", token, at, symbols };
  }
  return undefined;
};
