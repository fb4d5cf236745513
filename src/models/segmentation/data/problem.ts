// What can be wrong with pictures and masks, as a value that every reader returns, and how it is printed.

/** What can be wrong with a file of pictures, or with a set of them. */
export type ImageProblemTag =
  | "MissingFile"
  | "UnreadableFile"
  | "LostWorker"
  | "EmptyFolder"
  | "MissingMask"
  | "MissingPicture"
  | "UnknownFormat"
  | "CorruptImage"
  | "WrongMode"
  | "WrongSize"
  | "UnknownLabel"
  | "Duplicate"
  | "MalformedText"
  | "InvalidOption";

/** What is wrong with a file: where, the rule, and what is there instead. */
export interface ImageProblem {
  readonly _tag: ImageProblemTag;
  /** The path; the reader's name where its options are wrong. */
  readonly file: string;
  readonly rule: string;
  readonly got: string;
  /** The usual cause, where it is known. */
  readonly hint?: string;
}

/**
 * A problem in one line, and a second one with the usual cause where it is known.
 *
 * @example
 * printImageProblem({ _tag: "WrongMode", file: "mask.png", rule: "one channel of 8 bits expected", got: "3 channels" })
 * // mask.png: one channel of 8 bits expected, got 3 channels
 */
export const printImageProblem = ({ file, rule, got, hint }: ImageProblem): string =>
  `${file}: ${rule}, got ${got}${hint === undefined ? "" : `\nhint: ${hint}`}`;

/** What is wrong with bytes whose file is not known yet. */
export type Complaint = Omit<ImageProblem, "file">;

/** A complaint in its parts. */
export const complaint = (
  tag: ImageProblemTag,
  rule: string,
  got: string,
  hint?: string,
): Complaint => ({ _tag: tag, rule, got, ...(hint === undefined ? {} : { hint }) });

/** The problem of a file with such a complaint. */
export const inFile =
  (file: string) =>
  (said: Complaint): ImageProblem => ({ ...said, file });

/** The problem of a reader's options; `who` is the reader. */
export const invalidOption = (who: string, rule: string, got: string): ImageProblem => ({
  _tag: "InvalidOption",
  file: who,
  rule,
  got,
});
