// Models in GPT-2's published layout (Radford et al., 2019; Hugging Face's names of the tensors) as ours, and back.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { isFloat } from "../../../core/dtype.ts";
import { ready, values } from "../../../core/run/evaluate.ts";
import type { Tensor } from "../../../core/tensor.ts";
import { leavesOf } from "../../../core/tree.ts";
import type { FormatTag } from "../../../nn/checkpoint/problem.ts";
import { describeTensor, type Tensors } from "../../../nn/checkpoint/safetensors.ts";
import { agreeWith, loadTensors } from "../../../nn/checkpoint/tree.ts";
import { cast } from "../../../ops/arithmetic.ts";
import { zeros } from "../../../ops/create.ts";
import { transpose } from "../../../ops/structural.ts";
import { type Config, configOf } from "../model/config.ts";
import { paramsLike } from "../model/readConfig.ts";
import type { Model, Params } from "../model/transformer.ts";
import { badConfig, type ModelComplaint, type ModelProblem, noticed } from "../problem.ts";
import {
  headName,
  layersIn,
  paramsFrom,
  prefix,
  publishedTensors,
  tableName,
  withoutPrefix,
} from "./names.ts";
import {
  publishedConfig,
  readPublished,
  type Said,
  type Sizes,
  unpublishable,
} from "./published.ts";

/** What a file of tensors does not say. */
export interface Gpt2Options {
  /** Heads of attention; those of `published`, or else width / 64, as all of GPT-2's sizes have, when absent. */
  readonly heads?: number;
  /** The record in config.json, which is held against the tensors. Its rates of dropout are passed over. */
  readonly published?: unknown;
}

type Checked<A> = E.Either<ModelComplaint, A>;

const complain = (_tag: FormatTag, rule: string, got: string): Checked<never> =>
  E.left({ _tag, rule, got });

/** Rows and columns of a matrix that is there. */
const matrix = (
  tensors: Tensors,
  name: string,
  axes: string,
): Checked<readonly [number, number]> => {
  const found = tensors.get(name);
  if (found === undefined) {
    const shown = [...tensors.keys()].slice(0, 3).map((other) => `"${other}"`);
    const got = shown.length === 0 ? "no tensors" : `${shown.join(", ")} …`;
    return complain("MissingTensor", `a tensor "${name}", as GPT-2 has, expected`, got);
  }
  return found.shape.length === 2
    ? E.right(found.shape as readonly [number, number]) // just counted
    : complain("ShapeMismatch", `"${name}" ${axes} expected`, describeTensor(found));
};

/** Refuses two tensors that are one without the prefix: which of them is meant nobody knows. */
const checkTwins = (tensors: Tensors): Checked<void> => {
  const twin = [...tensors.keys()].find((name) => tensors.has(`${prefix}${name}`));
  return twin === undefined
    ? E.right(undefined)
    : complain("ExtraTensor", `"${twin}" with or without "${prefix}" expected`, "both");
};

const sizesOf = (tensors: Tensors): Checked<Sizes> =>
  pipe(
    E.Do,
    E.bind("table", () => matrix(tensors, tableName, "[symbols, width]")),
    E.bind("places", () => matrix(tensors, "wpe.weight", "[context, width]")),
    E.bind("up", () => matrix(tensors, "h.0.mlp.c_fc.weight", "[width, hidden]")),
    E.map(({ table: [symbols, width], places: [context], up: [, hidden] }) => ({
      symbols,
      context,
      width,
      hidden,
      layers: layersIn(tensors),
    })),
  );

const headsOf = ({ width }: Sizes, said: Said, heads: number | undefined): Checked<number> => {
  if (heads !== undefined && said.heads !== undefined && heads !== said.heads)
    return E.left(badConfig(`${said.heads} heads, as n_head says, expected`, String(heads)));
  const found = heads ?? said.heads ?? width / 64;
  return Number.isInteger(found) && found >= 1 && Number.isInteger(width / found)
    ? E.right(found)
    : E.left(
        badConfig(
          `heads that divide a width of ${width} expected`,
          String(found),
          "give heads or config.json's record where heads are not of width 64",
        ),
      );
};

const configFrom = (sizes: Sizes, said: Said, heads: number): Config => {
  const { hidden, ...rest } = sizes;
  const { activation, tied } = said;
  const wide = hidden === 4 * sizes.width ? {} : { hidden };
  return configOf("gpt2", sizes.symbols, { ...rest, ...wide, heads, activation, tied });
};

/** Floats in f32; others are left, to be complained about. */
const widened = (tensors: Tensors): Tensors =>
  new Map([...tensors].map(([name, x]) => [name, isFloat(x.dtype) ? cast("f32")(x) : x]));

/** Whether a head that is tied has the values of the table. */
const agreesWithTable = (tensors: Tensors): Checked<void> => {
  const [head, table] = [tensors.get(headName), tensors.get(tableName)] as [Tensor, Tensor]; // just held to their shapes
  const [a, b] = [values(head), values(table)];
  const differs = a.findIndex((x, i) => !Object.is(x, b[i]));
  return differs < 0
    ? E.right(undefined)
    : E.left({
        ...badConfig(
          `"${headName}" with the values of "${tableName}", to which it is tied, expected`,
          `${a[differs]} where ${b[differs]} is`,
          "config.json with tie_word_embeddings false says that it has its own",
        ),
      });
};

/** The tensors of parameters, with a head where they have their own or one is there. */
const wantedBy = (config: Config, { scores: _, ...params }: Params, hasHead: boolean): Tensors => {
  const head = zeros([config.symbols, config.width]);
  return new Map([...publishedTensors(params), ...(hasHead ? [[headName, head] as const] : [])]);
};

const modelFrom = (given: Tensors, config: Config): Checked<Model> => {
  const tensors = widened(given);
  const hasHead = tensors.has(headName) || !config.tied;
  const what = `a GPT-2 of ${config.layers} layers and width ${config.width}`;
  return pipe(
    paramsLike({ ...config, tied: true }),
    E.chainFirst(
      (like): Checked<void> => agreeWith(tensors, wantedBy(config, like, hasHead), what),
    ),
    E.chainFirst(() => (config.tied && hasHead ? agreesWithTable(given) : E.right(undefined))),
    E.map((like) => {
      const params = paramsFrom(tensors, like);
      if (config.tied) return { config, params };
      const weight = transpose(tensors.get(headName) as Tensor); // just held to be there
      return { config, params: { ...params, scores: { weight } } };
    }),
  );
};

/**
 * The model in tensors of GPT-2's published layout, as `loadTensors` reads them: `wte.weight`, `wpe.weight`, `h.0.ln_1.weight`, … `ln_f.bias`, with or
 * without `transformer.` before them. Sizes are those of the tensors; f16, bf16 and f64 become f32. The masks of old files, `attn.bias` and `attn.masked_bias`,
 * are left out, and so is `lm_head.weight` where it is the table of embeddings.
 *
 * Fails with MissingTensor, ExtraTensor, ShapeMismatch or DtypeMismatch, which name the tensors; with BadConfig where tensors are empty, heads do not
 * divide the width, or config.json says otherwise than the tensors or what is not computed here.
 *
 * @example
 * import * as E from "fp-ts/lib/Either.js";
 * import { Language } from "pullback/models";
 * const config = Language.configOf("gpt2", 11, { context: 8, width: 64, heads: 1, layers: 1 });
 * const there = toGpt2({ config, params: Language.init(key(0), config) });
 * const back = E.chain(({ tensors }: Language.PublishedModel) => fromGpt2(tensors))(there);
 * E.isRight(back) ? [back.right.config.layers, back.right.config.context] : back.left // [1, 8]
 */
export const fromGpt2 = (
  tensors: Tensors,
  { heads, published }: Gpt2Options = {},
): E.Either<ModelProblem, Model> => {
  const given = withoutPrefix(tensors);
  return pipe(
    checkTwins(tensors),
    E.chain(() => sizesOf(given)),
    E.bindTo("sizes"),
    E.bind("said", ({ sizes }) => readPublished(published, sizes)),
    E.bind("count", ({ sizes, said }) => headsOf(sizes, said, heads)),
    E.chain(({ sizes, said, count }) => modelFrom(given, configFrom(sizes, said, count))),
    E.mapLeft(noticed("fromGpt2")),
  );
};

/** The model in a safetensors file of GPT-2's published layout. Fails as `fromGpt2`, and where the file is not there or damaged. */
export const loadGpt2 = (
  path: string,
  options: Gpt2Options = {},
): TE.TaskEither<ModelProblem, Model> =>
  pipe(
    loadTensors(path),
    TE.mapLeft((problem): ModelProblem => ({ ...problem, op: "loadGpt2" })),
    TE.chainEitherK(({ tensors }) =>
      pipe(fromGpt2(tensors, options), E.mapLeft(noticed("loadGpt2", path))),
    ),
    TE.chainFirstTaskK(
      ({ params }) =>
        () =>
          ready(leavesOf(params)),
    ),
  );

/** A model as it is published. */
export interface PublishedModel {
  /** For `saveTensors`, with the metadata { format: "pt" } that PyTorch's readers ask for. */
  readonly tensors: Tensors;
  /** For config.json. */
  readonly published: Readonly<Record<string, unknown>>;
}

/**
 * A model in GPT-2's published layout, with `transformer.` before the names. Fails with BadConfig for a configuration that has no place there: turned
 * positions, RMSNorm, SwiGLU, no biases, groups of heads, a window or linear attention.
 *
 * @example
 * import * as E from "fp-ts/lib/Either.js";
 * import { Language } from "pullback/models";
 * const config = Language.configOf("gpt2", 11, { context: 8, width: 8, heads: 2, layers: 1 });
 * const found = toGpt2({ config, params: Language.init(key(0), config) });
 * E.isRight(found) ? [...found.right.tensors.keys()][0] : found.left // transformer.wte.weight
 */
export const toGpt2 = ({ config, params }: Model): E.Either<ModelProblem, PublishedModel> => {
  const problem = unpublishable(config);
  if (problem !== undefined) return E.left(noticed("toGpt2")(problem));
  const { scores, ...others } = params;
  const named = [...publishedTensors(others)].map(([name, x]) => [`${prefix}${name}`, x] as const);
  const head = scores === undefined ? [] : [[headName, transpose(scores.weight)] as const];
  return E.right({ tensors: new Map([...named, ...head]), published: publishedConfig(config) });
};
