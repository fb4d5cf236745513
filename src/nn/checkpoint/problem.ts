// What is wrong with a file, as a value. Codecs return a `FormatProblem`; whoever reads the file adds who noticed and where.

import type { Either } from "fp-ts/lib/Either.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { printProblem } from "../../core/errors.ts";

/** What kind of rule a file breaks. Tests match on this tag. */
export type FormatTag =
  | "Truncated"
  | "BadHeader"
  | "HeaderTooLarge"
  | "UnknownDtype"
  | "BadShape"
  | "WrongByteCount"
  | "Overlap"
  | "Hole"
  | "OutOfRange"
  | "DuplicateName"
  | "BadChecksum"
  | "MissingTensor"
  | "ExtraTensor"
  | "ShapeMismatch"
  | "DtypeMismatch";

/** A broken rule of a format: the rule, and what arrived instead. */
export interface FormatProblem {
  readonly _tag: FormatTag;
  readonly rule: string;
  readonly got: string;
  readonly hint?: string;
}

/** A problem with a file: who noticed, and which file. */
export interface FileProblem extends Omit<FormatProblem, "_tag"> {
  readonly _tag: FormatTag | "MissingFile" | "UnreadableFile" | "UnwritableFile";
  readonly op: string;
  readonly file: string;
}

/** Builds a `FormatProblem`. */
export const formatProblem = (
  _tag: FormatTag,
  rule: string,
  got: string,
  hint?: string,
): FormatProblem => (hint === undefined ? { _tag, rule, got } : { _tag, rule, got, hint });

/**
 * Prints a problem with a file: who noticed, the file, the rule and what arrived; a second line with the usual cause where it is known.
 *
 * @example
 * const missing = { _tag: "MissingFile", op: "loadTree", file: "a.npy", rule: "a file expected", got: "none" } as const;
 * printFileProblem(missing) // loadTree a.npy: a file expected, got none
 */
export const printFileProblem = ({ op, file, ...problem }: FileProblem): string =>
  printProblem({ ...problem, op: `${op} ${file}` });

/** Adds who noticed and which file. */
export const inFile =
  (op: string, file: string) =>
  (problem: FormatProblem): FileProblem => ({ ...problem, op, file });

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);

/** A file read, or why it could not be. */
export const reading = <A>(
  op: string,
  file: string,
  read: () => Promise<A>,
): TE.TaskEither<FileProblem, A> =>
  TE.tryCatch(read, (cause): FileProblem => {
    const code = codeOf(cause);
    return code === "ENOENT"
      ? { _tag: "MissingFile", op, file, rule: "a file expected", got: "nothing" }
      : { _tag: "UnreadableFile", op, file, rule: "a readable file expected", got: code };
  });

/** A file or folder changed, or why it could not be. */
export const writing = <A>(
  op: string,
  file: string,
  write: () => Promise<A>,
): TE.TaskEither<FileProblem, A> =>
  TE.tryCatch(
    write,
    (cause): FileProblem => ({
      _tag: "UnwritableFile",
      op,
      file,
      rule: "a place that can be written expected",
      got: codeOf(cause),
    }),
  );

/** A decoder's answer about a file. */
export const decoded = <A>(
  op: string,
  file: string,
  answer: Either<FormatProblem, A>,
): TE.TaskEither<FileProblem, A> =>
  TE.mapLeft(inFile(op, file))(TE.fromEither<FormatProblem, A>(answer));
