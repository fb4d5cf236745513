// What each mode of gpu.js can do and where it lies: the one table that the generator and the executor ask. A further mode (webgpu,
// webgl2, headlessgl) is one row, with a column for each trap that the two here do not have.

/** A mode of gpu.js that kernels can run in. */
export type ModeName = "webasm" | "cpu";

/** The traits of one mode. */
export interface Mode {
  /** As `new GPU({ mode })` takes it. */
  readonly name: ModeName;
  /** The class that runs a kernel which did not fall back to another mode. */
  readonly executor: string;
  /** Why the mode cannot run here; undefined where it can. */
  readonly missing: () => string | undefined;
  /**
   * Whether ⌊a / d⌋ of whole numbers below 2²⁴ comes out right. It does where division is rounded correctly: the quotient is
   * further from the next whole number than half an ulp. GPUs multiply by a rounded reciprocal instead.
   */
  readonly dividesExactly: boolean;
  /** Whether every operation gives an f32; else they are f64 until they are stored. */
  readonly computesInF32: boolean;
  /** Input arrays that one kernel may have. */
  readonly maxInputs: number;
  /** Bytes of memory that a compiled kernel keeps for each element that it reads or writes. */
  readonly bytesPerElement: number;
}

/** Arrays that a WebGPU kernel may have, its output not counted; the others take 32. Plans stay the same on every mode. */
const maxInputs = 7;

/** Every mode. */
export const modes = {
  /** IEEE f32 on WebAssembly SIMD; functions of `Math` are JavaScript's, rounded to f32. Calls return at once. */
  webasm: {
    name: "webasm",
    executor: "WebAssemblyKernel",
    missing: () =>
      typeof WebAssembly === "object" ? undefined : "this JavaScript engine has no WebAssembly",
    dividesExactly: true,
    computesInF32: true,
    maxInputs,
    bytesPerElement: 4,
  },
  /** Generated JavaScript: double precision inside a kernel, rounded to f32 where it stores. Calls return at once. */
  cpu: {
    name: "cpu",
    executor: "CPUKernel",
    missing: () => undefined,
    dividesExactly: true,
    computesInF32: false,
    maxInputs,
    bytesPerElement: 0,
  },
} as const satisfies Record<ModeName, Mode>;
