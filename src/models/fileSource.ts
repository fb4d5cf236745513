// Where the systems' readers get their files from. Node's folders are in files.ts; a browser hands over what it has.

/** Files by path: the host's folders, or whatever a program gives. */
export interface FileSource {
  /**
   * The bytes of a file, in pieces cut anywhere. Rejects while it is iterated; a property `code` of the
   * error says why, `"ENOENT"` for a file that is not there.
   */
  readonly open: (path: string) => AsyncIterable<Uint8Array>;
  /** The names of the files in a folder, in any order. Rejects likewise. */
  readonly list: (folder: string) => Promise<readonly string[]>;
}
