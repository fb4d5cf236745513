// Layers of the golden files, written with ops alone. They are the equations of PyTorch's documentation and of CHECKLIST.md, in the
// input order that `make.py` states, so they check the ops in company: broadcasting, slicing, masking and reducing together.

import type { Tensor } from "../../src/index.ts";
import * as P from "../../src/index.ts";

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
  (x: Tensor, scale: Tensor, offset: Tensor): Tensor =>
    scaleAndShift(standardise([x.shape.length - 1], eps, x), scale, offset);

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
  ({
    ignoreIndex,
    labelSmoothing = 0,
  }: {
    readonly ignoreIndex?: number;
    readonly labelSmoothing?: number;
  }) =>
  (logits: Tensor, targets: Tensor, classWeights?: Tensor): Tensor => {
    const classes = logits.shape[1] ?? 0;
    const kept =
      ignoreIndex === undefined ? P.ones(targets.shape, "bool") : P.notEqual(targets, ignoreIndex);
    const safe = P.where(kept, targets, P.zeros(targets.shape, "i32"));
    const weights = classWeights ?? P.ones([classes], "f64");
    const costs = P.mul(P.neg(P.logSoftmax({ axis: 1 })(logits)), weights); // [n, classes]
    const own = P.squeeze(1)(P.takeAlongAxis({ axis: 1 })(costs, P.expandDims(1)(safe))); // [n]
    const spread = P.mean({ axis: 1 })(costs); // [n]
    const mixed = P.add(P.mul(own, 1 - labelSmoothing), P.mul(spread, labelSmoothing));
    const keptAsNumber = P.cast("f64")(kept);
    const total = P.sum(P.mul(P.take({ axis: 0 })(weights, safe), keptAsNumber));
    return P.div(P.sum(P.mul(mixed, keptAsNumber)), total);
  };

/** One step of a GRU: r, z and n gates; h′ = (1 − z) · n + z · h. */
export const gruCell = (
  x: Tensor,
  h: Tensor,
  wx: Tensor,
  wh: Tensor,
  bx: Tensor,
  bh: Tensor,
): Tensor => {
  const [rx, zx, nx] = threeOf(P.split({ axis: -1, parts: 3 })(P.add(P.matmul(x, wx), bx)));
  const [rh, zh, nh] = threeOf(P.split({ axis: -1, parts: 3 })(P.add(P.matmul(h, wh), bh)));
  const r = P.sigmoid(P.add(rx, rh));
  const z = P.sigmoid(P.add(zx, zh));
  const n = P.tanh(P.add(nx, P.mul(r, nh)));
  return P.add(P.mul(P.sub(1, z), n), P.mul(z, h));
};

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
  const [i, f, g, o] = P.split({ axis: -1, parts: 4 })(gates) as readonly [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ]; // parts: 4
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
      causal ? P.where(lowerTriangle(time), scores, -1e300) : scores,
    );
    const mixed = P.permute([0, 2, 1, 3])(P.matmul(weights, toHeads(v))); // [n, time, heads, width / heads]
    return P.add(P.matmul(P.reshape([n, time, width])(mixed), wo), bo);
  };

/** Graph convolution of x [n, inputs] over a weighted adjacency [n, n]: D^-1/2 (A + I) D^-1/2 X W + b. */
export const gcn = (adjacency: Tensor, x: Tensor, w: Tensor, b: Tensor): Tensor => {
  const n = x.shape[0] ?? 0;
  const loops = P.add(adjacency, P.cast("f64")(P.eye(n)));
  const scale = P.rsqrt(P.sum({ axis: 1, keepDims: true })(loops)); // [n, 1]
  const normalised = P.mul(P.mul(scale, loops), P.transpose(scale));
  return P.add(P.matmul(P.matmul(normalised, x), w), b);
};

/** True on and below the diagonal; bool [n, n]. */
const lowerTriangle = (n: number): Tensor =>
  P.lessEqual(P.expandDims(0)(P.arange(n, "i32")), P.expandDims(1)(P.arange(n, "i32")));

const threeOf = (parts: readonly Tensor[]): readonly [Tensor, Tensor, Tensor] =>
  parts as readonly [Tensor, Tensor, Tensor]; // split({ parts: 3 }) gives three
