// Any set of pictures and masks in two folders, or in one: a picture and its mask have one name, apart from an ending of each's own.
//
//   images/0001.jpg         masks/0001.png         by default
//   images/0001.png         masks/0001_L.png       with { suffix: { mask: "_L" } }

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../../fileSource.ts";
import { hostFiles, pathIn } from "../../files.ts";
import { type ClassInfo, type Color, ignored, type LabelledPictures } from "../images.ts";
import { isColor } from "./colorTable.ts";
import { decodeColors, decodeLabels } from "./decode.ts";
import { type Named, named, paired, pictureSet, type ReadMask } from "./pairs.ts";
import { type ImageProblem, invalidOption } from "./problem.ts";
import { namesInFolder } from "./read.ts";
import { colorTable, labelsOfColors, labelTable, numberOf, relabelled } from "./relabel.ts";

/** Where pictures and masks are, and what the masks say. */
export type FolderOptions = {
  readonly images: string;
  readonly masks: string;
  /** In the order of their labels. */
  readonly classes: readonly ClassInfo[];
  /** What names end with before the dot, besides what a picture and its mask have in common; nothing by default. */
  readonly suffix?: { readonly image?: string; readonly mask?: string };
} & (
  | {
      /** The k-th class is the number k in a mask. */
      readonly maskMode: "index";
      /** Numbers that stand for no class, 255 by default. */
      readonly ignore?: readonly number[];
    }
  | {
      /** Each class is painted in its colour. */
      readonly maskMode: "color";
      /** Colours that stand for no class; none by default. */
      readonly ignore?: readonly Color[];
    }
);

/**
 * The set in two folders, in the order of the names. Files count whose names end in .png, .jpg or .jpeg, in small letters or capitals; what is
 * in them is told by their bytes. Where pictures and masks are in one folder, what ends like a mask is no picture. Fails for options that
 * contradict each other, a folder that is missing or empty, two files of one name, and a picture without a mask or the reverse; a picture
 * fails when it is asked for.
 *
 * @example
 * const classes: Segmentation.ClassInfo[] = [{ name: "wall", color: [128, 128, 128] }, { name: "door", color: [128, 64, 0] }];
 * const opened = openFolder({ images: "data/images", masks: "data/masks", classes, maskMode: "color", ignore: [[0, 0, 0]] });
 */
export const openFolder = (
  options: FolderOptions,
  source: FileSource = hostFiles,
): TE.TaskEither<ImageProblem, LabelledPictures> => {
  const wrong = optionProblem(options);
  if (wrong !== undefined) return TE.left(wrong);
  const { images, masks, classes, suffix } = options;
  const [imageEnd, maskEnd] = [suffix?.image ?? "", suffix?.mask ?? ""];
  const isMask = (stem: string): boolean =>
    images === masks && maskEnd.length > imageEnd.length && stem.endsWith(maskEnd);
  const isPicture = (stem: string): boolean =>
    images === masks && imageEnd.length > maskEnd.length && stem.endsWith(imageEnd);
  const fileOf = (folder: string, end: string) => (name: string) =>
    pathIn(folder, `${name}${end}.png (.jpg, .jpeg)`);
  return pipe(
    TE.Do,
    TE.bind("pictures", () => filesIn(source, images, imageEnd, isMask)),
    TE.bind("labels", () => filesIn(source, masks, maskEnd, isPicture)),
    TE.chainEitherK(({ pictures, labels }) =>
      paired(pictures, labels, fileOf(masks, maskEnd), fileOf(images, imageEnd)),
    ),
    TE.map((pairs) => pictureSet("openFolder", source, classes, pairs, maskReader(options))),
  );
};

const filesIn = (
  source: FileSource,
  folder: string,
  end: string,
  isOther: (stem: string) => boolean,
): TE.TaskEither<ImageProblem, Named> =>
  pipe(
    namesInFolder(source, folder),
    TE.map((names) =>
      names.flatMap((name) => {
        const stem = /^(.+)\.(png|jpe?g)$/i.exec(name)?.[1];
        if (stem === undefined || !stem.endsWith(end) || isOther(stem)) return [];
        return [[stem.slice(0, stem.length - end.length), pathIn(folder, name)] as const];
      }),
    ),
    TE.chainEitherK((files) => named({ folder, pattern: `*${end}.png (.jpg, .jpeg)` }, files)),
  );

const maskReader = (options: FolderOptions): ReadMask => {
  const { classes } = options;
  if (options.maskMode === "color") {
    const table = colorTable(
      classes.map(({ color }) => color),
      options.ignore ?? [],
    );
    return (file, bytes) => pipe(decodeColors(file, bytes), E.chain(labelsOfColors(file, table)));
  }
  const { ignore = [ignored] } = options;
  const also = ignore.length === 0 ? "" : `, and ${ignore.join(", ")} for none,`;
  const table = labelTable(`labels 0…${classes.length - 1}${also} expected`, [
    ...classes.map((_, label) => [label, label] as const),
    ...ignore.map((value) => [value, ignored] as const),
  ]);
  return (file, bytes) => pipe(decodeLabels(file, bytes), E.chain(relabelled(file, table)));
};

const optionProblem = (options: FolderOptions): ImageProblem | undefined => {
  const { images, masks, classes, suffix, maskMode } = options;
  const refuse = (rule: string, got: string) => invalidOption("openFolder", rule, got);
  if (classes.length < 1 || classes.length > ignored)
    return refuse(`1…${ignored} classes expected`, `${classes.length}`);
  if (images === masks && (suffix?.image ?? "") === (suffix?.mask ?? ""))
    return refuse("different suffixes in one folder expected", `"${suffix?.image ?? ""}" twice`);
  const twice = repeated(classes.map(({ name }) => name));
  if (twice !== undefined) return refuse("a name of its own for each class expected", `"${twice}"`);
  if (maskMode === "color") return colorProblem(classes, options.ignore ?? [], refuse);
  if (maskMode !== "index") return refuse("masks of index or color expected", `${maskMode}`);
  const bad = (options.ignore ?? []).find(
    (value) => !(Number.isInteger(value) && value >= classes.length && value <= 255),
  );
  return bad === undefined
    ? undefined
    : refuse(`labels to ignore in ${classes.length}…255 expected`, `${bad}`);
};

const colorProblem = (
  classes: readonly ClassInfo[],
  ignore: readonly Color[],
  refuse: (rule: string, got: string) => ImageProblem,
): ImageProblem | undefined => {
  const colors = [...classes.map(({ color }) => color), ...ignore];
  const bad = colors.find((color) => !isColor(color));
  if (bad !== undefined) return refuse("colours of three numbers in 0…255 expected", bad.join(" "));
  const at = repeated(colors.map(numberOf));
  return at === undefined
    ? undefined
    : refuse(
        "a colour of its own for each class expected",
        `${[at >> 16, (at >> 8) & 255, at & 255].join(" ")} twice`,
      );
};

const repeated = <A>(values: readonly A[]): A | undefined =>
  values.find((value, k) => values.indexOf(value) < k);
