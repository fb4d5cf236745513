// config.json, as GPT-2's published models have it beside their tensors: what it says that tensors do not, and whether it says the same as they.

import * as E from "fp-ts/lib/Either.js";
import { isRecord } from "../../../nn/checkpoint/json.ts";
import { type Config, headWidthOf, hiddenOf } from "../model/config.ts";
import { badConfig, type ModelComplaint } from "../problem.ts";

/** Sizes that tensors have. */
export type Sizes = Required<Pick<Config, "symbols" | "context" | "width" | "layers" | "hidden">>;

/** What tensors do not say. */
export interface Said {
  readonly heads?: number;
  readonly activation: Config["activation"];
  readonly tied: boolean;
}

/** What the names of activations mean. */
const activations: Readonly<Record<string, Config["activation"]>> = {
  gelu_new: "gelu-tanh",
  gelu_pytorch_tanh: "gelu-tanh",
  gelu: "gelu",
};

/** Fields that change what is computed, and the only values of theirs with which we compute the same; where one is absent it means this. */
const fixed: Readonly<Record<string, readonly unknown[]>> = {
  model_type: ["gpt2"],
  layer_norm_epsilon: [1e-5],
  scale_attn_weights: [true],
  scale_attn_by_inverse_layer_idx: [false],
  add_cross_attention: [false],
};

/** Fields for sizes, and what they may be: null stands for 4 · width inside. */
const sizeFields = ({
  symbols,
  context,
  width,
  layers,
  hidden,
}: Sizes): Readonly<Record<string, readonly unknown[]>> => ({
  vocab_size: [symbols],
  n_positions: [context],
  n_ctx: [context],
  n_embd: [width],
  n_layer: [layers],
  n_inner: hidden === 4 * width ? [hidden, null] : [hidden],
});

/** What config.json says of a model of such sizes; GPT-2's own choices where there is none. */
export const readPublished = (published: unknown, sizes: Sizes): E.Either<ModelComplaint, Said> => {
  if (published === undefined) return E.right({ activation: "gelu-tanh", tied: true });
  if (!isRecord(published))
    return E.left(badConfig("a record, as config.json has, expected", JSON.stringify(published)));
  const asked: Readonly<Record<string, readonly unknown[]>> = { ...fixed, ...sizeFields(sizes) };
  const wrong = Object.entries(asked).find(
    ([field, allowed]) => field in published && !allowed.includes(published[field]),
  );
  if (wrong !== undefined) {
    const [field, allowed] = wrong;
    const from = field in fixed ? "" : ", as the tensors are,";
    const rule = `${field} ${allowed.map((value) => JSON.stringify(value)).join(" or ")}${from} expected`;
    return E.left(badConfig(rule, JSON.stringify(published[field])));
  }
  const {
    n_head: heads,
    activation_function: word = "gelu_new",
    tie_word_embeddings: tied = true,
  } = published;
  if (typeof word !== "string" || !Object.hasOwn(activations, word)) {
    const rule = `activation_function ${Object.keys(activations).join(" or ")} expected`;
    return E.left(badConfig(rule, JSON.stringify(word)));
  }
  if (typeof tied !== "boolean")
    return E.left(badConfig("a boolean tie_word_embeddings expected", JSON.stringify(tied)));
  if (heads !== undefined && typeof heads !== "number")
    return E.left(badConfig("a number n_head expected", JSON.stringify(heads)));
  return E.right({
    activation: activations[word] as Config["activation"], // an own field
    tied,
    ...(heads === undefined ? {} : { heads }),
  });
};

/** What of a configuration has no place in GPT-2's layout, if something has not. */
export const unpublishable = (config: Config): ModelComplaint | undefined => {
  const { positions, norm, activation, activations, attention, bias, groups, heads } = config;
  const rules: readonly (readonly [boolean, string, unknown])[] = [
    [positions === "learned", "learned positions", positions],
    [norm === "layer", "norm layer", norm],
    [activation !== "swiglu", "activation gelu or gelu-tanh", activation],
    // Blocks give the same numbers.
    [attention.kind === "full" || attention.kind === "blockwise", "full attention", attention.kind],
    [(groups ?? heads) === heads, `${heads} groups, as heads,`, groups],
    [
      headWidthOf(config) === config.width / heads,
      `heads of width ${config.width / heads}`,
      config.headWidth,
    ],
    [activations === undefined, "activations that are not rounded", activations],
    [bias, "biases", "none"],
  ];
  const broken = rules.find(([holds]) => !holds);
  return broken && badConfig(`${broken[1]} expected for GPT-2's layout`, String(broken[2]));
};

/** What config.json says of a model that `unpublishable` lets pass. */
export const publishedConfig = (config: Config): Readonly<Record<string, unknown>> => ({
  architectures: ["GPT2LMHeadModel"],
  model_type: "gpt2",
  vocab_size: config.symbols,
  n_positions: config.context,
  n_ctx: config.context,
  n_embd: config.width,
  n_layer: config.layers,
  n_head: config.heads,
  n_inner: hiddenOf(config) === 4 * config.width ? null : hiddenOf(config),
  activation_function: config.activation === "gelu" ? "gelu" : "gelu_new",
  layer_norm_epsilon: 1e-5,
  tie_word_embeddings: config.tied,
  embd_pdrop: config.dropout ?? 0,
  attn_pdrop: config.dropout ?? 0,
  resid_pdrop: config.dropout ?? 0,
});
