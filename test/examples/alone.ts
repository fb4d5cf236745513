// Examples run as a user runs them, each in a process of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { root } from "../support/files.ts";

/** How a process ended, and all that it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script of the repository; `whenItSpeaks` is called at the first word on stderr, `whenItWrites` at that on stdout. */
export const alone =
  (script: string) =>
  (
    words: readonly string[],
    whenItSpeaks: (child: ChildProcess) => void = () => undefined,
    whenItWrites: (child: ChildProcess) => void = () => undefined,
  ): Promise<Ended> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, ["--import", "tsx", script, ...words], {
        cwd: root,
        stdio: ["ignore", "pipe", "pipe"],
      });
      const [stdout, stderr]: [string[], string[]] = [[], []];
      child.stdout.setEncoding("utf8").on("data", (text: string) => stdout.push(text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => stderr.push(text));
      child.stderr.once("data", () => whenItSpeaks(child));
      child.stdout.once("data", () => whenItWrites(child));
      child.on("close", (code) =>
        resolve({ code, stdout: stdout.join(""), stderr: stderr.join("") }),
      );
    });
