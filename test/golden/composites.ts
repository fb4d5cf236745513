// Layers, losses and optimisers of the golden files, in the input order that `make.py` states: those of src/nn where it has them,
// else the equations of PyTorch's documentation written with ops, which checks the ops in company.

import type { Tensor } from "../../src/index.ts";
import * as P from "../../src/index.ts";
import {
  type CrossEntropyOptions,
  crossEntropy as crossEntropyOf,
  GraphConvolution,
  Gru,
  LayerNorm,
} from "../../src/nn/index.ts";

/** (x − mean) / √(variance + eps) over some axes, biased variance. */
const standardise = (axes: readonly number[], eps: number, x: Tensor): Tensor => {
  const over = { axis: axes, keepDims: true };
  const centred = P.sub(x, P.mean(over)(x));
  return P.mul(centred, P.rsqrt(P.add(P.variance({ ...over, correction: 0 })(x), eps)));
};

const scaleAndShift = (x: Tensor, scale: Tensor, offset: Tensor): Tensor =>
  P.add(P.mul(x, scale), offset);

/** Layer normalisation over the last axis. */
export const layerNorm =
  ({ eps }: { readonly eps: number }) =>
  (x: Tensor, gain: Tensor, bias: Tensor): Tensor =>
    LayerNorm.apply({ gain, bias }, { epsilon: eps })(x);

/** Batch normalisation by the statistics of the batch: over every axis but the last. */
export const batchNorm =
  ({ eps }: { readonly eps: number }) =>
  (x: Tensor, scale: Tensor, offset: Tensor): Tensor =>
    scaleAndShift(standardise([...x.shape.keys()].slice(0, -1), eps, x), scale, offset);

/** Group normalisation of images [n, h, w, c], the channels in equal groups. */
export const groupNorm =
  ({ groups, eps }: { readonly groups: number; readonly eps: number }) =>
  (x: Tensor, scale: Tensor, offset: Tensor): Tensor => {
    const [n = 0, h = 0, w = 0, c = 0] = x.shape;
    const grouped = P.reshape([n, h, w, groups, c / groups])(x);
    return scaleAndShift(P.reshape(x.shape)(standardise([1, 2, 4], eps, grouped)), scale, offset);
  };

/** Cross-entropy from logits [n, classes]: the mean over rows, weighted by the class weights, that are not ignored. */
export const crossEntropy =
  (options: CrossEntropyOptions) =>
  (logits: Tensor, labels: Tensor, weights?: Tensor): Tensor =>
    crossEntropyOf(weights === undefined ? options : { ...options, weights })(logits, labels);

/** Our GRU parameters from PyTorch's, which `cases_nn.py` hands over transposed. */
const gruParams = (wx: Tensor, wh: Tensor, bx: Tensor, bh: Tensor): Gru.Params => ({
  inputWeight: wx,
  hiddenWeight: wh,
  inputBias: bx,
  hiddenBias: bh,
});

type GruWeights = readonly [wx: Tensor, wh: Tensor, bx: Tensor, bh: Tensor];

/** One step of a GRU: r, z and n gates; h′ = (1 − z) · n + z · h. */
export const gruCell = (x: Tensor, h: Tensor, ...weights: GruWeights): Tensor =>
  Gru.cell(gruParams(...weights))(x, h);

/** The states of a GRU after every step, from zeros: x [n, time, inputs] → [n, time, hidden]. */
export const gru = (x: Tensor, ...weights: GruWeights): Tensor =>
  P.stack({ axis: 1 })(Gru.states(gruParams(...weights))(x));

/** One step of an LSTM: i, f, g and o gates; gives h′ and c′. */
export const lstmCell = (
  x: Tensor,
  h: Tensor,
  c: Tensor,
  wx: Tensor,
  wh: Tensor,
  bx: Tensor,
  bh: Tensor,
): readonly Tensor[] => {
  const gates = P.add(P.add(P.matmul(x, wx), bx), P.add(P.matmul(h, wh), bh));
  const [i, f, g, o] = P.split({ axis: -1, parts: 4 })(gates) as [Tensor, Tensor, Tensor, Tensor]; // parts: 4
  const next = P.add(P.mul(P.sigmoid(f), c), P.mul(P.sigmoid(i), P.tanh(g)));
  return [P.mul(P.sigmoid(o), P.tanh(next)), next];
};

/** Multi-head self-attention of x [n, time, width]. */
export const attention =
  ({ heads, causal }: { readonly heads: number; readonly causal: boolean }) =>
  (x: Tensor, wqkv: Tensor, bqkv: Tensor, wo: Tensor, bo: Tensor): Tensor => {
    const [n = 0, time = 0, width = 0] = x.shape;
    const toHeads = (y: Tensor): Tensor =>
      P.permute([0, 2, 1, 3])(P.reshape([n, time, heads, width / heads])(y)); // [n, heads, time, width / heads]
    const [q, k, v] = threeOf(P.split({ axis: -1, parts: 3 })(P.add(P.matmul(x, wqkv), bqkv)));
    const scores = P.mul(P.matmul(toHeads(q), P.transpose(toHeads(k))), Math.sqrt(heads / width));
    const weights = P.softmax({ axis: -1 })(
      causal ? P.where(lowerTriangle(time), scores, -1e30) : scores,
    );
    const mixed = P.permute([0, 2, 1, 3])(P.matmul(weights, toHeads(v))); // [n, time, heads, width / heads]
    return P.add(P.matmul(P.reshape([n, time, width])(mixed), wo), bo);
  };

/** Graph convolution of x [n, inputs] over a weighted adjacency [n, n]: D^-1/2 (A + I) D^-1/2 X W + b. */
export const gcn = (adjacency: Tensor, x: Tensor, w: Tensor, bias: Tensor): Tensor => {
  const loops = P.add(adjacency, P.cast(x.dtype)(P.eye(x.shape[0] ?? 0)));
  const scale = P.rsqrt(P.sum({ axis: 1, keepDims: true })(loops)); // [n, 1]
  const normalised = P.mul(P.mul(scale, loops), P.transpose(scale));
  const params = { self: P.zerosLike(w), neighbours: [w], bias };
  return GraphConvolution.apply(params, [normalised])(x);
};

/** True on and below the diagonal; bool [n, n]. */
const lowerTriangle = (n: number): Tensor =>
  P.lessEqual(P.expandDims(0)(P.arange(n, "i32")), P.expandDims(1)(P.arange(n, "i32")));

const threeOf = (parts: readonly Tensor[]): readonly [Tensor, Tensor, Tensor] =>
  parts as readonly [Tensor, Tensor, Tensor]; // split({ parts: 3 }) gives three
