// What a text begins with, and how tokens that come one by one are written.

import * as E from "fp-ts/lib/Either.js";
import { Language } from "../../src/models/index.ts";

/** Tokens to begin with where nothing is said: the end of a line, or the first token where there is none. */
export const startOf = (tokenizer: Language.Tokenizer): readonly number[] => {
  const line = tokenizer.encode("\n");
  return E.isRight(line) && line.right.length > 0 ? [...line.right] : [0];
};

/** Text as tokens give it, piece by piece, and what is left of it when they end. */
export async function* textOf(
  tokenizer: Language.Tokenizer,
  tokens: AsyncIterable<number> | Iterable<number>,
): AsyncGenerator<string, void> {
  const stream = Language.decodeStream(tokenizer);
  for await (const token of tokens) {
    const piece = stream.push(token);
    if (E.isLeft(piece)) throw new Error(Language.printTokenProblem(piece.left)); // a model gives tokens of its own
    if (piece.right !== "") yield piece.right;
  }
  const rest = stream.end();
  if (rest !== "") yield rest;
}

/** The first of what comes. */
export async function* firstOf<A>(count: number, all: AsyncIterable<A>): AsyncGenerator<A, void> {
  let n = 0;
  for await (const one of all) {
    yield one;
    n += 1;
    if (n === count) return;
  }
}
