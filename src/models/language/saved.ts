// A language model in a file: its tensors, and beside them, as plain data, what it is built from and what its tokens stand for.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { isRecord, parseJson } from "../../nn/checkpoint/json.ts";
import {
  type Contents,
  decodeSafetensors,
  encodeSafetensors,
  type Metadata,
  type Tensors,
} from "../../nn/checkpoint/safetensors.ts";
import { agreeWith, loadTensors, saveTree, tensorsOf, treeOf } from "../../nn/checkpoint/tree.ts";
import { type Formats, type Packed, unpack } from "../../nn/compress/index.ts";
import { packedLike, readFormats } from "../../nn/compress/saved.ts";
import { denseTensors, isSparse, packSparse } from "../../nn/compress/sparse.ts";
import type { Config } from "./model/config.ts";
import { paramsLike, readConfig } from "./model/readConfig.ts";
import type { Params } from "./model/transformer.ts";
import { type ModelComplaint, type ModelProblem, noticed } from "./problem.ts";
import { readDescription, tokenizerOf } from "./tokens/describe.ts";
import { printTokenProblem, type TokenProblem } from "./tokens/problem.ts";
import type { Tokenizer } from "./tokens/tokenizer.ts";

/** A model that can be used. */
export interface SavedModel {
  readonly config: Config;
  /** Parameters as they are stored: packed where there are formats. See `paramsOf`. */
  readonly params: Packed<Params>;
  readonly tokenizer: Tokenizer;
  /** How leaves are packed, by path; none is when absent. */
  readonly formats?: Formats;
}

/**
 * Parameters as all functions of models take them. Where there are formats, leaves are graphs: use it inside of what is compiled, so that nothing dense
 * is stored.
 */
export const paramsOf = ({
  params,
  formats = {},
}: Pick<SavedModel, "params" | "formats">): Params => unpack(formats)<Params>(params);

const entry = "language";

type Checked<A> = E.Either<ModelComplaint, A>;

/** A tree of the structure, shapes and dtypes that parameters have in a file. */
const likeOf = ({ config, formats }: Pick<SavedModel, "config" | "formats">): Checked<unknown> =>
  pipe(
    paramsLike(config),
    E.chain(
      (params): Checked<unknown> =>
        formats === undefined ? E.right(params) : packedLike(formats, params),
    ),
  );

/** Whether a tokeniser has as many symbols as a model. */
const checkSymbols = ({ symbols }: Config, tokenizer: Tokenizer): Checked<void> =>
  symbols === tokenizer.symbols
    ? E.right(undefined)
    : E.left({
        _tag: "VocabularyMismatch",
        rule: `a model of ${tokenizer.symbols} symbols, as its tokeniser, expected`,
        got: String(symbols),
      });

/** How a model is written. */
export interface WritingOptions {
  /** Whether tensors with many zeros are written as what is not 0 and where that is, which is read as any other file; default false. −0 becomes 0 then. */
  readonly sparse?: boolean;
}

/** What is written of a model, if it is one. */
const contentsOf = (
  { params, config, tokenizer, formats }: SavedModel,
  { sparse = false }: WritingOptions,
): Checked<{ readonly tree: unknown; readonly metadata: Metadata }> =>
  pipe(
    readConfig(config),
    E.chain(() => checkSymbols(config, tokenizer)),
    E.chain(() => likeOf({ config, ...(formats === undefined ? {} : { formats }) })),
    E.chain(
      (like): Checked<void> =>
        agreeWith(tensorsOf(params), tensorsOf(like), "the model that is configured"),
    ),
    E.map(() => ({
      tree: sparse ? packSparse(isSparse)(params) : params,
      metadata: {
        [entry]: JSON.stringify({ config, tokenizer: tokenizer.description, formats }),
      },
    })),
  );

/**
 * Writes a model to a safetensors file, whole or not at all: to a temporary name in the same folder, onto the disk, then renamed.
 *
 * Fails with UnwritableFile; with VocabularyMismatch where the tokeniser has more or fewer symbols than the configuration; with BadConfig,
 * MissingTensor, ExtraTensor, ShapeMismatch or DtypeMismatch where the parameters are not those of the configuration. See `loadModel` for an example.
 */
export const saveModel = (
  path: string,
  model: SavedModel,
  options: WritingOptions = {},
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
export const encodeModel = (
  model: SavedModel,
  options: WritingOptions = {},
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

const readTokenizer = (found: unknown): Checked<Tokenizer> =>
  pipe(
    readDescription(found),
    E.chain(tokenizerOf),
    E.mapLeft(
      (problem: TokenProblem): ModelComplaint => ({
        _tag: "BadTokenizer",
        rule: "the description of a tokeniser expected",
        got: `one of which is said: ${printTokenProblem(problem)}`,
      }),
    ),
  );

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
  return pipe(
    E.Do,
    E.bind("config", () => readConfig(found["config"])),
    E.bind("tokenizer", () => readTokenizer(found["tokenizer"])),
    E.chainFirst(({ config, tokenizer }) => checkSymbols(config, tokenizer)),
    E.bind("formats", () =>
      found["formats"] === undefined ? E.right(undefined) : readFormats(found["formats"]),
    ),
    E.map(({ formats, ...rest }) => (formats === undefined ? rest : { ...rest, formats })),
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

const modelIn = ({ tensors, metadata }: Contents): Checked<SavedModel> =>
  pipe(
    readRest(metadata[entry]),
    E.chainFirst(({ config }) => checkLayers(config, tensors)),
    E.bindTo("rest"),
    E.bind("like", ({ rest }) => likeOf(rest)),
    E.bind("dense", (): Checked<Tensors> => denseTensors(tensors)),
    E.bind("params", ({ dense, like }): Checked<unknown> => treeOf(dense, like)),
    E.map(({ rest, params }) => ({ ...rest, params: params as Packed<Params> })), // as its likeness
  );

/** The model in the bytes of a file that `saveModel` wrote. Fails as `loadModel` does, but for what is about files. */
export const decodeModel = (bytes: Uint8Array): E.Either<ModelProblem, SavedModel> =>
  pipe(
    decodeSafetensors(bytes),
    E.mapLeft((problem): ModelComplaint => problem),
    E.chain(modelIn),
    E.mapLeft(noticed("decodeModel")),
  );

/**
 * Reads a model that `saveModel` wrote, bit for bit.
 *
 * Fails with MissingFile, UnreadableFile or a tag of what is damaged; with BadHeader where it is a file of something else; with BadConfig for
 * words, fields or numbers that make no model, BadTokenizer where its tokeniser makes none, VocabularyMismatch where its tokeniser has more or fewer symbols; with MissingTensor, ExtraTensor,
 * ShapeMismatch or DtypeMismatch where its tensors are not those of its configuration.
 *
 * @example
 * import { rmSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { Language } from "pullback/models";
 * const path = `${tmpdir()}/pullback-model-${process.pid}.safetensors`;
 * const config = Language.configOf("nano", 256, { width: 4, heads: 2, layers: 1 });
 * const tokenizer = Language.byteTokenizer;
 * await saveModel(path, { config, params: Language.init(key(0), config), tokenizer })();
 * const found = await loadModel(path)();
 * found._tag === "Right" ? found.right.tokenizer.description : found.left // { _tag: "bytes" }
 * rmSync(path);
 */
export const loadModel = (path: string): TE.TaskEither<ModelProblem, SavedModel> =>
  pipe(
    loadTensors(path),
    TE.mapLeft((problem): ModelProblem => ({ ...problem, op: "loadModel" })),
    TE.chainEitherK((contents) => pipe(modelIn(contents), E.mapLeft(noticed("loadModel", path)))),
  );
