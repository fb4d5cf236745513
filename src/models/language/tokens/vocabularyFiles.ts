// GPT-2's two files of a vocabulary: vocab.json, an object of tokens and their ids, and merges.txt, a line for each merge behind one that names the version
// (https://github.com/openai/gpt-2; Hugging Face's transformers call them so, OpenAI encoder.json and vocab.bpe).

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { duplicateName, isRecord, parseJson } from "../../../nn/checkpoint/json.ts";
import type { FileSource } from "../../fileSource.ts";
import { hostFiles, pathIn } from "../../files.ts";
import { textFile } from "../textFile.ts";
import { badVocabulary, type TokenProblem } from "./problem.ts";
import { endOfText, type Vocabulary } from "./tokenizer.ts";
import { checkedVocabulary } from "./vocabulary.ts";

/** The texts of the two files. */
export interface VocabularyFiles {
  readonly vocab: string;
  readonly merges: string;
}

/** What the files are called, and which tokens stand for themselves. */
export interface VocabularyOptions {
  /** Default `vocab.json`. */
  readonly vocab?: string;
  /** Default `merges.txt`. */
  readonly merges?: string;
  /** Default `<|endoftext|>`, if the vocabulary has it. */
  readonly special?: readonly string[];
}

const names = { vocab: "vocab.json", merges: "merges.txt" } as const;
const firstLine = "#version: 0.2";

/**
 * The two files of a vocabulary. Special tokens are in vocab.json like the others; which they are is for the reader to know.
 *
 * @example
 * vocabularyFiles({ _tag: "bpe", tokens: ["a", "b", "ab"], merges: ["a b"], special: [] }).vocab // {"a":0,"b":1,"ab":2}
 */
export const vocabularyFiles = ({ tokens, merges }: Vocabulary): VocabularyFiles => ({
  // By hand, since an object would put names such as "12" first.
  vocab: `{${tokens.map((token, id) => `${JSON.stringify(token)}:${id}`).join(",")}}`,
  merges: `${[firstLine, ...merges].join("\n")}\n`,
});

/**
 * The vocabulary in the texts of its two files. Fails with NotJson, and with BadVocabulary where ids are not 0, 1, 2, … each once, a byte has no token, a
 * merge has a part or a result that is no token, or a token is neither special nor made by a merge.
 */
export const readVocabulary = (
  files: VocabularyFiles,
  options: VocabularyOptions = {},
): E.Either<TokenProblem, Vocabulary> => {
  const { vocab: where, merges: mergesFile } = { ...names, ...options };
  const lines = files.merges.split(/\r?\n/);
  const skipped = lines[0]?.startsWith("#version") ? 1 : 0;
  const merges = lines.slice(skipped);
  while (merges.at(-1) === "") merges.pop();
  return pipe(
    tokensIn(where, files.vocab),
    E.chain((tokens) => {
      const { special = [endOfText].filter((token) => tokens.includes(token)) } = options;
      const places = { tokens: where, merges: mergesFile, firstLine: skipped + 1 };
      return checkedVocabulary({ _tag: "bpe", tokens, merges, special }, places);
    }),
  );
};

/** The vocabulary in a folder. Fails as `readVocabulary`, and with MissingFile, UnreadableFile, NotText. */
export const loadVocabulary = (
  folder: string,
  options: VocabularyOptions = {},
  source: FileSource = hostFiles,
): TE.TaskEither<TokenProblem, Vocabulary> => {
  const { vocab, merges } = { ...names, ...options };
  const paths = { vocab: pathIn(folder, vocab), merges: pathIn(folder, merges) };
  return pipe(
    TE.Do,
    TE.bind("vocab", () => textFile(paths.vocab, source)),
    TE.bind("merges", () => textFile(paths.merges, source)),
    TE.mapLeft((problem): TokenProblem => problem),
    TE.chainEitherK((files) => readVocabulary(files, { ...options, ...paths })),
  );
};

const tokensIn = (where: string, text: string): E.Either<TokenProblem, readonly string[]> => {
  const parsed = parseJson(text);
  if (!isRecord(parsed)) {
    const got = parsed === undefined ? "another text" : "another value";
    return E.left({
      _tag: "NotJson",
      where,
      rule: "an object of tokens and ids in JSON expected",
      got,
    });
  }
  const twice = duplicateName(text);
  if (twice !== undefined)
    return E.left(badVocabulary(where, "each token once", `${JSON.stringify(twice)} twice`));
  const tokens: string[] = [];
  const pairs = Object.entries(parsed);
  for (const [token, id] of pairs) {
    const said = (rule: string) =>
      E.left(badVocabulary(where, rule, `${JSON.stringify(id)} for ${JSON.stringify(token)}`));
    if (!(Number.isInteger(id) && Number(id) >= 0 && Number(id) < pairs.length))
      return said(`ids 0…${pairs.length - 1}, without holes,`);
    const before = tokens[Number(id)];
    if (before !== undefined) return said(`another id than that of ${JSON.stringify(before)}`);
    tokens[Number(id)] = token;
  }
  return E.right(tokens); // as many different ids below as there are tokens: no holes
};
