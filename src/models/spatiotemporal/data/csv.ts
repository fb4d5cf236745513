// Comma-separated values as RFC 4180 has them, parsed piece by piece as a file arrives: quoted fields
// may hold commas, quotes and line breaks, and every record knows the line on which it begins.
//
// A parser of our own, because csv-parse 7.0.3 counts a Windows line break in a quoted field as two
// lines and knows only where a record ends, and because its streaming entry does not bundle for
// browsers. Our tests hold this parser to it.

import { type DataError, quote } from "./errors.ts";

/** One record. */
export interface CsvRecord {
  /** The line of the file on which the record begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** Takes a record; gives what is wrong with it, which ends the parsing. */
export type OnRecord = (record: CsvRecord) => DataError | undefined;

/** Takes a text in pieces, cut anywhere. What either function gives is wrong with the text. */
export interface CsvParser {
  readonly push: (piece: string) => DataError | undefined;
  /** To be called once, after the last piece. */
  readonly end: () => DataError | undefined;
}

/** Characters of the longest record: a quote that is never closed must not take the whole file into memory. */
const LONGEST = 2 ** 24;

/**
 * A parser that hands every record on, the header among them. A byte-order mark and blank lines are
 * skipped. Fails with MalformedCsv at a quote inside an unquoted field, text after a closing quote, a
 * quote that is never closed, a carriage return alone, and a record of more than 16 Mi characters.
 */
export const makeCsvParser = (file: string, onRecord: OnRecord): CsvParser => {
  let isBeginning = true;
  let text = ""; // what is not parsed yet; begins where a record does
  let line = 1; // on which text begins
  let scanned = 0; // text up to here has no end of a record
  let quotes = 0; // how many there are up to `scanned`; after an odd number a quoted field is open

  const take = (record: string): DataError | undefined => {
    const begin = line;
    line += 1 + (quotes > 0 ? countBreaks(record) : 0);
    const body = record.endsWith("\r") ? record.slice(0, -1) : record;
    if (body === "") return undefined;
    if (quotes === 0 && !body.includes("\r")) {
      return onRecord({ line: begin, fields: body.split(",") });
    }
    const fields = splitQuoted(body);
    return typeof fields === "string"
      ? malformed(file, begin, "a comma or a line's end after each field expected", fields)
      : onRecord({ line: begin, fields });
  };

  const push = (piece: string): DataError | undefined => {
    if (piece === "") return undefined;
    text += isBeginning && piece.startsWith("\ufeff") ? piece.slice(1) : piece;
    isBeginning = false;
    let start = 0;
    let quoteAt = text.indexOf('"', scanned);
    const countQuotes = (end: number): void => {
      for (; quoteAt >= 0 && quoteAt < end; quoteAt = text.indexOf('"', quoteAt + 1)) quotes++;
    };
    for (let end = text.indexOf("\n", scanned); end >= 0; end = text.indexOf("\n", scanned)) {
      countQuotes(end);
      scanned = end + 1;
      if (quotes % 2 === 1) continue; // this break belongs to a quoted field
      const problem = take(text.slice(start, end));
      if (problem !== undefined) return problem;
      start = scanned;
      quotes = 0;
    }
    countQuotes(text.length);
    text = text.slice(start);
    scanned = text.length;
    return scanned <= LONGEST
      ? undefined
      : malformed(file, line, `a record of at most ${LONGEST} characters expected`, text);
  };

  return { push, end: () => (text === "" ? undefined : take(text)) };
};

const countBreaks = (text: string): number => text.split("\n").length - 1;

const malformed = (file: string, line: number, rule: string, rest: string): DataError => {
  const got = quote(rest.slice(0, 20).split("\n")[0] as string); // a split has a first part
  return { _tag: "MalformedCsv", file, line, rule, got };
};

// A field and what ends it: quoted text with doubled quotes, or text without quotes, then a comma or
// the record's end.
const FIELD = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|$)/y;

/** The fields of a record, or what is left of it where one cannot be read. */
const splitQuoted = (record: string): readonly string[] | string => {
  const fields: string[] = [];
  FIELD.lastIndex = 0;
  while (true) {
    const start = FIELD.lastIndex;
    const match = FIELD.exec(record);
    if (match === null) return record.slice(start);
    const [, quoted, plain, end] = match;
    fields.push(quoted === undefined ? (plain as string) : quoted.replaceAll('""', '"'));
    if (end === "") return fields;
  }
};
