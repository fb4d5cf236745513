// Notebooks for tests: written below .cache, where they can import the project, and run.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { execute, type Failure, type RunOptions } from "../../tools/notebook/execute.ts";
import { root } from "../support/files.ts";

/** Where they are. */
export const folder = join(root, ".cache/notebook-tests");

let count = 0;

/** Writes a notebook, and returns its absolute path. */
export const write = (text: string, name = `${process.pid}-${++count}.ts`): string => {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

/** A code cell of an executed notebook, and its outputs. */
export interface Code {
  readonly execution_count: number;
  readonly outputs: readonly Record<string, unknown>[];
}

/** The text of the .ipynb file that a notebook becomes. */
export const ipynbOf = async (text: string, options: Partial<RunOptions> = {}): Promise<string> => {
  const executed = await execute(write(text), { limitSeconds: 60, ...options });
  if (E.isLeft(executed)) throw new Error(JSON.stringify(executed.left));
  return executed.right.text;
};

/** The outputs of each code cell of a notebook. */
export const outputsOf = async (
  text: string,
  options: Partial<RunOptions> = {},
): Promise<readonly Code["outputs"][]> => {
  const { cells } = JSON.parse(await ipynbOf(text, options));
  return (cells as readonly Code[]).flatMap(({ outputs }) =>
    outputs === undefined ? [] : [outputs],
  );
};

/** Why a notebook fails. */
export const failureOf = async (text: string, limitSeconds = 60): Promise<Failure> => {
  const executed = await execute(write(text), { limitSeconds });
  if (E.isRight(executed)) throw new Error("it ran to its end");
  return executed.left;
};
