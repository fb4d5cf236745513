// What makes examples, in whatever thread: loads pictures, keeps them while there is room, augments them, and puts them side by side.
// Arguments and answers are plain data, as they go from thread to thread.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as ClassWeights from "../../../nn/classWeights.ts";
import type { ImageProblem } from "../data/problem.ts";
import { ignored, type LabelledPicture, type LabelledPictures } from "../images.ts";
import { fitTo, type Size } from "./fitTo.ts";
import { type Augmentation, augmentAt, openSource, type Source } from "./open.ts";

/** How examples are made of pictures. */
export interface Making {
  /** Height and width of all examples. */
  readonly size: Size;
  /** What is done to pictures in training; default: nothing. */
  readonly augmentation?: Augmentation;
  readonly seed: number;
  /** How many bytes of pictures are kept. */
  readonly cacheBytes: number;
}

/** Everything that a thread is told when it starts. */
export interface MakerOptions extends Making {
  readonly source: Source;
}

/** Which examples; without an epoch they are not augmented. */
export interface Order {
  readonly indices: readonly number[];
  readonly epoch: number | undefined;
}

/** Examples one behind the other. */
export type Examples = {
  /** [example, height, width, 3] */
  readonly images: Uint8Array;
  /** [example, height, width] */
  readonly labels: Uint8Array;
};

/** Sums over the pixels of a picture, by channel: of what they are (0…255), and of the squares. Whole numbers, hence exact. */
export type ChannelSums = {
  readonly pixels: number;
  readonly sums: readonly number[];
  readonly squares: readonly number[];
};

/** What a picture says of itself as it was loaded. */
export type PictureSurvey = ChannelSums & {
  readonly counts: ClassWeights.ClassCounts;
};

/** What is wrong, and at which of the examples that were ordered. */
export interface Failure {
  readonly position: number;
  readonly problem: ImageProblem;
}

/** What a thread does for others. An answer shares no memory with what the maker keeps. */
export interface Maker {
  readonly examples: (order: Order) => Promise<E.Either<Failure, Examples>>;
  readonly survey: (index: number) => Promise<E.Either<Failure, PictureSurvey>>;
}

/** A source that is open, with its maker. */
export interface Opened extends Pick<LabelledPictures, "classes" | "names"> {
  readonly maker: Maker;
  /** Comes when the maker's thread has ended. */
  readonly close: () => Promise<void>;
}

/** A source opened in this thread. */
export const openHere = ({
  source,
  ...making
}: MakerOptions): TE.TaskEither<ImageProblem, Opened> =>
  pipe(
    openSource(source),
    TE.map((pictures) => ({
      classes: pictures.classes,
      names: pictures.names,
      maker: makerOf(pictures, making),
      close: () => Promise.resolve(),
    })),
  );

/** The maker of examples of pictures. */
export const makerOf = (pictures: LabelledPictures, making: Making): Maker => {
  const load = keeping(pictures, making.cacheBytes);
  const failed = (position: number) => (problem: ImageProblem) => ({ position, problem });
  const count = ClassWeights.countClasses({
    classes: pictures.classes.length,
    ignoreIndex: ignored,
  });
  return {
    examples: async ({ indices, epoch }) => {
      const made = emptyExamples(indices.length, making.size);
      for (const [position, index] of indices.entries()) {
        const loaded = await load(index)();
        const example = pipe(loaded, E.chain(exampleOf(making, index, epoch)));
        if (E.isLeft(example)) return E.left(failed(position)(example.left));
        put(made, position, example.right);
      }
      return E.right(made);
    },
    survey: (index) =>
      pipe(
        load(index),
        TE.bimap(failed(0), (picture) => ({
          ...channelSums(picture),
          counts: count(picture.labels),
        })),
      )(),
  };
};

/**
 * What loads pictures and keeps those that it loaded first, until it has so many bytes. In training every picture comes once in an
 * epoch, in an order of its own; then it is best to keep some for good, as pictures that were kept last would be replaced before they come again.
 */
const keeping = ({ load }: LabelledPictures, most: number): LabelledPictures["load"] => {
  const kept = new Map<number, LabelledPicture>();
  let bytes = 0;
  const keep = (index: number) => (picture: LabelledPicture) => {
    const size = picture.pixels.length + picture.labels.length;
    if (kept.has(index) || bytes + size > most) return;
    kept.set(index, picture);
    bytes += size;
  };
  return (index) => {
    const found = kept.get(index);
    if (found !== undefined) return TE.right(found);
    return pipe(
      load(index),
      TE.map((picture) => {
        keep(index)(picture);
        return picture;
      }),
    );
  };
};

/** A picture as it is seen in an epoch, at the size of a batch. */
const exampleOf =
  ({ size, augmentation, seed }: Making, index: number, epoch: number | undefined) =>
  (picture: LabelledPicture): E.Either<ImageProblem, LabelledPicture> =>
    pipe(
      augmentation === undefined || epoch === undefined
        ? picture
        : augmentAt(augmentation, { seed, epoch, index })(picture),
      fitTo(size),
    );

/** Examples that are not made yet. */
export const emptyExamples = (count: number, [height, width]: Size): Examples => ({
  images: new Uint8Array(count * height * width * 3),
  labels: new Uint8Array(count * height * width),
});

const put = ({ images, labels }: Examples, position: number, example: LabelledPicture): void => {
  images.set(example.pixels, position * example.pixels.length);
  labels.set(example.labels, position * example.labels.length);
};

const channelSums = ({ pixels }: LabelledPicture): ChannelSums => {
  const sums = [0, 0, 0];
  const squares = [0, 0, 0];
  for (const [i, value] of pixels.entries()) {
    sums[i % 3] = (sums[i % 3] as number) + value;
    squares[i % 3] = (squares[i % 3] as number) + value * value;
  }
  return { pixels: pixels.length / 3, sums, squares };
};
