// Whether multiply and add are one instruction here: WebAssembly's relaxed SIMD, found by asking whether a module that uses it is valid. Node 20 has it
// behind a flag, which can be set before the first module is compiled; where that comes too late, the answer is no.

import { builtinModule } from "./threads/host.ts";
import { FunctionBuilder } from "./wasm/function.ts";
import { encodeModule } from "./wasm/module.ts";

const isValid = (): boolean => {
  const f = new FunctionBuilder(["v128"], ["v128"]);
  const x = f.param<"v128">(0);
  f.op("f32x4.relaxed_madd", f.get(x), f.get(x), f.get(x));
  const memory = { initialPages: 1, maximumPages: 1, isShared: false };
  const bytes = encodeModule({ memory, imports: [], functions: [f], exports: {} });
  return WebAssembly.validate(bytes);
};

const environment = (): Record<string, string | undefined> => {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env ?? {};
};

/** The first major version of Node that needs no flag, and complains about it. */
const withoutFlag = 21;

const detect = (): boolean => {
  if (environment()["PULLBACK_RELAXED_SIMD"] === "0") return false;
  if (isValid()) return true;
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  const major = Number.parseInt(process?.versions?.node ?? "", 10);
  if (!(major < withoutFlag)) return false;
  builtinModule("node:v8")?.setFlagsFromString("--experimental-wasm-relaxed-simd");
  return isValid();
};

let known: boolean | undefined;

/** Whether products use fused multiply-add. PULLBACK_RELAXED_SIMD=0 says no. */
export const isFused = (): boolean => {
  known ??= detect();
  return known;
};
