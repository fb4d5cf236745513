// How fast a case can be at most on this machine: its arithmetic at the peak, or the bytes that its plan moves at the bandwidth, whichever takes longer
// (Williams, Waterman & Patterson, "Roofline: an insightful visual performance model for multicore architectures", 2009).

import { pointsOf } from "../../src/core/kernel/contraction.ts";
import { countTurns, exprsOf } from "../../src/core/kernel/kernel.ts";
import type { Plan } from "../../src/index.ts";
import type { Access, Bandwidth } from "../machine/bandwidth.ts";
import type { Limits } from "../machine/measure.ts";

/** Bytes that a plan moves: the inputs and the output of every step. */
export interface Traffic {
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** The largest single buffer. */
  readonly largestBytes: number;
}

/** What a case takes at least; milliseconds. */
export interface Bound {
  readonly arithmeticMs: number;
  readonly memoryMs: number;
  readonly ms: number;
  readonly binds: "arithmetic" | "memory";
}

type Step = Plan["steps"][number];

const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Bytes that a step reads: each buffer once, and no more of it than its loops can reach, since it may be a part that the step takes. */
const readBy = ({ kernel, inputs }: Step, { buffers }: Plan): number => {
  const turns = pointsOf(kernel.axes) * Math.max(1, countTurns(kernel.body));
  const loads = new Map<number, number>();
  for (const expr of exprsOf(kernel)) {
    if (expr.tag !== "load") continue;
    const id = inputs[expr.slot] as number; // one for each slot
    loads.set(id, (loads.get(id) ?? 0) + 1);
  }
  return total(
    [...loads].map(([id, count]) => {
      const { bytes = 0, size = 1 } = buffers[id] ?? {};
      return Math.min(1, (count * turns) / size) * bytes;
    }),
  );
};

/** The traffic of a plan. */
export const trafficOf = (plan: Plan): Traffic => ({
  readBytes: total(plan.steps.map((step) => readBy(step, plan))),
  writtenBytes: total(plan.steps.map(({ output }) => plan.buffers[output]?.bytes ?? 0)),
  largestBytes: Math.max(0, ...plan.buffers.map(({ bytes }) => bytes)),
});

/** The bandwidth of the smallest set in which so many bytes fit, or of the largest set; by one thread or all, whichever is faster. */
export const bandwidthFor = (
  bandwidths: readonly Bandwidth[],
  access: Access,
  bytes: number,
): number => {
  const sets = bandwidths.map((it) => it.bytes);
  const set = Math.min(...sets.filter((size) => size >= bytes), Math.max(...sets));
  const fitting = bandwidths.filter((it) => it.access === access && it.bytes === set);
  return Math.max(...fitting.map(({ gbps }) => gbps));
};

/** The bound of so many scalar operations and that traffic. Bytes written are a copy with as many that are read; what is read besides is only read. */
export const boundOf = (work: number, traffic: Traffic, { peaks, bandwidths }: Limits): Bound => {
  const { readBytes, writtenBytes, largestBytes } = traffic;
  const peak = Math.max(...peaks.map(({ gflops }) => gflops));
  const copied = 2 * Math.min(readBytes, writtenBytes);
  const written = Math.max(0, writtenBytes - readBytes);
  const read = Math.max(0, readBytes - writtenBytes);
  const copy = bandwidthFor(bandwidths, "copy", largestBytes);
  const arithmeticMs = work / peak / 1e6;
  const memoryMs =
    ((copied + written) / copy + read / bandwidthFor(bandwidths, "read", largestBytes)) / 1e6;
  return {
    ...{ arithmeticMs, memoryMs },
    ms: Math.max(arithmeticMs, memoryMs),
    binds: arithmeticMs >= memoryMs ? "arithmetic" : "memory",
  };
};
