// Pictures and masks that belong together, by their names; and the set of them, each read when it is asked for.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../../fileSource.ts";
import type { ClassInfo, LabelledPicture, LabelledPictures, Labels } from "../images.ts";
import { decodePicture } from "./decode.ts";
import { size } from "./pictureSize.ts";
import type { ImageProblem } from "./problem.ts";
import { readWhole } from "./read.ts";

/** Paths by the name that a picture and its mask have in common. */
export type Named = ReadonlyMap<string, string>;

/** A picture and its mask. */
export interface Pair {
  readonly name: string;
  readonly picture: string;
  readonly mask: string;
}

/** Where files are looked for, and what is looked for there. */
export interface Place {
  readonly folder: string;
  /** In words: `"*.png"`. */
  readonly pattern: string;
}

/** Paths by name. Fails with Duplicate where two files have one name, and with EmptyFolder where there is none. */
export const named = (
  { folder, pattern }: Place,
  files: Iterable<readonly [name: string, path: string]>,
): E.Either<ImageProblem, Named> => {
  const paths = new Map<string, string>();
  for (const [name, file] of files) {
    const other = paths.get(name);
    if (other !== undefined)
      return E.left({
        _tag: "Duplicate",
        file,
        rule: `one file called "${name}" expected`,
        got: `${other} too`,
      });
    paths.set(name, file);
  }
  return paths.size > 0
    ? E.right(paths)
    : E.left({ _tag: "EmptyFolder", file: folder, rule: `files ${pattern} expected`, got: "none" });
};

/**
 * Pairs in the order of the pictures. Fails for the first picture without a mask (MissingMask), then for the first mask without a picture
 * (MissingPicture), with what was looked for.
 */
export const paired = (
  pictures: Named,
  masks: Named,
  maskFile: (name: string) => string,
  pictureFile: (name: string) => string,
): E.Either<ImageProblem, readonly Pair[]> => {
  const pairs: Pair[] = [];
  for (const [name, picture] of pictures) {
    const mask = masks.get(name);
    if (mask === undefined) return E.left(alone("MissingMask", picture, maskFile(name)));
    pairs.push({ name, picture, mask });
  }
  for (const [name, mask] of masks)
    if (!pictures.has(name)) return E.left(alone("MissingPicture", mask, pictureFile(name)));
  return E.right(pairs);
};

/** The problem of a file whose other half is missing. */
export const alone = (
  tag: "MissingMask" | "MissingPicture",
  file: string,
  expected: string,
): ImageProblem => {
  const what = tag === "MissingMask" ? "mask" : "picture";
  return { _tag: tag, file, rule: `its ${what} ${expected} expected`, got: "no such file" };
};

/** What the labels of a mask are, by its bytes. */
export type ReadMask = (file: string, bytes: Uint8Array) => E.Either<ImageProblem, Labels>;

/** The set of the pairs; `who` opened it. Nothing is kept: what is asked for twice is read twice. */
export const pictureSet = (
  who: string,
  source: FileSource,
  classes: readonly ClassInfo[],
  pairs: readonly Pair[],
  readMask: ReadMask,
): LabelledPictures => ({
  classes,
  names: pairs.map(({ name }) => name),
  load: (index) => {
    const pair = pairs[index];
    if (pair !== undefined) return loaded(source, pair, readMask);
    const rule = `an index in 0…${pairs.length - 1} expected`;
    return TE.left({ _tag: "InvalidOption", file: who, rule, got: `${index}` });
  },
});

const loaded = (
  source: FileSource,
  { name, picture, mask }: Pair,
  readMask: ReadMask,
): TE.TaskEither<ImageProblem, LabelledPicture> =>
  pipe(
    TE.Do,
    TE.bind("seen", () =>
      pipe(
        readWhole(source, picture),
        TE.chainEitherK((bytes) => decodePicture(picture, bytes)),
      ),
    ),
    TE.bind("known", () =>
      pipe(
        readWhole(source, mask),
        TE.chainEitherK((bytes) => readMask(mask, bytes)),
      ),
    ),
    TE.chainEitherK(({ seen, known }) => {
      const { height, width } = seen;
      if (height === known.height && width === known.width)
        return E.right({ ...seen, ...known, name });
      const rule = `a mask of ${size(height, width)} expected, as ${picture} is`;
      const problem = { file: mask, rule, got: size(known.height, known.width) };
      return E.left({ _tag: "WrongSize", ...problem } satisfies ImageProblem);
    }),
  );
