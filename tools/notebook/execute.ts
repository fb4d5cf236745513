// Runs a notebook in a process of its own, so that nothing it does outlives it, and says what came of it.

import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import * as E from "fp-ts/lib/Either.js";
import { compileCell } from "./compileCell.ts";
import { printNotebook } from "./ipynb.ts";
import { type Job, type Message, messageChannel } from "./messages.ts";
import { outputsOf, withoutRoot } from "./outputs.ts";
import { type Cell, type Problem, parseNotebook } from "./source.ts";

/** How a notebook is run. */
export interface RunOptions {
  /** Seconds after which a notebook that still runs has failed. */
  readonly limitSeconds: number;
  /** Words for the notebook. */
  readonly args?: readonly string[];
  /** Variables of the environment; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A notebook that ran to its end. */
export interface Executed {
  /** The .ipynb file with the outputs. */
  readonly text: string;
  /** How many code cells ran. */
  readonly codeCells: number;
}

/** Why a notebook did not run to its end. */
export interface Failure extends Problem {
  /** Which of all cells failed, from 1; absent where the file as a whole is wrong. */
  readonly cell?: number;
  /** The title of that cell, or "". */
  readonly title: string;
}

/** Runs the notebook at an absolute path. */
export const execute = async (
  path: string,
  options: RunOptions,
): Promise<E.Either<Failure, Executed>> => {
  const cells = parseNotebook(await readFile(path, "utf8"));
  if (E.isLeft(cells)) return E.left({ ...cells.left, title: "" });
  const code: string[] = [];
  for (const cell of cells.right) {
    if (cell.kind !== "code") continue;
    const compiled = await compileCell(cell, path, `cell-${code.length + 1}`);
    if (E.isLeft(compiled)) return E.left(placed(cells.right, compiled.left));
    code.push(compiled.right);
  }
  const { messages, ending } = await runJob({ path, code, args: options.args ?? [] }, options);
  const failure = failureOf(cells.right, messages, ending);
  if (failure !== undefined) return E.left(failure);
  const outputs = outputsOf(messages, code.length);
  return E.right({ text: printNotebook(cells.right, outputs), codeCells: code.length });
};

/** A problem with the cell that it is in. */
const placed = (cells: readonly Cell[], problem: Problem): Failure => {
  const index = cells.findLastIndex(({ line }) => line <= problem.line);
  const found = cells[index];
  return {
    ...problem,
    message: withoutRoot(problem.message),
    title: found?.title ?? "",
    ...(found === undefined ? {} : { cell: index + 1 }),
  };
};

/** How the process of a notebook ended, as a sentence without its subject. */
type Ending = "done" | string;

// Times, warnings and colours would differ from run to run and from machine to machine; fused multiplications from processor
// to processor.
const environment = {
  TZ: "UTC",
  NO_COLOR: "1",
  FORCE_COLOR: undefined,
  NODE_NO_WARNINGS: "1",
  PULLBACK_RELAXED_SIMD: "0",
};

const runJob = async (
  job: Job,
  { limitSeconds, env }: RunOptions,
): Promise<{ readonly messages: readonly Message[]; readonly ending: Ending }> => {
  const kernel = fileURLToPath(new URL("kernel.ts", import.meta.url));
  // What native code writes past the notebook goes to our standard error, and into no output.
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), kernel], {
    stdio: ["pipe", process.stderr, process.stderr, "pipe"],
    env: { ...process.env, ...environment, ...env },
  });
  child.stdin?.on("error", () => undefined).end(JSON.stringify(job)); // a child that is gone reads nothing
  const messages: Message[] = [];
  const channel = child.stdio[messageChannel] as Readable; // a pipe, as asked for above
  const lines = createInterface({ input: channel });
  lines.on("line", (line) => messages.push(JSON.parse(line) as Message)); // only kernel.ts writes there
  const heard = new Promise((resolve) => lines.once("close", resolve));
  const ending = await endOf(child, limitSeconds);
  await heard;
  return { messages, ending };
};

const endOf = (child: ChildProcess, limitSeconds: number): Promise<Ending> =>
  new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, limitSeconds * 1000);
    child.once("error", reject).once("close", (code, signal) => {
      clearTimeout(timer);
      if (isLate) resolve(`still runs after ${limitSeconds} s`);
      else if (signal !== null) resolve(`was ended by ${signal}`);
      else resolve(code === 0 ? "done" : `ended with exit code ${code}`);
    });
  });

/** What went wrong, if something did. */
const failureOf = (
  cells: readonly Cell[],
  messages: readonly Message[],
  ending: Ending,
): Failure | undefined => {
  const reached = messages.findLast((it) => it._tag === "line")?.line ?? 1;
  const failed = messages.find((it) => it._tag === "failed");
  if (failed !== undefined)
    return placed(cells, { line: failed.line ?? reached, message: failed.message });
  if (ending === "done" && messages.some((it) => it._tag === "done")) return undefined;
  const message = ending === "done" ? "ended before its last cell" : ending;
  return placed(cells, { line: reached, message: `the notebook ${message}` });
};
