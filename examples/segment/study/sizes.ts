// How much the study trains, and on which pictures.

import { join } from "node:path";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Segmentation } from "../../../src/models/index.ts";
import type { Extent } from "../../study/options.ts";
import { type DataChoice, openData } from "../data.ts";
import type { DataLoader, Job, Sizes } from "./jobs.ts";

/** How much to train; a smoke run is as long for all jobs. */
export const sizesFor = ({ longer = 1 }: Pick<Job, "longer">, extent: Extent): Sizes => {
  const usual: Sizes = {
    epochs: 12,
    batchSize: 4,
    learningRate: 0.005,
    width: 16,
    scenes: 240,
  };
  if (extent === "smoke") return { ...usual, epochs: 1, width: 2, scenes: 8 };
  return { ...usual, epochs: longer * (extent === "quick" ? 6 : usual.epochs) };
};

/** The same in words. */
export const sizesText = ({ epochs, batchSize, learningRate, width }: Sizes): string =>
  `Width ${width} (SegNet was published with 64), ${epochs} ${epochs === 1 ? "epoch" : "epochs"}, batches of ${batchSize}, highest learning rate ${learningRate}`;

/** The scenes that networks are judged by, where there are so many to learn from. */
export const testScenes = (scenes: number): Segmentation.LabelledPictures =>
  Segmentation.scenes({
    seed: Segmentation.partNames.indexOf("test"),
    count: Math.max(1, Math.ceil(scenes / 4)),
  });

/** Opens the pictures of jobs, from a folder of data sets or the generator. */
export const loaderFor =
  (folder: string | undefined, extent: Extent): DataLoader =>
  (data, seed) => {
    const common = { layout: "camvid", reduce: 1, scenes: sizesFor({}, extent).scenes } as const;
    const choice: TE.TaskEither<string, DataChoice> =
      data === "scenes"
        ? TE.right(common)
        : folder === undefined
          ? TE.left("a folder of data sets expected, by --data or PULLBACK_DATA, got none")
          : TE.right({ ...common, folder: join(folder, "camvid", "quarter_120x90") });
    return pipe(
      choice,
      TE.chain((found) => openData(found, { augment: true, seed })),
    );
  };
