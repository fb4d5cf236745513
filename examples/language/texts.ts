// The texts that models learn from and are judged on: a file, or one that the program writes itself; and what they are cut into.

import { createHash } from "node:crypto";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Language } from "../../src/models/index.ts";
import type { TokensChoice } from "./options.ts";

const { printTextProblem } = Language;

/** A text, and what it is called. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** The text of a file, or where none is named one that the program writes. */
export const openText = (data: string | undefined): TE.TaskEither<string, NamedText> =>
  data === undefined
    ? TE.right({ name: "text written by the program", text: Language.generatedText() })
    : pipe(
        Language.readText(data),
        TE.bimap(printTextProblem, (text) => ({ name: data, text })),
      );

/** How many characters a text has; what takes two places in JavaScript counts once. */
export const charactersIn = (text: string): number => {
  const pairs = text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g);
  return text.length - (pairs?.length ?? 0);
};

/** What tells a text, or bytes, from others. */
export const digestOf = (text: string | Uint8Array): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 16);

/** Adds the name of a text to what is wrong with it. */
const ofText =
  (name: string) =>
  (problem: Language.TextProblem): string =>
    `${name}: ${printTextProblem(problem)}`;

type Described = TE.TaskEither<Language.TokenProblem, Language.TokenizerDescription>;

const described = (choice: TokensChoice, { text }: NamedText): Described => {
  switch (choice.kind) {
    case "characters":
      return TE.right(Language.charactersOf(text));
    case "bytes":
      return TE.right({ _tag: "bytes" });
    case "bpe":
      return TE.fromEither(
        Language.trainBpe(Language.splitText(text).train, { symbols: choice.symbols }),
      );
    case "files":
      return Language.loadVocabulary(choice.folder);
  }
};

/** The tokeniser that is chosen for a text: its characters, or pairs of bytes from what is learned from. */
export const tokenizerFor = (
  choice: TokensChoice,
  text: NamedText,
): TE.TaskEither<string, Language.Tokenizer> =>
  pipe(
    described(choice, text),
    TE.chainEitherK(Language.tokenizerOf),
    TE.mapLeft(Language.printTokenProblem),
  );

/** A text in tokens, in two parts, and how many characters these have. */
export interface Cut extends Language.Corpus {
  readonly characters: { readonly train: number; readonly validation: number };
}

/** Cuts a text in two, and into tokens. Says of a text what a tokeniser does not know, and of a part that it is short. */
export const cutText = (
  tokenizer: Language.Tokenizer,
  context: number,
  { name, text }: NamedText,
): E.Either<string, Cut> =>
  pipe(
    Language.corpusOf(tokenizer, { context })(text),
    E.bimap(ofText(name), ({ train, validation }) => {
      const parts = Language.splitText(text);
      const characters = {
        train: charactersIn(parts.train),
        validation: charactersIn(parts.validation),
      };
      return { train, validation, characters };
    }),
  );

/** What a tokeniser cuts a text into, in words. */
export const describeTokens = ({ description, symbols }: Language.Tokenizer): string =>
  ({
    characters: `${symbols} characters`,
    bytes: `${symbols} bytes`,
    bpe: `${symbols} pairs of bytes`,
  })[description._tag];
