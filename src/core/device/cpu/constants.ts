// Constants of generated code, in every lane of a vector. V8 keeps them out of loops, and in registers while there are any, where they are made from a
// scalar; as an immediate of 128 bits, or loaded from memory, a constant costs instructions in every turn.

import type { FunctionBuilder, Pushed } from "./wasm/function.ts";

/** A vector with one 32-bit pattern in every lane. */
export const splatBits = (f: FunctionBuilder, bits: number): Pushed<"v128"> =>
  f.op("i32x4.splat", f.i32(bits));

/** A vector with one number, as f32, in every lane. */
export const splat = (f: FunctionBuilder, value: number): Pushed<"v128"> =>
  f.op("f32x4.splat", f.f32(value));
