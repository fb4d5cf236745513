// Layers, losses and optimisers of src/nn in the input order that `make.py` states; layers.ts has more of them.

import type { Tensor } from "../../src/index.ts";
import * as P from "../../src/index.ts";
import {
  Attention,
  BatchNorm,
  type CrossEntropyOptions,
  crossEntropy as crossEntropyOf,
  GraphConvolution,
  GroupNorm,
  Gru,
  LayerNorm,
  Lstm,
} from "../../src/nn/index.ts";

/** Layer normalisation over the last axis. */
export const layerNorm =
  ({ eps }: { readonly eps: number }) =>
  (x: Tensor, gain: Tensor, bias: Tensor): Tensor =>
    LayerNorm.apply({ gain, bias }, { epsilon: eps })(x);

/** Batch normalisation by the statistics of the batch: over every axis but the last. */
export const batchNorm =
  ({ eps }: { readonly eps: number }) =>
  (x: Tensor, gain: Tensor, bias: Tensor): Tensor => {
    const running = { mean: P.zerosLike(gain), variance: P.onesLike(gain) };
    return BatchNorm.train({ gain, bias }, running, { epsilon: eps })(x).y;
  };

/** Group normalisation of images [n, h, w, c], the channels in equal groups. */
export const groupNorm =
  ({ groups, eps }: { readonly groups: number; readonly eps: number }) =>
  (x: Tensor, gain: Tensor, bias: Tensor): Tensor =>
    GroupNorm.apply({ gain, bias }, { groups, epsilon: eps })(x);

/** Cross-entropy from logits [n, classes]: the mean over rows, weighted by the class weights, that are not ignored. */
export const crossEntropy =
  (options: CrossEntropyOptions) =>
  (logits: Tensor, labels: Tensor, weights?: Tensor): Tensor =>
    crossEntropyOf(weights === undefined ? options : { ...options, weights })(logits, labels);

/** Our weights of gates from PyTorch's, which `cases_nn.py` hands over transposed. */
const gates = (wx: Tensor, wh: Tensor, bx: Tensor, bh: Tensor): Gru.Params => ({
  inputWeight: wx,
  hiddenWeight: wh,
  inputBias: bx,
  hiddenBias: bh,
});

type Weights = readonly [wx: Tensor, wh: Tensor, bx: Tensor, bh: Tensor];

/** One step of a GRU: r, z and n gates; h′ = (1 − z) · n + z · h. */
export const gruCell = (x: Tensor, h: Tensor, ...weights: Weights): Tensor =>
  Gru.cell(gates(...weights))(x, h);

/** The states of a GRU after every step, from zeros: x [n, time, inputs] → [n, time, hidden]. */
export const gru = (x: Tensor, ...weights: Weights): Tensor =>
  P.stack({ axis: 1 })(Gru.states(gates(...weights))(x));

/** One step of an LSTM: i, f, g and o gates; gives h′ and c′. */
export const lstmCell = (
  x: Tensor,
  h: Tensor,
  c: Tensor,
  ...weights: Weights
): readonly Tensor[] => {
  const next = Lstm.cell(gates(...weights))(x, { h, c });
  return [next.h, next.c];
};

/** Multi-head self-attention of x [n, time, width]. */
export const attention =
  (options: Attention.HeadOptions) =>
  (x: Tensor, wqkv: Tensor, bqkv: Tensor, wo: Tensor, bo: Tensor): Tensor => {
    const params = { input: { weight: wqkv, bias: bqkv }, output: { weight: wo, bias: bo } };
    return Attention.apply(params, options)(x);
  };

/** Graph convolution of x [n, inputs] over a weighted adjacency [n, n]: D^-1/2 (A + I) D^-1/2 X W + b. */
export const gcn = (adjacency: Tensor, x: Tensor, w: Tensor, bias: Tensor): Tensor => {
  const loops = P.add(adjacency, P.cast(x.dtype)(P.eye(x.shape[0] ?? 0)));
  const scale = P.rsqrt(P.sum({ axis: 1, keepDims: true })(loops)); // [n, 1]
  const normalised = P.mul(P.mul(scale, loops), P.transpose(scale));
  const params = { self: P.zerosLike(w), neighbours: [w], bias };
  return GraphConvolution.apply(params, [normalised])(x);
};
