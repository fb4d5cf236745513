// What is to be known of all pictures of a source before training: how many pixels each class has, to weigh classes with, and the mean and
// the spread of their colours. Each picture is asked once, in the threads that make batches, several at a time.

import type * as TE from "fp-ts/lib/TaskEither.js";
import * as ClassWeights from "../../../nn/classWeights.ts";
import type { ImageProblem } from "../data/problem.ts";
import type { SegmentationData } from "./dataset.ts";
import { orProblem } from "./error.ts";
import type { ChannelSums, PictureSurvey } from "./maker.ts";

/** Mean and standard deviation of each channel, as fractions of 255. */
export interface PixelStatistics {
  /** How many pixels were seen. */
  readonly pixels: number;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** What all pictures of a source are like together. */
export interface Survey {
  readonly counts: ClassWeights.ClassCounts;
  readonly colors: PixelStatistics;
}

/**
 * The pixels of each class, and mean and standard deviation of each channel, of all pictures as they are in their files. Deviations divide by
 * the number of pixels. All sums are whole numbers, so that no order and no number of threads changes a bit.
 *
 * Fails with the problem of the first picture that is wrong; of no pixels at all the statistics are NaN.
 *
 * @example
 * import { Segmentation } from "pullback/models";
 * const dot = { name: "dot", height: 1, width: 2, pixels: Uint8Array.of(0, 51, 255, 255, 51, 255), labels: new Uint8Array(2) };
 * const classes = [{ name: "ink", color: [0, 0, 0] as const }];
 * const opened = await Segmentation.openBatches({ source: { kind: "memory", classes, pictures: [dot] }, size: [1, 2], seed: 1, workers: 0 })();
 * if (opened._tag === "Left") throw new Error(opened.left.rule);
 * const found = await survey(opened.right)();
 * if (found._tag === "Left") throw new Error(found.left.rule);
 * found.right.counts.pixels // [2]
 * found.right.colors // { pixels: 2, mean: [0.5, 0.2, 1], deviation: [0.5, 0, 0] }
 */
export const survey = (data: SegmentationData): TE.TaskEither<ImageProblem, Survey> =>
  orProblem(async () => {
    const { concat, empty } = ClassWeights.monoid(data.classes.length);
    const all: ChannelSums[] = [];
    let counts = empty;
    for await (const picture of inOrder(data)) {
      counts = concat(counts, picture.counts);
      all.push(picture);
    }
    return { counts, colors: statisticsOf(all) };
  });

/** Numbers of 53 bits end at the pixels of some ten thousand large photographs; these do not. */
const total = (all: readonly ChannelSums[], of: (sums: ChannelSums) => number): bigint =>
  all.reduce((sum, one) => sum + BigInt(of(one)), 0n);

/** From Σx and Σx² in whole numbers: the mean Σx ⁄ n and the variance (n Σx² − (Σx)²) ⁄ n², whose numerator is exact. */
const statisticsOf = (all: readonly ChannelSums[]): PixelStatistics => {
  const pixels = total(all, (one) => one.pixels);
  const n = Number(pixels);
  const channels = [0, 1, 2].map((channel) => {
    const sum = total(all, ({ sums }) => sums[channel] as number);
    const squares = total(all, (one) => one.squares[channel] as number);
    const variance = Number(pixels * squares - sum * sum) / n / n;
    return { mean: Number(sum) / n / 255, deviation: Math.sqrt(variance) / 255 };
  });
  return {
    pixels: n,
    mean: channels.map(({ mean }) => mean),
    deviation: channels.map(({ deviation }) => deviation),
  };
};

/** What each picture is like, in their order; two questions for each thread are under way at a time. */
async function* inOrder({
  length,
  workers,
  surveyOf,
}: SegmentationData): AsyncGenerator<PictureSurvey, void> {
  const ahead = 2 * Math.max(workers, 1);
  const coming: Promise<PictureSurvey>[] = [];
  for (let index = 0; index < length; index++) {
    const answer = surveyOf(index);
    answer.catch(() => undefined); // it may never be waited for
    coming.push(answer);
    if (coming.length >= ahead) yield coming.shift() as Promise<PictureSurvey>; // more than none
  }
  yield* coming;
}
