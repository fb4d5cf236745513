// Heads of queries that share heads of keys and values: fewer of those to compute, and to keep while a text is written. Shazeer, "Fast
// transformer decoding: one write-head is all you need", 2019; Ainslie et al., "GQA: training generalized multi-query transformer models from
// multi-head checkpoints", EMNLP 2023.

import { fail } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { reshape } from "../../ops/broadcast.ts";
import { expandDims } from "../../ops/structural.ts";

/** What takes queries, keys and values to means of values. */
export type Attend = (q: Tensor, k: Tensor, v: Tensor) => Tensor;

/**
 * An attention in which heads of queries share those of keys and values: head h of the queries sees head ⌊h · groups / heads⌋ of them. As many
 * groups as heads are usual attention, one is multi-query attention.
 *
 *   q [..., heads, queries, width]   k [..., groups, keys, width]   v [..., groups, keys, values]   → [..., heads, queries, values]
 *
 * Where there are fewer groups than heads, the attention sees queries as [..., groups, heads / groups, queries, width] and keys as [..., groups, 1, keys, width]:
 * a mask for it broadcasts to [..., groups, heads / groups, queries, keys], so that one of a batch needs a further axis of 1.
 *
 * Fails with InvalidArgument where the groups do not divide the heads.
 *
 * @example
 * Attention.grouped(Attention.scaledDotProduct())(q, k, v) // [2, 6, 5, 8], [2, 3, 7, 8], [2, 3, 7, 4] → [2, 6, 5, 4]
 */
export const grouped =
  (attend: Attend): Attend =>
  (q, k, v) => {
    const [heads, groups] = [q.shape.at(-3) ?? 1, k.shape.at(-3) ?? 1];
    if (heads === groups) return attend(q, k, v);
    if (!Number.isInteger(heads / groups))
      fail(
        "Attention.grouped",
        "InvalidArgument",
        `groups that divide ${heads} expected`,
        `${groups}`,
      );
    const front = q.shape.slice(0, -3);
    const inGroups = reshape([...front, groups, heads / groups, ...q.shape.slice(-2)])(q);
    const y = attend(inGroups, expandDims(-3)(k), expandDims(-3)(v)); // [..., groups, heads / groups, queries, values]
    return reshape([...front, heads, ...y.shape.slice(-2)])(y);
  };
