// The project's own files, as the runner, the architecture test and the example test read them.

import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root folder, absolute. */
export const root: string = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * The files at or below `path` whose names end in `ending`, as sorted paths from the project's root
 * with forward slashes; empty where `path` does not exist.
 */
export function filesUnder(path: string, ending: string): readonly string[] {
  const start = resolve(root, path);
  if (!existsSync(start)) return [];
  const found = statSync(start).isDirectory()
    ? readdirSync(start, { recursive: true, encoding: "utf8" }).map((name) => join(start, name))
    : [start];
  return found
    .filter((file) => file.endsWith(ending) && statSync(file).isFile())
    .map((file) => relative(root, file).split(sep).join("/"))
    .sort();
}
