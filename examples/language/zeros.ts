// How much of some tensors is 0.

import { type Tensor, values } from "../../src/index.ts";

/** The share of the elements of tensors that are 0. */
export const shareOfZeros = (leaves: readonly Tensor[]): number => {
  let [zeros, all] = [0, 0];
  for (const leaf of leaves)
    for (const x of values(leaf)) {
      zeros += x === 0 ? 1 : 0;
      all += 1;
    }
  return zeros / all;
};
