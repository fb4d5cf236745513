// What files.ts is in browsers, which have no folders: texts that were fetched are read with `parseServiceSeries`.

/** The path of a file in a folder. */
export const pathIn = (folder: string, file: string): string => `${folder}/${file}`;

/** Rejects: a browser reads no files by path. */
export const readTextFile = (_path: string): Promise<string> =>
  Promise.reject(
    Object.assign(new Error("browsers have no files"), { code: "no files in a browser" }),
  );
