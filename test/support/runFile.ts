// One test file in a process of its own: started, listened to, ended at a time limit, summed up.

import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { root } from "./files.ts";
import type { Outcome } from "./suite.ts";

/** A test that did not run here, and why. */
export type Skip = Extract<Outcome, { _tag: "skipped" }>;

/** What came of one test file. */
export interface FileResult {
  readonly file: string;
  readonly passed: number;
  /** Failed tests, plus one for each way in which the file as a whole went wrong. */
  readonly failed: number;
  readonly skips: readonly Skip[];
  readonly output: string;
  readonly seconds: number;
}

type Ending =
  | { readonly _tag: "exit"; readonly code: number }
  | { readonly _tag: "signal"; readonly signal: string }
  | { readonly _tag: "timeout"; readonly seconds: number };

/** Runs `file`, a path from the project's root, for at most `limitSeconds`. */
export async function runFile(file: string, limitSeconds: number): Promise<FileResult> {
  const start = performance.now();
  const child = fork(join(root, file), [], {
    cwd: root,
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const outcomes: Outcome[] = [];
  const output: string[] = [];
  child.on("message", (message) => outcomes.push(message as Outcome)); // only suite.ts sends any
  child.stdout?.setEncoding("utf8").on("data", (text: string) => output.push(text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => output.push(text));

  const ending = await ended(child, limitSeconds);
  const problems = problemsOf(ending, outcomes).map((problem) => `  ✘ ${file}: ${problem}\n`);
  return {
    file,
    passed: titles(outcomes, "passed").length,
    failed: titles(outcomes, "failed").length + problems.length,
    skips: outcomes.filter((outcome) => outcome._tag === "skipped"),
    output: [...output, ...problems].join(""),
    seconds: (performance.now() - start) / 1000,
  };
}

// "close" comes after the last output and the last message have been read.
function ended(child: ChildProcess, limitSeconds: number): Promise<Ending> {
  return new Promise((resolve) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, limitSeconds * 1000);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (isLate) resolve({ _tag: "timeout", seconds: limitSeconds });
      else if (signal !== null) resolve({ _tag: "signal", signal });
      else resolve({ _tag: "exit", code: code ?? 0 });
    });
  });
}

/** What went wrong with the file beside its failed tests. */
function problemsOf(ending: Ending, outcomes: readonly Outcome[]): readonly string[] {
  const done = new Set([...titles(outcomes, "passed"), ...titles(outcomes, "failed")]);
  const unfinished = titles(outcomes, "declared").filter((title) => !done.has(title));
  switch (ending._tag) {
    case "timeout": {
      const current = titles(outcomes, "started").find((title) => !done.has(title));
      const where = current === undefined ? "between tests or after the last" : `in ${current}`;
      return [`still running after ${ending.seconds} s, ${where}`];
    }
    case "signal":
      return [`ended by ${ending.signal}`];
    case "exit": {
      const problems: string[] = [];
      // uvu ends a process in which a test failed with code 1.
      const isCodeExplained = ending.code === 1 && titles(outcomes, "failed").length > 0;
      if (ending.code !== 0 && !isCodeExplained) problems.push(`ended with code ${ending.code}`);
      else if (outcomes.length === 0)
        problems.push("no test in it (declare tests with test/support/suite.ts)");
      if (unfinished.length > 0)
        problems.push(`${unfinished.length} declared but not run: ${unfinished[0]}`);
      return problems;
    }
  }
}

function titles(outcomes: readonly Outcome[], tag: Outcome["_tag"]): readonly string[] {
  return outcomes.filter((outcome) => outcome._tag === tag).map(({ test }) => test);
}
