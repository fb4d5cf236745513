// Constants of generated code. They lie at the start of the memory, each once, since loading one into all lanes is a single machine
// instruction where an immediate of 128 bits takes several.

import type { FunctionBuilder, Pushed } from "./wasm/function.ts";

/** Bytes at the start of the memory that are kept for constants; address 0 stays empty. */
export const constantBytes = 65536;

const words = new Uint32Array(constantBytes / 4);
const places = new Map<number, number>();
let count = 1;

const scratch = new DataView(new ArrayBuffer(4));

/** The bit pattern of a number as f32. */
export const f32Bits = (value: number): number => {
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
};

/** A vector with one 32-bit pattern in every lane. */
export const splatBits = (f: FunctionBuilder, bits: number): Pushed<"v128"> => {
  const pattern = bits >>> 0;
  const known = places.get(pattern);
  if (known !== undefined) return f.memory("v128.load32_splat", 4 * known, f.i32(0));
  // A program of more constants than there is room for is written with immediates.
  if (count === words.length) return f.v128([pattern, pattern, pattern, pattern]);
  words[count] = pattern;
  places.set(pattern, count);
  return f.memory("v128.load32_splat", 4 * count++, f.i32(0));
};

/** A vector with one number, as f32, in every lane. */
export const splat = (f: FunctionBuilder, value: number): Pushed<"v128"> =>
  splatBits(f, f32Bits(value));

/** How many there are; it only rises. */
export const constantCount = (): number => count;

/** All constants so far, to be written to the start of the memory. */
export const constantWords = (): Uint32Array<ArrayBuffer> => words.subarray(0, count);
