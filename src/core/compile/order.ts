// The order of a plan's steps. What checks indices goes as early as it can: outputs are written over donated inputs only after the last step that can
// fail, so that an error loses nothing.

import type { LoweredNode } from "./lower.ts";

/** The steps with those that check indices, and what only these need, right behind what they need themselves; all others stay in order. */
export const checksFirst = (steps: readonly LoweredNode[]): readonly LoweredNode[] => {
  if (steps.every(({ kernel }) => kernel.indexedBy === undefined)) return steps;
  const positions = new Map(steps.map(({ node }, at) => [node, at]));
  const producersOf = ({ inputs }: LoweredNode): readonly number[] =>
    inputs.flatMap((input) => positions.get(input) ?? []);
  /** Whether a step is needed by others, and by such that go early only. */
  const isNeeded = steps.map(() => false);
  const isOnlyForChecks = steps.map(() => true);
  const isEarly = steps.map(() => false);
  for (let at = steps.length - 1; at >= 0; at--) {
    const step = steps[at] as LoweredNode;
    const isEarlyHere =
      step.kernel.indexedBy !== undefined ||
      (isNeeded[at] === true && isOnlyForChecks[at] === true);
    isEarly[at] = isEarlyHere;
    for (const producer of producersOf(step)) {
      isNeeded[producer] = true;
      if (!isEarlyHere) isOnlyForChecks[producer] = false;
    }
  }
  /** The step, by its place so far, behind which a step goes. */
  const behind: number[] = [];
  steps.forEach((step, at) => {
    const needed = producersOf(step).map((producer) => behind[producer] as number);
    behind.push(isEarly[at] === true ? Math.max(-1, ...needed) : at);
  });
  return steps
    .map((step, at) => ({ step, at }))
    .sort((a, b) => (behind[a.at] as number) - (behind[b.at] as number) || a.at - b.at)
    .map(({ step }) => step);
};
