// Files of the host, in pieces. Bundlers take files.browser.ts in place of this file (the field `browser` of package.json).

import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { FileSource } from "./fileSource.ts";

/** The path of a file in a folder. */
export const pathIn = (folder: string, file: string): string => join(folder, file);

const nothing = (): void => undefined; // errors arrive where the pieces are read

/** Files by path; what ends in `.gz` is unpacked. */
export const hostFiles: FileSource = {
  open: (path) => {
    const bytes = createReadStream(path, { highWaterMark: 2 ** 17 });
    return path.endsWith(".gz") ? pipeline(bytes, createGunzip(), nothing) : bytes;
  },
  list: (folder) => readdir(folder),
};
