// Los-loop, speeds on the roads of Los Angeles in March 2012 by 207 detectors, the data set of T-GCN
// (Zhao et al., "T-GCN", 2020; https://github.com/lehaifeng/T-GCN), as two files:
//
//   los_speed.csv   773869,767541,…   a header of detectors, then one row of speeds each five minutes
//   los_adj.csv     1,0,0.26,…        no header; row i has the weights of edges from detector i

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../../fileSource.ts";
import { hostFiles, pathIn } from "../../files.ts";
import { copyOf } from "./cells.ts";
import type { CsvRecord } from "./csv.ts";
import { type LinkList, type Links, makeLinks } from "./edges.ts";
import { type DataError, emptyFile, invalidOption, quote } from "./errors.ts";
import type { Reading } from "./longSeries.ts";
import { numberRule } from "./longTable.ts";
import { parseNumber } from "./scalars.ts";
import { feedFile, type Sink } from "./source.ts";
import { makeNotes, type Notes } from "./summary.ts";
import { wrongField } from "./table.ts";

/** The names of the files, and what they do not say themselves. */
export interface LosLoopOptions {
  /** `los_speed.csv` by default. */
  readonly speeds?: string;
  /** `los_adj.csv` by default. */
  readonly adjacency?: string;
  /** The time of the first row, by default 2012-03-01 00:00:00 UTC, as if the detectors' clock were in UTC. */
  readonly startSeconds?: number;
  /** 300 by default. */
  readonly stepSeconds?: number;
  readonly source?: FileSource;
}

/**
 * The series in a folder: one feature, the speed in miles per hour, detectors in the files' order, and an
 * edge with its weight for each entry of the matrix off the diagonal that is not 0. Nothing is repaired:
 * a cell that is no number of at least 0 is an error.
 *
 * @example
 * const read = readLosLoop("data/los-loop"); // read() → Promise of Either<DataError, Reading>
 */
export const readLosLoop = (
  folder: string,
  options: LosLoopOptions = {},
): TE.TaskEither<DataError, Reading> => {
  const { speeds = "los_speed.csv", adjacency = "los_adj.csv", source = hostFiles } = options;
  const { startSeconds = Date.UTC(2012, 2, 1) / 1000, stepSeconds = 300 } = options;
  if (!(stepSeconds > 0 && Number.isFinite(startSeconds))) {
    const got = `${stepSeconds} s from ${startSeconds} s`;
    return TE.left(invalidOption("readLosLoop", "a step above 0 from a time expected", got));
  }
  return pipe(
    TE.Do,
    TE.bind("notes", () => TE.fromIO(makeNotes)),
    TE.bind("speeds", ({ notes }) => readSpeeds(pathIn(folder, speeds), source, notes)),
    TE.bind("links", ({ notes, speeds: { names } }) =>
      readAdjacency(pathIn(folder, adjacency), names, source, notes),
    ),
    TE.map(({ notes, speeds: { names, rows }, links }) => ({
      series: {
        services: names,
        features: ["speed"],
        units: ["mph"],
        times: Float64Array.from(rows, (_, step) => startSeconds + step * stepSeconds),
        values: concat(rows, names.length),
        stepSeconds,
        ...links,
      },
      summary: notes.summary(),
    })),
  );
};

interface Speeds {
  readonly names: readonly string[];
  /** One of speeds for each step. */
  readonly rows: readonly Float64Array[];
}

const readSpeeds = (
  file: string,
  source: FileSource,
  notes: Notes,
): TE.TaskEither<DataError, Speeds> =>
  pipe(
    TE.fromIO(() => ({ names: [] as string[], rows: [] as Float64Array[] })),
    TE.chainFirst(({ names, rows }) => feedFile(source, speedSink(file, names, rows), notes)),
  );

const speedSink = (file: string, names: string[], rows: Float64Array[]): Sink => {
  const header = ({ line, fields }: CsvRecord): DataError | undefined => {
    for (const name of fields) names.push(copyOf(name));
    const seen = new Set([""]);
    const at = names.findIndex((name) => seen.size === seen.add(name).size);
    if (at < 0) return undefined;
    const got = names[at] === "" ? "a column without one" : `${quote(names[at] as string)} twice`;
    return {
      _tag: "Duplicate",
      file,
      line,
      rule: "a name of its own for each detector expected",
      got,
    };
  };
  return {
    file,
    headers: 1,
    record: (record) => {
      if (names.length === 0) return header(record);
      const row = toNumbers(file, record, (k) => names[k] as string); // as wide as the header
      if (row instanceof Float64Array) rows.push(row);
      return row instanceof Float64Array ? undefined : row;
    },
    end: () => (rows.length < 2 ? emptyFile(file, "rows at two times or more") : undefined),
  };
};

const readAdjacency = (
  file: string,
  names: readonly string[],
  source: FileSource,
  notes: Notes,
): TE.TaskEither<DataError, Links> =>
  pipe(
    TE.fromIO(() => makeLinks(names.length)),
    TE.chainFirst((list) => feedFile(source, adjacencySink(file, names, list, notes), notes)),
    TE.map((list) => list.links(true)),
  );

const adjacencySink = (
  file: string,
  names: readonly string[],
  list: LinkList,
  notes: Notes,
): Sink => {
  const square = (line: number | undefined, got: string): DataError => {
    const rule = `a matrix of ${names.length} rows and columns expected`;
    return { _tag: "RaggedRow", file, ...(line === undefined ? {} : { line }), rule, got };
  };
  let from = 0;
  return {
    file,
    headers: 0,
    record: (record) => {
      const { line, fields } = record;
      if (fields.length !== names.length) return square(line, `${fields.length} columns`);
      if (from === names.length) return square(line, "one more row");
      const row = toNumbers(file, record, (k) => `${k + 1}`);
      if (!(row instanceof Float64Array)) return row;
      for (const [to, weight] of row.entries()) {
        if (weight === 0) continue;
        if (from === to) notes.add("selfLoop", file, line, () => names[from] as string);
        else list.add(from, to, weight);
      }
      from++;
      return undefined;
    },
    end: () => (from < names.length ? square(undefined, `${from} rows`) : undefined),
  };
};

/** A record of numbers of at least 0. */
const toNumbers = (
  file: string,
  { line, fields }: CsvRecord,
  columnAt: (k: number) => string,
): Float64Array | DataError => {
  const numbers = Float64Array.from(fields, parseNumber);
  const at = numbers.findIndex((number) => !(number >= 0));
  const text = fields[at];
  return text === undefined
    ? numbers
    : wrongField("BadNumber", file, line, columnAt(at), numberRule(0), text);
};

const concat = (rows: readonly Float64Array[], width: number): Float64Array => {
  const all = new Float64Array(rows.length * width);
  for (const [k, row] of rows.entries()) all.set(row, k * width);
  return all;
};
