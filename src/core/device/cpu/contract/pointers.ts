// Addresses and ranges while a product is written: pointers that are moved along, and where a block begins and ends.

import type { FunctionBuilder, Local } from "../wasm/function.ts";

/** Adds bytes to an address. */
export const advance = (f: FunctionBuilder, address: Local<"i32">, bytes: number): void => {
  if (bytes !== 0) f.set(address, f.op("i32.add", f.get(address), f.i32(bytes)));
};

/** Adds so many bytes to an address for each of a count. */
export const advanceBy = (
  f: FunctionBuilder,
  address: Local<"i32">,
  count: Local<"i32">,
  bytes: number,
): void => {
  if (bytes === 0) return;
  const by = () => f.op("i32.mul", f.get(count), f.i32(bytes));
  f.set(address, f.op("i32.add", f.get(address), by()));
};

/** A new address: another, a constant, and bytes for each of some counts. */
export const addressAt = (
  f: FunctionBuilder,
  start: Local<"i32">,
  constant: number,
  ...counts: readonly (readonly [count: Local<"i32">, bytes: number])[]
): Local<"i32"> => {
  const address = f.let(f.op("i32.add", f.get(start), f.i32(constant)));
  for (const [count, bytes] of counts) advanceBy(f, address, count, bytes);
  return address;
};

/** Sets where a block of so many, of `size` in all, begins and ends. */
export const setRange = (
  f: FunctionBuilder,
  [first, end]: readonly [Local<"i32">, Local<"i32">],
  block: Local<"i32">,
  width: number,
  size: number,
): void => {
  f.set(first, f.op("i32.mul", f.get(block), f.i32(width)));
  f.set(end, f.op("i32.add", f.get(first), f.i32(width)));
  f.set(end, f.least(end, size));
};
