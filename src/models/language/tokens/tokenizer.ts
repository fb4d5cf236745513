// What a tokeniser is: a text becomes whole numbers below `symbols`, and numbers become a text. All that makes one is plain data, its description, which
// goes into checkpoints.

import type * as E from "fp-ts/lib/Either.js";
import type { TokenProblem } from "./problem.ts";

/** Byte-level byte-pair encoding as GPT-2 has it (Radford et al., 2019; Sennrich, Haddow & Birch, 2016). */
export interface Vocabulary {
  readonly _tag: "bpe";
  /** The tokens in the order of their ids, bytes written as GPT-2 writes them. */
  readonly tokens: readonly string[];
  /** Two tokens each, parted by a space, in the order in which they are joined. */
  readonly merges: readonly string[];
  /** Tokens that stand for themselves in a text and are never cut: `<|endoftext|>`. */
  readonly special: readonly string[];
}

/** What makes a tokeniser again. */
export type TokenizerDescription =
  | { readonly _tag: "characters"; readonly characters: readonly string[] }
  | { readonly _tag: "bytes" }
  | Vocabulary;

/** Turns texts into tokens and back. */
export interface Tokenizer {
  /** Plain data that `tokenizerOf` makes it from again. */
  readonly description: TokenizerDescription;
  /** How many tokens there are: each is a whole number 0…symbols − 1. */
  readonly symbols: number;
  /** The tokens of a text. Fails with UnknownCharacters where there are none for it. */
  readonly encode: (text: string) => E.Either<TokenProblem, Int32Array>;
  /** The text of tokens; bytes that are not UTF-8 become U+FFFD. Fails with UnknownToken. */
  readonly decode: (tokens: ArrayLike<number>) => E.Either<TokenProblem, string>;
  /** The bytes of a token 0…symbols − 1, where a token may be a part of a character. */
  readonly bytesOf?: (token: number) => Uint8Array;
}

/** The token that parts texts in GPT-2's vocabulary. */
export const endOfText = "<|endoftext|>";
