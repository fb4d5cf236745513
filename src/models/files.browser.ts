// What files.ts is in browsers, which have no folders: readers are given a `FileSource` of one's own there, for example one that fetches.

import type { FileSource } from "./fileSource.ts";

/** The path of a file in a folder. */
export const pathIn = (folder: string, file: string): string => `${folder}/${file}`;

const refuse = (): Promise<never> =>
  Promise.reject(
    Object.assign(new Error("browsers have no files"), { code: "no files in a browser" }),
  );

/** Rejects: a browser reads no files by path. */
export const hostFiles: FileSource = {
  // biome-ignore lint/correctness/useYield: it fails before the first piece
  open: async function* () {
    await refuse();
  },
  list: refuse,
};
