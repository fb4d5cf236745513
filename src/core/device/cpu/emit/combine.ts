// How the values of a reduction are combined, and what it starts from, for scalars and for lanes.

import type { Reduce } from "../../../kernel/expr.ts";
import { type ReduceOp, reduceInitial } from "../../../kernel/scalar.ts";
import { splat, splatBits } from "../constants.ts";
import { splat64 } from "../math/vector.ts";
import type { Pushed } from "../wasm/function.ts";
import type { Emitter } from "./emitter.ts";
import { binaryScalarOp } from "./scalarCalls.ts";
import { binaryVectorOp } from "./vectorCalls.ts";

/** Pushes what a reduction starts from, as a scalar. */
export const initialScalar = ({ f }: Emitter, { op, dtype }: Reduce): Pushed => {
  const value = reduceInitial[op];
  if (dtype === "f32") return f.f32(value);
  if (dtype === "f64") return f.f64(value);
  return f.i32(dtype === "bool" ? Number(value > 0) : clamped(value));
};

/** Pushes what a reduction starts from, in every lane. */
export const initialLanes = ({ f }: Emitter, { op, dtype }: Reduce): Pushed<"v128"> => {
  const value = reduceInitial[op];
  if (dtype === "f32") return splat(f, value);
  if (dtype === "f64") return splat64(f, value);
  return splatBits(f, dtype === "bool" ? -Number(value > 0) : clamped(value));
};

const clamped = (value: number): number => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, value));

const combining = { sum: "add", prod: "mul", max: "max", min: "min" } as const satisfies Record<
  ReduceOp,
  string
>;

/** Pushes two scalars combined, given both on the stack. */
export const combineScalars = (
  e: Emitter,
  { op, dtype }: Pick<Reduce, "op" | "dtype">,
  a: Pushed,
  b: Pushed,
): Pushed => {
  const { f } = e;
  const name = binaryScalarOp(combining[op], dtype);
  if (name !== undefined) return f.op(name, a as Pushed<"i32">, b as Pushed<"i32">); // of its dtype
  const y = f.let(b as Pushed<"i32">);
  const x = f.let(a as Pushed<"i32">);
  const isFirst = op === "max" ? "i32.gt_s" : "i32.lt_s";
  const result = f.select(f.get(x), f.get(y), f.op(isFirst, f.get(x), f.get(y)));
  f.release(x);
  f.release(y);
  return result;
};

/** Pushes two vectors combined, given both on the stack. */
export const combineLanes = (
  { f }: Emitter,
  { op, dtype }: Pick<Reduce, "op" | "dtype">,
  a: Pushed<"v128">,
  b: Pushed<"v128">,
): Pushed<"v128"> => {
  const name = binaryVectorOp(combining[op], dtype);
  if (name === undefined) throw new Error(`cpu: ${op} of ${dtype} in lanes`);
  return f.op(name, a, b);
};
