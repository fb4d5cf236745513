// The order of a plan's steps. What checks indices goes as early as it can: outputs are written over donated inputs only after the last step that can
// fail, so that an error loses nothing. What ends the life of more bytes than it makes goes as soon as it can, so that the arena is small.

import type { Tensor } from "../tensor.ts";
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

/** What has to be known of the tensors of steps to put these in an order. */
export interface Lives {
  /** Bytes in the arena; 0 for what does not lie there. */
  readonly bytesOf: (node: Tensor) => number;
  readonly isKept: (node: Tensor) => boolean;
}

/**
 * The steps with those that free at least as many bytes of temporaries as they take right behind what they need; all others stay in order. Such a
 * step only lowers what is alive after it, and what it waits for is there. Outputs stay where they are: they may be written over donated inputs,
 * which others read until then.
 */
export const freeingFirst = (
  steps: readonly LoweredNode[],
  { bytesOf, isKept }: Lives,
): readonly LoweredNode[] => {
  const readersOf = new Map<Tensor, LoweredNode[]>();
  const missing = new Map<LoweredNode, number>();
  const made = new Set(steps.map(({ node }) => node));
  for (const step of steps) {
    const inputs = new Set(step.inputs);
    for (const input of inputs) {
      const readers = readersOf.get(input);
      if (readers === undefined) readersOf.set(input, [step]);
      else readers.push(step);
    }
    missing.set(step, [...inputs].filter((input) => made.has(input)).length);
  }
  const unread = new Map([...readersOf].map(([node, readers]) => [node, readers.length]));
  const ordered: LoweredNode[] = [];
  const isPlaced = new Set<LoweredNode>();
  const frees = ({ inputs, node }: LoweredNode): boolean => {
    const dying = [...new Set(inputs)].filter((it) => unread.get(it) === 1 && bytesOf(it) > 0);
    return dying.reduce((sum, it) => sum + bytesOf(it), 0) >= bytesOf(node) && dying.length > 0;
  };
  const place = (step: LoweredNode): void => {
    const waiting = [step];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (isPlaced.has(next)) continue;
      isPlaced.add(next);
      ordered.push(next);
      const dying: Tensor[] = []; // inputs that one step is left to read: only of these a reader may free more than before
      for (const input of new Set(next.inputs)) {
        const left = (unread.get(input) as number) - 1;
        unread.set(input, left);
        if (left === 1) dying.push(input);
      }
      for (const reader of readersOf.get(next.node) ?? [])
        missing.set(reader, (missing.get(reader) as number) - 1);
      const candidates = [...dying, next.node].flatMap((it) => readersOf.get(it) ?? []);
      for (const reader of candidates.reverse())
        if (
          !isPlaced.has(reader) &&
          missing.get(reader) === 0 &&
          !isKept(reader.node) &&
          frees(reader)
        )
          waiting.push(reader);
    }
  };
  for (const step of steps) place(step);
  return ordered;
};
