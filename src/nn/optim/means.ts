// Exponential moving means of gradients, which Adam, RMSProp and Lion keep.

import type { Tensor } from "../../core/tensor.ts";
import { add, cast, div, mul, neg, sub } from "../../ops/arithmetic.ts";
import { expm1, log } from "../../ops/functions.ts";

/** decay · before + (1 − decay) · now */
export const decayed = (decay: Tensor | number, before: Tensor, now: Tensor): Tensor =>
  add(mul(before, decay), mul(now, typeof decay === "number" ? 1 - decay : sub(1, decay)));

/**
 * x / (1 − decayᵗ), for a mean that started at 0. The difference is −expm1(t · ln decay), which does
 * not cancel in f32.
 */
export const corrected = (decay: Tensor | number, t: Tensor, x: Tensor): Tensor => {
  const logarithm = typeof decay === "number" ? Math.log(decay) : log(decay);
  return div(x, neg(expm1(mul(cast(x.dtype)(t), logarithm))));
};
