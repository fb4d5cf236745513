// Loads where elements that belong in one vector are in rows apart, and rows are read along: four vectors at a time are read and transposed.

import type { FunctionBuilder, Local } from "../wasm/function.ts";
import type { Value } from "./emitter.ts";
import type { Address, Bytewise } from "./memory.ts";

/** Whether parts lie side by side in memory, and lanes do not: each four parts can be loaded and transposed. */
export const isTransposed = (dtype: Bytewise, { value }: Address, parts: number): boolean =>
  value.kind === "linear" &&
  parts % 4 === 0 &&
  (dtype === "f32" || dtype === "i32") &&
  value.partStride === 4 &&
  value.stride !== 4 &&
  value.stride >= 0;

/**
 * Parts of four lanes, loaded along the parts. All that is read of a lane's row is read before the next row: rows a power of two apart keep one
 * another out of the cache on some processors.
 */
export const loadTransposed = (
  f: FunctionBuilder,
  { value, offset }: Address,
  parts: number,
): readonly Local<"v128">[] => {
  const { local, stride } = value as Extract<Value, { kind: "linear" }>; // isTransposed said so
  const rows = [0, 1, 2, 3].map((lane) =>
    Array.from({ length: parts / 4 }, (_, quad) =>
      f.let(f.memory("v128.load", offset + lane * stride + 16 * quad, f.get(local))),
    ),
  );
  return Array.from({ length: parts / 4 }, (_, quad) =>
    transposeLanes(f, rows.map((row) => row[quad]) as unknown as FourVectors),
  ).flat();
};

type FourVectors = readonly [Local<"v128">, Local<"v128">, Local<"v128">, Local<"v128">];

/** Four vectors whose lanes are rows become four whose lanes are columns, in the same locals. */
const transposeLanes = (f: FunctionBuilder, [a, b, c, d]: FourVectors): FourVectors => {
  // Pairs of rows first, then pairs of pairs.
  const pairs = [
    f.let(f.shuffle32([0, 4, 1, 5], f.get(a), f.get(b))),
    f.let(f.shuffle32([2, 6, 3, 7], f.get(a), f.get(b))),
    f.let(f.shuffle32([0, 4, 1, 5], f.get(c), f.get(d))),
    f.let(f.shuffle32([2, 6, 3, 7], f.get(c), f.get(d))),
  ] as const;
  const [ab, abHigh, cd, cdHigh] = pairs;
  f.set(a, f.shuffle32([0, 1, 4, 5], f.get(ab), f.get(cd)));
  f.set(b, f.shuffle32([2, 3, 6, 7], f.get(ab), f.get(cd)));
  f.set(c, f.shuffle32([0, 1, 4, 5], f.get(abHigh), f.get(cdHigh)));
  f.set(d, f.shuffle32([2, 3, 6, 7], f.get(abHigh), f.get(cdHigh)));
  for (const pair of pairs) f.release(pair);
  return [a, b, c, d];
};
