// A token for each character that a text has, as nanoGPT's prepare.py numbers them: code points in their order (https://github.com/karpathy/nanoGPT).

import * as E from "fp-ts/lib/Either.js";
import { unknownTokenIn } from "./known.ts";
import type { TokenProblem, UnknownCharacter } from "./problem.ts";
import type { Tokenizer, TokenizerDescription } from "./tokenizer.ts";

type Characters = Extract<TokenizerDescription, { readonly _tag: "characters" }>;

const codeOf = (character: string): number => character.codePointAt(0) as number; // one character

/**
 * The characters of a text in the order of their code points: what `tokenizerOf` makes a tokeniser from. A surrogate without its other half counts as one.
 *
 * @example
 * charactersOf("hello").characters // ["e", "h", "l", "o"]
 */
export const charactersOf = (text: string): Characters => ({
  _tag: "characters",
  characters: [...new Set(text)].sort((a, b) => codeOf(a) - codeOf(b)),
});

/** A tokeniser of characters. Fails with BadDescription for none, for one that is there twice, and for what is not one code point. */
export const characterTokenizer = (description: Characters): E.Either<TokenProblem, Tokenizer> => {
  const { characters } = description;
  const tokenOf = new Map(characters.map((character, token) => [character, token]));
  const problem = problemOf(characters, tokenOf);
  if (problem !== undefined) return E.left(problem);
  const symbols = characters.length;
  return E.right({
    description,
    symbols,
    encode: (text) => {
      const tokens = new Int32Array(text.length);
      let count = 0;
      for (const character of text) {
        const token = tokenOf.get(character);
        if (token === undefined)
          return E.left({
            _tag: "UnknownCharacters",
            symbols,
            characters: unknownIn(text, tokenOf),
          });
        tokens[count++] = token;
      }
      return E.right(tokens.slice(0, count));
    },
    decode: (tokens) => {
      const unknown = unknownTokenIn(tokens, symbols);
      return unknown === undefined
        ? E.right(Array.from(tokens, (token) => characters[token]).join(""))
        : E.left(unknown);
    },
  });
};

const problemOf = (
  characters: readonly string[],
  tokenOf: ReadonlyMap<string, number>,
): TokenProblem | undefined => {
  const bad = (rule: string, got: string): TokenProblem => ({
    _tag: "BadDescription",
    where: "characterTokenizer",
    rule: `${rule} expected`,
    got,
  });
  if (characters.length === 0) return bad("one character or more", "none");
  const other = characters.find((it) => [...it].length !== 1);
  if (other !== undefined) return bad("one code point for each token", JSON.stringify(other));
  const twice = characters.find((it, token) => tokenOf.get(it) !== token);
  return twice === undefined
    ? undefined
    : bad("each character once", `${JSON.stringify(twice)} twice`);
};

const unknownIn = (
  text: string,
  tokenOf: ReadonlyMap<string, number>,
): readonly UnknownCharacter[] => {
  const found = new Map<string, UnknownCharacter>();
  let [line, column] = [1, 1];
  for (const character of text) {
    if (!tokenOf.has(character)) {
      const before = found.get(character) ?? { character, count: 0, line, column };
      found.set(character, { ...before, count: before.count + 1 });
    }
    [line, column] = character === "\n" ? [line + 1, 1] : [line, column + 1];
  }
  return [...found.values()];
};
