// What files.ts is in browsers, which have no folders: bytes that were fetched are read with `decodeSafetensors` and `decodeNpy`.

/** The path of a file in a folder. */
export const pathIn = (folder: string, file: string): string => `${folder}/${file}`;

/** What the temporary name of a file ends with, while it is being written. */
export const partialEnding = ".partial";

const refuse = (): Promise<never> =>
  Promise.reject(
    Object.assign(new Error("browsers have no files"), { code: "no files in a browser" }),
  );

/** Rejects: a browser reads no files by path. */
export const readBytes = (_path: string): Promise<Uint8Array> => refuse();

/** Rejects: a browser writes no files by path. */
export const writeAtomically = (_path: string, _parts: readonly Uint8Array[]): Promise<void> =>
  refuse();

/** Rejects: a browser writes no files by path. */
export const appendBytes = (_path: string, _bytes: Uint8Array): Promise<void> => refuse();

/** Rejects: a browser writes no files by path. */
export const cutFile = (_path: string, _sizeBytes: number): Promise<void> => refuse();

/** Rejects: a browser has no folders. */
export const namesIn = (_folder: string): Promise<readonly string[]> => refuse();

/** Rejects: a browser removes no files. */
export const removeFile = (_path: string): Promise<void> => refuse();
