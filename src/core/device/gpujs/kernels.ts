// Kernels of gpu.js made ready to be called, kept by what they compute, so that two hundred steps of a recurrence and plans of
// other programs share them.

import { fail, TensorError } from "../../errors.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { printKernel } from "./generate.ts";
import { createKernel, type GpuJsKernel, type KernelArgument, quietly } from "./load.ts";
import type { Mode } from "./modes.ts";

/** Computes the output of a kernel; its length is a multiple of 4. */
export type RunKernel = (inputs: readonly ArrayLike<number>[]) => Float32Array;

/** How many kernels were built, and what ran them. */
export interface KernelReport {
  built: number;
  /** Classes of gpu.js that ran kernels. */
  readonly executors: Set<string>;
  /** Why one ran elsewhere than in the mode that was asked for. */
  fallback?: string;
}

/** The kernels of one mode. */
export interface KernelStore {
  /** A kernel for inputs of which it reads `extents` elements each, built when it first runs. */
  readonly runner: (kernel: Kernel, extents: readonly number[]) => RunKernel;
  readonly report: KernelReport;
}

/** Loops are cut there: above every loop that a kernel can have, since indices stay below 2²⁴. */
const loopMaxIterations = 2 ** 24;

/** Every webasm kernel keeps a memory of its own for inputs and output; beyond this, those unused for longest are dropped. */
const maxBytes = 512 * 2 ** 20;
const maxKernels = 4096;

/** The least multiple of 4 that is not below: webasm computes four elements at once, and the last few slowly. */
export const padded = (size: number): number => Math.ceil(size / 4) * 4;

/** An empty store for a mode. */
export const makeKernelStore = (mode: Mode): KernelStore => {
  const kept = new Map<string, { readonly kernel: GpuJsKernel; readonly bytes: number }>();
  const report: KernelReport = { built: 0, executors: new Set() };
  let keptBytes = 0;

  const keep = (key: string, kernel: GpuJsKernel, bytes: number): void => {
    kept.set(key, { kernel, bytes });
    keptBytes += bytes;
    for (const [oldest, { bytes: freed }] of kept) {
      if ((keptBytes <= maxBytes && kept.size <= maxKernels) || oldest === key) break;
      kept.delete(oldest);
      keptBytes -= freed;
    }
  };

  const note = ({ kernel }: GpuJsKernel): void => {
    const executor = kernel.constructor.name;
    report.executors.add(executor);
    if (executor !== mode.executor)
      report.fallback ??= `${mode.name} kernel ran in ${executor}: ${kernel.fallbackReason ?? "no reason given"}`;
  };

  const runners = new WeakMap<Kernel, Map<string, RunKernel>>();

  const runner = (kernel: Kernel, extents: readonly number[]): RunKernel => {
    const forKernel = runners.get(kernel) ?? new Map<string, RunKernel>();
    runners.set(kernel, forKernel);
    const known = forKernel.get(extents.join()) ?? makeRunner(kernel, extents);
    forKernel.set(extents.join(), known);
    return known;
  };

  const makeRunner = (kernel: Kernel, extents: readonly number[]): RunKernel => {
    const key = `${kernel.key}|${extents.join()}`;
    const source = printKernel(kernel, mode);
    const size = padded(kernel.output.size);
    const build = (): GpuJsKernel =>
      createKernel(mode.name, source.text, {
        output: [size],
        argumentTypes: [
          ...source.slots.map(() => "Array" as const),
          ...source.numbers.map(() => "Float" as const),
        ],
        returnType: "Number",
        tactic: "precision",
        precision: "single",
        loopMaxIterations,
      });
    const bytes = mode.bytesPerElement * extents.reduce((sum, extent) => sum + extent, size);

    /** gpu.js compiles at the first call, and only then is it known what runs the kernel. */
    const runFirst = (args: readonly KernelArgument[]): Float32Array =>
      quietly(() => {
        const built = build();
        const output = built(...args);
        report.built++;
        note(built);
        keep(key, built, bytes);
        return output;
      });

    return (inputs) => {
      const args = [
        ...source.slots.map((slot) => inputs[slot] as ArrayLike<number>),
        ...source.numbers,
      ];
      const known = kept.get(key);
      try {
        if (known === undefined) return runFirst(args);
        kept.delete(key); // to the end: what is first in the map was unused for longest
        kept.set(key, known);
        return known.kernel(...args);
      } catch (cause) {
        if (cause instanceof TensorError) throw cause;
        const [line] = (cause as Error).message.split("\n") as [string]; // gpu.js throws errors
        return fail(
          kernel.label,
          "DeviceFailure",
          `a kernel that gpu.js runs in mode ${mode.name} expected`,
          line,
        );
      }
    };
  };
  return { runner, report };
};
