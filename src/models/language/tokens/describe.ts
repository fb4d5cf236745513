// Tokenisers from what checkpoints keep of them.

import * as E from "fp-ts/lib/Either.js";
import { isRecord } from "../../../nn/checkpoint/json.ts";
import { bpeTokenizer } from "./bpe.ts";
import { byteTokenizer } from "./bytes.ts";
import { characterTokenizer } from "./characters.ts";
import type { TokenProblem } from "./problem.ts";
import type { Tokenizer, TokenizerDescription } from "./tokenizer.ts";

/**
 * The tokeniser of a description. Fails with BadDescription or BadVocabulary.
 *
 * @example
 * import { Language } from "pullback/models";
 * const made = tokenizerOf(Language.charactersOf("hello"));
 * made._tag === "Right" ? made.right.symbols : made.left // 4
 */
export const tokenizerOf = (
  description: TokenizerDescription,
): E.Either<TokenProblem, Tokenizer> => {
  switch (description._tag) {
    case "characters":
      return characterTokenizer(description);
    case "bytes":
      return E.right(byteTokenizer);
    case "bpe":
      return bpeTokenizer(description);
  }
};

const areStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((it) => typeof it === "string");

/** The description that a value from JSON is, in its parts alone. Fails with BadDescription where it is of another form. */
export const readDescription = (value: unknown): E.Either<TokenProblem, TokenizerDescription> => {
  const { _tag, characters, tokens, merges, special } = isRecord(value) ? value : {};
  if (_tag === "bytes") return E.right({ _tag });
  if (_tag === "characters" && areStrings(characters)) return E.right({ _tag, characters });
  if (_tag === "bpe" && areStrings(tokens) && areStrings(merges) && areStrings(special))
    return E.right({ _tag, tokens, merges, special });
  return E.left({
    _tag: "BadDescription",
    where: "readDescription",
    rule: "a tokeniser of characters, bytes or bpe expected",
    got: JSON.stringify(value)?.slice(0, 60) ?? "nothing",
  });
};
