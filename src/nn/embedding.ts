// Embeddings: a row of numbers for each symbol of a list. The same table can turn rows back into
// scores of symbols.

import type { Tensor } from "../core/tensor.ts";
import { matmul } from "../ops/contract.ts";
import { take } from "../ops/gather.ts";
import { transpose } from "../ops/structural.ts";
import { type Initializer, normalWith } from "./init.ts";
import type { Module } from "./module.ts";

/** table [symbols, width] */
export interface Params {
  readonly table: Tensor;
}

/** Sizes of an embedding. */
export interface Config {
  readonly symbols: number;
  readonly width: number;
  /** How the table starts; default normal with deviation 1, as PyTorch. */
  readonly initial?: Initializer;
}

/**
 * A table of standard normal numbers, or as given.
 *
 * @example
 * Embedding.init(key(0), { symbols: 65, width: 8 }).table // → [65, 8]
 */
export const init = (key: Tensor, { symbols, width, initial = normalWith(1) }: Config): Params => ({
  table: initial(key, [symbols, width]),
});

/**
 * The rows of symbols. The gradient adds up only the rows that were read.
 *
 *   indices [...] i32, each in 0 … symbols − 1   → [..., width]
 *
 * Fails with IndexOutOfRange when an index is not in the table.
 *
 * @example
 * const table = tensor([[1, 2], [3, 4], [5, 6]]);
 * toArray(Embedding.apply({ table })(tensor([2, 0], { dtype: "i32" }))) // [[5, 6], [1, 2]]
 */
export const apply =
  ({ table }: Params) =>
  (indices: Tensor): Tensor =>
    take({ axis: 0 })(table, indices);

/**
 * Scores of all symbols by the same table, x Eᵀ: weights of input and output tied. Press & Wolf, "Using
 * the output embedding to improve language models", 2017.
 *
 *   x [..., width]   → [..., symbols]
 *
 * @example
 * const layer = Embedding.init(key(0), { symbols: 65, width: 8 });
 * Embedding.scores(layer)(x) // [5, 4, 8] → [5, 4, 65]
 */
export const scores =
  ({ table }: Params) =>
  (x: Tensor): Tensor =>
    matmul(x, transpose(table));

/**
 * The layer as a module from indices to rows.
 *
 * @example
 * const { init, apply } = Embedding.module({ symbols: 65, width: 8 });
 * apply(init(key(0)))(indices) // [5, 4] i32 → [5, 4, 8]
 */
export const module = (config: Config): Module<Params> => ({
  init: (key) => init(key, config),
  apply,
});
