// The public part of the package gpu.js, which is loaded when the first kernel is built (80 ms): typed by hand, because its own types
// lack half of what is used here, and kept from talking to the console. What is not public stands in internals.ts.

import { fail, type TensorError } from "../../errors.ts";
import type { ModeName } from "./modes.ts";
import { importPackage, loadsLater, packageMissing, requirePackage } from "./require.ts";

/** What a kernel takes: arrays, or values that are on the card already, then numbers. */
export type KernelArgument = ArrayLike<number> | number | ResidentValue;

/** A value in a texture of the card. */
export interface ResidentValue {
  readonly toArray: () => Float32Array;
  readonly delete: () => void;
}

/**
 * A kernel of gpu.js. In every mode but webgpu a call returns its values at once; version 3 is announced to return promises
 * only, which the tests of this folder would notice.
 */
export interface GpuJsKernel {
  (...args: readonly KernelArgument[]): Float32Array | ResidentValue;
  /** What runs it: another class than the mode's own after a fallback, and then the reason. */
  readonly kernel: { readonly fallbackReason?: string | null };
  readonly destroy: () => void;
}

/** A function that kernels call. */
export interface HelperFunction {
  readonly source: string;
  readonly settings: {
    readonly argumentTypes: Readonly<Record<string, "Number">>;
    readonly returnType: "Number";
  };
}

/** A function that kernels call, in the language of the card. */
export interface NativeFunction extends HelperFunction {
  readonly name: string;
}

/** What gpu.js has to know of an argument: an array of the host, a texture with one value or four in a texel, or a number. */
export type ArgumentType = "Array" | "ArrayTexture(1)" | "MemoryOptimizedNumberTexture" | "Float";

/** The settings that kernels are made with. */
export interface KernelSettings {
  readonly output: readonly [number];
  readonly argumentTypes?: readonly ArgumentType[];
  readonly returnType: "Number" | "Array(4)";
  readonly tactic: "precision";
  readonly precision: "single";
  /** Loops whose bounds gpu.js does not know are cut there, silently. */
  readonly loopMaxIterations: number;
  readonly functions?: readonly HelperFunction[];
  readonly nativeFunctions?: readonly NativeFunction[];
  /** Whether results stay on the card. */
  readonly pipeline?: boolean;
}

/** A maker of kernels in one mode; those of the card's modes share its context. */
export interface Gpu {
  createKernel(source: string, settings: KernelSettings): GpuJsKernel;
}

/** A class of gpu.js that runs kernels. */
export interface KernelClass {
  readonly isSupported?: boolean;
  readonly prototype: object;
}

/** The exports that are used here. */
export interface GpuJs {
  readonly GPU: new (settings: { readonly mode: ModeName }) => Gpu;
  readonly [kernelClass: string]: unknown;
}

const explain = (cause: unknown): never => {
  const { message } = cause as Error; // loading throws errors
  const [line] = message.split("\n") as [string];
  const hint = loadsLater
    ? 'await openDevice("gpu")() first'
    : "npm install gpu.js@2.24.1 webgpu@0.6.2 --omit=optional";
  return fail("gpu", "DeviceFailure", "the package gpu.js expected", line, hint);
};

/** gpu.js. Fails with DeviceFailure where it is not installed, or in browsers not loaded yet. */
export const gpuJs = (): GpuJs => {
  try {
    return requirePackage("gpu.js") as GpuJs; // typed by hand, see above
  } catch (cause) {
    return explain(cause);
  }
};

/** Loads gpu.js where that takes waiting. Fails as `gpuJs` does. */
export const loadGpuJs = async (): Promise<GpuJs> => {
  try {
    return (await importPackage("gpu.js")) as GpuJs;
  } catch (cause) {
    return explain(cause);
  }
};

/** Loads gpu.js; resolves to why it cannot be loaded, if it cannot. */
export const gpuJsUnloadable = async (): Promise<string | undefined> => {
  const absent = loadsLater ? undefined : packageMissing("gpu.js");
  if (absent !== undefined) return absent;
  try {
    await loadGpuJs();
    return undefined;
  } catch (cause) {
    return (cause as TensorError).problem.got; // all that loadGpuJs throws
  }
};

/** The version of gpu.js that is installed, in words; a bundle does not know it. */
export const gpuJsVersion = (): string => {
  if (loadsLater) return "bundled";
  return packageMissing("gpu.js") === undefined
    ? (requirePackage("gpu.js/package.json") as { readonly version: string }).version
    : "is not installed";
};

/** A class of gpu.js by its export. */
export const kernelClass = (name: string): KernelClass => gpuJs()[name] as KernelClass; // names of the table of modes

/** The class of gpu.js that runs a kernel, or that ours is made from. Minifiers change the names of classes, so they are compared. */
export const classOf = ({ kernel }: GpuJsKernel): string => {
  const classes = Object.entries(gpuJs()).filter(([name]) => /Kernel$/.test(name));
  for (let it: unknown = kernel.constructor; it !== null; it = Object.getPrototypeOf(it)) {
    const found = classes.find(([, exported]) => exported === it);
    if (found !== undefined) return found[0];
  }
  return kernel.constructor.name;
};

/** A kernel from its source text. Each has a GPU object of its own (6 µs), so that dropping the kernel frees all it holds. */
export const createKernel = (
  mode: ModeName,
  source: string,
  settings: KernelSettings,
): GpuJsKernel => {
  const { GPU } = gpuJs();
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
