// What require.ts is in browsers: gpu.js becomes a chunk of its own, which is fetched when a device of it is opened. There is no other
// package to load: browsers bring WebGPU and WebGL themselves.

const loaded = new Map<string, unknown>();

/** Whether packages can only be loaded by waiting for them. */
export const loadsLater = true;

/** Why a package cannot be had now, if it cannot. */
export const packageMissing = (name: string): string | undefined =>
  loaded.has(name) ? undefined : `the package ${name} is not loaded yet`;

/** A package that was imported before. */
export const requirePackage = (name: string): unknown => {
  if (!loaded.has(name)) throw new Error(`${name} is not loaded yet`);
  return loaded.get(name);
};

/** Loads a package, so that `requirePackage` has it. */
export const importPackage = async (name: string): Promise<unknown> => {
  if (name !== "gpu.js") throw new Error(`${name} is not a package for browsers`);
  // In a `try`, so that bundlers pass over it where it is not installed.
  try {
    const { default: gpuJs } = (await import("gpu.js")) as { default: unknown }; // a CommonJS package
    loaded.set(name, gpuJs);
    return gpuJs;
  } catch (cause) {
    throw new Error(`gpu.js cannot be loaded: ${(cause as Error).message}`); // loading throws errors
  }
};
