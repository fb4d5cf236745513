// A network judged on pictures, with what it found in some of them.

import { Segmentation } from "../../src/models/index.ts";
import type { Exam } from "./data.ts";

/** Scores, and what was found. */
export interface Judged {
  readonly scores: Segmentation.Judgement;
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

/** What is judged: a network, and how it sees pictures. */
export type Candidate = Pick<Segmentation.SavedNetwork, "network" | "config" | "standard">;

/** Judges a network, `batchSize` pictures at a time, and keeps what it found in the pictures of these indices. */
export const judgeOn = async (
  { network, config, standard }: Candidate,
  { pictures: { dataset, classes }, size: [height, width] }: Exam,
  { kept, batchSize, device }: Judging,
): Promise<Judged> => {
  const predict = Segmentation.predictorFor({ config, standard, device });
  const found = new Map<number, Uint8Array>();
  const watched = async function* (): AsyncGenerator<Segmentation.Judged, void> {
    for await (const one of Segmentation.predictions(predict, network, dataset, batchSize)) {
      if (kept.includes(one.index)) found.set(one.index, Uint8Array.from(one.prediction));
      yield one;
    }
  };
  const sizes = { classes: classes.length, height, width };
  return { scores: await Segmentation.judge(watched(), sizes), found };
};

/** Judges a network on the test part. */
export const judgeOnTest = async (
  { test, size, standard }: Segmentation.OpenParts,
  config: Segmentation.Config,
  network: Segmentation.Network,
  judging: Judging,
): Promise<Segmentation.Judgement & Pick<Judged, "found">> => {
  const exam = { pictures: test, size };
  const { scores, found } = await judgeOn({ network, config, standard }, exam, judging);
  return { ...scores, found };
};
