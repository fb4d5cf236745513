// Files and folders of a source, whole, with what can go wrong as a value.

import * as E from "fp-ts/lib/Either.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../../fileSource.ts";
import { mostBytes } from "./pictureSize.ts";
import type { ImageProblem } from "./problem.ts";

const problemOf =
  (file: string, what: "file" | "folder") =>
  (cause: unknown): ImageProblem => {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    return code === "ENOENT"
      ? { _tag: "MissingFile", file, rule: `a ${what} expected`, got: "nothing" }
      : { _tag: "UnreadableFile", file, rule: `a readable ${what} expected`, got: code };
  };

/** All bytes of a file. Fails with MissingFile or UnreadableFile, and above `mostBytes`. */
export const readWhole = (
  source: FileSource,
  file: string,
): TE.TaskEither<ImageProblem, Uint8Array> =>
  TE.tryCatch(
    async () => {
      const pieces: Uint8Array[] = [];
      let length = 0;
      for await (const piece of source.open(file)) {
        length += piece.length;
        if (length > mostBytes)
          throw Object.assign(new Error("too long"), { code: `more than ${mostBytes} bytes` });
        pieces.push(piece);
      }
      const bytes = new Uint8Array(length);
      let at = 0;
      for (const piece of pieces) {
        bytes.set(piece, at);
        at += piece.length;
      }
      return bytes;
    },
    problemOf(file, "file"),
  );

/** The text of a file in UTF-8, without a byte-order mark. Fails also with MalformedText where it is not UTF-8. */
export const readText = (source: FileSource, file: string): TE.TaskEither<ImageProblem, string> =>
  TE.chainEitherK((bytes: Uint8Array) => textOf(file, bytes))(readWhole(source, file));

const textOf = (file: string, bytes: Uint8Array): E.Either<ImageProblem, string> =>
  E.tryCatch(
    () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    () => ({ _tag: "MalformedText", file, rule: "a text in UTF-8 expected", got: "other bytes" }),
  );

/**
 * What is in a folder, in order of the code units of the names; what begins with a dot is left out, as systems hide it. Fails with
 * MissingFile or UnreadableFile.
 */
export const namesInFolder = (
  source: FileSource,
  folder: string,
): TE.TaskEither<ImageProblem, readonly string[]> =>
  TE.tryCatch(
    async () => (await source.list(folder)).filter((name) => !name.startsWith(".")).sort(),
    problemOf(folder, "folder"),
  );
