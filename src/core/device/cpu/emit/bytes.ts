// Neighbouring elements of a byte, as many as several vectors hold, with one load: sixteen bytes are widened to four vectors.

import type { FunctionBuilder, Local } from "../wasm/function.ts";
import { lanesPerPart, type Value } from "./emitter.ts";

type Linear = Extract<Value, { readonly kind: "linear" }>;

/** Whether the elements of all parts are side by side, a byte each. */
export const areSideBySide = (value: Value, parts: number): value is Linear =>
  value.kind === "linear" &&
  value.stride === 1 &&
  value.partStride === lanesPerPart &&
  parts % 2 === 0;

/** Bytes at an address in the low end of a register: 16 of them, 8 or 4. */
const loadBytes = (
  f: FunctionBuilder,
  base: Local<"i32">,
  offset: number,
  count: number,
): Local<"v128"> =>
  f.let(
    count >= 16
      ? f.memory("v128.load", offset, f.get(base))
      : count === 8
        ? f.memory("v128.load64_zero", offset, f.get(base))
        : f.memory("v128.load32_zero", offset, f.get(base)),
  );

/** The first bytes of a register as integers, four in a vector; the register is released. */
const widened = (
  f: FunctionBuilder,
  bytes: Local<"v128">,
  vectors: number,
  sign: "s" | "u",
): readonly Local<"v128">[] => {
  const result: Local<"v128">[] = [];
  for (const end of ["low", "high"] as const) {
    if (result.length >= vectors) break;
    const halves = f.let(f.op(`i16x8.extend_${end}_i8x16_${sign}`, f.get(bytes)));
    result.push(f.let(f.op(`i32x4.extend_low_i16x8_${sign}`, f.get(halves))));
    if (result.length < vectors)
      result.push(f.let(f.op(`i32x4.extend_high_i16x8_${sign}`, f.get(halves))));
    f.release(halves);
  }
  f.release(bytes);
  return result;
};

/** Elements of i8 or u8 of all parts, from an address. */
export const loadSideBySide = (
  f: FunctionBuilder,
  dtype: "i8" | "u8",
  base: Local<"i32">,
  offset: number,
  parts: number,
): readonly Local<"v128">[] => {
  const result: Local<"v128">[] = [];
  while (result.length < parts) {
    const vectors = Math.min(4, parts - result.length);
    const at = offset + lanesPerPart * result.length;
    const bytes = loadBytes(f, base, at, lanesPerPart * vectors);
    result.push(...widened(f, bytes, vectors, dtype === "i8" ? "s" : "u"));
  }
  return result;
};
