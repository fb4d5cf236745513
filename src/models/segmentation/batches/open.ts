// The only file that knows which sources of pictures there are, and which augmentation. Both are said in plain data, which can be sent
// to another thread; what they stand for is opened there.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { TensorError } from "../../../core/errors.ts";
import { type Augmentation, augmentAt } from "../augment/index.ts";
import { type CamVidOptions, openCamVid } from "../data/camvid.ts";
import { type CityscapesOptions, openCityscapes } from "../data/cityscapes.ts";
import { type FolderOptions, openFolder } from "../data/folder.ts";
import { type ImageProblem, invalidOption } from "../data/problem.ts";
import { reducedPictures } from "../data/reduced.ts";
import { type LabelTable, labelTable, relabelled } from "../data/relabel.ts";
import { type ClassInfo, ignored, type LabelledPicture, type LabelledPictures } from "../images.ts";
import { type SceneOptions, scenes } from "../scenes/index.ts";

export { type Augmentation, augmentAt };

/** Pictures that a program made, one or more, with labels that are classes or `ignored`. */
export interface MemoryOptions {
  readonly classes: readonly ClassInfo[];
  readonly pictures: readonly LabelledPicture[];
}

/** Where pictures come from, as plain data. A source is a row here and one in `openers`. */
export type Source =
  | ({ readonly kind: "memory" } & MemoryOptions)
  | ({ readonly kind: "scenes" } & SceneOptions)
  | ({ readonly kind: "camvid"; readonly reduce?: number } & CamVidOptions)
  | ({ readonly kind: "cityscapes" } & CityscapesOptions)
  | ({ readonly kind: "folders"; readonly reduce?: number } & FolderOptions);

type Opener<K extends Source["kind"]> = (
  source: Extract<Source, { readonly kind: K }>,
) => TE.TaskEither<ImageProblem, LabelledPictures>;

const openMemory = ({
  classes,
  pictures,
}: MemoryOptions): E.Either<ImageProblem, LabelledPictures> => {
  if (pictures.length === 0)
    return E.left(invalidOption("openSource", "memory: one picture or more expected", "none"));
  const table = labelTable(`a class in 0…${classes.length - 1} or ${ignored} expected`, [
    ...classes.map((_, k) => [k, k] as const),
    [ignored, ignored],
  ]);
  return E.right({
    classes,
    names: pictures.map(({ name }) => name),
    load: (index) => TE.fromEither(checked(table)(pictures[index] as LabelledPicture)), // below their number
  });
};

/** A picture, if it has as many bytes as its size says, and labels of a table only. */
const checked =
  (table: LabelTable) =>
  (picture: LabelledPicture): E.Either<ImageProblem, LabelledPicture> => {
    const { name: file, height, width, pixels, labels } = picture;
    const isWhole = pixels.length === height * width * 3 && labels.length === height * width;
    if (!isWhole)
      return E.left({
        _tag: "CorruptImage",
        file,
        rule: `${height * width * 3} bytes of pixels and ${height * width} labels expected`,
        got: `${pixels.length} and ${labels.length}`,
      });
    return pipe(
      relabelled(file, table)(picture),
      E.map(() => picture),
    );
  };

/** Pictures made smaller by a factor where one is given. */
const madeSmaller = ({ reduce }: { readonly reduce?: number }) =>
  TE.chainEitherK((pictures: LabelledPictures) =>
    reduce === undefined ? E.right(pictures) : reducedPictures(reduce)(pictures),
  );

const openers = {
  memory: (source) => TE.fromEither(openMemory(source)),
  scenes: (source) => TE.right(scenes(source)),
  camvid: (source) => madeSmaller(source)(openCamVid(source)),
  cityscapes: (source) => openCityscapes(source),
  folders: (source) => madeSmaller(source)(openFolder(source)),
} satisfies { readonly [K in Source["kind"]]: Opener<K> };

/** A value, or what is wrong with the options that it is made of where that is thrown. */
const orInvalidOption = <A>(make: () => A): E.Either<ImageProblem, A> => {
  try {
    return E.right(make());
  } catch (error) {
    if (!(error instanceof TensorError)) throw error;
    const { op, rule, got } = error.problem;
    return E.left({ _tag: "InvalidOption", file: op, rule, got });
  }
};

/** The pictures of a source. A Left says what is wrong with its options or files. */
export const openSource = (source: Source): TE.TaskEither<ImageProblem, LabelledPictures> => {
  const kinds: readonly string[] = Object.keys(openers);
  if (!kinds.includes(source.kind))
    return TE.left({
      _tag: "InvalidOption",
      file: "openSource",
      rule: `a source of kind ${kinds.join(", ")} expected`,
      got: String(source.kind),
    });
  const open = openers[source.kind] as Opener<Source["kind"]>; // the row of its kind takes it
  return pipe(TE.fromEither(orInvalidOption(() => open(source))), TE.flatten);
};

/** An augmentation, if `augmentAt` does not refuse its options. */
export const checkedAugmentation = (
  augmentation: Augmentation,
): E.Either<ImageProblem, Augmentation> =>
  orInvalidOption(() => {
    augmentAt(augmentation, { seed: 0, epoch: 0, index: 0 });
    return augmentation;
  });
