// Folders that are there for a test alone.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What `use` gives with a new folder, which is gone afterwards, however it ends. */
export const inFolder = async <A>(use: (folder: string) => A | Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "pullback-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};
