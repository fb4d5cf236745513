// What a network is trained and judged on: pictures in a folder, or scenes that the program draws.

import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Segmentation } from "../../src/models/index.ts";
import { type Notice, noNotice } from "./notice.ts";

const {
  openBatches,
  openParts,
  openSource,
  partNames,
  printImageProblem,
  readColorTable,
  streetAugmentation,
} = Segmentation;
type Part = Segmentation.Part;
type Source = Segmentation.Source;

/** How folders of pictures are laid out. */
export const layouts = ["camvid", "cityscapes", "folders", "painted"] as const;

/** Which pictures. */
export interface DataChoice {
  /** A folder of pictures; scenes when absent. */
  readonly folder?: string;
  readonly layout: (typeof layouts)[number];
  /** By which factor pictures of a folder are made smaller. */
  readonly reduce: number;
  /** Height and width; those of the first picture to learn from when absent. */
  readonly size?: readonly [height: number, width: number];
  /** How many scenes there are to learn from; a fourth as many to choose by, and as many again to be judged by. */
  readonly scenes: number;
}

type Sources = Readonly<Record<Part, Source>>;

const sourcesBy = (sourceOf: (part: Part) => Source): Sources => ({
  train: sourceOf("train"),
  val: sourceOf("val"),
  test: sourceOf("test"),
});

/** Where the pictures of each part come from. */
const sourcesOf = ({
  folder,
  layout,
  reduce,
  size,
  scenes,
}: DataChoice): TE.TaskEither<string, Sources> => {
  if (folder === undefined) {
    const count = (part: Part): number => (part === "train" ? scenes : Math.ceil(scenes / 4));
    return TE.right(
      sourcesBy((part) => ({
        kind: "scenes",
        seed: partNames.indexOf(part),
        count: count(part),
        ...(size === undefined ? {} : { height: size[0], width: size[1] }),
      })),
    );
  }
  switch (layout) {
    case "camvid":
      return TE.right(sourcesBy((split) => ({ kind: "camvid", folder, split, reduce })));
    case "cityscapes":
      // The labels of its test part are not published: the validation part stands in for it.
      return TE.right(
        sourcesBy((part) => ({
          kind: "cityscapes",
          folder,
          split: part === "test" ? "val" : part,
          reduce,
        })),
      );
    case "folders":
    case "painted":
      return pipe(
        readColorTable(join(folder, "classes.txt")),
        TE.mapLeft(printImageProblem),
        TE.map((table) =>
          sourcesBy((part) => ({
            kind: "folders",
            images: join(folder, part, "images"),
            masks: join(folder, part, "masks"),
            reduce,
            ...(layout === "folders"
              ? { classes: table, maskMode: "index" }
              : { ...withoutVoid(table), maskMode: "color" }),
          })),
        ),
      );
  }
};

/** What a table of colours calls void is no class: pixels painted so are ignored. */
const withoutVoid = (table: readonly Segmentation.ClassInfo[]) => {
  const isVoid = ({ name }: Segmentation.ClassInfo): boolean => name.toLowerCase() === "void";
  return {
    classes: table.filter((it) => !isVoid(it)),
    ignore: table.filter(isVoid).map(({ color }) => color),
  };
};

/** Height and width of pictures, and what gave them, in words. */
interface Sizing {
  readonly size: Segmentation.Size;
  readonly sizedBy: string;
}

/** Height and width of the first picture of a part. */
const sizeOf = (sources: Sources, part: Part): TE.TaskEither<Segmentation.ImageProblem, Sizing> =>
  pipe(
    openSource(sources[part]),
    TE.chain(({ load }) => load(0)),
    TE.map(({ name, height, width }) => ({
      size: [height, width] as const,
      sizedBy: `as ${part}, picture ${name}`,
    })),
  );

/** How pictures are made ready. */
export interface Readiness {
  readonly augment: boolean;
  readonly seed: number;
}

/**
 * The parts of the data, or what is wrong with them. Every picture of a folder is read before this is done: those to learn from, to know
 * their classes, the others, so that a damaged one is noticed now and not after hours of training. They are kept, and not read again, as
 * far as there is room.
 */
export const openData = (
  choice: DataChoice,
  { augment, seed }: Readiness,
  notice: Notice = noNotice,
): TE.TaskEither<string, Segmentation.OpenParts> =>
  pipe(
    sourcesOf(choice),
    TE.bindTo("sources"),
    TE.bind("size", ({ sources }) =>
      choice.size === undefined
        ? pipe(
            sizeOf(sources, "train"),
            TE.bimap(printImageProblem, ({ size }) => size),
          )
        : TE.right(choice.size),
    ),
    TE.chain(({ sources, size }) => {
      notice.say("reading the pictures to learn from");
      return pipe(
        openParts({
          sources,
          size,
          seed,
          ...(augment ? { augmentation: { ...streetAugmentation, crop: size } } : {}),
        }),
        TE.mapLeft(printImageProblem),
      );
    }),
    TE.chain((parts) =>
      // What the program draws has no damage; what augmentation cuts is not too large.
      choice.folder === undefined
        ? TE.right(parts)
        : readThrough(parts, augment ? ["val", "test"] : partNames, notice),
    ),
  );

/** The parts, once each picture of those that are named was read. They are closed where one is wrong. */
const readThrough = (
  parts: Segmentation.OpenParts,
  names: readonly Part[],
  notice: Notice,
): TE.TaskEither<string, Segmentation.OpenParts> =>
  pipe(
    names.flatMap((part) => parts[part].names.map((_, index) => ({ part, index }))),
    TE.traverseSeqArray(({ part, index }) => {
      const { dataset, names: all } = parts[part];
      notice.say(`reading the pictures of ${part}, ${index + 1} of ${all.length}`);
      return pipe(
        Segmentation.orProblem(() => dataset.batch([index])),
        TE.bimap(
          (problem) => printImageProblem(ofPart(part, all, problem)),
          () => undefined, // a batch is not held on to
        ),
      );
    }),
    TE.map(() => parts),
    TE.orElse((problem) => async () => {
      await parts.close();
      return E.left(problem);
    }),
  );

/** A picture that does not fit is known by its name alone, which other parts may have too; here it can be told what it does not fit. */
export const ofPart = (
  part: Part,
  names: readonly string[],
  problem: Segmentation.ImageProblem,
): Segmentation.ImageProblem =>
  problem._tag === "WrongSize" && names.includes(problem.file)
    ? {
        ...problem,
        file: `${part}, picture ${problem.file}`,
        hint: "--size HxW is the size of all pictures; larger ones are cut by augmentation only",
      }
    : problem;

/** One part, to be judged by. */
export interface Exam {
  readonly pictures: Segmentation.SegmentationData;
  readonly size: Segmentation.Size;
}

/** An exam, and what gave the size of its pictures, in words. */
export interface OpenExam extends Exam {
  readonly sizedBy: string;
}

/** What says that there are no pictures; anything else is wrong with pictures that are there. */
const isAbsence = ({ _tag }: Segmentation.ImageProblem): boolean =>
  _tag === "MissingFile" || _tag === "EmptyFolder";

/** The size that training gives pictures; where there is nothing to learn from, that of the part's own first picture. */
const examSize = (
  { size }: DataChoice,
  sources: Sources,
  part: Part,
): TE.TaskEither<Segmentation.ImageProblem, Sizing> =>
  size !== undefined
    ? TE.right({ size, sizedBy: "--size" })
    : pipe(
        sizeOf(sources, "train"),
        TE.orElse((problem) => (isAbsence(problem) ? sizeOf(sources, part) : TE.left(problem))),
      );

/**
 * One part of the data, at the size that training gives it as far as that is known: where there is nothing to learn from, it is that of the
 * part's own first picture. A Left where the first picture to learn from is there and cannot be read.
 */
export const openPart = (choice: DataChoice, part: Part): TE.TaskEither<string, OpenExam> =>
  pipe(
    sourcesOf(choice),
    TE.chain((sources) =>
      pipe(
        examSize(choice, sources, part),
        TE.chain((sizing) =>
          pipe(
            openBatches({ source: sources[part], size: sizing.size, seed: 0 }),
            TE.map((pictures) => ({ pictures, ...sizing })),
          ),
        ),
        TE.mapLeft(printImageProblem),
      ),
    ),
  );

const printSource = ({ folder, layout }: DataChoice): string =>
  folder === undefined ? "scenes drawn by the program" : `${folder} (${layout})`;

/** Whether the pictures to be judged by are those to choose by, see sourcesOf. */
const isTwice = ({ folder, layout }: DataChoice): boolean =>
  folder !== undefined && layout === "cityscapes";

/** What the data is, in one line. */
export const describeData = (
  choice: DataChoice,
  { train, val, test, classes }: Segmentation.OpenParts,
): string => {
  const same = isTwice(choice) ? " (the same)" : "";
  const sizes = `${train.length} pictures to learn from, ${val.length} to choose by, ${test.length} to be judged by${same}`;
  return `${printSource(choice)}: ${sizes}; ${classes.length} classes`;
};

/** Which pictures are judged, in one line. */
export const describeExam = (
  choice: DataChoice,
  part: Part,
  { pictures: { length, classes }, size: [height, width], sizedBy }: OpenExam,
): string => {
  const whose = { train: "to learn from", val: "to choose by", test: "to be judged by" }[part];
  const same = part === "test" && isTwice(choice) ? " (the same as to choose by)" : "";
  return `${printSource(choice)}: ${length} pictures ${whose}${same}, of ${height} x ${width} (${sizedBy}); ${classes.length} classes`;
};
