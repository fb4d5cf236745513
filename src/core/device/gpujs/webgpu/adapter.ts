// Where WebGPU is found: in browsers at `navigator.gpu`; in Node through Dawn, the package webgpu, which is put there, since that is where
// gpu.js looks for it. And whether a graphics card stands behind it, or a processor that pretends to be one.

import type { Adapter } from "../../device.ts";
import { packageMissing, requirePackage } from "../require.ts";
import { isSoftwareName } from "../software.ts";
import type { Gpu, GpuAdapter } from "./api.ts";

const navigatorOf = (): { readonly gpu?: Gpu } | undefined =>
  (globalThis as { readonly navigator?: { readonly gpu?: Gpu } }).navigator;

/** Why WebGPU cannot be looked for here, if it cannot. */
export const webGpuMissing = (): string | undefined => {
  if (navigatorOf()?.gpu !== undefined) return undefined;
  if (typeof process === "undefined" || process.versions?.node === undefined)
    return "this browser has no WebGPU (navigator.gpu)";
  return packageMissing("webgpu");
};

/**
 * Puts Dawn at `navigator.gpu` in Node. It stays there: taking it away again has been seen to end the process (node-webgpu#18). Throws where
 * the package webgpu cannot be loaded.
 */
export const installWebGpu = (): void => {
  if (navigatorOf()?.gpu !== undefined) return;
  const { create } = requirePackage("webgpu") as { create(options: readonly string[]): Gpu }; // webgpu 0.6
  const gpu = create([]);
  const navigator = navigatorOf();
  const target = navigator ?? globalThis;
  const [name, value] =
    navigator === undefined ? (["navigator", { gpu }] as const) : (["gpu", gpu] as const);
  Object.defineProperty(target, name, { value, configurable: true, enumerable: true });
};

/** An adapter in words. */
export const describeAdapter = ({ info, isFallbackAdapter }: GpuAdapter): Adapter => {
  const words = [info?.vendor, info?.architecture, info?.device, info?.description];
  const name = [...new Set(words.filter((word) => word !== undefined && word !== ""))].join(" ");
  const isFallback = info?.isFallbackAdapter ?? isFallbackAdapter ?? false;
  return {
    name: name === "" ? "an adapter that does not tell its name" : name,
    isSoftware: isFallback || isSoftwareName(name),
  };
};
