// One run of the study: a contender trained on pictures from a seed, and judged on the test part. A run that was broken off goes on from
// its checkpoint.

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { deviceInfo, printDevice } from "../../../src/index.ts";
import { Segmentation } from "../../../src/models/index.ts";
import { summary } from "../../../src/nn/index.ts";
import type { AnyJob, Failure, Finished, Run } from "../../study/study.ts";
import { secondsSince, trainingOf } from "../../study/training.ts";
import { judgeOnTest } from "../judged.ts";
import { chosen } from "../report.ts";
import { type Contender, contenders } from "./contenders.ts";
import { type Found, packed } from "./sideBySide.ts";

/** Which pictures a study uses. */
export type DataName = "camvid" | "scenes";

/** What to run. */
export interface Job extends AnyJob {
  readonly data: DataName;
  readonly seed: number;
  /** How many times as many epochs as usual; absent for the usual ones. */
  readonly longer?: number;
}

/** How much to train, the same for all contenders. */
export interface Sizes {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Filters of the first stage of every network. */
  readonly width: number;
  /** How many scenes there are to learn from; of no meaning for photographs. */
  readonly scenes: number;
}

/** What came of it. All scores but `validation` are of the test part. */
export interface Result extends Job, Finished {
  readonly sizes: Sizes;
  readonly classes: readonly string[];
  readonly meanIou: number;
  readonly globalAccuracy: number;
  readonly meanClassAccuracy: number;
  /** Mean boundary F1. */
  readonly boundary: number;
  /** Of each class; null for one that neither occurs nor was predicted. */
  readonly iou: readonly (number | null)[];
  /** Mean intersection over union on the validation part after each epoch. */
  readonly validation: readonly number[];
  /** What was found in some pictures of the test part; of scenes alone, since photographs are not ours to pass on. */
  readonly found?: readonly Found[];
  /** Bytes of tensors that are alive at once in a training step, at most, by its plan. */
  readonly peakBytes: number;
}

/** A run's name. */
export const nameOf = ({ data, contender, seed, longer }: Job): string =>
  `${data}, ${contender}, seed ${seed}${longer === undefined ? "" : `, ${longer} times as long`}`;

/** The configuration of a contender. */
export const configFor = (
  { network, connections }: Contender,
  { width }: Pick<Sizes, "width">,
  classes: number,
): Segmentation.Config =>
  Segmentation.configOf(network, {
    classes,
    width,
    ...(connections === undefined ? {} : { connections }),
  });

/** What opens the pictures of a job; augmentation is drawn by its seed. */
export type DataLoader = (
  data: DataName,
  seed: number,
) => TE.TaskEither<string, Segmentation.OpenParts>;

/** Carries out a run. */
export const carryOut = (
  job: Job,
  run: Run<Sizes>,
  load: DataLoader,
): TE.TaskEither<Failure, Result> =>
  pipe(
    load(job.data, job.seed),
    TE.mapLeft((reason): Failure => ({ reason })),
    TE.chain((parts) => async () => {
      try {
        return await trainAndJudge(job, run, parts)();
      } finally {
        await parts.close();
      }
    }),
  );

const trainAndJudge = (
  job: Job,
  run: Run<Sizes>,
  parts: Segmentation.OpenParts,
): TE.TaskEither<Failure, Result> => {
  const contender = contenders.get(job.contender) as Contender; // jobs are made of its names
  const config = configFor(contender, run.sizes, parts.classes.length);
  const start = performance.now();
  const { options, isResumed } = trainingOf(nameOf(job), run, start);
  const { epochs, batchSize, learningRate } = run.sizes;
  const training: Segmentation.TrainingOptions = {
    seed: job.seed,
    epochs,
    batchSize,
    learningRate,
    loss: Segmentation.lossNamed(contender.loss, parts.counts),
    ...options,
  };
  return pipe(
    Segmentation.trainOn(parts, config, training),
    TE.mapLeft((problem): Failure => ({ reason: Segmentation.printTrainingProblem(problem) })),
    TE.filterOrElse(
      ({ outcome }) => outcome !== "interrupted",
      (): Failure => "interrupted",
    ),
    TE.chainTaskK((trained) => async (): Promise<Result> => {
      const seconds = secondsSince(start);
      return {
        ...job,
        sizes: run.sizes,
        ...(await scoresOf(parts, config, trained.network, { ...run, data: job.data })),
        seconds,
        ...(isResumed() ? { isResumed: true } : {}),
        parameters: summary(trained.network.params).count,
        bestEpoch: trained.bestEpoch + 1,
        epochs: trained.validation.length,
        validation: trained.validation,
        peakBytes: Segmentation.stepMemory(config, training, parts).peakBytes,
        device: printDevice(deviceInfo(run.device)),
      };
    }),
  );
};

/** What the test part says of a network; of scenes, with what was found in some of them. */
const scoresOf = async (
  parts: Segmentation.OpenParts,
  config: Segmentation.Config,
  network: Segmentation.Network,
  { data, device, sizes }: Pick<Job, "data"> & Run<Sizes>,
) => {
  const kept = data === "scenes" ? chosen(parts.test.length, 4) : [];
  const { areas, outlines, found } = await judgeOnTest(parts, config, network, {
    kept,
    batchSize: sizes.batchSize,
    device,
  });
  const [height, width] = parts.size;
  return {
    classes: parts.classes.map(({ name }) => name),
    meanIou: areas.meanIou,
    globalAccuracy: areas.globalAccuracy,
    meanClassAccuracy: areas.meanClassAccuracy,
    boundary: outlines.meanF1,
    iou: areas.iou.map((iou) => (Number.isNaN(iou) ? null : iou)),
    ...(data === "scenes"
      ? { found: [...found].map(([index, labels]) => packed(index, { height, width, labels })) }
      : {}),
  };
};
