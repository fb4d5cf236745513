// What is to be known of all pictures of a source before training: their labels, to weigh classes with, and the mean and the spread of
// their colours. Read in the threads that make batches, several pictures at a time.

import type * as TE from "fp-ts/lib/TaskEither.js";
import type { ImageProblem } from "../data/problem.ts";
import type { SegmentationData } from "./dataset.ts";
import { orProblem } from "./error.ts";
import type { ChannelSums } from "./maker.ts";

/** Mean and standard deviation of each channel, as fractions of 255. */
export interface PixelStatistics {
  /** How many pixels were seen. */
  readonly pixels: number;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/**
 * The labels of each picture in order, [height · width] as in its file. Throws an `ImageError` while it is iterated where a file is wrong
 * (see `problemOf`).
 *
 * @example
 * import { Segmentation } from "pullback/models";
 * const dot = { name: "dot", height: 1, width: 1, pixels: Uint8Array.of(7, 8, 9), labels: Uint8Array.of(0) };
 * const classes = [{ name: "ink", color: [0, 0, 0] as const }];
 * const opened = await Segmentation.openBatches({ source: { kind: "memory", classes, pictures: [dot] }, size: [1, 1], seed: 1, workers: 0 })();
 * if (opened._tag === "Left") throw new Error(opened.left.rule);
 * for await (const labels of labelMaps(opened.right)) console.log([...labels]) // [0]
 */
export const labelMaps = (data: SegmentationData): AsyncGenerator<Uint8Array, void> =>
  inOrder(data, data.labelsOf);

/**
 * Mean and standard deviation of the pixels of all pictures as they are in their files, by channel, dividing by their number. The sums are
 * whole numbers, so that no order and no number of threads changes a bit.
 *
 * Fails as `labelMaps` throws; of no pixels at all the results are NaN.
 *
 * @example
 * import { Segmentation } from "pullback/models";
 * const dot = { name: "dot", height: 1, width: 2, pixels: Uint8Array.of(0, 51, 255, 255, 51, 255), labels: new Uint8Array(2) };
 * const classes = [{ name: "ink", color: [0, 0, 0] as const }];
 * const opened = await Segmentation.openBatches({ source: { kind: "memory", classes, pictures: [dot] }, size: [1, 2], seed: 1, workers: 0 })();
 * if (opened._tag === "Left") throw new Error(opened.left.rule);
 * const found = await pixelStatistics(opened.right)();
 * found._tag === "Right" && found.right // { pixels: 2, mean: [0.5, 0.2, 1], deviation: [0.5, 0, 0] }
 */
export const pixelStatistics = (
  data: SegmentationData,
): TE.TaskEither<ImageProblem, PixelStatistics> =>
  orProblem(async () => {
    const all: ChannelSums[] = [];
    for await (const sums of inOrder(data, data.sumsOf)) all.push(sums);
    return statisticsOf(all);
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

/** What is asked of each picture, in their order; two questions for each thread are under way at a time. */
async function* inOrder<A>(
  { length, workers }: SegmentationData,
  ask: (index: number) => Promise<A>,
): AsyncGenerator<A, void> {
  const ahead = 2 * Math.max(workers, 1);
  const coming: Promise<A>[] = [];
  for (let index = 0; index < length; index++) {
    const answer = ask(index);
    answer.catch(() => undefined); // it may never be waited for
    coming.push(answer);
    if (coming.length >= ahead) yield coming.shift() as Promise<A>; // more than none
  }
  yield* coming;
}
