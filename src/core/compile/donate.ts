// Donated inputs: buffers that a program may write its outputs over, so that parameters and optimiser state need no second copy.

import { canOverwrite, type PlanStep } from "./overwrite.ts";

/** What has to be known of a plan's buffers to choose. */
export interface Lifetimes {
  readonly steps: readonly PlanStep[];
  /** The step that writes a buffer, and the last one that touches it; beyond the steps for outputs. */
  readonly first: readonly number[];
  readonly last: readonly number[];
  /** Whether two buffers have the same dtype and size. */
  readonly isLike: (a: number, b: number) => boolean;
}

/**
 * For each output that can be written over a donated input, that input. The input's last reader comes before, or is the same
 * step and reads only the element that it writes; and no later step can fail, so that an error loses nothing.
 */
export const placeOverDonated = (
  outputs: readonly number[],
  donated: readonly number[],
  { steps, first, last, isLike }: Lifetimes,
): ReadonlyMap<number, number> => {
  const over = new Map<number, number>();
  const free = new Set(donated);
  const lastCheck = steps.findLastIndex(({ kernel }) => kernel.indexedBy !== undefined);
  const isDone = (input: number, step: number): boolean =>
    (last[input] as number) < step ||
    (last[input] === step && canOverwrite(steps[step] as PlanStep, input));
  for (const output of new Set(outputs)) {
    const step = first[output] as number;
    if (step < 0 || step <= lastCheck) continue;
    const input = [...free].find((id) => isLike(id, output) && isDone(id, step));
    if (input === undefined) continue;
    free.delete(input);
    over.set(output, input);
  }
  return over;
};
