// From a file to its records: opens it, decodes it, parses it, and hands each record on as it comes, so
// that memory is a matter of what the reader keeps, not of how long the file is.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../../fileSource.ts";
import { type CsvParser, makeCsvParser, type OnRecord } from "./csv.ts";
import { type DataError, emptyFile } from "./errors.ts";
import type { Notes } from "./summary.ts";
import { makeUtf8Decoder } from "./utf8.ts";

/** What reads a file: takes its records in order and says, behind the last, what was missing. */
export interface Sink {
  readonly file: string;
  /** Records that describe the others. */
  readonly headers: number;
  readonly record: OnRecord;
  readonly end?: () => DataError | undefined;
}

/**
 * Reads a file through. Fails when it cannot be read, is not UTF-8 or CSV, has records of different
 * widths, or has what `sink` refuses.
 */
export const feedFile = (
  source: FileSource,
  sink: Sink,
  notes: Notes,
): TE.TaskEither<DataError, void> =>
  pipe(
    TE.tryCatch(
      () => feedPieces(source.open(sink.file), sink, notes),
      (cause) => unreadable(sink.file, cause),
    ),
    TE.chainEitherK((problem) => (problem === undefined ? E.right(undefined) : E.left(problem))),
  );

/** Reads a text through, as `feedFile` does a file. */
export const feedText = (text: string, sink: Sink, notes: Notes): E.Either<DataError, void> => {
  const parser = countingParser(sink, notes);
  const problem = parser.push(text) ?? parser.end();
  return problem === undefined ? E.right(undefined) : E.left(problem);
};

const feedPieces = async (
  pieces: AsyncIterable<Uint8Array>,
  sink: Sink,
  notes: Notes,
): Promise<DataError | undefined> => {
  const decoder = makeUtf8Decoder(sink.file);
  const parser = countingParser(sink, notes);
  const push = (text: E.Either<DataError, string>): DataError | undefined =>
    E.isLeft(text) ? text.left : parser.push(text.right);
  for await (const piece of pieces) {
    const problem = push(decoder.decode(piece));
    if (problem !== undefined) return problem;
  }
  return push(decoder.end()) ?? parser.end();
};

/** Counts records, holds them to one width, and notes a last line without an end. */
const countingParser = (sink: Sink, notes: Notes): CsvParser => {
  const { file, headers } = sink;
  let records = 0;
  let width = 0;
  let last = "\n";
  const parser = makeCsvParser(file, (record) => {
    if (records === 0) width = record.fields.length;
    records++;
    return record.fields.length === width
      ? sink.record(record)
      : raggedRow(file, record.line, width, record.fields.length);
  });
  return {
    push: (piece) => {
      if (piece !== "") last = piece.at(-1) as string; // it has a last character
      return parser.push(piece);
    },
    end: () => {
      const problem = parser.end();
      if (problem !== undefined) return problem;
      if (records < headers || records === 0) {
        return emptyFile(file, headers > 0 ? "a header" : "a record");
      }
      notes.file(file, records - headers);
      if (last !== "\n") notes.add("unterminated", file);
      return sink.end?.();
    },
  };
};

const raggedRow = (file: string, line: number, width: number, got: number): DataError => ({
  _tag: "RaggedRow",
  file,
  line,
  rule: `${width} fields expected`,
  got: String(got),
});

/** The error for what a source rejected with. */
export const unreadable = (file: string, cause: unknown): DataError => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
  return code === "ENOENT"
    ? { _tag: "MissingFile", file, rule: "a file expected", got: "nothing" }
    : { _tag: "UnreadableFile", file, rule: "a readable file expected", got: code };
};
