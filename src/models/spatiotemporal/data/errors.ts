// What can be wrong with a file of measurements, as a value that every reader returns, and how it is
// printed.

/** What can be wrong with a file, or with the options of its reader. */
export type DataErrorTag =
  | "MissingFile"
  | "UnreadableFile"
  | "EmptyFile"
  | "BadEncoding"
  | "MalformedCsv"
  | "MissingColumn"
  | "RaggedRow"
  | "BadNumber"
  | "BadTime"
  | "UnknownService"
  | "Duplicate"
  | "Gap"
  | "OffGrid"
  | "InvalidOption";

/** What is wrong with a file: where, the rule, and what is there instead. */
export interface DataError {
  readonly _tag: DataErrorTag;
  /** The path; the reader's name where its options are wrong. */
  readonly file: string;
  /** From 1; absent when the whole file is meant. */
  readonly line?: number;
  readonly column?: string;
  readonly rule: string;
  readonly got: string;
}

/**
 * An error in one line: the file, the line, the column, the rule and what is there.
 *
 * @example
 * const place = { file: "m.csv", line: 17, column: "cpu" };
 * printDataError({ _tag: "BadNumber", ...place, rule: "a number expected", got: '"abc"' })
 * // 'm.csv:17: column "cpu": a number expected, got "abc"'
 */
export const printDataError = ({ file, line, column, rule, got }: DataError): string => {
  const place = line === undefined ? file : `${file}:${line}`;
  return `${place}: ${column === undefined ? "" : `column "${column}": `}${rule}, got ${got}`;
};

/** The error of a file without what it has to hold. */
export const emptyFile = (file: string, expected: string): DataError => ({
  _tag: "EmptyFile",
  file,
  rule: `${expected} expected`,
  got: "nothing",
});

/** The error of a reader's options; `who` is the reader. */
export const invalidOption = (who: string, rule: string, got: string): DataError => ({
  _tag: "InvalidOption",
  file: who,
  rule,
  got,
});

/** A text from a file as an error shows it: in quotes, long ones cut. */
export const quote = (text: string): string =>
  `"${text.length > 40 ? `${text.slice(0, 40)}…` : text}"`;
