// The parts of a data set as training takes them: batches of each, made off the training thread, with what has to be known of the training
// part beforehand, how many pixels each class has and how bright its pictures are.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { crc32 } from "../../nn/checkpoint/crc.ts";
import type * as ClassWeights from "../../nn/classWeights.ts";
import type { Augmentation } from "./augment/index.ts";
import type { Standard } from "./batch.ts";
import {
  openBatches,
  type PixelStatistics,
  type SegmentationData,
  type Size,
  type Source,
  type Survey,
  survey,
} from "./batches/index.ts";
import type { ImageProblem } from "./data/problem.ts";
import type { ClassInfo } from "./images.ts";

/** What pictures are for: to learn from, to choose by, to be judged by. */
export type Part = "train" | "val" | "test";

/** The parts by name. */
export const partNames: readonly Part[] = ["train", "val", "test"];

/** Which pictures, and how they are made ready. */
export interface PartsOptions {
  readonly sources: Readonly<Record<Part, Source>>;
  readonly size: Size;
  /** What is done to the pictures of the training part; default: nothing. */
  readonly augmentation?: Augmentation;
  /** What augmentation is drawn from. */
  readonly seed: number;
  /** Threads that make batches of each part; see `openBatches`. */
  readonly workers?: number;
}

/** The parts of a data set, opened. */
export interface OpenParts extends Readonly<Record<Part, SegmentationData>> {
  readonly classes: readonly ClassInfo[];
  /** Of all pictures. */
  readonly size: Size;
  /** Of the training part. */
  readonly counts: ClassWeights.ClassCounts;
  /** Of the training part. */
  readonly standard: Standard;
  /** What tells these data from others, as plain data, for `train`: names, classes, labels and pixels among them. */
  readonly settings: unknown;
  /** Ends the threads. */
  readonly close: () => Promise<void>;
}

/**
 * Opens the parts of a data set and reads the labels and pixels of the training part once. A Left names the file and what is wrong with
 * it; nothing stays open then.
 */
export const openParts = (options: PartsOptions): TE.TaskEither<ImageProblem, OpenParts> =>
  pipe(
    openAll(options),
    TE.chain((parts) => () => surveyed(options, parts)),
  );

type Opened = Readonly<Record<Part, SegmentationData>>;

const closeAll = async (parts: readonly SegmentationData[]): Promise<void> => {
  await Promise.all(parts.map(({ close }) => close()));
};

const openAll =
  ({
    sources,
    size,
    augmentation,
    seed,
    workers,
  }: PartsOptions): TE.TaskEither<ImageProblem, Opened> =>
  async () => {
    const open = (part: Part) =>
      openBatches({
        source: sources[part],
        size,
        seed,
        // Pictures that are judged are judged as they are.
        ...(part === "train" && augmentation !== undefined ? { augmentation } : {}),
        ...(workers === undefined ? {} : { workers }),
      })();
    const opened: SegmentationData[] = [];
    for (const part of partNames) {
      const found = await open(part);
      if (E.isLeft(found)) {
        await closeAll(opened);
        return found;
      }
      opened.push(found.right);
    }
    const [train, val, test] = opened as [SegmentationData, SegmentationData, SegmentationData]; // one for each name
    return E.right({ train, val, test });
  };

/** The parts with what the training part is like; closed where that cannot be found out, for whatever reason. */
const surveyed = async (
  options: PartsOptions,
  parts: Opened,
): Promise<E.Either<ImageProblem, OpenParts>> => {
  const close = () => closeAll(partNames.map((part) => parts[part]));
  let isOpen = false;
  try {
    const found = await survey(parts.train)();
    isOpen = E.isRight(found);
    return pipe(
      found,
      E.map((known) => described(options, parts, known, close)),
    );
  } finally {
    if (!isOpen) await close();
  }
};

/** The parts with what is known of them. */
const described = (
  options: PartsOptions,
  parts: Opened,
  { counts, colors }: Survey,
  close: OpenParts["close"],
): OpenParts => ({
  ...parts,
  classes: parts.train.classes,
  size: options.size,
  counts,
  standard: standardOf(colors),
  settings: settingsOf(options, parts, counts, colors),
  close,
});

/** What tells these data from others. Of the names of pictures, which may be thousands, a check is enough. */
const settingsOf = (
  { sources, size, augmentation, seed }: PartsOptions,
  parts: Opened,
  { pixels: labels }: ClassWeights.ClassCounts,
  pixels: PixelStatistics,
): unknown => ({
  pixels,
  labels,
  classes: parts.train.classes.map(({ name }) => name),
  lengths: partNames.map((part) => parts[part].length),
  names: partNames.map((part) => checkOf(parts[part].names)),
  kinds: partNames.map((part) => sources[part].kind),
  size,
  augmentation: augmentation ?? null,
  seed,
});

/** A check of names in their order. */
const checkOf = (names: readonly string[]): number =>
  crc32(new TextEncoder().encode(JSON.stringify(names)));

/** By which pictures are standardised. A channel that is the same everywhere is only shifted. */
const standardOf = ({ mean, deviation }: PixelStatistics): Standard => {
  const three = (values: readonly number[]) => values as readonly [number, number, number]; // one for each channel
  return { mean: three(mean), deviation: three(deviation.map((d) => (d === 0 ? 1 : d))) };
};
