// Several heads of attention side by side, each with its own part of the width. Vaswani et al., "Attention is all you need",
// NeurIPS 2017, §3.2.2.

import type { Dtype } from "../../core/dtype.ts";
import { fail } from "../../core/errors.ts";
import { range, type Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Check, Matmul, MatmulProblem, Multiply, Transpose } from "../../core/types/index.ts";
import { reshape } from "../../ops/broadcast.ts";
import { zeros } from "../../ops/create.ts";
import { splitKey } from "../../ops/random.ts";
import { narrow } from "../../ops/slice.ts";
import { permute, split } from "../../ops/structural.ts";
import { glorotUniform } from "../init.ts";
import * as Linear from "../linear.ts";
import type { Module } from "../module.ts";
import { type Options, scaledDotProduct } from "./scores.ts";

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
 * Weights by Glorot's rule, the three input projections as one, as in PyTorch, which draws those of the output from ±1 / √width, though; biases 0.
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
