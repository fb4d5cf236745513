// Places for the temporaries of a plan. WebGPU does not let a kernel write into a buffer that it reads, not even elsewhere in it, so there
// is no arena: each temporary has a buffer, which later temporaries use again.

import type { Plan, PlanBuffer } from "../../../compile/plan.ts";
import { roundedBytes } from "./memory.ts";

/** A temporary and the buffer that it is given. */
export interface Placed {
  readonly id: number;
  readonly slot: number;
  readonly bytes: number;
}

const bytesPerElement = 4;

/** A buffer may serve for values that fill this part of it, or more. */
const leastUse = 1 / 4;

/** Gives each temporary the smallest buffer that is free from the step that writes it to the last that reads it. */
export const placeTemporaries = ({ buffers, steps }: Plan): readonly Placed[] => {
  const placed: Placed[] = [];
  const slotBytes: number[] = [];
  const free = new Set<number>();
  const slotOf = new Map<number, number>();
  const take = (bytes: number): number => {
    const fitting = [...free].filter(
      (slot) =>
        (slotBytes[slot] as number) >= bytes && bytes >= (slotBytes[slot] as number) * leastUse,
    );
    if (fitting.length === 0) return slotBytes.push(bytes) - 1;
    const slot = fitting.reduce((a, b) =>
      (slotBytes[b] as number) < (slotBytes[a] as number) ? b : a,
    );
    free.delete(slot);
    return slot;
  };
  steps.forEach(({ output, inputs }, at) => {
    const { kind, size } = buffers[output] as PlanBuffer;
    if (kind === "temporary") {
      const slot = take(roundedBytes(Math.max(1, size) * bytesPerElement));
      slotOf.set(output, slot);
      placed.push({ id: output, slot, bytes: slotBytes[slot] as number });
    }
    // After the output has its place: it must not be that of an input.
    for (const id of new Set([...inputs, output])) {
      const slot = slotOf.get(id);
      if (slot !== undefined && (buffers[id] as PlanBuffer).lastStep <= at) free.add(slot);
    }
  });
  return placed;
};
