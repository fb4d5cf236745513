// The text of a file, whole, with what can go wrong as a value.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../fileSource.ts";
import { hostFiles } from "../files.ts";
import type { DataError } from "../spatiotemporal/data/errors.ts";
import { makeUtf8Decoder } from "../spatiotemporal/data/utf8.ts";

/** What is wrong, in words; one member of a union for each tag. */
export type Complaint<Tag extends string> = Tag extends string
  ? {
      readonly _tag: Tag;
      /** The file, and the line where that is known, or who noticed. */
      readonly where: string;
      readonly rule: string;
      readonly got: string;
      /** The usual cause, or the remedy, where it is known. */
      readonly hint?: string;
    }
  : never;

/** What is wrong with a file, whatever its text says. */
export type TextFileProblem = Complaint<"MissingFile" | "UnreadableFile" | "NotText">;

/** A complaint in one line, and a second one with its hint. */
export const printComplaint = ({ where, rule, got, hint }: Complaint<string>): string =>
  `${where}: ${rule}, got ${got}${hint === undefined ? "" : `\nhint: ${hint}`}`;

const problemOf =
  (where: string) =>
  (cause: unknown): TextFileProblem => {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    return code === "ENOENT"
      ? { _tag: "MissingFile", where, rule: "a file expected", got: "nothing" }
      : { _tag: "UnreadableFile", where, rule: "a readable file expected", got: code };
  };

const notText = ({ file, line, rule, got }: DataError): TextFileProblem => ({
  _tag: "NotText",
  where: line === undefined ? file : `${file}:${line}`,
  rule,
  got,
  hint: "save the file as UTF-8",
});

/** The text of bytes that come in pieces, cut anywhere. Rejects with what their source rejects with. */
const decoded = async (
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<E.Either<TextFileProblem, string>> => {
  const decoder = makeUtf8Decoder(path);
  const texts: string[] = [];
  for await (const piece of pieces) {
    const text = decoder.decode(piece);
    if (E.isLeft(text)) return E.left(notText(text.left));
    texts.push(text.right);
  }
  return pipe(
    decoder.end(),
    E.bimap(notText, (last) => [...texts, last].join("").replace(/^\uFEFF/, "")),
  );
};

/**
 * The text of a file in UTF-8, without a byte-order mark; ends of lines stay as they are. Fails with MissingFile, UnreadableFile, and NotText where it is
 * not UTF-8, which says at what byte, counted from 1.
 */
export const textFile = (
  path: string,
  source: FileSource = hostFiles,
): TE.TaskEither<TextFileProblem, string> =>
  pipe(
    TE.tryCatch(() => decoded(path, source.open(path)), problemOf(path)),
    TE.chainEitherK((text) => text),
  );
