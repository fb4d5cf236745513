// How much the study trains, and on which text.

import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Language } from "../../../src/models/index.ts";
import type { Extent } from "../../study/options.ts";

/** How much to train, the same for all contenders. */
export interface Sizes {
  readonly iterations: number;
  readonly batchSize: number;
  /** Tokens in a piece. */
  readonly time: number;
  readonly learningRate: number;
  /** The rate of training on, as a share of that. */
  readonly tuneRate: number;
  /** How the study's model differs from nanoGPT's. */
  readonly changes: Partial<Language.Config>;
  /** Whether those go before what a contender asks for. */
  readonly isSmoke: boolean;
  /** Characters of the text that the program writes itself. */
  readonly written: number;
}

/** nanoGPT's setting for small machines but for the rate, which is twice its own. */
const usual: Sizes = {
  iterations: 2000,
  batchSize: 12,
  time: 64,
  learningRate: 2e-3,
  tuneRate: 0.25,
  changes: {},
  isSmoke: false,
  written: 300_000,
};

/** How much to train. */
export const sizesFor = (extent: Extent): Sizes => {
  if (extent === "full") return usual;
  if (extent === "quick") return { ...usual, iterations: 500 };
  const changes = { width: 64, heads: 4, layers: 2, context: 16 };
  return { ...usual, iterations: 8, batchSize: 4, time: 16, changes, isSmoke: true, written: 5000 };
};

/** The same in words. */
export const sizesText = ({ iterations, batchSize, time, learningRate }: Sizes): string =>
  `${iterations} updates by ${batchSize} pieces of ${time} characters, highest learning rate ${learningRate}`;

/** Which text a study uses: Tiny Shakespeare, or the one that the program writes itself. */
export type TextName = "shakespeare" | "generated";

/** A text in characters: what is learned from, and what is judged by. */
export interface StudyText extends Language.Corpus {
  readonly symbols: number;
}

/** Opens the texts of jobs, from a folder of data sets or the generator. */
export const textsFor = (folder: string | undefined, { time, written }: Sizes) => {
  const texts = new Map<TextName, Promise<E.Either<string, StudyText>>>();
  const read = (name: TextName): TE.TaskEither<string, StudyText> =>
    pipe(
      name === "generated"
        ? TE.right(Language.generatedText({ length: written }))
        : folder === undefined
          ? TE.left("a folder of data sets expected, by --data or PULLBACK_DATA, got none")
          : pipe(
              Language.readText(join(folder, "tinyshakespeare", "input.txt")),
              TE.mapLeft(Language.printTextProblem),
            ),
      TE.chainEitherK((text) =>
        pipe(
          Language.tokenizerOf(Language.charactersOf(text)),
          E.mapLeft(Language.printTokenProblem),
          E.chain((tokenizer) =>
            pipe(
              Language.corpusOf(tokenizer, { context: time })(text),
              E.mapLeft(Language.printTextProblem),
            ),
          ),
        ),
      ),
    );
  return (name: TextName): TE.TaskEither<string, StudyText> =>
    () => {
      const known = texts.get(name) ?? read(name)();
      texts.set(name, known);
      return known;
    };
};
