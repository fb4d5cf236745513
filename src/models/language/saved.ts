// A language model in a file: its tensors, and beside them, as plain data, what it is built from and what its tokens stand for.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { TensorError } from "../../core/errors.ts";
import { isRecord, parseJson } from "../../nn/checkpoint/json.ts";
import {
  type Contents,
  decodeSafetensors,
  encodeSafetensors,
  type Metadata,
  type Tensors,
} from "../../nn/checkpoint/safetensors.ts";
import { agreeWith, loadTensors, saveTree, tensorsOf, treeOf } from "../../nn/checkpoint/tree.ts";
import { denseTensors, isSparse, packSparse } from "../../nn/compress/sparse.ts";
import { key } from "../../ops/random.ts";
import type { Config } from "./model/config.ts";
import { readConfig } from "./model/readConfig.ts";
import { init, type Params } from "./model/transformer.ts";
import { badConfig, type ModelComplaint, type ModelProblem, noticed } from "./problem.ts";

/** What is known of a tokenizer here; the rest of its description is plain data that the tokenizer reads. */
export interface DescribedTokens {
  readonly symbols: number;
}

/** A model that can be used. P is the tree of its parameters: `Params`, or what `formats` make of them. */
export interface SavedModel<P = Params> {
  readonly config: Config;
  readonly params: P;
  /** The description of a tokenizer, plain data. */
  readonly tokenizer: DescribedTokens;
  /** How leaves are stored, as plain data, where they are not stored as they are. */
  readonly formats?: unknown;
}

/** How parameters are stored. */
export interface StorageOptions {
  /**
   * The tree that parameters become under formats, of which only shapes and dtypes are looked at; it may throw a TensorError for formats that do not fit. Without
   * it there is no model with formats.
   */
  readonly packed?: (formats: unknown, params: Params) => unknown;
  /** Whether tensors with many zeros are written as what is not 0 and where that is; default false. They are read whether or not. */
  readonly sparse?: boolean;
}

const entry = "language";

type Checked<A> = E.Either<ModelComplaint, A>;

/** A tree of the structure, shapes and dtypes that parameters have in a file. */
const likeOf = (
  { config, formats }: Pick<SavedModel, "config" | "formats">,
  { packed }: StorageOptions,
): Checked<unknown> => {
  const params = init(key(0), config);
  if (formats === undefined) return E.right(params);
  if (packed === undefined)
    return E.left(badConfig("parameters stored as they are expected", "formats"));
  return E.tryCatch(
    () => packed(formats, params),
    (error) => {
      if (!(error instanceof TensorError)) throw error;
      return badConfig(error.problem.rule, error.problem.got, error.problem.hint);
    },
  );
};

/** Whether a tokenizer has as many symbols as a model. */
const checkSymbols = ({ symbols }: Config, tokenizer: DescribedTokens): Checked<void> =>
  symbols === tokenizer.symbols
    ? E.right(undefined)
    : E.left({
        _tag: "VocabularyMismatch",
        rule: `a model of ${tokenizer.symbols} symbols, as its tokenizer, expected`,
        got: String(symbols),
      });

/** What is written of a model, if it is one. */
const contentsOf = <P>(
  { params, config, tokenizer, formats }: SavedModel<P>,
  options: StorageOptions,
): Checked<{ readonly tree: unknown; readonly metadata: Metadata }> =>
  pipe(
    readConfig(config),
    E.chain(() => checkSymbols(config, tokenizer)),
    E.chain(() => likeOf({ config, formats }, options)),
    E.chain(
      (like): Checked<void> =>
        agreeWith(tensorsOf(params), tensorsOf(like), "the model that is configured"),
    ),
    E.map(() => ({
      tree: options.sparse ? packSparse(isSparse)(params) : params,
      metadata: { [entry]: JSON.stringify({ config, tokenizer, formats }) },
    })),
  );

/**
 * Writes a model to a safetensors file, whole or not at all: to a temporary name in the same folder, onto the disk, then renamed.
 *
 * Fails with UnwritableFile; with VocabularyMismatch where the tokenizer has more or fewer symbols than the configuration; with BadConfig,
 * MissingTensor, ExtraTensor, ShapeMismatch or DtypeMismatch where the parameters are not those of the configuration. See `loadModel` for an example.
 */
export const saveModel = <P = Params>(
  path: string,
  model: SavedModel<P>,
  options: StorageOptions = {},
): TE.TaskEither<ModelProblem, void> =>
  pipe(
    contentsOf(model, options),
    E.mapLeft(noticed("saveModel", path)),
    TE.fromEither,
    TE.chain(({ tree, metadata }) =>
      pipe(
        saveTree(path, tree, metadata),
        TE.mapLeft((problem): ModelProblem => ({ ...problem, op: "saveModel" })),
      ),
    ),
  );

/** The bytes of the file that `saveModel` would write. Fails as it does, but for what is about files. */
export const encodeModel = <P = Params>(
  model: SavedModel<P>,
  options: StorageOptions = {},
): TE.TaskEither<ModelProblem, Uint8Array> =>
  pipe(
    contentsOf(model, options),
    E.mapLeft(noticed("encodeModel")),
    TE.fromEither,
    TE.chainTaskK(
      ({ tree, metadata }) =>
        () =>
          encodeSafetensors(tensorsOf(tree), metadata),
    ),
  );

const isDescribed = (found: unknown): found is DescribedTokens =>
  isRecord(found) && Number.isSafeInteger(found["symbols"]);

/** What a file says of a model beside its tensors. */
const readRest = (text: string | undefined): Checked<Omit<SavedModel, "params">> => {
  const found = text === undefined ? undefined : parseJson(text);
  if (!isRecord(found) || !("config" in found))
    return E.left({
      _tag: "BadHeader",
      rule: "a language model expected",
      got: "no description of one",
      hint: "saveModel writes such a file; loadGpt2 reads models as they are published",
    });
  const { config, tokenizer, formats } = found;
  if (!isDescribed(tokenizer))
    return E.left(
      badConfig("a tokenizer with its number of symbols expected", `${JSON.stringify(tokenizer)}`),
    );
  return pipe(
    readConfig(config),
    E.chainFirst((read) => checkSymbols(read, tokenizer)),
    E.map((read) => ({ config: read, tokenizer, ...(formats === undefined ? {} : { formats }) })),
  );
};

/** Refuses layers that cannot be there before parameters are made like theirs. */
const checkLayers = ({ layers }: Config, tensors: Tensors): Checked<void> =>
  layers <= tensors.size
    ? E.right(undefined)
    : E.left({
        _tag: "MissingTensor",
        rule: `tensors of ${layers} layers expected`,
        got: `${tensors.size} tensors`,
      });

const modelIn =
  <P>(options: StorageOptions) =>
  ({ tensors, metadata }: Contents): Checked<SavedModel<P>> =>
    pipe(
      readRest(metadata[entry]),
      E.chainFirst(({ config }) => checkLayers(config, tensors)),
      E.bindTo("rest"),
      E.bind("like", ({ rest }) => likeOf(rest, options)),
      E.bind("dense", (): Checked<Tensors> => denseTensors(tensors)),
      E.bind("params", ({ dense, like }): Checked<unknown> => treeOf(dense, like)),
      E.map(({ rest, params }) => ({ ...rest, params: params as P })), // as the caller says of files with formats
    );

/** The model in the bytes of a file that `saveModel` wrote. Fails as `loadModel` does, but for what is about files. */
export const decodeModel = <P = Params>(
  bytes: Uint8Array,
  options: StorageOptions = {},
): E.Either<ModelProblem, SavedModel<P>> =>
  pipe(
    decodeSafetensors(bytes),
    E.mapLeft((problem): ModelComplaint => problem),
    E.chain(modelIn<P>(options)),
    E.mapLeft(noticed("decodeModel")),
  );

/**
 * Reads a model that `saveModel` wrote, bit for bit.
 *
 * Fails with MissingFile, UnreadableFile or a tag of what is damaged; with BadHeader where it is a file of something else; with BadConfig for
 * words, fields or numbers that make no model, VocabularyMismatch where its tokenizer has more or fewer symbols; with MissingTensor, ExtraTensor,
 * ShapeMismatch or DtypeMismatch where its tensors are not those of its configuration.
 *
 * @example
 * import { rmSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { Language } from "pullback/models";
 * const path = `${tmpdir()}/pullback-model-${process.pid}.safetensors`;
 * const config = Language.configOf("nano", 2, { width: 4, heads: 2, layers: 1 });
 * const tokenizer = { kind: "characters", characters: "ab", symbols: 2 };
 * await saveModel(path, { config, params: Language.init(key(0), config), tokenizer })();
 * const found = await loadModel(path)();
 * found._tag === "Right" ? found.right.tokenizer : found.left // { kind: "characters", characters: "ab", symbols: 2 }
 * rmSync(path);
 */
export const loadModel = <P = Params>(
  path: string,
  options: StorageOptions = {},
): TE.TaskEither<ModelProblem, SavedModel<P>> =>
  pipe(
    loadTensors(path),
    TE.mapLeft((problem): ModelProblem => ({ ...problem, op: "loadModel" })),
    TE.chainEitherK((contents) =>
      pipe(modelIn<P>(options)(contents), E.mapLeft(noticed("loadModel", path))),
    ),
  );
