// A linear layer: data and functions. Configuration stays outside the record, so that every leaf is
// trainable.

import type { Tensor } from "../core/tensor.ts";
import { add } from "../ops/arithmetic.ts";
import { matmul } from "../ops/contract.ts";
import { zeros } from "../ops/create.ts";
import { glorotUniform, type Initializer } from "./init.ts";
import type { Module } from "./module.ts";
import type { Product, Sized } from "./shapes.ts";

/** weight [inputs, outputs], bias [outputs]; without arguments of any sizes. */
export interface Params<Inputs extends number = number, Outputs extends number = number> {
  readonly weight: Tensor<Sized<readonly [Inputs, Outputs]>>;
  readonly bias: Tensor<Sized<readonly [Outputs]>>;
}

/** Sizes of a linear layer. */
export interface Config<Inputs extends number = number, Outputs extends number = number> {
  readonly inputs: Inputs;
  readonly outputs: Outputs;
  /** How the weight starts; default `glorotUniform`. */
  readonly initial?: Initializer;
}

/**
 * Weights by Glorot's rule, or the one given, and bias 0.
 *
 * @example
 * Linear.init(key(0), { inputs: 3, outputs: 2 }).weight // → [3, 2]
 */
export const init = <const Inputs extends number, const Outputs extends number>(
  key: Tensor,
  { inputs, outputs, initial = glorotUniform }: Config<Inputs, Outputs>,
): Params<Inputs, Outputs> =>
  ({
    weight: initial(key, [inputs, outputs]),
    bias: zeros([outputs]),
  }) as Params<Inputs, Outputs>; // an initialiser draws the shape asked for

/** What `apply` is under parameters P. */
type Applied<P extends Params> = Product<"Linear.apply", P["weight"]["shape"]>;

/**
 * x W + b over the last axis.
 *
 *   x [..., inputs]   → [..., outputs]
 *
 * Sizes that the compiler knows are checked there: a layer of 512 inputs does not take [32, 784]. A bare tensor gives a bare one.
 * Fails with ShapeMismatch, as `matmul`, when the last axis of x is not of size inputs.
 *
 * @example
 * const layer = Linear.init(key(0), { inputs: 3, outputs: 2 });
 * Linear.apply(layer)(x) // [5, 4, 3] → [5, 4, 2]
 */
export const apply = <P extends Params>({ weight, bias }: P): Applied<P> =>
  ((x: Tensor): Tensor => add(matmul(x, weight), bias)) as unknown as Applied<P>; // the bias has a number for each output

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
