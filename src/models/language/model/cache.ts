// Writing a text token by token: what attention needs of the tokens so far is kept, so that a step looks at the new ones alone. Exact attention and
// that to neighbours keep keys and values; linear attention keeps sums, whose size does not grow (Katharopoulos et al., 2020, §3.3).

import { fail } from "../../../core/errors.ts";
import type { Tensor } from "../../../core/tensor.ts";
import * as Attention from "../../../nn/attention/index.ts";
import * as Embedding from "../../../nn/embedding.ts";
import {
  add,
  cast,
  div,
  equal,
  greater,
  lessEqual,
  logicalAnd,
  sub,
  where,
} from "../../../ops/arithmetic.ts";
import { matmul } from "../../../ops/contract.ts";
import { arange, ones, zeros } from "../../../ops/create.ts";
import { take } from "../../../ops/gather.ts";
import { any } from "../../../ops/reduce.ts";
import { narrow } from "../../../ops/slice.ts";
import { concat, expandDims, transpose } from "../../../ops/structural.ts";
import { fromHeads, type Heads, headsOf } from "./attention.ts";
import { type Config, groupsOf, headWidthOf } from "./config.ts";
import * as Layer from "./layer.ts";
import { normalise, project } from "./projection.ts";
import { type Params, scoresOf } from "./transformer.ts";

/** What a layer keeps: keys and values [batch, groups, capacity, head width], or sums [batch, groups, features, head width + 1]. */
export type Kept = { readonly keys: Tensor; readonly values: Tensor } | { readonly sums: Tensor };

/** What all layers keep. */
export type Cache = readonly Kept[];

/** Size of a cache. */
export interface CacheSize {
  readonly batch: number;
  /** Tokens that it has room for; the context when absent. */
  readonly capacity?: number;
}

/**
 * A cache that has seen nothing. Fails with InvalidArgument for more tokens than the context.
 *
 * @example
 * import { Language } from "pullback/models";
 * const { configOf } = Language;
 * emptyCache(configOf("nano", 65), { batch: 1 }).length // 4
 */
export const emptyCache = (
  config: Config,
  { batch, capacity = config.context }: CacheSize,
): Cache => {
  if (!(Number.isInteger(capacity) && capacity >= 1 && capacity <= config.context)) {
    const rule = `a capacity in 1…${config.context} expected`;
    fail("emptyCache", "InvalidArgument", rule, String(capacity));
  }
  const width = headWidthOf(config);
  const kept = (): Kept => {
    const front = [batch, groupsOf(config)];
    if (config.attention.kind === "linear") return { sums: zeros([...front, width, width + 1]) };
    const empty = zeros([...front, capacity, width]);
    return { keys: empty, values: empty };
  };
  return Array.from({ length: config.layers }, kept);
};

/** Rows [..., capacity, width] with new ones [..., time, width] in place of those from `at` on. */
const written = (rows: Tensor, news: Tensor, at: Tensor): Tensor => {
  const [capacity, time] = [rows.shape.at(-2) as number, news.shape.at(-2) as number];
  const places = add(arange(time), at); // [time]
  if (time === 1) return where(expandDims(-1)(equal(arange(capacity), places)), news, rows);
  const isAt = equal(expandDims(-1)(arange(capacity)), places); // [capacity, time]
  const moved = matmul(cast(news.dtype)(isAt), news); // a row of zeros where nothing is new
  return where(any({ axis: -1, keepDims: true })(isAt), moved, rows);
};

/** Which of the kept keys the new queries see: bool [time, capacity]. */
const seen = (config: Config, time: number, capacity: number, at: Tensor): Tensor => {
  const queries = expandDims(-1)(add(arange(time), at)); // [time, 1]
  const keys = arange(capacity);
  const isPast = lessEqual(keys, queries);
  const { attention } = config;
  if (attention.kind !== "window") return isPast;
  return logicalAnd(isPast, greater(keys, sub(queries, attention.window)));
};

/** Attention of new tokens to what is kept and to themselves, and what is kept then. */
const attendKept = (
  config: Config,
  { q, k, v }: Heads,
  kept: Kept,
  at: Tensor,
): { readonly y: Tensor; readonly kept: Kept } => {
  if ("sums" in kept) return attendSums({ q, k, v }, kept.sums);
  const [keys, values] = [written(kept.keys, k, at), written(kept.values, v, at)];
  const [time, capacity] = [q.shape.at(-2) as number, keys.shape.at(-2) as number];
  const mask = seen(config, time, capacity, at);
  const y = Attention.grouped(Attention.scaledDotProduct({ mask }))(q, keys, values);
  return { y, kept: { keys, values } };
};

const attendSums = (
  { q, k, v }: Heads,
  sums: Tensor,
): { readonly y: Tensor; readonly kept: Kept } => {
  const more = concat({ axis: -1 })([v, ones([...v.shape.slice(0, -1), 1], v.dtype)]);
  const [fq, fk] = [Attention.eluFeatures(q), Attention.eluFeatures(k)];
  const attend: Attention.Attend = (queries, keys, values) => {
    const isPast = lessEqual(
      arange(keys.shape.at(-2) as number),
      expandDims(-1)(arange(queries.shape.at(-2) as number)),
    );
    return matmul(where(isPast, matmul(queries, transpose(keys)), 0), values);
  };
  const own = Attention.grouped(attend)(fq, fk, more);
  const before = Attention.grouped((queries, past) => matmul(queries, past))(fq, sums, sums);
  const y = add(own, before); // [batch, heads, time, head width + 1]
  const width = v.shape.at(-1) as number;
  return {
    y: div(narrow(y, 3, 0, width), add(narrow(y, 3, width, 1), 1e-6)),
    kept: { sums: add(sums, matmul(transpose(fk), more)) },
  };
};

/**
 * Scores of the token behind each new one, and the cache with these.
 *
 *   tokens i32 [batch, time]   at i32 [], how many tokens there were before   → logits [batch, time, symbols]
 *
 * One program serves every place: `at` is a tensor. With as many calls as one likes the logits are those of `logits` for the whole text. More
 * tokens than the capacity are not noticed: ask `at` + time ≤ capacity.
 */
export const extend =
  (config: Config, params: Params) =>
  (
    cache: Cache,
    tokens: Tensor,
    at: Tensor,
  ): { readonly logits: Tensor; readonly cache: Cache } => {
    const rows = Embedding.apply(params.tokens)(tokens) as Tensor;
    const time = tokens.shape.at(-1) as number;
    const first =
      params.places === undefined
        ? rows
        : add(rows, take({ axis: 0 })(params.places.table, add(arange(time), at)));
    const next: Kept[] = [];
    const last = params.layers.reduce((x, layer, i) => {
      const heads = headsOf(config, layer.attention, normalise(config, layer.attentionNorm)(x), at);
      const { y, kept } = attendKept(config, heads, cache[i] as Kept, at); // one for each layer
      next.push(kept);
      const attended = add(x, project(config, layer.attention.output)(fromHeads(y)));
      return add(attended, Layer.forward(config, layer)(attended));
    }, first);
    return { logits: scoresOf(config, params)(normalise(config, params.norm)(last)), cache: next };
  };
