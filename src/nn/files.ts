// Files of the host, for checkpoints and logs. Everything rejects with what Node rejects with. Bundlers take files.browser.ts in
// place of this file (the field `browser` of package.json).

import { type FileHandle, mkdir, open, readdir, rename, rm, truncate } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** The path of a file in a folder. */
export const pathIn = (folder: string, file: string): string => join(folder, file);

/** What the temporary name of a file ends with, while it is being written. */
export const partialEnding = ".partial";

// Node reads and writes less than 2 GiB at once.
const mostAtOnce = 2 ** 30;

/** All the bytes of a file. */
export const readBytes = async (path: string): Promise<Uint8Array> => {
  const file = await open(path, "r");
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    let at = 0;
    while (at < bytes.length) {
      const { bytesRead } = await file.read(bytes, at, Math.min(bytes.length - at, mostAtOnce));
      if (bytesRead === 0) break; // cut off since it was measured
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  } finally {
    await file.close();
  }
};

const writeAll = async (file: FileHandle, bytes: Uint8Array): Promise<void> => {
  let at = 0;
  while (at < bytes.length) {
    const { bytesWritten } = await file.write(bytes, at, Math.min(bytes.length - at, mostAtOnce));
    at += bytesWritten;
  }
};

/** Writes to the disk what a folder lists. Windows has no such thing. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

let written = 0;

/**
 * Writes a file whole or not at all: under a temporary name in the same folder, onto the disk, then renamed over what was there. The
 * folder is made if need be. Whatever interrupts it, the name stands for the old bytes or for the new ones.
 */
export const writeAtomically = async (
  path: string,
  parts: readonly Uint8Array[],
): Promise<void> => {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${process.pid}-${written++}${partialEnding}`);
  try {
    const file = await open(temporary, "wx");
    try {
      for (const part of parts) await writeAll(file, part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
  await syncFolder(folder);
};

/** Adds bytes to the end of a file, and waits until they are on the disk. The file and its folder are made if need be. */
export const appendBytes = async (path: string, bytes: Uint8Array): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "a");
  try {
    await writeAll(file, bytes);
    await file.sync();
  } finally {
    await file.close();
  }
};

/** Cuts a file off after so many bytes. */
export const cutFile = (path: string, sizeBytes: number): Promise<void> =>
  truncate(path, sizeBytes);

/** The names in a folder, none where there is no such folder. */
export const namesIn = async (folder: string): Promise<readonly string[]> => {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [];
    throw cause;
  }
};

/** Removes a file, if it is there. */
export const removeFile = (path: string): Promise<void> => rm(path, { force: true });
