// What a network is trained and judged on: pictures in a folder, or scenes that the program draws.

import { join } from "node:path";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Segmentation } from "../../src/models/index.ts";

const { openParts, openSource, partNames, printImageProblem, readColorTable, streetAugmentation } =
  Segmentation;
type Part = Segmentation.Part;
type Source = Segmentation.Source;

/** How folders of pictures are laid out. */
export const layouts = ["camvid", "cityscapes", "folders"] as const;

/** Which pictures. */
export interface DataChoice {
  /** A folder of pictures; scenes when absent. */
  readonly folder?: string;
  readonly layout: (typeof layouts)[number];
  /** By which factor pictures of Cityscapes are made smaller. */
  readonly reduce: number;
  /** Height and width; those of the first picture when absent. */
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
  scenes,
}: DataChoice): TE.TaskEither<string, Sources> => {
  if (folder === undefined) {
    const count = (part: Part): number => (part === "train" ? scenes : Math.ceil(scenes / 4));
    return TE.right(
      sourcesBy((part) => ({
        kind: "scenes",
        seed: partNames.indexOf(part),
        count: count(part),
      })),
    );
  }
  switch (layout) {
    case "camvid":
      return TE.right(sourcesBy((split) => ({ kind: "camvid", folder, split })));
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
      return pipe(
        readColorTable(join(folder, "classes.txt")),
        TE.mapLeft(printImageProblem),
        TE.map((classes) =>
          sourcesBy((part) => ({
            kind: "folders",
            images: join(folder, part, "images"),
            masks: join(folder, part, "masks"),
            classes,
            maskMode: "index",
          })),
        ),
      );
  }
};

/** Height and width of the first picture. */
const sizeOf = (source: Source): TE.TaskEither<string, Segmentation.Size> =>
  pipe(
    openSource(source),
    TE.chain(({ load }) => load(0)),
    TE.map(({ height, width }) => [height, width] as const),
    TE.mapLeft(printImageProblem),
  );

/** How pictures are made ready. */
export interface Readiness {
  readonly augment: boolean;
  readonly seed: number;
}

/** The parts of the data, or what is wrong with them. */
export const openData = (
  choice: DataChoice,
  { augment, seed }: Readiness,
): TE.TaskEither<string, Segmentation.OpenParts> =>
  pipe(
    sourcesOf(choice),
    TE.bindTo("sources"),
    TE.bind("size", ({ sources }) =>
      choice.size === undefined ? sizeOf(sources.train) : TE.right(choice.size),
    ),
    TE.chain(({ sources, size }) =>
      pipe(
        openParts({
          sources,
          size,
          seed,
          ...(augment ? { augmentation: { ...streetAugmentation, crop: size } } : {}),
        }),
        TE.mapLeft(printImageProblem),
      ),
    ),
  );

/** What the data is, in one line. */
export const describeData = (
  { folder, layout }: DataChoice,
  { train, val, test, classes }: Segmentation.OpenParts,
): string => {
  const source = folder === undefined ? "scenes drawn by the program" : `${folder} (${layout})`;
  const sizes = `${train.length} pictures to learn from, ${val.length} to choose by, ${test.length} to be judged by`;
  return `${source}: ${sizes}; ${classes.length} classes`;
};
