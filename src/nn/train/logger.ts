// Where metrics go: a logger is told where a run begins, what it measured, and when that must be on the disk. One writes JSON lines.

import { isRecord, parseJson } from "../checkpoint/json.ts";
import { appendBytes, cutFile, namesIn, readBytes } from "../files.ts";

/** Numbers by name. */
export type Scores = Readonly<Record<string, number>>;

/** What was measured at one step. */
export interface LogRecord {
  /** From 1. */
  readonly step: number;
  /** From 0. */
  readonly epoch: number;
  /** What measured it: the training step itself, or an evaluation. */
  readonly phase: "training" | "evaluation";
  readonly metrics: Scores;
  /** Seconds since 1970. */
  readonly time: number;
}

/** A place for metrics. Its promises reject where a file cannot be written. */
export interface Logger {
  /** The file, for messages. */
  readonly file: string;
  /** Begins a run, or goes on after a step: what is there of later steps is dropped, since it will come again. */
  readonly begin: (step: number) => Promise<void>;
  readonly write: (record: LogRecord) => void;
  /** Waits until all that was written is on the disk. */
  readonly flush: () => Promise<void>;
}

/** A number as JSON: what JSON has not is a word. */
export const numberToJson = (x: number): number | string => (Number.isFinite(x) ? x : String(x));

/** The number that was written so. */
export const numberFromJson = (x: unknown): number => Number(x);

/** Every number of scores by a function. */
export const mapScores = <A, B>(
  scores: Readonly<Record<string, A>>,
  change: (x: A) => B,
): Readonly<Record<string, B>> =>
  Object.fromEntries(Object.entries(scores).map(([name, x]) => [name, change(x)]));

/**
 * A file with a line of JSON for each record: `step`, `epoch`, `phase`, `metrics` by name, and `time`. NaN and infinities are the words
 * "NaN", "Infinity" and "-Infinity". Taken up after a step, the file becomes that of a run that was never broken off, times aside; begun
 * anew, it is empty first.
 *
 * @example
 * const logger = jsonLines("runs/a/metrics.jsonl");
 * logger.file // runs/a/metrics.jsonl
 */
export const jsonLines = (path: string): Logger => {
  let waiting = "";
  return {
    file: path,
    begin: async (step) => {
      waiting = "";
      if (await isFile(path)) await cutFile(path, sizeUpTo(step, await readBytes(path)));
    },
    write: (record) => {
      const metrics = mapScores(record.metrics, numberToJson);
      waiting += `${JSON.stringify({ ...record, metrics })}\n`;
    },
    flush: async () => {
      const text = waiting;
      waiting = "";
      if (text !== "") await appendBytes(path, new TextEncoder().encode(text));
    },
  };
};

const isFile = async (path: string): Promise<boolean> => {
  const [folder, name] = [path.replace(/[^/\\]*$/, ""), path.replace(/^.*[/\\]/, "")];
  return (await namesIn(folder === "" ? "." : folder)).includes(name);
};

/** How many bytes the lines take that are whole and of no later step; what comes after the first other line is later too. */
const sizeUpTo = (step: number, bytes: Uint8Array): number => {
  let size = 0;
  for (;;) {
    const end = bytes.indexOf(0x0a, size);
    if (end < 0) return size;
    const line = parseJson(new TextDecoder().decode(bytes.subarray(size, end)));
    if (!isRecord(line) || !(Number(line["step"]) <= step)) return size;
    size = end + 1;
  }
};
