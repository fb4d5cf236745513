// What tests of command lines share: a program run in this process, what it says of mistakes, and files for it.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as assert from "uvu/assert";
import type { Suite } from "../support/suite.ts";
import type { Ended } from "./alone.ts";

process.env["PULLBACK_THREADS"] = "1"; // read when the device opens

/** A program by its words. */
export type Run = (...words: readonly string[]) => Promise<Ended>;

/** Runs a program in this process, and keeps all that it says. */
export const inProcess =
  (runWords: (words: readonly string[]) => Promise<number>): Run =>
  async (...words) => {
    const said = { stdout: [] as string[], stderr: [] as string[] };
    const own = { stdout: process.stdout.write, stderr: process.stderr.write };
    const names = ["stdout", "stderr"] as const;
    for (const name of names)
      process[name].write = (text: string | Uint8Array) => said[name].push(String(text)) > 0;
    try {
      const code = await runWords(words);
      return { code, stdout: said.stdout.join(""), stderr: said.stderr.join("") };
    } finally {
      for (const name of names) process[name].write = own[name];
    }
  };

/** A mistake is told in these words on stderr; nothing else is printed, and the exit code is 2. */
export const refusing =
  (run: Run) =>
  async (words: readonly string[], message: string): Promise<void> => {
    assert.equal(await run(...words), { code: 2, stdout: "", stderr: `${message}\n` });
  };

/** An empty folder that is gone after the tests. */
export const temporaryFolder = (test: Suite, name = "segment"): string => {
  const folder = mkdtempSync(join(tmpdir(), `pullback-${name}-`));
  test.after(() => rmSync(folder, { recursive: true }));
  return folder;
};

/** Every file below a folder by its path there, as text that tells bytes apart. */
export const filesIn = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true, encoding: "utf8" })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), readFileSync(path).toString("base64")]),
  );

/** Writes files by their paths in a folder. */
export const writeFiles = (
  folder: string,
  files: Readonly<Record<string, Uint8Array | string>>,
): void => {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
};
