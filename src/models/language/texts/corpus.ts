// What a model learns from and is judged on: a text in two parts, then in tokens.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Tokenizer } from "../tokens/tokenizer.ts";
import type { TextProblem } from "./problem.ts";

/** A text in tokens 0…symbols − 1. */
export interface Text {
  readonly tokens: Int32Array;
  readonly symbols: number;
}

/** The two parts of a text. */
export interface Split<A> {
  readonly train: A;
  readonly validation: A;
}

/**
 * A text in two, by characters and before there are tokens, as nanoGPT's prepare.py does it: the first ⌊share · length⌋ to learn from, the others to be judged
 * on. A character outside the Basic Multilingual Plane counts once and is not cut, as in Python.
 *
 * @example
 * splitText("abcdefghijk") // { train: "abcdefghi", validation: "jk" }
 */
export const splitText = (text: string, share = 0.9): Split<string> => {
  const isPlain = !/[\uD800-\uDFFF]/.test(text);
  if (isPlain) {
    const at = Math.floor(share * text.length);
    return { train: text.slice(0, at), validation: text.slice(at) };
  }
  const characters = [...text];
  const at = Math.floor(share * characters.length);
  return { train: characters.slice(0, at).join(""), validation: characters.slice(at).join("") };
};

/** The tokens of a text. Fails as the tokeniser's `encode`. */
export const textOf =
  ({ encode, symbols }: Tokenizer) =>
  (text: string): E.Either<TextProblem, Text> =>
    pipe(
      encode(text),
      E.map((tokens) => ({ tokens, symbols })),
    );

/** How a text becomes two, and how long its parts have to be. */
export interface CorpusOptions {
  /** Tokens that a model sees at once. */
  readonly context: number;
  /** The share of the characters that is learned from; default 0.9. */
  readonly share?: number;
}

/**
 * The two parts of a text in tokens. Fails as `encode`, with InvalidOption for a share outside (0, 1) or a context below 1, and with ShortText where a part has
 * not one token more than the context: a window and what follows it.
 *
 * @example
 * import { Language } from "pullback/models";
 * const corpus = corpusOf(Language.byteTokenizer, { context: 2 })("thirty characters to learn from");
 * corpus._tag === "Right" ? corpus.right.validation.length : corpus.left // 4
 */
export const corpusOf =
  (tokenizer: Tokenizer, { context, share = 0.9 }: CorpusOptions) =>
  (text: string): E.Either<TextProblem, Split<Int32Array> & { readonly symbols: number }> => {
    const problem = problemOf(context, share);
    if (problem !== undefined) return E.left(problem);
    const parts = splitText(text, share);
    return pipe(
      E.Do,
      E.bind("train", () => part(tokenizer, "to learn from", context)(parts.train)),
      E.bind("validation", () => part(tokenizer, "to be judged on", context)(parts.validation)),
      E.bimap(
        // Lines are those of the whole text, not of a part.
        (found) =>
          found._tag === "UnknownCharacters" ? (leftOf(tokenizer, text) ?? found) : found,
        (tokens) => ({ ...tokens, symbols: tokenizer.symbols }),
      ),
    );
  };

const part =
  (tokenizer: Tokenizer, purpose: string, context: number) =>
  (text: string): E.Either<TextProblem, Int32Array> =>
    pipe(
      textOf(tokenizer)(text),
      E.map(({ tokens }) => tokens),
      E.filterOrElse(
        (tokens) => tokens.length > context,
        (tokens): TextProblem => ({
          _tag: "ShortText",
          where: "corpusOf",
          rule: `more than ${context} tokens, the context, ${purpose} expected`,
          got: String(tokens.length),
          hint: "take a longer text or a shorter context",
        }),
      ),
    );

const leftOf = (tokenizer: Tokenizer, text: string): TextProblem | undefined => {
  const encoded = tokenizer.encode(text);
  return E.isLeft(encoded) ? encoded.left : undefined;
};

const problemOf = (context: number, share: number): TextProblem | undefined => {
  const invalid = (rule: string, got: number): TextProblem => ({
    _tag: "InvalidOption",
    where: "corpusOf",
    rule: `${rule} expected`,
    got: String(got),
  });
  if (!(Number.isInteger(context) && context >= 1)) return invalid("a context ≥ 1", context);
  return share > 0 && share < 1 ? undefined : invalid("a share in (0, 1)", share);
};
