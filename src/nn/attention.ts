// Attention: every query takes a weighted mean of values, by how well their keys fit it; and several
// heads of it side by side. Vaswani et al., "Attention is all you need", NeurIPS 2017, §3.2.

import type { Dtype } from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import { range, type Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Check, Matmul, MatmulProblem, Multiply, Transpose } from "../core/types/index.ts";
import { add, lessEqual, logicalAnd, mul, where } from "../ops/arithmetic.ts";
import { reshape } from "../ops/broadcast.ts";
import { matmul } from "../ops/contract.ts";
import { arange, zeros } from "../ops/create.ts";
import { splitKey } from "../ops/random.ts";
import { narrow } from "../ops/slice.ts";
import { softmax } from "../ops/softmax.ts";
import { expandDims, permute, split, transpose } from "../ops/structural.ts";
import { glorotUniform } from "./init.ts";
import * as Linear from "./linear.ts";
import type { Module } from "./module.ts";

/** Options of scaled dot-product attention. */
export interface Options {
  /** Whether query i sees only the keys up to i + offset; default false. */
  readonly causal?: boolean;
  /** The place of the first query among the keys, ≥ 0, for keys that were kept from earlier; default 0. */
  readonly offset?: number;
  /** bool: true where a query sees a key; or floats that are added to the scores. Broadcasts to [..., queries, keys]. */
  readonly mask?: Tensor;
  /** What scores are multiplied by; default 1 / √width of a query. */
  readonly scale?: number;
  /** What happens to the weights before they are used: `Dropout.train(key, { rate })`. */
  readonly dropout?: (weights: Tensor) => Tensor;
}

/** Stands for −∞ without its NaNs: further below every score than exp can tell from 0. */
const unseen = -1e30;

/** True where query i sees key j: j ≤ i + offset; bool [queries, keys]. */
const causalMask = (queries: number, keys: number, offset: number): Tensor =>
  lessEqual(arange(keys), expandDims(-1)(arange({ start: offset, stop: offset + queries })));

/** Which keys a query sees, as bool that broadcasts to [..., queries, keys]; undefined where it sees all. */
const seenBy = (
  { causal = false, offset = 0, mask }: Options,
  queries: number,
  keys: number,
): Tensor | undefined => {
  if (!(Number.isInteger(offset) && offset >= 0))
    fail("Attention", "InvalidArgument", "a whole offset ≥ 0 expected", String(offset));
  const allowed = mask?.dtype === "bool" ? mask : undefined;
  if (!causal) return allowed;
  const past = causalMask(queries, keys, offset);
  return allowed === undefined ? past : logicalAnd(past, allowed);
};

/**
 * How much each query takes of each value: softmax over the keys of q kᵀ / √width.
 *
 *   q [..., queries, width]   k [..., keys, width]   → [..., queries, keys]
 *
 * The weights of a query add up to 1, or are all 0 where a bool mask lets it see nothing. A bool mask is true where PyTorch's
 * `scaled_dot_product_attention` has true, and `nn.MultiheadAttention` false.
 *
 * @example
 * const [q, k] = [tensor([[1, 0]]), tensor([[1, 0], [1, 0]])]; // both keys fit alike
 * toArray(Attention.weights()(q, k)) // [[0.5, 0.5]]
 */
export const weights =
  (options: Options = {}) =>
  (q: Tensor, k: Tensor): Tensor => {
    const { mask, scale = 1 / Math.sqrt(q.shape.at(-1) ?? 1) } = options;
    const scores = mul(matmul(q, transpose(k)), scale);
    const isAdded = mask !== undefined && mask.dtype !== "bool";
    const biased = isAdded ? add(scores, mask) : scores;
    const seen = seenBy(options, ...(biased.shape.slice(-2) as [number, number]));
    if (seen === undefined) return softmax({ axis: -1 })(biased);
    const shares = softmax({ axis: -1 })(where(seen, biased, unseen));
    // A causal query sees at least itself; one that a mask leaves nothing would see everything alike.
    return mask === undefined || isAdded ? shares : where(seen, shares, 0);
  };

/**
 * Scaled dot-product attention: softmax(q kᵀ / √width) v. Equation 1 of the paper.
 *
 *   q [..., queries, width]   k [..., keys, width]   v [..., keys, values]   → [..., queries, values]
 *
 * @example
 * Attention.scaledDotProduct({ causal: true })(q, k, v) // [2, 5, 8], [2, 5, 8], [2, 5, 3] → [2, 5, 3]
 */
export const scaledDotProduct =
  (options: Options = {}) =>
  (q: Tensor, k: Tensor, v: Tensor): Tensor => {
    const { dropout = (shares: Tensor) => shares } = options;
    return matmul(dropout(weights(options)(q, k)), v);
  };

/**
 * The projections of multi-head attention: input [width, 3 · width] gives query, key and value side by side (PyTorch's `in_proj`,
 * transposed), output [width, width] mixes what the heads found. Without an argument of any width.
 */
export interface Params<Width extends number = number> {
  readonly input: Linear.Params<Width, Multiply<3, Width>>;
  readonly output: Linear.Params<Width, Width>;
}

/** Size of a multi-head attention. */
export interface Config<Width extends number = number> {
  readonly width: Width;
}

/** Options of multi-head attention; a mask broadcasts to [..., heads, queries, keys]. */
export interface HeadOptions extends Options {
  readonly heads: number;
}

/**
 * Weights by Glorot's rule, as PyTorch, the three input projections as one; biases 0.
 *
 * @example
 * Attention.init(key(0), { width: 8 }).input.weight // → [8, 24]
 */
export const init = <const Width extends number>(
  key: Tensor,
  { width }: Config<Width>,
): Params<Width> => {
  const [a, b] = splitKey(key);
  const input = { weight: glorotUniform(a, [width, 3 * width]), bias: zeros([3 * width]) };
  const output = Linear.init(b, { inputs: width, outputs: width });
  return { input, output } as Params<Width>; // of the shapes asked for
};

/** Axes of [..., a, b, width] with a and b exchanged. */
const exchanged = (rank: number): number[] => [...range(rank - 3), rank - 2, rank - 3, rank - 1];

/** [..., time, width] → [..., heads, time, width / heads] */
const toHeads = (x: Tensor, heads: number): Tensor => {
  const width = x.shape.at(-1) as number; // checked
  const cut = reshape([...x.shape.slice(0, -1), heads, width / heads])(x);
  return permute(exchanged(cut.shape.length))(cut);
};

/** [..., heads, time, width / heads] → [..., time, width] */
const fromHeads = (x: Tensor): Tensor => {
  const joined = permute(exchanged(x.shape.length))(x);
  return reshape([...joined.shape.slice(0, -2), -1])(joined);
};

/** Queries of x, keys and values of its context: one product where these are the same, else two. */
const project = ({ input }: Params, x: Tensor, context: Tensor): readonly Tensor[] => {
  if (x === context) return split({ axis: -1, parts: 3 })(Linear.apply(input)(x));
  const width = input.weight.shape[0] as number; // a matrix
  const part = (from: number, size: number): Linear.Params => ({
    weight: narrow(input.weight, 1, from * width, size * width),
    bias: narrow(input.bias, 0, from * width, size * width),
  });
  const ofContext = Linear.apply(part(1, 2))(context); // [..., keys, 2 · width]
  return [Linear.apply(part(0, 1))(x), ...split({ axis: -1, parts: 2 })(ofContext)];
};

/** What `apply` is for an input projection of shape W and an output projection of shape O. */
interface Attend<W extends Shape, O extends Shape> {
  <X extends Shape, D extends Dtype, C extends Shape = X, E extends Dtype = D>(
    x: Tensor<X, D> & Check<MatmulProblem<"Attention.apply", X, W>>,
    context?: Tensor<C, E> & Check<MatmulProblem<"Attention.apply", C, W>>,
  ): Tensor<Attended<X, C, O>, D>;
}

/** The shapes of the computation: scores of queries and keys, means of values, the output projection. */
type Attended<X extends Shape, C extends Shape, O extends Shape> = Matmul<
  Matmul<Matmul<X, Transpose<C>>, C>,
  O
>;

/** What `apply` is under parameters P. */
type Applied<P extends Params> = Attend<
  P["input"]["weight"]["shape"],
  P["output"]["weight"]["shape"]
>;

/**
 * Multi-head attention of x to itself, or to a context of the same width: each head attends with its own part of the width, and
 * an output projection mixes what they found. §3.2.2 of the paper; PyTorch's `nn.MultiheadAttention`, with batch before time.
 *
 *   x [..., queries, width]   context [..., keys, width], x unless given   → [..., queries, width]
 *
 * The compiler refuses another width than that of the layer where it knows both.
 * Fails with InvalidArgument when the heads do not divide the width.
 *
 * @example
 * const layer = Attention.init(key(0), { width: 8 });
 * Attention.apply(layer, { heads: 2, causal: true })(x) // [4, 5, 8] → [4, 5, 8]
 * Attention.apply(layer, { heads: 2 })(x, context) // [4, 5, 8], [4, 7, 8] → [4, 5, 8]
 */
export const apply = <P extends Params>(
  params: P,
  { heads, ...options }: HeadOptions,
): Applied<P> => {
  const { output }: Params = params;
  const attend = (x: Tensor, context: Tensor = x): Tensor => {
    const width = params.input.weight.shape[0] as number; // a matrix
    if (!(heads >= 1 && Number.isInteger(width / heads)))
      fail("Attention.apply", "InvalidArgument", `heads that divide ${width} expected`, `${heads}`);
    const parts = project(params, x, context).map((part) => toHeads(part, heads));
    const [q, k, v] = parts as [Tensor, Tensor, Tensor]; // three projections
    return Linear.apply(output)(fromHeads(scaledDotProduct(options)(q, k, v)));
  };
  return attend as unknown as Applied<P>; // the width is cut into heads and joined again
};

/**
 * Self-attention as a module.
 *
 * @example
 * const width = 8;
 * const block = sequential(
 *   residual(sequential(LayerNorm.module(width), Attention.module({ width, heads: 2, causal: true }))),
 *   residual(
 *     sequential(
 *       LayerNorm.module(width),
 *       Linear.module({ inputs: width, outputs: 4 * width }),
 *       lift(gelu),
 *       Linear.module({ inputs: 4 * width, outputs: width }),
 *     ),
 *   ),
 * );
 * block.apply(block.init(key(0)))(x) // [4, 5, 8] → [4, 5, 8]
 */
export const module = (config: Config & HeadOptions): Module<Params> => ({
  init: (key) => init(key, config),
  apply: (params) => apply(params, config),
});
