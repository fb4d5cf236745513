// How much is pruned when, while a model trains.

import { fail } from "../../../core/errors.ts";

/** Options of `gradualSparsity`. */
export interface GradualOptions {
  /** The sparsity up to `start`; default 0. */
  readonly initial?: number;
  /** The sparsity at the end. */
  readonly final: number;
  /** The step at which it begins to grow, t₀; default 0. */
  readonly start?: number;
  /** How many times it grows, n. */
  readonly steps: number;
  /** Training steps between two of these times, Δt. */
  readonly every: number;
}

/**
 * The sparsity at a training step: final + (initial − final) · (1 − (t − t₀) / (n Δt))³, which grows fast at first, and constant before and after. Zhu
 * & Gupta, "To prune, or not to prune: exploring the efficacy of pruning for model compression", 2017, equation 1. Masks are to be made anew when
 * t − t₀ is a multiple of Δt, with `magnitude({ sparsity, of: "all" })(params, masks)`.
 *
 * Fails with InvalidArgument for sparsities outside of 0…1, and for counts below 1.
 *
 * @example
 * const sparsity = gradualSparsity({ final: 0.8, start: 100, steps: 10, every: 10 });
 * [0, 100, 150, 200, 300].map((t) => sparsity(t).toFixed(2)) // ["0.00", "0.00", "0.70", "0.80", "0.80"]
 */
export const gradualSparsity = ({
  initial = 0,
  final,
  start = 0,
  steps,
  every,
}: GradualOptions): ((step: number) => number) => {
  const refuse = (rule: string, got: unknown): never =>
    fail("gradualSparsity", "InvalidArgument", rule, String(got));
  for (const sparsity of [initial, final])
    if (!(sparsity >= 0 && sparsity <= 1)) refuse("sparsities in 0…1 expected", sparsity);
  for (const count of [steps, every])
    if (!(Number.isInteger(count) && count >= 1)) refuse("counts of 1 or more expected", count);
  if (!Number.isFinite(start)) refuse("a step to start at expected", start);
  return (step) => {
    const share = Math.min(1, Math.max(0, (step - start) / (steps * every)));
    return final + (initial - final) * (1 - share) ** 3;
  };
};
