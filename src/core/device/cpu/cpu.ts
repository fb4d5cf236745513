// The device `cpu`: plans as WebAssembly with SIMD, one module each, on as many threads as pay. It runs wherever WebAssembly does.

import { type Capabilities, type Device, noStats } from "../device.ts";
import { Engine } from "./engine.ts";
import { isFused } from "./fused.ts";
import { generatedKernels } from "./kernels.ts";
import { deviceName } from "./residency.ts";
import { piece } from "./units.ts";

const capabilities: Capabilities = {
  dtypes: ["f32", "f64", "i32", "bool", "f16", "bf16", "i8", "u8", "i4"],
  canScatter: true,
  writesOverDonated: true,
  maxInputs: 200,
  maxElements: 2 ** 29,
  // Long reductions to fewer elements are cut into parts, so that several threads can share them; into the same parts on every machine, so that
  // results are the same.
  threads: 16,
  maxLoop: 2 ** 53,
  sharesMemory: false,
  lanes: piece,
  flushesDenormals: false,
  isAsync: false,
};

let engine: Engine | undefined;

/** The engine, made when it is first needed. */
const theEngine = (): Engine => {
  engine ??= new Engine(typeof SharedArrayBuffer !== "undefined");
  return engine;
};

/** The device that needs nothing but WebAssembly. */
export const cpuDevice: Device = {
  name: deviceName,
  capabilities,
  info: () => {
    const { pool } = theEngine();
    const threads = pool.threads === 1 ? "1 thread" : `${pool.threads} threads`;
    const why = pool.reason === undefined ? "" : `, since ${pool.reason}`;
    const fused = isFused() ? "fused multiply-add" : "multiply and add";
    return {
      device: deviceName,
      mode: isFused() ? "wasm relaxed" : "wasm simd",
      executor: "one call a program",
      details: `${threads}${why}; SIMD of 128 bits, ${fused}`,
    };
  },
  stats: () => {
    if (engine === undefined) return noStats;
    const { counts, memory, residency } = engine;
    return {
      ...noStats,
      kernels: generatedKernels(),
      compileMs: counts.compileMs,
      runMs: counts.runMs,
      submissions: counts.runs,
      bytesUploaded: residency.bytesUploaded,
      bytesRead: residency.bytesRead,
      bufferBytes: memory.heap.used,
    };
  },
  prepare: (plan, constants) => theEngine().prepare(plan, constants),
};
