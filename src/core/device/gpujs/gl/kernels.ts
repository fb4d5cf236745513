// Kernels built for a WebGL context.

import type { KernelFunction, NativeLanguage } from "../functions.ts";
import type { KernelSource } from "../generate.ts";
import type { Drawing } from "../internals.ts";
import type { Mode } from "../modes.ts";
import type { GpuJsKernel, NativeFunction } from "../package.ts";
import { commonSettings, helper } from "../settings.ts";

/** A kernel that can be drawn. */
export interface BuiltKernel {
  readonly shortcut: GpuJsKernel;
  readonly source: KernelSource;
}

/** A function with text in the language of the card. */
const nativeFunction = (it: KernelFunction, language: NativeLanguage): NativeFunction => ({
  ...helper(it),
  name: it.name,
  source: `float ${it.name}(${it.parameters.map((p) => `float ${p}`).join(", ")}) { ${it[language]} }`,
});

/** A kernel from its source, for so many threads, each of which returns one value or four. */
export const buildKernel = (
  { gpu }: Drawing,
  { native }: Mode,
  source: KernelSource,
  threads: number,
  returnType: "Number" | "Array(4)",
): BuiltKernel => {
  const common = commonSettings(source);
  const isNative = (it: KernelFunction): boolean =>
    native !== undefined && it[native] !== undefined;
  const shortcut = gpu.createKernel(source.text, {
    ...common,
    argumentTypes: common.argumentTypes.map((type) =>
      type === "Array" ? "ArrayTexture(1)" : type,
    ),
    functions: source.functions.filter((it) => !isNative(it)).map(helper),
    nativeFunctions:
      native === undefined
        ? []
        : source.functions.filter(isNative).map((it) => nativeFunction(it, native)),
    returnType,
    output: [threads],
    pipeline: true,
  });
  return { shortcut, source };
};

/** A kernel that takes texels of four values apart. */
export const buildUnpacker = ({ gpu }: Drawing, count: number): BuiltKernel => {
  const text = "function (b0) { return b0[this.thread.x]; }";
  const source: KernelSource = {
    text,
    slots: [0],
    offsetSlots: [],
    offsetNames: [],
    numbers: [],
    functions: [],
  };
  const shortcut = gpu.createKernel(text, {
    ...commonSettings(source),
    argumentTypes: ["MemoryOptimizedNumberTexture"],
    output: [count],
    pipeline: true,
  });
  return { shortcut, source };
};
