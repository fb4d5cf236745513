// Results on the disk: a line of JSON for each run, written when it ends, so that a study that was broken off
// goes on with the next run.

import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import { type Job, nameOf, type Result, type Sizes } from "./jobs.ts";

/** The results so far. */
export interface Store {
  /** The result of a job with these sizes, if there is one. */
  readonly find: (job: Job, sizes: Sizes) => Result | undefined;
  readonly add: (result: Result) => void;
}

const keyOf = (job: Job, sizes: Sizes): string => `${nameOf(job)} ${JSON.stringify(sizes)}`;

/**
 * The results in a file. A line that was cut off is a run that did not end: it is left out, and run again.
 * Throws an Error that names the line for one that is damaged otherwise.
 */
export const openStore = (path: string): Store => {
  mkdirSync(dirname(path), { recursive: true });
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const results = whole
    .split("\n")
    .filter((line) => line !== "")
    .map((line, at) => parse(line, path, at + 1));
  const known = new Map(results.map((result) => [keyOf(result, result.sizes), result]));
  if (whole !== text) truncateSync(path, Buffer.byteLength(whole));
  return {
    find: (job, sizes) => known.get(keyOf(job, sizes)),
    add: (result) => {
      known.set(keyOf(result, result.sizes), result);
      appendFileSync(path, `${JSON.stringify(result)}\n`, { flush: true });
    },
  };
};

const parse = (line: string, path: string, at: number): Result => {
  try {
    return JSON.parse(line) as Result; // written by `add`
  } catch {
    throw new Error(`${path}:${at}: a result as JSON expected, got "${line.slice(0, 40)}"`);
  }
};
