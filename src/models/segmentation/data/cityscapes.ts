// Cityscapes (Cordts et al., "The Cityscapes dataset for semantic urban scene understanding", 2016; https://www.cityscapes-dataset.com):
//
//   leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png        a picture of 2048x1024
//   gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png         its mask, ids 0…33
//
// Of the ids, 19 are trained and counted; which, and as which label, is in the publishers' table
// (https://github.com/mcordts/cityscapesScripts, helpers/labels.py). The set was not at hand: its layout is taken from there.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../../fileSource.ts";
import { hostFiles, pathIn } from "../../files.ts";
import { type ClassInfo, type Color, ignored, type LabelledPictures } from "../images.ts";
import { decodeLabels } from "./decode.ts";
import { type Named, named, paired, pictureSet } from "./pairs.ts";
import { type ImageProblem, invalidOption } from "./problem.ts";
import { namesInFolder } from "./read.ts";
import { reducedPictures } from "./reduced.ts";
import { labelTable, relabelled } from "./relabel.ts";

/** Where the set is, and which part of it is meant. */
export interface CityscapesOptions {
  /** The folder that has `leftImg8bit` and `gtFine`. */
  readonly folder: string;
  /** The masks of `test` are not published: those that come with it are ignored in every pixel. */
  readonly split: "train" | "val" | "test";
  /** Pictures are made smaller by this factor (`reduced`); 1 by default. */
  readonly reduce?: number;
}

const trained: readonly (readonly [id: number, name: string, color: Color])[] = [
  [7, "road", [128, 64, 128]],
  [8, "sidewalk", [244, 35, 232]],
  [11, "building", [70, 70, 70]],
  [12, "wall", [102, 102, 156]],
  [13, "fence", [190, 153, 153]],
  [17, "pole", [153, 153, 153]],
  [19, "traffic light", [250, 170, 30]],
  [20, "traffic sign", [220, 220, 0]],
  [21, "vegetation", [107, 142, 35]],
  [22, "terrain", [152, 251, 152]],
  [23, "sky", [70, 130, 180]],
  [24, "person", [220, 20, 60]],
  [25, "rider", [255, 0, 0]],
  [26, "car", [0, 0, 142]],
  [27, "truck", [0, 0, 70]],
  [28, "bus", [0, 60, 100]],
  [31, "train", [0, 80, 100]],
  [32, "motorcycle", [0, 0, 230]],
  [33, "bicycle", [119, 11, 32]],
];

/** The 19 classes in the order of their labels, in the publishers' colours. */
export const cityscapesClasses: readonly ClassInfo[] = trained.map(([, name, color]) => ({
  name,
  color,
}));

const lastId = 33;
const notTrained = Array.from({ length: lastId + 1 }, (_, id) => [id, ignored] as const);
const labels = labelTable(`ids 0…${lastId}, and 255 for −1, expected`, [
  ...notTrained,
  [255, ignored],
  ...trained.map(([id], label) => [id, label] as const), // the later entry of an id counts
]);

const pictureEnd = "_leftImg8bit.png";
const maskEnd = "_gtFine_labelIds.png";

/**
 * A split of Cityscapes, its cities and their pictures in the order of their names; a picture is called `city/city_seq_frame`. Ids that
 * are not trained become `ignored`. Fails for a folder that is missing or has none of the files, and for a picture without a mask or the
 * reverse; a picture fails when it is asked for.
 *
 * @example
 * const opened = openCityscapes({ folder: "data/cityscapes", split: "val", reduce: 4 });
 */
export const openCityscapes = (
  { folder, split, reduce = 1 }: CityscapesOptions,
  source: FileSource = hostFiles,
): TE.TaskEither<ImageProblem, LabelledPictures> => {
  if (!["train", "val", "test"].includes(split))
    return TE.left(invalidOption("openCityscapes", "a split train, val or test expected", split));
  const pictureFolder = pathIn(pathIn(folder, "leftImg8bit"), split);
  const maskFolder = pathIn(pathIn(folder, "gtFine"), split);
  const fileOf = (place: string, end: string) => (name: string) => {
    const [city, frame] = name.split("/") as [string, string]; // as filesIn makes them
    return pathIn(pathIn(place, city), frame + end);
  };
  return pipe(
    TE.Do,
    TE.bind("pictures", () => filesIn(source, pictureFolder, pictureEnd)),
    TE.bind("masks", () => filesIn(source, maskFolder, maskEnd)),
    TE.chainEitherK(({ pictures, masks }) =>
      paired(pictures, masks, fileOf(maskFolder, maskEnd), fileOf(pictureFolder, pictureEnd)),
    ),
    TE.map((pairs) =>
      pictureSet("openCityscapes", source, cityscapesClasses, pairs, (file, bytes) =>
        pipe(decodeLabels(file, bytes), E.chain(relabelled(file, labels))),
      ),
    ),
    TE.chainEitherK(reducedPictures(reduce)),
  );
};

/** The files in the folders of a folder whose names end so, by `folder/beginning`. */
const filesIn = (
  source: FileSource,
  folder: string,
  end: string,
): TE.TaskEither<ImageProblem, Named> =>
  pipe(
    namesInFolder(source, folder),
    TE.chain(
      TE.traverseSeqArray((city) => {
        const place = pathIn(folder, city);
        return pipe(
          namesInFolder(source, place),
          TE.map((names) =>
            names
              .filter((name) => name.endsWith(end))
              .map(
                (name) => [`${city}/${name.slice(0, -end.length)}`, pathIn(place, name)] as const,
              ),
          ),
        );
      }),
    ),
    TE.chainEitherK((files) => named({ folder, pattern: `*/*${end}` }, files.flat())),
  );
