// A linear layer: data and functions. Configuration stays outside the record, so that every leaf is
// trainable.

import type { Tensor } from "../core/tensor.ts";
import { add } from "../ops/arithmetic.ts";
import { matmul } from "../ops/contract.ts";
import { zeros } from "../ops/create.ts";
import { glorotUniform, type Initializer } from "./init.ts";
import type { Module } from "./module.ts";

/** weight [inputs, outputs], bias [outputs] */
export interface Params {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** Sizes of a linear layer. */
export interface Config {
  readonly inputs: number;
  readonly outputs: number;
  /** How the weight starts; default `glorotUniform`. */
  readonly initial?: Initializer;
}

/**
 * Weights by Glorot's rule, or the one given, and bias 0.
 *
 * @example
 * Linear.init(key(0), { inputs: 3, outputs: 2 }).weight // → [3, 2]
 */
export const init = (
  key: Tensor,
  { inputs, outputs, initial = glorotUniform }: Config,
): Params => ({
  weight: initial(key, [inputs, outputs]),
  bias: zeros([outputs]),
});

/**
 * x W + b over the last axis.
 *
 *   x [..., inputs]   → [..., outputs]
 *
 * @example
 * const layer = Linear.init(key(0), { inputs: 3, outputs: 2 });
 * Linear.apply(layer)(x) // [5, 4, 3] → [5, 4, 2]
 */
export const apply =
  ({ weight, bias }: Params) =>
  (x: Tensor): Tensor =>
    add(matmul(x, weight), bias);

/**
 * The layer as a module, for `sequential` and its like.
 *
 * @example
 * const { init, apply } = Linear.module({ inputs: 3, outputs: 2 });
 * apply(init(key(0)))(x) // [5, 3] → [5, 2]
 */
export const module = (config: Config): Module<Params> => ({
  init: (key) => init(key, config),
  apply,
});
