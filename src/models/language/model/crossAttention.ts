// Attention of a decoder's tokens to an encoder's states: Vaswani et al., 2017, §3.2.3. Neither is turned by position.

import type { Tensor } from "../../../core/tensor.ts";
import * as Attention from "../../../nn/attention/index.ts";
import { splitKey } from "../../../ops/random.ts";
import { expandDims, split } from "../../../ops/structural.ts";
import { fromHeads, toHeads } from "./attention.ts";
import { type Config, groupsOf, headWidthOf } from "./config.ts";
import { initProjection, type Projection, project } from "./projection.ts";

/** query [width, heads · head width], memory [width, 2 · groups · head width] (keys and values side by side), output [heads · head width, width]. */
export interface Params {
  readonly query: Projection;
  readonly memory: Projection;
  readonly output: Projection;
}

/** Projections as GPT-2 starts them. */
export const init = (key: Tensor, config: Config): Params => {
  const [a, b, c] = splitKey(key, 3);
  const { width } = config;
  const headWidth = headWidthOf(config);
  return {
    query: initProjection(a, [width, config.heads * headWidth], config),
    memory: initProjection(b, [width, 2 * groupsOf(config) * headWidth], config),
    output: initProjection(c, [config.heads * headWidth, width], config, true),
  };
};

/** What tokens x [..., time, width] take of states [..., source, width], of those that count: → [..., time, width] */
export const apply =
  (
    config: Config,
    { query, memory, output }: Params,
    { states, mask }: { readonly states: Tensor; readonly mask?: Tensor },
  ) =>
  (x: Tensor): Tensor => {
    const groups = groupsOf(config);
    const [k, v] = split({ axis: -1, parts: 2 })(project(config, memory)(states)) as [
      Tensor,
      Tensor,
    ]; // two parts
    // Of [..., source] to [..., groups, heads of a group, time, source], as scores are, or without groups.
    const between = groups === config.heads ? 2 : 3;
    const seen =
      mask === undefined
        ? {}
        : { mask: Array.from({ length: between }).reduce<Tensor>((m) => expandDims(-2)(m), mask) };
    const attend = Attention.grouped(Attention.scaledDotProduct(seen));
    const y = attend(
      toHeads(project(config, query)(x), config.heads),
      toHeads(k, groups),
      toHeads(v, groups),
    );
    return project(config, output)(fromHeads(y));
  };
