// What can be wrong with texts, tokens and vocabularies, as values, and how they are printed.

import { type Complaint, printComplaint, type TextFileProblem } from "../textFile.ts";

/** A character that a tokeniser does not have. */
export interface UnknownCharacter {
  readonly character: string;
  readonly count: number;
  /** Where it is first, counted from 1; columns in characters. */
  readonly line: number;
  readonly column: number;
}

/** What is wrong with a text, with tokens, or with what a tokeniser is to be made of. */
export type TokenProblem =
  | {
      readonly _tag: "UnknownCharacters";
      /** The known ones. */
      readonly symbols: number;
      /** In the order in which they come. */
      readonly characters: readonly UnknownCharacter[];
    }
  | {
      readonly _tag: "UnknownToken";
      readonly token: number;
      /** Its index. */
      readonly at: number;
      readonly symbols: number;
    }
  /** What is not JSON, files that do not fit each other, a description that makes no tokeniser, an option. */
  | Complaint<"NotJson" | "BadVocabulary" | "BadDescription" | "InvalidOption">
  | TextFileProblem;

const mostListed = 5;

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);

const quoted = (character: string): string => {
  const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0");
  return `${JSON.stringify(character)} (U+${code})`;
};

const listed = (characters: readonly UnknownCharacter[]): string => {
  const parts = characters
    .slice(0, mostListed)
    .map(
      ({ character, count, line, column }) =>
        `${quoted(character)} ${times(count)}, first in line ${line}, column ${column}`,
    );
  const more = characters.length - parts.length;
  return [...parts, ...(more > 0 ? [`${more} more`] : [])].join("; ");
};

/**
 * A problem in one line, and a second one with the usual cause or the remedy where it is known.
 *
 * @example
 * printTokenProblem({ _tag: "UnknownToken", token: 65, at: 3, symbols: 65 }) // decode: tokens in 0…64 expected, got 65 at index 3
 */
export const printTokenProblem = (problem: TokenProblem): string => {
  switch (problem._tag) {
    case "UnknownCharacters":
      return (
        `encode: the ${problem.symbols} characters of the tokeniser expected, got ${listed(problem.characters)}\n` +
        "hint: take them out of the text, make the tokeniser from a text that has them, or use bytes, which write any text"
      );
    case "UnknownToken":
      return `decode: tokens in 0…${problem.symbols - 1} expected, got ${problem.token} at index ${problem.at}`;
    default:
      return printComplaint(problem);
  }
};

/** A problem of a vocabulary. */
export const badVocabulary = (
  where: string,
  rule: string,
  got: string,
  hint?: string,
): TokenProblem => ({
  _tag: "BadVocabulary",
  where,
  rule: `${rule} expected`,
  got,
  ...(hint === undefined ? {} : { hint }),
});
