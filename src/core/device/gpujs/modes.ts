// What each mode of gpu.js can do: the one table that the compiler, the printer of kernels and the executors ask. Nothing else in the
// project knows one mode from another, except which folder runs it.

import type { NativeLanguage } from "./functions.ts";

/** A mode of gpu.js that kernels can run in. */
export type ModeName = "webgpu" | "webgl2" | "headlessgl" | "webasm" | "cpu";

/** The traits of one mode. */
export interface Mode {
  /** As `new GPU({ mode })` takes it. */
  readonly name: ModeName;
  /** Where values live between kernels: in arrays of the host, or in textures or buffers of the card. */
  readonly memory: "host" | "texture" | "buffer";
  /** The class of gpu.js, by its export, that runs a kernel which did not fall back to another mode. */
  readonly kernelClass: string;
  /** Whether `Math.*` is JavaScript's own; else it is a graphics card's, which functions.ts replaces. */
  readonly hasExactMath: boolean;
  /**
   * Whether ⌊a / d⌋ of whole numbers below 2²⁴ comes out right. It does where division is rounded correctly: the quotient is
   * further from the next whole number than half an ulp. GPUs multiply by a rounded reciprocal instead.
   */
  readonly dividesExactly: boolean;
  /** Whether every operation gives an f32; else they are f64 until they are stored. */
  readonly computesInF32: boolean;
  /** Whether arithmetic takes numbers below 2⁻¹²⁶ for 0. Copies keep them everywhere. */
  readonly flushesDenormals: boolean;
  /** Whether gpu.js's `^` is one integer operation; else it is a loop over bits. */
  readonly hasIntegerOps: boolean;
  /** The language of functions that look into bits, where the mode has one. */
  readonly native: NativeLanguage | undefined;
  /** Whether kernels of our own WGSL run, with memory that the threads of a group share. */
  readonly hasSharedMemory: boolean;
  /** Whether values come back later, so that they have to be awaited. */
  readonly isAsync: boolean;
  /** Input arrays that one kernel may have. */
  readonly maxInputs: number;
  /** Elements that one buffer may have; indices are floats, whole and exact below. */
  readonly maxElements: number;
  /** Threads that a kernel needs to keep the mode busy; 1 where kernels run one element after the other. */
  readonly threads: number;
  /** Turns that all loops of a kernel may take for one element; gpu.js, or the driver, silently cuts them beyond. */
  readonly maxLoop: number;
  /** Bytes of memory that a compiled kernel keeps for each element that it reads or writes. */
  readonly bytesPerElement: number;
}

/** Arrays that a WebGPU kernel may have by the standard's least limits, its output not counted. The others take 32; plans stay the same. */
const maxInputs = 7;
const maxElements = 2 ** 24;
/** What kernels are made with, in settings.ts. */
const maxLoop = 2 ** 24;

/** What the modes have in common that run on a graphics card, or on software that stands in for one. */
const card = {
  hasExactMath: false,
  dividesExactly: false,
  computesInF32: true,
  flushesDenormals: true,
  maxInputs,
  maxElements,
  threads: 4096,
  maxLoop,
  bytesPerElement: 0,
} as const;

/** What the modes have in common that run on the processor. */
const processor = {
  memory: "host",
  hasExactMath: true,
  dividesExactly: true,
  flushesDenormals: false,
  hasIntegerOps: true,
  native: undefined,
  hasSharedMemory: false,
  isAsync: false,
  maxInputs,
  maxElements,
  threads: 1,
  maxLoop,
} as const;

/** Every mode, the one to prefer first. */
export const modes = {
  /** Compute shaders: in browsers, and in Node through Dawn (package webgpu). Values come back by promises only. */
  webgpu: {
    ...card,
    name: "webgpu",
    memory: "buffer",
    kernelClass: "WebGPUKernel",
    hasIntegerOps: true,
    native: "wgsl",
    hasSharedMemory: true,
    isAsync: true,
    threads: 32768, // between 16 384 and 65 536, which were tried on an NVIDIA H200
  },
  /** Fragment shaders in browsers. Kernels are queued by the driver; reading waits for them. */
  webgl2: {
    ...card,
    name: "webgl2",
    memory: "texture",
    kernelClass: "WebGL2Kernel",
    hasIntegerOps: true,
    native: "glsl",
    hasSharedMemory: false,
    isAsync: false,
  },
  /** Fragment shaders of WebGL 1 in Node, through the package gl. */
  headlessgl: {
    ...card,
    name: "headlessgl",
    memory: "texture",
    kernelClass: "HeadlessGLKernel",
    hasIntegerOps: false,
    native: undefined,
    hasSharedMemory: false,
    isAsync: false,
    // Mesa's llvmpipe counts the turns of all loops of a shader together and ends them there.
    maxLoop: 65535,
  },
  /** IEEE f32 on WebAssembly SIMD; functions of `Math` are JavaScript's, rounded to f32. Calls return at once. */
  webasm: {
    ...processor,
    name: "webasm",
    kernelClass: "WebAssemblyKernel",
    computesInF32: true,
    bytesPerElement: 4,
  },
  /** Generated JavaScript: double precision inside a kernel, rounded to f32 where it stores. Calls return at once. */
  cpu: {
    ...processor,
    name: "cpu",
    kernelClass: "CPUKernel",
    computesInF32: false,
    bytesPerElement: 0,
  },
} as const satisfies Record<ModeName, Mode>;
