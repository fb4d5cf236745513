// Byte-level byte-pair encoding: Sennrich, Haddow & Birch, "Neural machine translation of rare words with subword units", 2016, on bytes as GPT-2 has it
// (Radford et al., "Language models are unsupervised multitask learners", 2019). Any text can be written.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { bytesOfSymbols, symbolsOfText } from "./byteSymbols.ts";
import { bytesOfText, textOfBytes } from "./bytes.ts";
import { joinerOf } from "./joining.ts";
import { unknownTokenIn } from "./known.ts";
import { cutAt, piecesOf } from "./pieces.ts";
import type { TokenProblem } from "./problem.ts";
import type { Tokenizer, Vocabulary } from "./tokenizer.ts";
import { checkedVocabulary, partsOf } from "./vocabulary.ts";

/**
 * A tokeniser of a vocabulary. A special token that a text has is read as that token, as Hugging Face's tokenizers do. A surrogate without its other half is
 * read as U+FFFD. Fails with BadVocabulary.
 */
export const bpeTokenizer = (vocabulary: Vocabulary): E.Either<TokenProblem, Tokenizer> =>
  pipe(
    checkedVocabulary(vocabulary),
    E.map((it): Tokenizer => {
      const bytes = it.tokens.map((token) => bytesOfToken(it, token));
      const encode = encoderOf(it);
      return {
        description: it,
        symbols: it.tokens.length,
        encode: (text) => E.right(encode(text)),
        decode: (tokens) => {
          const unknown = unknownTokenIn(tokens, bytes.length);
          return unknown === undefined
            ? E.right(textOfBytes(joined(tokens, bytes)))
            : E.left(unknown);
        },
        bytesOf: (token) => bytes[token] as Uint8Array, // a token 0…symbols − 1
      };
    }),
  );

/** What a token stands for: a special one for its own text, the others for the bytes that they name. */
const bytesOfToken = ({ special }: Vocabulary, token: string): Uint8Array =>
  (special.includes(token) ? undefined : bytesOfSymbols(token)) ?? bytesOfText(token);

const joined = (tokens: ArrayLike<number>, bytes: readonly Uint8Array[]): Uint8Array => {
  const parts = Array.from(tokens, (token) => bytes[token] as Uint8Array); // known ones
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

const encoderOf = ({ tokens, merges, special }: Vocabulary): ((text: string) => Int32Array) => {
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  const ids = (found: readonly string[]): readonly number[] =>
    found.map((token) => idOf.get(token) as number); // a checked vocabulary has them
  const parts = merges.map((merge) => partsOf(merge) as readonly [string, string]); // checked
  const join = joinerOf(tokens, parts);
  const cut = cutAt(special);
  return (text) => {
    const known = new Map<string, readonly number[]>(); // words come again and again
    const idsOfPiece = (piece: string): readonly number[] => {
      const before = known.get(piece);
      if (before !== undefined) return before;
      const found = ids(join(symbolsOfText(piece)));
      known.set(piece, found);
      return found;
    };
    const all: number[] = [];
    for (const [i, part] of cut(text).entries())
      if (i % 2 === 1) all.push(...ids([part]));
      else for (const piece of piecesOf(part)) for (const id of idsOfPiece(piece)) all.push(id);
    return Int32Array.from(all);
  };
};
