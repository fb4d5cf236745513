// Transformers from the same layers: a decoder that continues a text (GPT), an encoder that reads one, and a decoder that listens to an
// encoder. Vaswani et al., "Attention is all you need", NeurIPS 2017; Radford et al., 2019.

import { fail } from "../../../core/errors.ts";
import type { Tensor } from "../../../core/tensor.ts";
import * as Embedding from "../../../nn/embedding.ts";
import { normalWith } from "../../../nn/init.ts";
import * as PositionalEncoding from "../../../nn/positionalEncoding.ts";
import { foldIn } from "../../../ops/random.ts";
import { type Config, checkConfig } from "./config.ts";
import * as Layer from "./layer.ts";
import {
  initNorm,
  initProjection,
  type Norm,
  normalise,
  type Projection,
  project,
  taken,
} from "./projection.ts";

/** The parameters of a stack of layers over tokens. */
export interface Params {
  readonly tokens: Embedding.Params;
  /** Where positions are learned. */
  readonly places?: PositionalEncoding.Params;
  readonly layers: readonly Layer.Params[];
  readonly norm: Norm;
  /** Scores of tokens, where they are not tied to the embedding. */
  readonly scores?: Projection;
}

/** A language model: what it is built from, and its parameters. */
export interface Model {
  readonly config: Config;
  readonly params: Params;
}

/** Keys of the parts, so that a part starts alike whatever else there is. */
const keys = { tokens: 0, places: 1, scores: 2, layers: 3 };

const start = (key: Tensor, config: Config, hears: boolean): Params => {
  checkConfig(config);
  const { symbols, context, width, layers, positions, tied } = config;
  return {
    tokens: Embedding.init(foldIn(key, keys.tokens), { symbols, width, initial: normalWith(0.02) }),
    ...(positions === "learned"
      ? { places: PositionalEncoding.init(foldIn(key, keys.places), { positions: context, width }) }
      : {}),
    layers: Array.from({ length: layers }, (_, i) =>
      Layer.init(foldIn(key, keys.layers + i), config, hears),
    ),
    norm: initNorm(config),
    ...(tied
      ? {}
      : {
          scores: initProjection(foldIn(key, keys.scores), [width, symbols], {
            ...config,
            bias: false,
          }),
        }),
  };
};

/**
 * Parameters as GPT-2 starts them. Fails with InvalidArgument for a configuration that makes no model.
 *
 * @example
 * import { Language } from "pullback/models";
 * const { configOf } = Language;
 * init(key(0), configOf("nano", 65)).tokens.table // → [65, 128]
 */
export const init = (key: Tensor, config: Config): Params => start(key, config, false);

/** Tokens as rows, with where they are: i32 [..., time] → [..., time, width]. Fails with ShapeMismatch for more than the context. */
const embedded = (config: Config, { tokens, places }: Params, indices: Tensor): Tensor => {
  const time = indices.shape.at(-1) ?? 0;
  if (time > config.context)
    fail("Transformer", "ShapeMismatch", `at most ${config.context} tokens expected`, String(time));
  const rows = Embedding.apply(tokens)(indices) as Tensor;
  return places === undefined ? rows : PositionalEncoding.apply(places)(rows);
};

/** How a stack is run. */
export type Options = Partial<Omit<Layer.Circumstances, "causal">>;

/** What each layer of a stack makes of tokens, the embedding first: [..., time] → [..., time, width] each. */
const statesOf =
  (config: Config, params: Params, causal: boolean, { key, ...options }: Options) =>
  (indices: Tensor): readonly Tensor[] => {
    const keyOf = (n: number) => (key === undefined ? {} : { key: foldIn(key, n) });
    const first = Layer.dropping(
      config,
      key,
      params.layers.length,
    )(embedded(config, params, indices));
    const all = [first];
    params.layers.forEach((layer, i) => {
      const run = Layer.apply(config, layer, { causal, ...options, ...keyOf(i) });
      all.push(run(all[i] as Tensor));
    });
    return all;
  };

/** What a stack makes of tokens: [..., time] → [..., time, width], normalised. */
const states =
  (config: Config, params: Params, causal: boolean, options: Options) =>
  (indices: Tensor): Tensor =>
    normalise(
      config,
      params.norm,
    )(statesOf(config, params, causal, options)(indices).at(-1) as Tensor); // the embedding at least

/** Scores of every token as the next one: [..., width] → [..., symbols] */
export const scoresOf =
  (config: Config, { tokens, scores }: Params) =>
  (x: Tensor): Tensor =>
    scores === undefined
      ? (Embedding.scores(tokens)(taken(config)(x)) as Tensor)
      : project(config, scores)(x);

/**
 * Scores of the token behind each, by those up to it: a language model.
 *
 *   tokens i32 [..., time], time ≤ context   → [..., time, symbols]
 *
 * With a `key` there is dropout as configured. Fails with ShapeMismatch for more tokens than the context, with IndexOutOfRange for a token
 * that is no symbol.
 *
 * @example
 * import { Language } from "pullback/models";
 * const { configOf } = Language;
 * const config = configOf("nano", 65, { width: 8, heads: 2, layers: 1 });
 * logits(config, init(key(0), config))(tokens) // [2, 5] i32 → [2, 5, 65]
 */
export const logits =
  (config: Config, params: Params, options: Pick<Options, "key" | "recompute"> = {}) =>
  (tokens: Tensor): Tensor =>
    scoresOf(config, params)(states(config, params, true, options)(tokens));

/**
 * The same scores, with what each layer makes on the way, the embedding first and nothing normalised: what a student of smaller size learns from.
 *
 *   tokens i32 [..., time]   → logits [..., time, symbols]   hidden layers + 1 times [..., time, width]
 */
export const logitsAndHidden =
  (config: Config, params: Params, options: Pick<Options, "key" | "recompute"> = {}) =>
  (tokens: Tensor): { readonly logits: Tensor; readonly hidden: readonly Tensor[] } => {
    const hidden = statesOf(config, params, true, options)(tokens);
    const last = normalise(config, params.norm)(hidden.at(-1) as Tensor); // the embedding at least
    return { logits: scoresOf(config, params)(last), hidden };
  };

/**
 * What an encoder makes of tokens, each by all of them: BERT's stack (Devlin et al., 2019), with the normalisation in front.
 *
 *   tokens i32 [..., time]   → [..., time, width]
 */
export const encode =
  (config: Config, params: Params, options: Pick<Options, "key"> = {}) =>
  (tokens: Tensor): Tensor =>
    states(config, params, false, options)(tokens);

/** An encoder and a decoder that listens to it. */
export interface EncoderDecoder {
  readonly encoder: Params;
  readonly decoder: Params;
}

/** Configurations of both; of one width. */
export interface EncoderDecoderConfig {
  readonly encoder: Config;
  readonly decoder: Config;
}

/** Parameters of both. Fails with ShapeMismatch where widths differ. */
export const initEncoderDecoder = (
  key: Tensor,
  { encoder, decoder }: EncoderDecoderConfig,
): EncoderDecoder => {
  if (encoder.width !== decoder.width) {
    const rule = `an encoder of width ${decoder.width} expected, as the decoder`;
    fail("Transformer.initEncoderDecoder", "ShapeMismatch", rule, String(encoder.width));
  }
  return {
    encoder: start(foldIn(key, 0), encoder, false),
    decoder: start(foldIn(key, 1), decoder, true),
  };
};

/**
 * Scores of the token behind each of a target, by those up to it and by a source.
 *
 *   source i32 [..., source time]   target i32 [..., time]   → [..., time, symbols]
 *
 * `mask`, bool [..., source time], is false for tokens of the source that do not count for the decoder, such as padding.
 */
export const translate =
  (
    config: EncoderDecoderConfig,
    { encoder, decoder }: EncoderDecoder,
    { key, mask }: { readonly key?: Tensor; readonly mask?: Tensor } = {},
  ) =>
  (source: Tensor, target: Tensor): Tensor => {
    const keyOf = (n: number) => (key === undefined ? {} : { key: foldIn(key, n) });
    const memory = {
      states: encode(config.encoder, encoder, keyOf(0))(source),
      ...(mask === undefined ? {} : { mask }),
    };
    const options = { memory, ...keyOf(1) };
    return scoresOf(
      config.decoder,
      decoder,
    )(states(config.decoder, decoder, true, options)(target));
  };
