// Where results are written: whether they can be, asked before anything takes time, and what is said when it fails all the same.

import { constants } from "node:fs";
import { access, mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import * as TE from "fp-ts/lib/TaskEither.js";

/** The code of an error of the host, such as ENOENT; undefined for others. */
export const codeOf = (cause: unknown): string | undefined =>
  cause instanceof Error && "code" in cause ? String(cause.code) : undefined;

/** What keeps a folder from being made or written into, if anything. */
const obstacle = async (path: string): Promise<string | undefined> => {
  try {
    if (!(await stat(path)).isDirectory()) return `a file, ${path}`;
    await access(path, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (cause) {
    const code = codeOf(cause);
    const above = dirname(path);
    // What is not there will be made in the folder above it; what lies below a file has that for an obstacle.
    if ((code === "ENOENT" || code === "ENOTDIR") && above !== path) return obstacle(above);
    return code ?? String(cause);
  }
};

/** Refuses a place for results that cannot be a folder to write into; makes nothing. */
export const writableFolder =
  (folder: string): TE.TaskEither<string, void> =>
  async () => {
    const found = await obstacle(resolve(folder));
    return found === undefined
      ? { _tag: "Right", right: undefined }
      : { _tag: "Left", left: `${folder}: a folder that can be written expected, got ${found}` };
  };

/** Writes a file by `write`, with its folder. A Left names the file and says why it was not written. */
export const writing = (path: string, write: () => Promise<void>): TE.TaskEither<string, void> =>
  TE.tryCatch(
    async () => {
      await mkdir(dirname(path), { recursive: true });
      await write();
    },
    (cause) => {
      const code = codeOf(cause);
      if (code === undefined) throw cause; // a bug keeps its stack
      return `${path}: a place that can be written expected, got ${code}`;
    },
  );

/** Writes bytes to a file (`writing`). */
export const writeBytes = (path: string, bytes: Uint8Array): TE.TaskEither<string, void> =>
  writing(path, () => writeFile(path, bytes));
