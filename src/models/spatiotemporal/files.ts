// Text files of the host. Bundlers take files.browser.ts in place of this file (the field `browser` of package.json).

import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The path of a file in a folder. */
export const pathIn = (folder: string, file: string): string => join(folder, file);

/** The text of a file. Rejects with what Node rejects with. */
export const readTextFile = (path: string): Promise<string> => readFile(path, "utf8");
