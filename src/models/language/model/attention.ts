// The attention part of a layer: projections to heads, turned where positions are rotary, the kind of attention that is configured, and
// a projection back.

import type { Tensor } from "../../../core/tensor.ts";
import * as Attention from "../../../nn/attention/index.ts";
import * as PositionalEncoding from "../../../nn/positionalEncoding.ts";
import { reshape } from "../../../ops/broadcast.ts";
import { splitKey } from "../../../ops/random.ts";
import { narrow } from "../../../ops/slice.ts";
import { permute } from "../../../ops/structural.ts";
import { type AttentionKind, type Config, groupsOf, headWidthOf } from "./config.ts";
import { initProjection, type Projection, project } from "./projection.ts";

/**
 * input [width, (heads + 2 · groups) · head width]: queries, keys and values side by side, as GPT-2's `c_attn`; output [heads · head width, width].
 */
export interface Params {
  readonly input: Projection;
  readonly output: Projection;
}

/** Projections as GPT-2 starts them. */
export const init = (key: Tensor, config: Config): Params => {
  const [a, b] = splitKey(key);
  const { width, heads } = config;
  const headWidth = headWidthOf(config);
  const wide = (heads + 2 * groupsOf(config)) * headWidth;
  return {
    input: initProjection(a, [width, wide], config),
    output: initProjection(b, [heads * headWidth, width], config, true),
  };
};

/** [..., time, heads · width] → [..., heads, time, width] */
export const toHeads = (x: Tensor, heads: number): Tensor => {
  const front = x.shape.slice(0, -2);
  const [time, wide] = x.shape.slice(-2) as [number, number]; // of at least two axes
  const cut = reshape([...front, time, heads, wide / heads])(x);
  return permute(exchanged(front.length))(cut);
};

/** [..., heads, time, width] → [..., time, heads · width] */
export const fromHeads = (x: Tensor): Tensor => {
  const front = x.shape.slice(0, -3);
  const [heads, time, width] = x.shape.slice(-3) as [number, number, number]; // as `toHeads` makes them
  return reshape([...front, time, heads * width])(permute(exchanged(front.length))(x));
};

/** Axes with the two behind the front ones exchanged, and one more. */
const exchanged = (front: number): readonly number[] => [
  ...Array.from({ length: front }, (_, i) => i),
  front + 1,
  front,
  front + 2,
];

/** Queries [..., heads, time, head width], keys and values [..., groups, time, head width]. */
export interface Heads {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
}

/** Where a sequence starts: its first token's position, which may be known only when it runs. */
export type Place = number | Tensor;

/** What heads see of x [..., time, width]; turned by where they are, from `place` on, where positions are rotary. */
export const headsOf = (config: Config, { input }: Params, x: Tensor, place: Place): Heads => {
  const [heads, groups, width] = [config.heads, groupsOf(config), headWidthOf(config)];
  const all = project(config, input)(x); // [..., time, (heads + 2 · groups) · width]
  const part = (from: number, count: number): Tensor =>
    toHeads(narrow(all, all.shape.length - 1, from * width, count * width), count);
  const [q, k, v] = [part(0, heads), part(heads, groups), part(heads + groups, groups)];
  if (config.positions !== "rotary") return { q, k, v };
  const turn = PositionalEncoding.rotary({ offset: place });
  return { q: turn(q), k: turn(k), v };
};

/** How attention is meant in a stack. */
export interface Seeing {
  /** Whether a token sees none behind it. */
  readonly causal: boolean;
  /** Dropout of weights; of exact attention only. */
  readonly dropout?: (weights: Tensor) => Tensor;
}

/** Attention of a kind. */
export const attend = (kind: AttentionKind, { causal, dropout }: Seeing): Attention.Attend => {
  const dropping = dropout === undefined ? {} : { dropout };
  switch (kind.kind) {
    case "full":
      return Attention.scaledDotProduct({ causal, ...dropping });
    case "blockwise":
      return Attention.blockwise({
        causal,
        ...(kind.block === undefined ? {} : { block: kind.block }),
      });
    case "window":
      return Attention.windowed({ window: kind.window, causal, ...dropping });
    case "linear":
      return Attention.linear({ causal });
  }
};

/** Self-attention of x. [..., time, width] → [..., time, width] */
export const apply =
  (config: Config, params: Params, seeing: Seeing) =>
  (x: Tensor): Tensor => {
    const { q, k, v } = headsOf(config, params, x, 0);
    const y = Attention.grouped(attend(config.attention, seeing))(q, k, v);
    return project(config, params.output)(fromHeads(y));
  };
