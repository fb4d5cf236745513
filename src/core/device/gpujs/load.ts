// The only place that knows the package gpu.js: it is loaded when the first kernel is built (80 ms), typed by hand because its
// own types lack half of what is used here, and kept from talking to the console.

import { createRequire } from "node:module";
import { fail } from "../../errors.ts";
import type { ModeName } from "./modes.ts";

/** What a kernel takes: arrays, then numbers. */
export type KernelArgument = ArrayLike<number> | number;

/**
 * A kernel of gpu.js. In the modes webasm and cpu a call returns its values at once; version 3 is announced to return promises
 * only, which the tests of this folder would notice.
 */
export interface GpuJsKernel {
  (...args: readonly KernelArgument[]): Float32Array;
  /** What runs it: another class than the mode's own after a fallback, and then the reason. */
  readonly kernel: {
    readonly constructor: { readonly name: string };
    readonly fallbackReason?: string | null;
  };
}

/** The settings that kernels are made with. */
export interface KernelSettings {
  readonly output: readonly [number];
  readonly argumentTypes: readonly ("Array" | "Float")[];
  readonly returnType: "Number";
  readonly tactic: "precision";
  readonly precision: "single";
  /** Loops whose bounds gpu.js does not know are cut there, silently. */
  readonly loopMaxIterations: number;
}

interface GpuJs {
  readonly GPU: new (settings: {
    readonly mode: ModeName;
  }) => { createKernel(source: string, settings: KernelSettings): GpuJsKernel };
}

const require = createRequire(import.meta.url);

const load = <T>(path: string): T => {
  try {
    return require(path) as T; // typed by hand, see above
  } catch (cause) {
    const { message } = cause as Error; // require throws errors
    const [line] = message.split("\n") as [string];
    return fail("gpu", "DeviceFailure", "the package gpu.js expected", line, "npm install gpu.js");
  }
};

/** The version of gpu.js that is installed. */
export const gpuJsVersion = (): string =>
  load<{ readonly version: string }>("gpu.js/package.json").version;

/** A kernel from its source text. Each has a GPU object of its own (6 µs), so that dropping the kernel frees all it holds. */
export const createKernel = (
  mode: ModeName,
  source: string,
  settings: KernelSettings,
): GpuJsKernel => {
  const { GPU } = load<GpuJs>("gpu.js");
  return new GPU({ mode }).createKernel(source, settings);
};

/** Runs a function while nothing that it prints reaches the console. */
export const quietly = <T>(run: () => T): T => {
  const { log, warn, error } = console;
  const silence = (): undefined => undefined;
  Object.assign(console, { log: silence, warn: silence, error: silence });
  try {
    return run();
  } finally {
    Object.assign(console, { log, warn, error });
  }
};
