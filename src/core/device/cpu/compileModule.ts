// Compiles modules. V8 first compiles quickly and badly, and again what runs often; a function that is called once a step and takes long would run
// badly for many steps. So the module of a heavy program is compiled well at once, where the host can be told to.

import { builtinModule } from "./threads/host.ts";

const well = ["--no-liftoff", "--no-wasm-lazy-compilation"];
const asUsual = ["--liftoff", "--wasm-lazy-compilation"];

/** A module from its bytes. */
export const compileModule = (
  bytes: Uint8Array<ArrayBuffer>,
  isHeavy: boolean,
): WebAssembly.Module => {
  const v8 = isHeavy ? builtinModule("node:v8") : undefined;
  if (v8 === undefined) return new WebAssembly.Module(bytes);
  for (const flag of well) v8.setFlagsFromString(flag);
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    for (const flag of asUsual) v8.setFlagsFromString(flag);
  }
};
