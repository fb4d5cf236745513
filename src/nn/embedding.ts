// Embeddings: a row of numbers for each symbol of a list. The same table can turn rows back into
// scores of symbols.

import type { Tensor } from "../core/tensor.ts";
import type { Transpose } from "../core/types/index.ts";
import { matmul } from "../ops/contract.ts";
import { take } from "../ops/gather.ts";
import { transpose } from "../ops/structural.ts";
import { type Initializer, normalWith } from "./init.ts";
import type { Module } from "./module.ts";
import type { Lookup, Product, Sized } from "./shapes.ts";

/** table [symbols, width]; without arguments of any sizes. */
export interface Params<Symbols extends number = number, Width extends number = number> {
  readonly table: Tensor<Sized<readonly [Symbols, Width]>>;
}

/** Sizes of an embedding. */
export interface Config<Symbols extends number = number, Width extends number = number> {
  readonly symbols: Symbols;
  readonly width: Width;
  /** How the table starts; default normal with deviation 1, as PyTorch. */
  readonly initial?: Initializer;
}

/**
 * A table of standard normal numbers, or as given.
 *
 * @example
 * Embedding.init(key(0), { symbols: 65, width: 8 }).table // → [65, 8]
 */
export const init = <const Symbols extends number, const Width extends number>(
  key: Tensor,
  { symbols, width, initial = normalWith(1) }: Config<Symbols, Width>,
): Params<Symbols, Width> => {
  const table = initial(key, [symbols, width]);
  return { table } as Params<Symbols, Width>; // an initialiser draws the shape asked for
};

/** What `apply` is under parameters P. */
type Applied<P extends Params> = Lookup<"Embedding.apply", P["table"]>;

/**
 * The rows of symbols. The gradient adds up only the rows that were read.
 *
 *   indices [...] i32, each in 0 … symbols − 1   → [..., width]
 *
 * The width is kept in the type, and indices that are not i32 are refused there, too.
 * Fails with IndexOutOfRange when an index is not in the table.
 *
 * @example
 * const table = tensor([[1, 2], [3, 4], [5, 6]]);
 * toArray(Embedding.apply({ table })(tensor([2, 0], { dtype: "i32" }))) // [[5, 6], [1, 2]]
 */
export const apply = <P extends Params>({ table }: P): Applied<P> =>
  ((indices: Tensor): Tensor => take({ axis: 0 })(table, indices)) as Applied<P>; // rows of the table

/** What `scores` is under parameters P. */
type Scores<P extends Params> = Product<"Embedding.scores", Transpose<P["table"]["shape"]>>;

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
export const scores = <P extends Params>({ table }: P): Scores<P> =>
  ((x: Tensor): Tensor => matmul(x, transpose(table))) as unknown as Scores<P>; // that product

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
