// A plan: kernels in order, and for every buffer when it lives and where. Temporaries share one arena; a buffer's place is free again
// after its last reader, and an elementwise kernel may write over an input that dies with it.

import { bytesFor, type Dtype } from "../dtype.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { placeOverDonated } from "./donate.ts";
import type { LoweredNode } from "./lower.ts";
import { checksFirst, freeingFirst } from "./order.ts";
import { canOverwrite, type PlanStep } from "./overwrite.ts";

export type { PlanStep };

/** One buffer of a plan. */
export interface PlanBuffer {
  readonly id: number;
  /** Inputs come from outside, outputs leave the plan, temporaries live in the arena. */
  readonly kind: "input" | "output" | "temporary";
  readonly dtype: Dtype;
  /** Elements. */
  readonly size: number;
  readonly bytes: number;
  /** Place in the arena, in bytes; temporaries only. */
  readonly offset?: number;
  /** The donated input whose memory it may be written to; some outputs only. A device is free to ignore it. */
  readonly over?: number;
  /** The first and last step that touches it; −1 for inputs, which live from the start. */
  readonly firstStep: number;
  readonly lastStep: number;
}

/** A compiled program, independent of the device that runs it. */
export interface Plan {
  readonly buffers: readonly PlanBuffer[];
  readonly steps: readonly PlanStep[];
  /** Buffer ids of the inputs, in the order in which values are passed. */
  readonly inputs: readonly number[];
  /** Buffer ids of the outputs; an id of an input where an output is one. */
  readonly outputs: readonly number[];
  /** Bytes of the arena that holds all temporaries. */
  readonly arenaBytes: number;
  /** The most bytes alive at once: inputs, temporaries and outputs, after reuse. */
  readonly peakBytes: number;
}

const alignment = 64;
const align = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

/** Puts lowered nodes in order, with lifetimes and places for all buffers. */
export const makePlan = (
  lowered: readonly LoweredNode[],
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  donated: ReadonlySet<Tensor> = new Set(),
): Plan => {
  const ids = new Map<Tensor, number>();
  const nodes: Tensor[] = [];
  const idOf = (node: Tensor): number => {
    const known = ids.get(node);
    if (known !== undefined) return known;
    ids.set(node, nodes.length);
    return nodes.push(node) - 1;
  };
  const inputIds = inputs.map(idOf);
  const kept = new Set([...inputs, ...outputs]);
  const ordered = freeingFirst(checksFirst(lowered), {
    bytesOf: (node) => (kept.has(node) ? 0 : bytesFor(node.dtype, sizeOf(node.shape))),
    isKept: (node) => kept.has(node),
  });
  const steps = ordered.map(({ node, kernel, inputs: reads, offsets }) => ({
    kernel,
    offsets,
    inputs: reads.map(idOf),
    output: idOf(node),
  }));
  const outputIds = outputs.map(idOf);
  const first = nodes.map(() => -1);
  const last = nodes.map(() => -1);
  steps.forEach((step, at) => {
    first[step.output] = at;
    last[step.output] = at;
    for (const id of step.inputs) last[id] = at;
  });
  for (const id of outputIds) last[id] = steps.length;
  const isInput = new Set(inputIds);
  const isOutput = new Set(outputIds);
  const kindOf = (id: number): PlanBuffer["kind"] =>
    isInput.has(id) ? "input" : isOutput.has(id) ? "output" : "temporary";
  const bytesOf = (id: number): number => {
    const { dtype, shape } = nodes[id] as Tensor;
    return bytesFor(dtype, sizeOf(shape));
  };
  const { offsets, arenaBytes } = placeTemporaries(
    steps,
    last,
    (id) => kindOf(id) === "temporary",
    bytesOf,
  );
  const isLike = (a: number, b: number): boolean =>
    nodes[a]?.dtype === nodes[b]?.dtype && bytesOf(a) === bytesOf(b);
  const donatedIds = inputs.filter((input) => donated.has(input)).map(idOf);
  const overDonated = placeOverDonated(outputIds, donatedIds, { steps, first, last, isLike });
  const buffers = nodes.map(({ dtype, shape }, id): PlanBuffer => {
    const offset = offsets.get(id);
    const over = overDonated.get(id);
    return {
      id,
      kind: kindOf(id),
      dtype,
      size: sizeOf(shape),
      bytes: bytesOf(id),
      firstStep: first[id] as number,
      lastStep: last[id] as number,
      ...(offset === undefined ? {} : { offset }),
      ...(over === undefined ? {} : { over }),
    };
  });
  const outside = buffers.filter(({ kind, over }) => kind !== "temporary" && over === undefined);
  const peakBytes = arenaBytes + outside.reduce((sum, { bytes }) => sum + bytes, 0);
  return { buffers, steps, inputs: inputIds, outputs: outputIds, arenaBytes, peakBytes };
};

interface Gap {
  readonly offset: number;
  readonly bytes: number;
}

/** First-fit places in an arena, in the order of the steps. */
const placeTemporaries = (
  steps: readonly PlanStep[],
  last: readonly number[],
  isTemporary: (id: number) => boolean,
  bytesOf: (id: number) => number,
): { readonly offsets: ReadonlyMap<number, number>; readonly arenaBytes: number } => {
  const offsets = new Map<number, number>();
  let gaps: Gap[] = [];
  let arenaBytes = 0;
  const release = (offset: number, bytes: number): void => {
    const merged: Gap[] = [];
    for (const gap of [...gaps, { offset, bytes }].sort((a, b) => a.offset - b.offset)) {
      const before = merged.at(-1);
      if (before !== undefined && before.offset + before.bytes === gap.offset) {
        merged[merged.length - 1] = { offset: before.offset, bytes: before.bytes + gap.bytes };
      } else merged.push(gap);
    }
    gaps = merged;
  };
  const take = (bytes: number): number => {
    // The smallest gap that is large enough; else the arena grows, from its last gap where that is at the end.
    let best = -1;
    gaps.forEach((gap, i) => {
      if (gap.bytes >= bytes && (best < 0 || gap.bytes < (gaps[best] as Gap).bytes)) best = i;
    });
    if (best >= 0) {
      const { offset, bytes: found } = gaps[best] as Gap;
      if (found === bytes) gaps.splice(best, 1);
      else gaps[best] = { offset: offset + bytes, bytes: found - bytes };
      return offset;
    }
    const tail = gaps.at(-1);
    const isAtEnd = tail !== undefined && tail.offset + tail.bytes === arenaBytes;
    const offset = isAtEnd ? tail.offset : arenaBytes;
    if (isAtEnd) gaps.pop();
    arenaBytes = offset + bytes;
    return offset;
  };
  steps.forEach((step, at) => {
    const dying = new Set(step.inputs.filter((id) => last[id] === at && offsets.has(id)));
    if (isTemporary(step.output)) {
      const bytes = align(bytesOf(step.output));
      const over = [...dying].find((id) => align(bytesOf(id)) === bytes && canOverwrite(step, id));
      if (over === undefined) offsets.set(step.output, take(bytes));
      else {
        offsets.set(step.output, offsets.get(over) as number);
        dying.delete(over);
      }
    }
    for (const id of dying) release(offsets.get(id) as number, align(bytesOf(id)));
    // A value that nobody reads (kept for debugging, or an output's twin) is free at once.
    if (isTemporary(step.output) && last[step.output] === at) {
      release(offsets.get(step.output) as number, align(bytesOf(step.output)));
    }
  });
  return { offsets, arenaBytes };
};

/** How often each kernel runs, the most frequent first. */
export const kernelCounts = ({
  steps,
}: Plan): readonly { readonly kernel: Kernel; readonly count: number }[] => {
  const counts = new Map<string, { kernel: Kernel; count: number }>();
  for (const { kernel } of steps) {
    const known = counts.get(kernel.key);
    if (known === undefined) counts.set(kernel.key, { kernel, count: 1 });
    else known.count++;
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
};
