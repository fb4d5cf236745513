// Python with numpy as an independent reader and writer of files, where it is installed.

import { spawnSync } from "node:child_process";

const found = spawnSync("python3", ["-c", "import numpy; print(numpy.__version__)"], {
  encoding: "utf8",
});

/** Why tests with numpy cannot run here, if they cannot. */
export const numpyMissing: string | undefined =
  found.status === 0 ? undefined : "python3 with numpy is not installed";

/** What a Python program prints. Fails with its complaint. */
export const python = (program: string, ...words: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync("python3", ["-c", program, ...words], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`python3: ${stderr}`);
  return stdout.trim();
};
