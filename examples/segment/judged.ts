// A network judged on the test part, with what it found in some of its pictures.

import { Segmentation } from "../../src/models/index.ts";

/** Scores of the test part, and what was found there. */
export interface Judged extends Segmentation.Judgement {
  /** By the index of a picture, the class of each of its pixels [height · width]. */
  readonly found: ReadonlyMap<number, Uint8Array>;
}

/** How a network is judged. */
export interface Judging {
  /** Indices of pictures, what was found in which is kept. */
  readonly kept: readonly number[];
  readonly batchSize: number;
  /** The default one if absent. */
  readonly device?: string | undefined;
}

/** Judges a network on the test part, `batchSize` pictures at a time, and keeps what it found in the pictures of these indices. */
export const judgeOnTest = async (
  { test, classes, size: [height, width], standard }: Segmentation.OpenParts,
  config: Segmentation.Config,
  network: Segmentation.Network,
  { kept, batchSize, device }: Judging,
): Promise<Judged> => {
  const predict = Segmentation.predictorFor({ config, standard, device });
  const found = new Map<number, Uint8Array>();
  const watched = async function* (): AsyncGenerator<Segmentation.Judged, void> {
    for await (const one of Segmentation.predictions(predict, network, test.dataset, batchSize)) {
      if (kept.includes(one.index)) found.set(one.index, Uint8Array.from(one.prediction));
      yield one;
    }
  };
  const sizes = { classes: classes.length, height, width };
  return { ...(await Segmentation.judge(watched(), sizes)), found };
};
