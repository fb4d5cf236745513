// Results on the disk: a line of JSON for each run, written when it ends, so that a study that was broken off goes on
// with the next run. Several processes may share a file: a line is one write at its end, and each process reads what
// the others have added.

import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { dirname } from "node:path";

/** The results so far. */
export interface Store<Result> {
  /** The result with this key, if there is one: the first of several, those of `known` before those of the file. */
  readonly find: (key: string) => Result | undefined;
  readonly add: (result: Result) => void;
}

/** Where results are, and what tells them apart. */
export interface StoreOptions<Result> {
  /** The file that results are added to; made if need be. */
  readonly path: string;
  /** Files that are read and never written; those that are not there hold nothing. */
  readonly known?: readonly string[];
  readonly keyOf: (result: Result) => string;
}

/**
 * The results in files. A line that was cut off is a run that did not end: it is left out, and run again.
 * Throws an Error that names the line for one that is damaged otherwise.
 */
export const openStore = <Result>({
  path,
  known = [],
  keyOf,
}: StoreOptions<Result>): Store<Result> => {
  const results = new Map<string, Result>();
  /** Reads the lines of a file behind the first ones, and returns how many there are now. */
  const read = (file: string, first = 0): number => {
    const lines = wholeLines(file);
    for (const [i, line] of lines.slice(first).entries()) {
      if (line === "") continue;
      const result = parse<Result>(line, file, first + i + 1);
      const key = keyOf(result);
      if (!results.has(key)) results.set(key, result);
    }
    return lines.length;
  };
  for (const file of known) read(file);
  mkdirSync(dirname(path), { recursive: true });
  dropCutOff(path);
  let count = read(path);
  return {
    find: (key) => {
      count = read(path, count);
      return results.get(key);
    },
    add: (result) => appendFileSync(path, `${JSON.stringify(result)}\n`, { flush: true }),
  };
};

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");

/** The lines of a file but for one that does not end. */
const wholeLines = (path: string): readonly string[] => textOf(path).split("\n").slice(0, -1);

const settleMs = 100;

/** Removes a last line that does not end, unless another process is about to end it. */
const dropCutOff = (path: string): void => {
  const text = textOf(path);
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole === text) return;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, settleMs);
  if (textOf(path) === text) truncateSync(path, Buffer.byteLength(whole));
};

const parse = <Result>(line: string, path: string, at: number): Result => {
  try {
    return JSON.parse(line) as Result; // written by `add`
  } catch {
    throw new Error(`${path}:${at}: a result as JSON expected, got "${line.slice(0, 40)}"`);
  }
};
