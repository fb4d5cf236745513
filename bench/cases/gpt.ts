// A small GPT (Radford et al., "Language models are unsupervised multitask learners", 2019, in the size of nanoGPT's CPU example):
// pre-norm layers, causal attention, output weights tied to the embedding.

import type { Tensor } from "../../src/index.ts";
import * as P from "../../src/index.ts";
import { crossEntropy, LayerNorm } from "../../src/nn/index.ts";
import { draw, trainingCase } from "./training.ts";

interface Sizes {
  readonly symbols: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly time: number;
  readonly batch: number;
}

const params = ({ symbols, width, layers, time }: Sizes) => {
  const { weights } = draw(1);
  return {
    words: weights([symbols, width]),
    places: weights([time, width]),
    layers: Array.from({ length: layers }, () => ({
      norm1: LayerNorm.init(width),
      qkv: weights([width, 3 * width]),
      out: weights([width, width]),
      norm2: LayerNorm.init(width),
      up: weights([width, 4 * width]),
      down: weights([4 * width, width]),
    })),
    norm: LayerNorm.init(width),
  };
};
type Params = ReturnType<typeof params>;

const attend = ({ width, heads, time, batch }: Sizes, x: Tensor, qkv: Tensor): Tensor => {
  const toHeads = (part: Tensor): Tensor =>
    P.permute([0, 2, 1, 3])(P.reshape([batch, time, heads, width / heads])(part));
  const parts = P.split({ axis: -1, parts: 3 })(P.matmul(x, qkv)).map(toHeads);
  const [q, k, v] = parts as [Tensor, Tensor, Tensor]; // [batch, heads, time, width / heads]
  const scores = P.mul(P.matmul(q, P.transpose(k)), Math.sqrt(heads / width));
  const place = P.arange(time, "i32");
  const past = P.lessEqual(P.expandDims(0)(place), P.expandDims(1)(place)); // [time, time]
  const mixed = P.matmul(P.softmax({ axis: -1 })(P.where(past, scores, -1e9)), v);
  return P.reshape([batch, time, width])(P.permute([0, 2, 1, 3])(mixed));
};

const layer = (sizes: Sizes, x: Tensor, p: Params["layers"][number]): Tensor => {
  const y = P.add(x, P.matmul(attend(sizes, LayerNorm.apply(p.norm1)(x), p.qkv), p.out));
  return P.add(y, P.matmul(P.gelu(P.matmul(LayerNorm.apply(p.norm2)(y), p.up)), p.down));
};

/** A language model: overhead, small products and normalisation in equal parts. */
export const gptCase = trainingCase({
  name: "gpt_train",
  about: "GPT of 4 layers, 4 heads, width 128, on 12 × 64 tokens of 65 symbols",
  full: { symbols: 65, width: 128, layers: 4, heads: 4, time: 64, batch: 12 } as Sizes,
  small: { symbols: 7, width: 8, layers: 2, heads: 2, time: 5, batch: 2 },
  // Twelve width² products for each token and layer, attention, and the head; forward once and backward twice.
  work: ({ symbols, width, layers, time, batch }) =>
    6 * batch * time * (layers * (12 * width ** 2 + 2 * time * width) + symbols * width),
  params,
  data: ({ symbols, time, batch }) => {
    const { labels } = draw(2);
    return { words: labels([batch, time], symbols), following: labels([batch, time], symbols) };
  },
  loss:
    (sizes) =>
    (p, { words, following }) => {
      const embedded = P.add(P.take({ axis: 0 })(p.words, words), p.places); // [batch, time, width]
      const last = p.layers.reduce((x, layerParams) => layer(sizes, x, layerParams), embedded);
      const logits = P.matmul(LayerNorm.apply(p.norm)(last), P.transpose(p.words));
      return crossEntropy()(logits, following);
    },
});
