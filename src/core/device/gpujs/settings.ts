// The settings of gpu.js that every kernel of ours is made with, whatever its mode.

import { functionText, type KernelFunction } from "./functions.ts";
import type { KernelSource } from "./generate.ts";
import type { HelperFunction, KernelSettings } from "./package.ts";

/** Loops are cut there: the longest that a kernel may have, since indices stay below 2²⁴. */
const loopMaxIterations = 2 ** 24;

/** A function of ours as gpu.js takes it. Untyped, it would truncate its arguments where the first call has a whole number. */
export const helper = (it: KernelFunction): HelperFunction => ({
  source: functionText(it),
  settings: {
    argumentTypes: Object.fromEntries(it.parameters.map((name) => [name, "Number" as const])),
    returnType: "Number",
  },
});

/** What a source says of its own settings, and what all have in common; the size of the output is left to the caller. */
export const commonSettings = ({
  slots,
  offsetNames,
  numbers,
  functions,
}: KernelSource): Omit<KernelSettings, "output"> &
  Required<Pick<KernelSettings, "argumentTypes">> => ({
  argumentTypes: [
    ...slots.map(() => "Array" as const),
    ...offsetNames.map(() => "Float" as const),
    ...numbers.map(() => "Float" as const),
  ],
  returnType: "Number",
  tactic: "precision",
  precision: "single",
  loopMaxIterations,
  functions: functions.map(helper),
});
