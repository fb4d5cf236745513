// Packages that are there only where a user installed them, loaded when they are first asked for. Bundlers take require.browser.ts in
// place of this file (the field `browser` of package.json).

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Whether packages can only be loaded by waiting for them. */
export const loadsLater = false;

const both = "npm install gpu.js@2.24.1 webgpu@0.6.2 --omit=optional";
const howToInstall: Readonly<Record<string, string>> = { "gpu.js": both, webgpu: both };

/** Why a package cannot be had, if it cannot; without loading it. */
export const packageMissing = (name: string): string | undefined => {
  try {
    require.resolve(name);
    return undefined;
  } catch {
    return `the package ${name} is not installed${name in howToInstall ? ` (${howToInstall[name]})` : ""}`;
  }
};

/** A package, at once. Throws what Node throws where it is not installed. */
export const requirePackage = (name: string): unknown => require(name);

/** Loads a package, so that `requirePackage` has it. */
export const importPackage = async (name: string): Promise<unknown> => requirePackage(name);
