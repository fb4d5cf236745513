// Kernels of gpu.js made ready to be called, kept by what they compute, so that two hundred steps of a recurrence and plans of
// other programs share them.

import { fail, TensorError } from "../../../errors.ts";
import type { Kernel } from "../../../kernel/kernel.ts";
import { refuseFallback } from "../../strict.ts";
import { type KernelSource, printKernel } from "../generate.ts";
import type { Mode } from "../modes.ts";
import {
  classOf,
  createKernel,
  type GpuJsKernel,
  type KernelArgument,
  quietly,
} from "../package.ts";
import { namedNumbers } from "../scalars.ts";
import { commonSettings } from "../settings.ts";

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

/** How much a store keeps; beyond, it drops the kernels that were not used for longest. */
export interface Limits {
  /** A kernel of mode webasm has a memory of its own, for its inputs and output. */
  readonly bytes: number;
  readonly kernels: number;
}

const defaultLimits: Limits = { bytes: 512 * 2 ** 20, kernels: 4096 };

/** The least multiple of 4 that is not below: webasm computes four elements at once, and the last few slowly. */
const padded = (size: number): number => Math.ceil(size / 4) * 4;

/** An empty store for a mode. */
export const makeKernelStore = (mode: Mode, limits: Limits = defaultLimits): KernelStore => {
  const kept = keepRecent(limits);
  const report: KernelReport = { built: 0, executors: new Set() };

  const note = (built: GpuJsKernel): void => {
    const executor = classOf(built);
    report.built++;
    report.executors.add(executor);
    if (executor === mode.kernelClass) return;
    const reason = built.kernel.fallbackReason ?? "no reason given";
    report.fallback ??= `${mode.name} kernel ran in ${executor}: ${reason}`;
    refuseFallback(`gpu:${mode.name}`, report.fallback);
  };

  const makeRunner = (kernel: Kernel, extents: readonly number[]): RunKernel => {
    const key = `${kernel.key}|${extents.join()}`;
    const source = printKernel(kernel, mode);
    const size = padded(kernel.output.size);
    const bytes = mode.bytesPerElement * extents.reduce((sum, extent) => sum + extent, size);

    const run = (args: readonly KernelArgument[]): Float32Array => {
      const known = kept.get(key);
      if (known !== undefined) return known(...args) as Float32Array; // no mode of the host keeps values elsewhere
      // gpu.js compiles at the first call, and only then is it known what runs the kernel.
      return quietly(() => {
        const built = buildKernel(mode, source, size);
        const output = built(...args) as Float32Array; // as above
        note(built);
        kept.put(key, built, bytes);
        return output;
      });
    };
    return (inputs) => {
      try {
        const arrays = source.slots.map((slot) => inputs[slot] as ArrayLike<number>);
        return run([...arrays, ...source.numbers.map((name) => namedNumbers[name])]);
      } catch (cause) {
        if (cause instanceof TensorError) throw cause;
        const rule = `a kernel that gpu.js runs in mode ${mode.name} expected`;
        const [line] = (cause as Error).message.split("\n") as [string]; // gpu.js throws errors
        return fail(kernel.label, "DeviceFailure", rule, line);
      }
    };
  };

  const runners = new WeakMap<Kernel, Map<string, RunKernel>>();
  const runner = (kernel: Kernel, extents: readonly number[]): RunKernel => {
    const forKernel = runners.get(kernel) ?? new Map<string, RunKernel>();
    runners.set(kernel, forKernel);
    const known = forKernel.get(extents.join()) ?? makeRunner(kernel, extents);
    forKernel.set(extents.join(), known);
    return known;
  };
  return { runner, report };
};

const buildKernel = (mode: Mode, source: KernelSource, size: number): GpuJsKernel =>
  createKernel(mode.name, source.text, {
    output: [size],
    ...commonSettings(source),
  });

/** Built kernels by key, up to limits. */
const keepRecent = (limits: Limits) => {
  const kept = new Map<string, { readonly kernel: GpuJsKernel; readonly bytes: number }>();
  let total = 0;
  return {
    get: (key: string): GpuJsKernel | undefined => {
      const entry = kept.get(key);
      if (entry === undefined) return undefined;
      kept.delete(key); // to the end: what comes first in the map was not used for longest
      kept.set(key, entry);
      return entry.kernel;
    },
    put: (key: string, kernel: GpuJsKernel, bytes: number): void => {
      kept.set(key, { kernel, bytes });
      total += bytes;
      for (const [oldest, { bytes: freed }] of kept) {
        if ((total <= limits.bytes && kept.size <= limits.kernels) || oldest === key) break;
        kept.delete(oldest);
        total -= freed;
      }
    },
  };
};
