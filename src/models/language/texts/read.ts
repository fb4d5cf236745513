// Texts from files. A list with an entry on each line, such as one of names, is a text as well: the ends of its lines are characters that a model learns.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../../fileSource.ts";
import { hostFiles } from "../../files.ts";
import { textFile } from "../textFile.ts";
import type { TextProblem } from "./problem.ts";

/**
 * The text of a file in UTF-8, without a byte-order mark; ends of lines stay as they are. Fails with MissingFile, UnreadableFile, EmptyText, and NotText
 * where it is not UTF-8, which says at what byte, counted from 1.
 */
export const readText = (
  path: string,
  source: FileSource = hostFiles,
): TE.TaskEither<TextProblem, string> =>
  pipe(
    textFile(path, source),
    TE.mapLeft((problem): TextProblem => problem),
    TE.chainEitherK((text) =>
      text === ""
        ? E.left({
            _tag: "EmptyText",
            where: path,
            rule: "a text expected",
            got: "an empty file",
          })
        : E.right(text),
    ),
  );
