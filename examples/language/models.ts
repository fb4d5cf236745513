// Models from files: what `train` and `compress` write, and folders in the layout in which GPT-2 is published.

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Language } from "../../src/models/index.ts";
import { codeOf } from "../places.ts";

const { printModelProblem, printTokenProblem } = Language;

/** A model that can be used, and where it was found. */
export interface OpenModel extends Language.SavedModel {
  readonly path: string;
}

/** What makes parameters of what is stored: graphs, computed where they are read. */
export const unpackOf =
  ({ formats }: Pick<OpenModel, "formats">) =>
  (params: OpenModel["params"]): Language.Params =>
    Language.paramsOf({ params, ...(formats === undefined ? {} : { formats }) });

const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // whoever reads it says what is wrong
  }
};

const isThere = async (path: string): Promise<boolean> => {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
};

/** The model that `--model` names: a file; in a folder, model.safetensors beside config.json as GPT-2 is published, or as train writes it. */
export const openModel = (path: string): TE.TaskEither<string, OpenModel> =>
  pipe(
    TE.fromTask(async () => ({
      folder: await isFolder(path),
      isPublished: await isThere(join(path, "config.json")),
    })),
    TE.chain(({ folder, isPublished }) => {
      if (!folder) return openFile(path);
      return isPublished ? openPublished(path) : openFile(join(path, "model.safetensors"));
    }),
  );

const openFile = (path: string): TE.TaskEither<string, OpenModel> =>
  pipe(
    Language.loadModel(path),
    TE.bimap(printModelProblem, (model) => ({ ...model, path })),
  );

const sameSymbols = (model: OpenModel): E.Either<string, OpenModel> => {
  const { path, config, tokenizer } = model;
  return config.symbols === tokenizer.symbols
    ? E.right(model)
    : E.left(
        `${path}: a vocabulary of ${config.symbols} tokens, as the model has, expected, got ${tokenizer.symbols}`,
      );
};

const readJson = (path: string): TE.TaskEither<string, unknown> =>
  pipe(
    TE.tryCatch(
      () => readFile(path, "utf8"),
      (cause) => `${path}: a readable file expected, got ${codeOf(cause) ?? String(cause)}`,
    ),
    TE.chainEitherK((text) =>
      E.tryCatch(
        () => JSON.parse(text) as unknown,
        () => `${path}: JSON expected, got another text`,
      ),
    ),
  );

const openPublished = (path: string): TE.TaskEither<string, OpenModel> =>
  pipe(
    readJson(join(path, "config.json")),
    TE.chain((published) =>
      pipe(
        Language.loadGpt2(join(path, "model.safetensors"), { published }),
        TE.mapLeft(printModelProblem),
      ),
    ),
    TE.bindTo("model"),
    TE.bind("tokenizer", () =>
      pipe(
        Language.loadVocabulary(path),
        TE.chainEitherK(Language.tokenizerOf),
        TE.mapLeft(printTokenProblem),
      ),
    ),
    TE.chainEitherK(({ model: { config, params }, tokenizer }) =>
      sameSymbols({ path, config, tokenizer, params: Language.stored({ config, params }).packed }),
    ),
  );
