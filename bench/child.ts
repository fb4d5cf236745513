// Runs a program that answers with one JSON line, and turns whatever happens into an answer.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** An answer that has no numbers in it. */
export type Failure = { readonly error: string } | { readonly skipped: string };

/** Whether a program gave no numbers. */
export const isFailure = (answer: object): answer is Failure =>
  "error" in answer || "skipped" in answer;

const root = fileURLToPath(new URL("..", import.meta.url));

/** The answer of a program of this folder in TypeScript. */
export const askNode = <T>(
  program: string,
  args: readonly string[],
  limitSeconds: number,
): Promise<T | Failure> =>
  ask<T>(process.execPath, ["--import", "tsx", `bench/${program}`, ...args], limitSeconds);

/** The last JSON line that a program prints; an error with its last words if there is none. */
export const ask = <T>(
  command: string,
  args: readonly string[],
  limitSeconds: number,
): Promise<T | Failure> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const output: Record<"out" | "err", string> = { out: "", err: "" };
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, limitSeconds * 1000);
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output.out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output.err += text));
    child.on("error", ({ message }) => resolve({ error: message }));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const line = output.out.split("\n").findLast((text) => text.startsWith("{"));
      if (isLate) resolve({ skipped: `stopped after ${limitSeconds} s` });
      else if (line !== undefined)
        resolve(JSON.parse(line) as T); // programs of ours print this form
      else resolve({ error: `ended with ${signal ?? code}: ${lastWords(output.err)}` });
    });
  });

/** The error in what a program wrote, or its last line. */
const lastWords = (text: string): string => {
  const lines = text.trim().split("\n");
  const line = lines.findLast((it) => /^\w*(Error|Exception)\b/.test(it)) ?? lines.at(-1) ?? "";
  return line.slice(0, 300);
};
