// A vocabulary held to what an encoder relies on: every byte has a token, and every merge makes a known one from known ones.

import * as E from "fp-ts/lib/Either.js";
import { bytesOfSymbols, symbolOfByte } from "./byteSymbols.ts";
import { badVocabulary, type TokenProblem } from "./problem.ts";
import type { Vocabulary } from "./tokenizer.ts";

/** Where the parts of a vocabulary come from, for messages. */
export interface Places {
  readonly tokens: string;
  readonly merges: string;
  /** The line of the first merge. */
  readonly firstLine: number;
}

const inDescription: Places = { tokens: "tokens", merges: "merges", firstLine: 1 };

/** The two parts of a merge; undefined where it is not two parts and a space. */
export const partsOf = (merge: string): readonly [string, string] | undefined => {
  const [first, second, ...more] = merge.split(" ");
  return first && second && more.length === 0 ? [first, second] : undefined;
};

/** A vocabulary that an encoder can be made of, or what is wrong with it: BadVocabulary. */
export const checkedVocabulary = (
  vocabulary: Vocabulary,
  places: Places = inDescription,
): E.Either<TokenProblem, Vocabulary> => {
  const known = new Set(vocabulary.tokens);
  const problem =
    problemOfTokens(vocabulary, known, places) ??
    problemOfMerges(vocabulary, known, places) ??
    problemOfSpecial(vocabulary, known, places);
  return problem === undefined ? E.right(vocabulary) : E.left(problem);
};

const quoted = (token: string): string => JSON.stringify(token);

const problemOfTokens = (
  { tokens }: Vocabulary,
  known: ReadonlySet<string>,
  { tokens: where }: Places,
): TokenProblem | undefined => {
  if (known.size < tokens.length) {
    const twice = tokens.find((token, id) => tokens.indexOf(token) !== id) as string; // fewer are known
    return badVocabulary(where, "each token once", `${quoted(twice)} twice`);
  }
  const byte = symbolOfByte.findIndex((symbol) => !known.has(symbol));
  if (byte < 0) return undefined;
  const got = `none for byte ${byte}, ${quoted(symbolOfByte[byte] as string)}`; // it was found
  return badVocabulary(where, "a token for each of the 256 bytes", got);
};

const problemOfMerges = (
  { merges }: Vocabulary,
  known: ReadonlySet<string>,
  { merges: where, firstLine }: Places,
): TokenProblem | undefined => {
  const seen = new Set<string>();
  for (const [i, merge] of merges.entries()) {
    const line = `line ${i + firstLine}: `;
    const parts = partsOf(merge);
    if (parts === undefined)
      return badVocabulary(where, `${line}two tokens parted by a space`, quoted(merge));
    const other = [...parts, parts.join("")].find((token) => !known.has(token));
    if (other !== undefined) {
      const hint = "the two files are of different vocabularies";
      return badVocabulary(where, `${line}tokens of the vocabulary`, quoted(other), hint);
    }
    if (seen.has(merge))
      return badVocabulary(where, `${line}each merge once`, `${quoted(merge)} twice`);
    seen.add(merge);
  }
  return undefined;
};

const problemOfSpecial = (
  { tokens, merges, special }: Vocabulary,
  known: ReadonlySet<string>,
  { tokens: where }: Places,
): TokenProblem | undefined => {
  const missing = special.find((token) => token === "" || !known.has(token));
  if (missing !== undefined)
    return badVocabulary(where, `a token for the special ${quoted(missing)}`, "none");
  const made = new Set([
    ...symbolOfByte,
    ...special,
    ...merges.map((merge) => merge.replace(" ", "")),
  ]);
  const unmade = tokens.find((token) => !made.has(token));
  if (unmade === undefined) return undefined;
  return badVocabulary(
    where,
    "tokens that a merge makes",
    quoted(unmade),
    bytesOfSymbols(unmade) === undefined
      ? "a token that stands for itself belongs to the option special"
      : "a merge is missing, or the token belongs to the option special",
  );
};
