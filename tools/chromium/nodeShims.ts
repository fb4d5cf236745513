// What tests take from Node, in a form for browsers: enough for the suites of test/devices, and no more.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";

/** The root of the repository. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

const goldenFiles = (): string => {
  const folder = join(root, "test/golden");
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return JSON.stringify(
    Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")])),
  );
};

const shims: Readonly<Record<string, () => string>> = {
  "node:fs": () => `
    const files = ${goldenFiles()};
    export const readdirSync = () => Object.keys(files);
    export const readFileSync = (url) => files[String(url).split("/").at(-1)];
    export const existsSync = () => false;`,
  "node:url": () => "export const fileURLToPath = String;",
  "node:util": () => `
    const print = (value) => {
      if (value?.[inspect.custom]) return value[inspect.custom]();
      try { return JSON.stringify(value) ?? String(value); } catch { return String(value); }
    };
    export const inspect = Object.assign(print, { custom: Symbol.for("nodejs.util.inspect.custom") });`,
};

/** The plugin of esbuild that puts them in place. */
export const nodeShims: Plugin = {
  name: "node-shims",
  setup: (build) => {
    build.onResolve({ filter: /^node:(fs|url|util)$/ }, ({ path }) => ({
      path,
      namespace: "shim",
    }));
    build.onLoad({ filter: /.*/, namespace: "shim" }, ({ path }) => ({
      contents: (shims[path] as () => string)(), // the filter lets no other pass
    }));
  },
};
