// Batches of pictures as tensors, made in threads of their own while the thread that asks for them trains.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { fail } from "../../../core/errors.ts";
import { fromTypedArray } from "../../../core/tensor.ts";
import type { Dataset, Place } from "../../../nn/train/dataset.ts";
import type { Batch } from "../batch.ts";
import type { ImageProblem } from "../data/problem.ts";
import type { ClassInfo } from "../images.ts";
import { closed, ImageError } from "./error.ts";
import type { Size } from "./fitTo.ts";
import { type Examples, type Failure, type Opened, openHere, type PictureSurvey } from "./maker.ts";
import { type Augmentation, checkedAugmentation, type Source } from "./open.ts";
import { openInThread } from "./remote.ts";
import { teamOf } from "./team.ts";
import { type StartThread, startThread } from "./threads.ts";

/** Which pictures, and how batches are made of them. */
export interface BatchesOptions {
  readonly source: Source;
  /** Height and width of all pictures. Smaller ones are padded at the bottom and at the right; larger ones must be cut by the augmentation. */
  readonly size: Size;
  /** What is done to pictures in training; default: nothing. */
  readonly augmentation?: Augmentation;
  /** What augmentation is drawn from, with the epoch and the index of the picture; in 0…2³² − 1. */
  readonly seed: number;
  /** Threads that make batches; 0: the one that asks. Default: 1 where the host has threads, which browsers here have not, else 0. */
  readonly workers?: number;
  /** How many bytes of pictures are kept, over all threads, so that they are not decoded again; default 512 MiB. */
  readonly cacheBytes?: number;
}

/** Pictures by index, as batches. */
export interface PictureDataset extends Dataset<Batch> {
  /** Augmented where a run says in which epoch it is. Rejects with an `ImageError` where a file is wrong (see `problemOf`). */
  readonly batch: (indices: readonly number[], at?: Place) => Promise<Batch>;
}

/** Pictures as a data set for training. */
export interface SegmentationData {
  readonly classes: readonly ClassInfo[];
  /** How many pictures there are. */
  readonly length: number;
  /** What they are called. */
  readonly names: readonly string[];
  /** Where batches are made. */
  readonly where: "worker" | "main thread";
  /** How many threads make them, besides the one that asks. */
  readonly workers: number;
  readonly dataset: PictureDataset;
  /** The pixels of each class and sums of colours of a picture as it is in its file; rejects as `dataset` does. */
  readonly surveyOf: (index: number) => Promise<PictureSurvey>;
  /** Ends the threads, and comes when they have ended. What was not made by then is never made. */
  readonly close: () => Promise<void>;
}

/**
 * Pictures as batches, made in threads of their own. An example is the picture that is loaded, augmented and padded, whatever the number
 * of threads and whatever was made before. Threads that do nothing keep no process from ending; `close` ends them at once.
 *
 * Fails where the source does not open, with InvalidOption, and with LostWorker where a thread does not start. `start` starts threads as
 * the host does; it is given by tests.
 *
 * @example
 * const dot = { name: "dot", height: 1, width: 1, pixels: Uint8Array.of(7, 8, 9), labels: Uint8Array.of(0) };
 * const classes = [{ name: "ink", color: [0, 0, 0] as const }];
 * const opened = await openBatches({ source: { kind: "memory", classes, pictures: [dot] }, size: [1, 2], seed: 1 })();
 * if (opened._tag === "Left") throw new Error(opened.left.rule);
 * const { dataset, where, close } = opened.right;
 * const { images, labels } = await dataset.batch([0]);
 * toArray(images) // [[[[7, 8, 9], [7, 8, 9]]]]
 * toArray(labels) // [[[0, 255]]]
 * where // worker
 * await close();
 */
export const openBatches = (
  options: BatchesOptions,
  start: StartThread | undefined = startThread,
): TE.TaskEither<ImageProblem, SegmentationData> =>
  pipe(
    TE.fromEither(workersIn(options, start !== undefined)),
    TE.chain((workers) =>
      pipe(openTeam(options, workers, start), TE.map(dataOf(options.size, workers))),
    ),
  );

const defaultCacheBytes = 2 ** 29;

const isCount = (n: number): boolean => Number.isInteger(n) && n >= 0;

/** How many workers there will be, if all options are right. */
const workersIn = (
  options: BatchesOptions,
  hasThreads: boolean,
): E.Either<ImageProblem, number> => {
  const { size, seed, cacheBytes = defaultCacheBytes, workers = hasThreads ? 1 : 0 } = options;
  const wrong = (rule: string, got: unknown): E.Either<ImageProblem, never> =>
    E.left({ _tag: "InvalidOption", file: "openBatches", rule, got: String(got) });
  if (size.length !== 2 || !size.every((n) => isCount(n) && n > 0))
    return wrong("size: a height and a width above 0 expected", size.join(" × "));
  if (!isCount(seed) || seed >= 2 ** 32) return wrong("seed: 0…4294967295 expected", seed);
  if (!(cacheBytes >= 0)) return wrong("cacheBytes: a number of bytes expected", cacheBytes);
  if (!isCount(workers) || workers > 64) return wrong("workers in 0…64 expected", workers);
  if (workers > 0 && !hasThreads) return wrong("workers: 0 expected in a browser", workers);
  const { augmentation } = options;
  if (augmentation === undefined) return E.right(workers);
  return pipe(
    checkedAugmentation(augmentation),
    E.map(() => workers),
  );
};

/** The makers of all threads as one. If one does not open, none stays open. */
const openTeam =
  (
    { source, size, augmentation, seed, cacheBytes = defaultCacheBytes }: BatchesOptions,
    workers: number,
    start: StartThread | undefined,
  ): TE.TaskEither<ImageProblem, Opened> =>
  async () => {
    const count = Math.max(workers, 1);
    const making = { source, size, seed, cacheBytes: cacheBytes / count };
    const options = augmentation === undefined ? making : { ...making, augmentation };
    const open = workers === 0 || !start ? openHere(options) : openInThread(start, options);
    const all = await Promise.all(Array.from({ length: count }, open));
    const members = all.flatMap((one) => (E.isRight(one) ? [one.right] : []));
    const problem = all.find(E.isLeft);
    // There is one at least, and all of them where there is no problem.
    if (problem === undefined) return E.right(teamOf(members as [Opened, ...Opened[]], size));
    await Promise.all(members.map(({ close }) => close()));
    return problem;
  };

const dataOf =
  (size: Size, workers: number) =>
  ({ classes, names, maker, close }: Opened): SegmentationData => {
    let isOpen = true;
    /** What a maker gives for pictures that there are. */
    const made = async <A>(
      indices: readonly number[],
      make: () => Promise<E.Either<Failure, A>>,
    ): Promise<A> => {
      const wrong = indices.find((index) => !isCount(index) || index >= names.length);
      if (wrong !== undefined)
        fail(
          "openBatches",
          "IndexOutOfRange",
          `pictures 0…${names.length - 1} expected`,
          `${wrong}`,
        );
      if (!isOpen) throw new ImageError(closed);
      const answer = await make();
      if (E.isLeft(answer)) throw new ImageError(answer.left.problem);
      return answer.right;
    };
    return {
      classes,
      names,
      length: names.length,
      where: workers === 0 ? "main thread" : "worker",
      workers,
      dataset: {
        length: names.length,
        batch: async (indices, at) => {
          const order = { indices, epoch: at?.epoch };
          return batchOf(await made(indices, () => maker.examples(order)), indices.length, size);
        },
      },
      surveyOf: (index) => made([index], () => maker.survey(index)),
      close: () => {
        isOpen = false;
        return close();
      },
    };
  };

const batchOf = ({ images, labels }: Examples, count: number, [height, width]: Size): Batch => ({
  images: fromTypedArray([count, height, width, 3], "u8", images),
  labels: fromTypedArray([count, height, width], "u8", labels),
});
