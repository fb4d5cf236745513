// Functions on f64 that are neither instructions nor written in them (math/double.ts): JavaScript's own, which are those of the reference device.
// Only the main thread can call them.

import { meanings } from "../../kernel/fold.ts";
import type { ScalarOp } from "../../kernel/scalar.ts";
import type { ImportedFunction } from "./wasm/module.ts";

const names = [
  "expm1",
  "log1p",
  "sin",
  "cos",
  "erf",
  "pow",
  "roundF16",
  "roundBf16",
] as const satisfies readonly ScalarOp[];

/** Numbers of the functions in every module, by the name of the scalar operation. */
export const doubleImports: Readonly<Record<string, number>> = Object.fromEntries(
  names.map((name, i) => [name, i]),
);

/** The functions as a module imports them. */
export const importedDoubles: readonly ImportedFunction[] = names.map((name) => ({
  name,
  params: Array.from({ length: name === "pow" ? 2 : 1 }, () => "f64" as const),
  results: ["f64"],
}));

/** The functions themselves. */
export const doubleFunctions: Readonly<Record<string, (...args: number[]) => number>> =
  Object.fromEntries(names.map((name) => [name, meanings[name]]));
