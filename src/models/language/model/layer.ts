// A layer: attention and a feed-forward part, each added to what it gets, after a normalisation of it (Xiong et al., "On layer normalization in
// the Transformer architecture", ICML 2020). A layer of a decoder that listens to an encoder has attention to that between them.

import { checkpoint } from "../../../core/custom.ts";
import type { Tensor } from "../../../core/tensor.ts";
import * as Dropout from "../../../nn/dropout.ts";
import { add } from "../../../ops/arithmetic.ts";
import { foldIn } from "../../../ops/random.ts";
import * as Attention from "./attention.ts";
import type { Config } from "./config.ts";
import * as CrossAttention from "./crossAttention.ts";
import * as FeedForward from "./feedForward.ts";
import { initNorm, type Norm, normalise } from "./projection.ts";

/** The parameters of a layer. */
export interface Params {
  readonly attentionNorm: Norm;
  readonly attention: Attention.Params;
  readonly forwardNorm: Norm;
  readonly forward: FeedForward.Params;
  /** Of a layer that listens to an encoder. */
  readonly cross?: { readonly norm: Norm; readonly attention: CrossAttention.Params };
}

/** Parts as they start; `hears` an encoder or not. */
export const init = (key: Tensor, config: Config, hears = false): Params => ({
  attentionNorm: initNorm(config),
  attention: Attention.init(foldIn(key, 0), config),
  forwardNorm: initNorm(config),
  forward: FeedForward.init(foldIn(key, 1), config),
  ...(hears
    ? { cross: { norm: initNorm(config), attention: CrossAttention.init(foldIn(key, 2), config) } }
    : {}),
});

/** What a layer is told besides its input. */
export interface Circumstances {
  readonly causal: boolean;
  /** What an encoder made [..., source, width], and which of its tokens count: bool [..., source]. */
  readonly memory?: { readonly states: Tensor; readonly mask?: Tensor };
  /** What dropout is drawn from; nothing is dropped without. */
  readonly key?: Tensor;
  /** Whether what is inside of a layer is computed again in the backward pass: less memory for one more forward pass; default false. */
  readonly recompute?: boolean;
}

/** Dropout number n of a layer; nothing where nothing is to be dropped. */
export const dropping = (
  { dropout = 0 }: Pick<Config, "dropout">,
  key: Tensor | undefined,
  n: number,
): ((x: Tensor) => Tensor) =>
  key === undefined || dropout === 0
    ? Dropout.infer
    : Dropout.train(foldIn(key, n), { rate: dropout });

/** [..., time, width] → [..., time, width] */
export const apply =
  (config: Config, params: Params, circumstances: Circumstances) =>
  (x: Tensor): Tensor => {
    const run = (own: Params, input: Tensor): Tensor => through(config, own, circumstances)(input);
    return (circumstances.recompute === true ? checkpoint(run) : run)(params, x);
  };

const through =
  (config: Config, params: Params, { causal, memory, key }: Circumstances) =>
  (x: Tensor): Tensor => {
    const drop = (n: number) => dropping(config, key, n);
    const isDropping = key !== undefined && (config.dropout ?? 0) > 0;
    const attend = Attention.apply(config, params.attention, {
      causal,
      ...(isDropping ? { dropout: drop(0) } : {}),
    });
    const attended = add(x, drop(1)(attend(normalise(config, params.attentionNorm)(x))));
    const heard = listen(config, params, memory, drop(2))(attended);
    return add(heard, drop(3)(forward(config, params)(heard)));
  };

/** The feed-forward part of what is normalised. */
export const forward =
  (config: Config, { forwardNorm, forward: params }: Params) =>
  (x: Tensor): Tensor =>
    FeedForward.apply(config, params)(normalise(config, forwardNorm)(x));

/** x with what it takes of an encoder's states, where there are some. */
export const listen =
  (
    config: Config,
    { cross }: Params,
    memory: Circumstances["memory"],
    drop: (x: Tensor) => Tensor,
  ) =>
  (x: Tensor): Tensor => {
    if (cross === undefined || memory === undefined) return x;
    const attend = CrossAttention.apply(config, cross.attention, memory);
    return add(x, drop(attend(normalise(config, cross.norm)(x))));
  };
