// A CSV file as a table whose fields are found by column, the numbers and times in them, and the
// errors that say where a file is wrong.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type CsvRecord, parseCsv } from "./csv.ts";

/** What can be wrong with a file. */
export type DataErrorTag =
  | "MissingFile"
  | "UnreadableFile"
  | "EmptyFile"
  | "MalformedCsv"
  | "MissingColumn"
  | "RaggedRow"
  | "BadNumber"
  | "BadTime"
  | "UnknownService"
  | "Duplicate"
  | "Gap";

/** What is wrong with a file: where, the rule, and what is there instead. */
export interface DataError {
  readonly _tag: DataErrorTag;
  readonly file: string;
  /** From 1; absent when the whole file is meant. */
  readonly line?: number;
  readonly column?: string;
  readonly rule: string;
  readonly got: string;
}

/** Prints an error in one line: `ob_1min.csv:17: column "cpu": a number expected, got "abc"`. */
export const printDataError = ({ file, line, column, rule, got }: DataError): string => {
  const place = line === undefined ? file : `${file}:${line}`;
  return `${place}: ${column === undefined ? "" : `column "${column}": `}${rule}, got ${got}`;
};

/** Records whose fields are found by the name of their column. */
export interface Table {
  readonly file: string;
  readonly rows: readonly CsvRecord[];
  readonly cell: (row: CsvRecord, column: string) => string;
}

/**
 * The table in a text whose header has these columns, perhaps among others; `file` names it in
 * errors.
 */
export const parseTable = (
  file: string,
  text: string,
  columns: readonly string[],
): E.Either<DataError, Table> =>
  pipe(
    parseCsv(text),
    E.mapLeft(
      ({ line, rule, got }): DataError => ({
        _tag: "MalformedCsv",
        file,
        line,
        rule,
        got: `"${got}"`,
      }),
    ),
    E.chain(([header, ...rows]) => {
      if (header === undefined) return E.left(emptyFile(file, "a header"));
      const problem = checkHeader(file, header, columns) ?? checkWidth(file, header, rows);
      if (problem !== undefined) return E.left(problem);
      const at = new Map(header.fields.map((column, index) => [column, index]));
      // checkHeader has found the column, checkWidth the field.
      const cell = (row: CsvRecord, column: string) =>
        row.fields[at.get(column) as number] as string;
      return E.right({ file, rows, cell });
    }),
  );

const checkHeader = (
  file: string,
  { line, fields }: CsvRecord,
  columns: readonly string[],
): DataError | undefined => {
  const missing = columns.find((column) => !fields.includes(column));
  if (missing !== undefined) {
    const rule = `a column "${missing}" expected`;
    return { _tag: "MissingColumn", file, line, rule, got: fields.join(",") };
  }
  const twice = columns.find((column) => fields.indexOf(column) !== fields.lastIndexOf(column));
  return twice === undefined
    ? undefined
    : { _tag: "Duplicate", file, line, rule: "each column once expected", got: `"${twice}" twice` };
};

const checkWidth = (
  file: string,
  header: CsvRecord,
  rows: readonly CsvRecord[],
): DataError | undefined => {
  const width = header.fields.length;
  const ragged = rows.find(({ fields }) => fields.length !== width);
  if (ragged === undefined) return undefined;
  const got = String(ragged.fields.length);
  return { _tag: "RaggedRow", file, line: ragged.line, rule: `${width} fields expected`, got };
};

/** The error of a file without what it has to hold. */
export const emptyFile = (file: string, expected: string): DataError => ({
  _tag: "EmptyFile",
  file,
  rule: `${expected} expected`,
  got: "nothing",
});

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A finite decimal number, or NaN. */
export const parseNumber = (text: string): number => {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
};

const CLOCK = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})$/;

/** Unix seconds, or NaN for a text that is no time or a day that is not in the calendar. */
export const parseTime = (text: string): number => {
  const iso = text.replace(CLOCK, "$1T$2.000Z");
  const time = CLOCK.test(text) ? Date.parse(iso) : Number.NaN;
  // Date.parse reads February 30 as March 1.
  return !Number.isNaN(time) && new Date(time).toISOString() === iso ? time / 1000 : Number.NaN;
};

/** A time as it is written in a file. */
export const printTime = (time: number): string =>
  new Date(time * 1000).toISOString().replace("T", " ").slice(0, 19);
