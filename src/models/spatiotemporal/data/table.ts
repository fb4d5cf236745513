// A CSV file with a header: its columns are found by name, in any order and among others.

import type { CsvRecord, OnRecord } from "./csv.ts";
import { type DataError, type DataErrorTag, quote } from "./errors.ts";
import type { Sink } from "./source.ts";

/** A column's name; of several, any one may be there, and the first is used in errors. */
export type Column = string | readonly [string, ...string[]];

/** A column's name in errors. */
export const nameOf = (column: Column): string => (typeof column === "string" ? column : column[0]);

/**
 * A sink for a table with these columns. `rows` is told where they are, in the order in which they
 * were asked for, and gives what takes the rows. Fails with MissingColumn, or Duplicate for a column
 * that is there twice.
 */
export const tableSink = (
  file: string,
  columns: readonly Column[],
  rows: (at: readonly number[]) => OnRecord,
): Sink => {
  let onRow: OnRecord | undefined;
  const onHeader = (header: CsvRecord): DataError | undefined => {
    const at = columns.map((column) => findColumn(file, header, column));
    const problem = at.find((it) => typeof it !== "number");
    onRow = rows(at.map(Number)); // not used where there is a problem
    return problem as DataError | undefined; // all others are numbers
  };
  return {
    file,
    headers: 1,
    record: (record) => (onRow === undefined ? onHeader(record) : onRow(record)),
  };
};

const findColumn = (
  file: string,
  { line, fields }: CsvRecord,
  column: Column,
): number | DataError => {
  const names = typeof column === "string" ? [column] : column;
  const found = names.flatMap((name) => fields.flatMap((it, at) => (it === name ? [at] : [])));
  if (found.length === 1) return found[0] as number;
  if (found.length > 1) {
    const rule = "each column once expected";
    return { _tag: "Duplicate", file, line, rule, got: `${quote(nameOf(column))} twice` };
  }
  const rule = `a column "${nameOf(column)}" expected`;
  const got = fields.join(",");
  return { _tag: "MissingColumn", file, line, rule, got: got.length > 200 ? quote(got) : got };
};

/** The error of one field. */
export const wrongField = (
  _tag: DataErrorTag,
  file: string,
  line: number,
  column: string,
  rule: string,
  text: string,
): DataError => ({ _tag, file, line, column, rule, got: quote(text) });
