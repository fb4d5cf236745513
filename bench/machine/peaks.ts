// The most arithmetic that the processor does in WebAssembly: vectors of four f32, multiplied and added in registers, in chains that do not wait for
// one another. How many chains hide the latency and still fit the registers depends on the processor, so some are tried.

import { isFused } from "../../src/core/device/cpu/fused.ts";
import type { FunctionBuilder, Local } from "../../src/core/device/cpu/wasm/function.ts";
import { forThreads, type Kernel, kernelCode, resultOf, type Team, threadCounts } from "./team.ts";

/** Multiply and add as two instructions, or as one. */
export type Operation = "multiply, add" | "fused";

/** The operations that are valid here, the fastest last. */
export const operations = (): readonly Operation[] =>
  isFused() ? ["multiply, add", "fused"] : ["multiply, add"];

/** The most arithmetic of so many threads. */
export interface Peak {
  readonly operation: Operation;
  readonly threads: number;
  readonly gflops: number;
  /** Chains with which it was reached. */
  readonly accumulators: number;
}

const chainCounts = [8, 10, 12];
/** Links of a chain in one turn of the loop. V8 writes those of a chain one after the other, so that more would hide the other chains from the processor. */
const links = 2;
/** Few enough that half of the links is exact in f32. */
const runs = 100_000;

const nameOf = (operation: Operation, accumulators: number): string =>
  `${operation} ${accumulators}`;

/** Fused sums grow by a half with every link. A product that did not depend on the sum would be moved out of the loop, so others halve it and add one. */
const writeLink = (
  f: FunctionBuilder,
  operation: Operation,
  sum: Local<"v128">,
  half: Local<"v128">,
  one: Local<"v128">,
): void => {
  if (operation === "fused")
    f.set(sum, f.op("f32x4.relaxed_madd", f.get(half), f.get(one), f.get(sum)));
  else f.set(sum, f.op("f32x4.add", f.op("f32x4.mul", f.get(sum), f.get(half)), f.get(one)));
};

const writePeak = (operation: Operation, accumulators: number): FunctionBuilder => {
  const f = kernelCode();
  const splat = (value: number) => f.let(f.op("f32x4.splat", f.f32(value)));
  const [half, one] = [splat(0.5), splat(1)];
  const sums = Array.from({ length: accumulators }, () => splat(0));
  f.for(f.local("i32"), 0, f.param(0), 1, () => {
    for (let link = 0; link < links; link++)
      for (const sum of sums) writeLink(f, operation, sum, half, one);
  });
  const total = splat(0);
  for (const sum of sums) f.set(total, f.op("f32x4.add", f.get(total), f.get(sum)));
  f.memory("v128.store", 0, f.get(f.param(3)), f.get(total));
  return f;
};

/** Kernels of (runs, –, –, result). */
export const peakKernels = (): readonly Kernel[] =>
  operations().flatMap((operation) =>
    chainCounts.map((accumulators) => ({
      name: nameOf(operation, accumulators),
      code: writePeak(operation, accumulators),
    })),
  );

const check = (team: Team, operation: Operation, accumulators: number): void => {
  const each = operation === "fused" ? (links * runs) / 2 : 2; // the limit of x/2 + 1
  const [found] = new Float32Array(team.memory, resultOf(0), 1);
  // Adding up the chains rounds.
  if (!(Math.abs((found as number) / (each * accumulators) - 1) < 1e-6))
    throw new Error(`bench: ${operation}: ${each * accumulators} expected, got ${found}`);
};

/** The peaks of one thread and of all. */
export const measurePeaks = (team: Team): readonly Peak[] =>
  operations().flatMap((operation) =>
    threadCounts(team).map((threads) => {
      const args = forThreads(threads, (thread) => [runs, 0, 0, resultOf(thread)]);
      const found = chainCounts.map((accumulators): Peak => {
        const seconds = team.fastest(nameOf(operation, accumulators), args);
        check(team, operation, accumulators);
        const flops = 2 * 4 * accumulators * links * runs * threads;
        return { operation, threads, gflops: flops / seconds / 1e9, accumulators };
      });
      return found.reduce((best, next) => (next.gflops > best.gflops ? next : best));
    }),
  );

/** The peak of so many threads, by the operation that products use here. */
export const peakOf = (peaks: readonly Peak[], threads: number, operation: Operation): number =>
  peaks.find((it) => it.threads === threads && it.operation === operation)?.gflops ?? Number.NaN;
