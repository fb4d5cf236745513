// Comma-separated values as RFC 4180 has them: quoted fields may hold commas, quotes and line
// breaks. Every record keeps the line on which it begins, so that whoever reads the fields can say
// where something is wrong.

import * as E from "fp-ts/lib/Either.js";

/** One record. */
export interface CsvRecord {
  /** The line of the file on which the record begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** Where and why a text is not CSV. */
export interface CsvProblem {
  readonly line: number;
  readonly rule: string;
  readonly got: string;
}

// A field and what ends it: quoted text with doubled quotes, or text without quotes, then a comma,
// a line's end or the text's.
const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|$)/y;

const countLines = (text: string): number => text.split("\n").length - 1;

/**
 * The records of a text, the header among them. A byte-order mark and blank lines are skipped.
 * Fails at a quote inside an unquoted field, text after a closing quote, or a quote that is never
 * closed.
 */
export const parseCsv = (text: string): E.Either<CsvProblem, readonly CsvRecord[]> => {
  const field = new RegExp(FIELD);
  const records: CsvRecord[] = [];
  let fields: string[] = [];
  let line = 1;
  let firstLine = 1;
  field.lastIndex = text.startsWith("\ufeff") ? 1 : 0;
  while (field.lastIndex < text.length || fields.length > 0) {
    const start = field.lastIndex;
    const match = field.exec(text);
    if (match === null) {
      const rest = text.slice(start, start + 20).split("\n")[0] as string;
      return E.left({ line, rule: "a comma or a line's end after each field expected", got: rest });
    }
    const [whole, quoted, plain, end] = match;
    fields.push(quoted === undefined ? (plain as string) : quoted.replaceAll('""', '"'));
    line += countLines(whole);
    if (end === ",") continue;
    const isBlank = fields.length === 1 && whole === end;
    if (!isBlank) records.push({ line: firstLine, fields });
    fields = [];
    firstLine = line;
  }
  return E.right(records);
};
