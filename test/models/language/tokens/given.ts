// What the tests of tokenisers share.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import {
  printTokenProblem,
  type TokenProblem,
} from "../../../../src/models/language/tokens/index.ts";

/** The value, where there is no problem. */
export const right = <A>(result: E.Either<TokenProblem, A>): A => {
  if (E.isLeft(result)) throw new Error(printTokenProblem(result.left));
  return result.right;
};

/** The problem as it is printed. */
export const complaint = (result: E.Either<TokenProblem, unknown>): string =>
  E.isLeft(result) ? printTokenProblem(result.left) : "none";

/** Texts of any characters, and of few that come again. */
export const texts: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("a", "b", " ", "\n", "'s", "é", "日", "🎉", "1", "\u0085") }),
);

/** Texts in which halves of characters may be alone. */
export const codeUnits: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.integer({ min: 0xd7f0, max: 0xe010 }), fc.integer({ min: 0, max: 0xffff })))
  .map((units) => String.fromCharCode(...units));

/** A text without such halves: each is U+FFFD. */
export const wellFormed = (text: string): string =>
  text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "\uFFFD");
