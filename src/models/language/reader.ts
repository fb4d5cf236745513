// Reads a text token by token with one compiled program for each size of piece, and keeps what layers need of it.

import { fail } from "../../core/errors.ts";
import { compile } from "../../core/run/compile.ts";
import { ready, values } from "../../core/run/evaluate.ts";
import type { Tensor } from "../../core/tensor.ts";
import { reshape } from "../../ops/broadcast.ts";
import { tensor } from "../../ops/create.ts";
import { take } from "../../ops/gather.ts";
import { narrow } from "../../ops/slice.ts";
import { deviceOf } from "../running.ts";
import { type Cache, emptyCache, extend } from "./model/cache.ts";
import type { Config } from "./model/config.ts";
import type { Params } from "./model/transformer.ts";

/** Texts that are read side by side, all of one length. */
export interface Reader {
  /** How many tokens were read of each. */
  readonly length: () => number;
  /** Reads on, one row of tokens for each text, as many in each; comes with the scores of the token behind, symbols numbers for each text. */
  readonly read: (rows: readonly (readonly number[])[]) => Promise<readonly Float32Array[]>;
  /** Goes on with these of the texts, which may be repeated or left out; fails with ShapeMismatch unless they are as many. */
  readonly choose: (indices: readonly number[]) => void;
  /** Forgets everything. */
  readonly restart: () => void;
}

/** How texts are read. */
export interface ReaderOptions<P = Params> {
  readonly batch?: number;
  readonly device?: string;
  /** What makes parameters of what they are stored as, such as `Compress.unpack` of packed ones; they are the parameters themselves when absent. */
  readonly unpack?: (stored: P) => Params;
}

/** Sizes of pieces that add up to a number: powers of two, so that there are few programs whatever is read. */
const piecesOf = (count: number): readonly number[] => {
  const sizes: number[] = [];
  for (let rest = count; rest > 0; rest -= sizes.at(-1) as number)
    sizes.push(2 ** Math.floor(Math.log2(rest)));
  return sizes;
};

/**
 * A reader of so many texts. `read` fails with ShapeMismatch for rows of different lengths and beyond the context.
 *
 * @example
 * import { Language } from "pullback/models";
 * const { configOf, init } = Language;
 * const config = configOf("nano", 65, { width: 8, heads: 2, layers: 1 });
 * const reader = readerOf(config, init(key(0), config));
 * const [scores] = await reader.read([[3, 1, 4]]);
 * scores?.length // 65
 */
export const readerOf = <P = Params>(
  config: Config,
  params: P,
  { batch = 1, device, unpack = (stored) => stored as unknown as Params }: ReaderOptions<P> = {}, // without it they are parameters
): Reader => {
  const step = compile(
    (p: P, cache: Cache, tokens: Tensor, at: Tensor) => {
      const { logits, cache: next } = extend(config, unpack(p))(cache, tokens, at);
      const last = narrow(logits, 1, (tokens.shape[1] as number) - 1, 1);
      return { scores: reshape([batch, config.symbols])(last), cache: next };
    },
    { ...deviceOf(device), donate: [1] },
  );
  const reorder = compile(
    (cache: Cache, indices: Tensor) => mapCache((x) => take({ axis: 0 })(x, indices))(cache),
    deviceOf(device),
  );
  let cache = emptyCache(config, { batch });
  let length = 0;
  return {
    length: () => length,
    read: async (rows) => {
      const count = rows[0]?.length ?? 0;
      if (rows.length !== batch || count === 0 || rows.some((row) => row.length !== count)) {
        const got = JSON.stringify(rows.map((row) => row.length));
        fail("Reader", "ShapeMismatch", `${batch} rows of one length ≥ 1 expected`, got);
      }
      if (length + count > config.context) {
        const rule = `at most ${config.context} tokens expected`;
        fail("Reader", "ShapeMismatch", rule, String(length + count));
      }
      let from = 0;
      let scores: Tensor | undefined;
      for (const size of piecesOf(count)) {
        const piece = rows.flatMap((row) => row.slice(from, from + size));
        const tokens = tensor(Int32Array.from(piece), { shape: [batch, size] });
        const result = step(params, cache, tokens, tensor(length, { dtype: "i32" }));
        ({ cache, scores } = result);
        from += size;
        length += size;
      }
      const found = Float32Array.from(values(await ready(scores as Tensor))); // one piece at least
      return rows.map((_, i) => found.subarray(i * config.symbols, (i + 1) * config.symbols));
    },
    choose: (indices) => {
      if (indices.length !== batch)
        fail("Reader", "ShapeMismatch", `${batch} texts expected`, String(indices.length));
      cache = reorder(cache, tensor(Int32Array.from(indices)));
    },
    restart: () => {
      cache = emptyCache(config, { batch });
      length = 0;
    },
  };
};

const mapCache =
  (f: (x: Tensor) => Tensor) =>
  (cache: Cache): Cache =>
    cache.map((kept) =>
      "sums" in kept ? { sums: f(kept.sums) } : { keys: f(kept.keys), values: f(kept.values) },
    );
