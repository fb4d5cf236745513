// Training a segmenter: batches of pictures and labels through one compiled step by `fit`, the validation part's confusion matrix after
// each epoch, the network with the highest mean intersection over union kept.

import * as E from "fp-ts/lib/Either.js";
import { identity, pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { TensorError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import * as Confusion from "../../nn/confusion.ts";
import {
  adamW,
  applyUpdates,
  chain,
  clipByGlobalNorm,
  isMatrix,
  type Optimizer,
} from "../../nn/optim.ts";
import { type HalfDtype, initLossScale, type LossScaleState } from "../../nn/precision.ts";
import { warmupCosine } from "../../nn/schedule.ts";
import {
  type Dataset,
  type FitProblem,
  type Fitted,
  fit,
  printFitProblem,
  type StepResult,
} from "../../nn/train/index.ts";
import { cast } from "../../ops/arithmetic.ts";
import { key } from "../../ops/random.ts";
import { optimizerIn, reportedIn, slopeIn } from "../gradient.ts";
import { held, invalidOption, isCount, refusalOf } from "../refusals.ts";
import { fitOptionsOf, type Running } from "../running.ts";
import { type Batch, type Standard, standardised } from "./batch.ts";
import { orProblem } from "./batches/index.ts";
import { type ImageProblem, printImageProblem } from "./data/problem.ts";
import { confusionOver, type Network, predictions, predictorFor } from "./evaluate.ts";
import { type Loss, lossOf } from "./losses.ts";
import type { Config } from "./model/config.ts";
import * as Segmenter from "./model/segmenter.ts";
import type { OpenParts } from "./parts.ts";

/** How to train. */
export interface TrainingOptions extends Running {
  /** Decides the initial weights and the shuffles. */
  readonly seed: number;
  readonly epochs: number;
  /** Pictures in a batch. */
  readonly batchSize: number;
  /** The highest learning rate, after the warm-up. */
  readonly learningRate: number;
  /** AdamW's decay, of filters alone; default 0.01. */
  readonly weightDecay?: number;
  readonly loss: Loss;
  /** An optimiser in place of AdamW with warm-up, cosine and clipping, for `steps` steps. */
  readonly optimizer?: (steps: number) => Optimizer;
  /** What is stored in 16 bits between kernels; f16 with a scaled loss. Default f32: nothing. */
  readonly precision?: "f32" | HalfDtype;
  /** Whether what is inside of blocks is computed again in the backward pass; default false. */
  readonly recompute?: boolean;
  /** After how many epochs without improvement on the validation part to stop; default: never. */
  readonly patience?: number;
}

/** Pictures to learn from and to choose the best epoch by. */
export interface TrainingParts {
  readonly train: Dataset<Batch>;
  readonly validation: Dataset<Batch>;
  /** What tells these data from others, as plain data; a checkpoint of others is refused. */
  readonly settings: unknown;
  /** By which all pictures are standardised: mean and deviation of the training part. */
  readonly standard: Standard;
}

/** All that changes from step to step. */
export interface TrainState extends Network {
  readonly optimizer: unknown;
  /** Of training in f16. */
  readonly lossScale: LossScaleState;
}

/** A trained network. */
export interface Trained {
  /** That of the best epoch; the initial one where no epoch was ended. */
  readonly network: Network;
  readonly outcome: Fitted<unknown>["outcome"];
  /** Mean intersection over union on the validation part after each epoch. */
  readonly validation: readonly number[];
  /** From 0; −1 where there was none. */
  readonly bestEpoch: number;
}

/** The state before the first step. */
export const beginTraining = (config: Config, optimizer: Optimizer, seed: number): TrainState => {
  const params = Segmenter.init(key(seed), config);
  return {
    params,
    stats: Segmenter.initState(config),
    optimizer: optimizer.init(params),
    lossScale: initLossScale(),
  };
};

/** What a step is made of. */
export type StepOptions = Pick<TrainingOptions, "loss" | "precision" | "recompute"> &
  Pick<TrainingParts, "standard">;

/** One update by a batch: a pure function, to be compiled. The optimiser is that of `optimizerFor` with the same precision. */
export const trainingStep = (config: Config, optimizer: Optimizer, options: StepOptions) => {
  const { precision = "f32", recompute = false, standard } = options;
  const costs = lossOf(options.loss);
  const lossWith =
    (stats: Segmenter.State, { images, labels }: Batch) =>
    (params: Segmenter.Params): readonly [Tensor, Segmenter.State] => {
      const x = standardised(standard)(images);
      const made = Segmenter.applyInTraining(params, stats, config, { recompute })(x);
      return [costs(made.logits, cast("i32")(labels)), made.state];
    };
  return (
    { params, stats, optimizer: before, lossScale }: TrainState,
    batch: Batch,
  ): StepResult<TrainState> => {
    const loss = lossWith(stats, batch);
    const slope = slopeIn(precision)(loss, params, { lossScale, before: stats });
    const [updates, after] = optimizer.update(slope.gradient, before, params);
    return {
      state: {
        params: applyUpdates(params, updates),
        stats: slope.aux,
        optimizer: after,
        lossScale: slope.lossScale,
      },
      metrics: { loss: reportedIn(precision, slope.loss, after) },
    };
  };
};

/** AdamW with decay of filters, a warm-up and half a cosine down to 0, gradients clipped to the norm 1. */
const usualOptimizer =
  ({ learningRate, weightDecay = 0.01 }: TrainingOptions) =>
  (steps: number): Optimizer =>
    chain(
      clipByGlobalNorm(1),
      adamW({
        learningRate: warmupCosine({
          peak: learningRate,
          steps,
          warmup: Math.min(100, Math.floor(steps / 10)),
        }),
        weightDecay,
        mask: isMatrix,
      }),
    );

/** The optimiser of a run. */
export const optimizerFor = (options: TrainingOptions, steps: number): Optimizer =>
  optimizerIn(options.precision ?? "f32")((options.optimizer ?? usualOptimizer(options))(steps));

/**
 * Trains a network end to end. The one returned is that of the epoch that did best on the validation part. The same data, options and
 * device give the same numbers, in one go or resumed. A Left says what was wrong with options, files or the loss, or that no pixel of the
 * validation part has a label, by which no epoch is best; what the data set throws is thrown on.
 */
export const train = (
  parts: TrainingParts,
  config: Config,
  options: TrainingOptions,
): TE.TaskEither<FitProblem, Trained> =>
  pipe(
    TE.fromEither(checked(parts, options)),
    TE.chainEitherK(() => begun(parts, config, options)),
    TE.chain((beginning) => run(beginning, parts, config, options)),
  );

const op = "Segmentation.train";

/** Holds what a run's beginning is made of to its range; the rest of the options is looked at by `fit`. */
const checked = (
  { train: examples, validation }: TrainingParts,
  { seed, epochs, batchSize }: TrainingOptions,
): E.Either<FitProblem, void> =>
  held(op, [
    [isCount(examples.length, 1), "a training part of one picture or more", examples.length],
    [isCount(validation.length, 1), "a validation part of one picture or more", validation.length],
    [isCount(seed, 0), "a whole seed ≥ 0", seed],
    [isCount(epochs, 0), "epochs ≥ 0", epochs],
    [isCount(batchSize, 1), "batchSize ≥ 1", batchSize],
  ]);

/** What a run begins with. */
interface Beginning {
  readonly state: TrainState;
  readonly step: ReturnType<typeof trainingStep>;
  readonly batchSize: number;
}

/** The beginning of a run. A Left says what optimiser, network or loss refused. */
const begun = (
  { train: { length }, standard }: TrainingParts,
  config: Config,
  options: TrainingOptions,
): E.Either<FitProblem, Beginning> => {
  const batchSize = Math.min(options.batchSize, length);
  try {
    const optimizer = optimizerFor(options, options.epochs * Math.floor(length / batchSize));
    return E.right({
      state: beginTraining(config, optimizer, options.seed),
      step: trainingStep(config, optimizer, { ...options, standard }),
      batchSize,
    });
  } catch (error) {
    if (!(error instanceof TensorError)) throw error;
    return E.left(refusalOf(error));
  }
};

/** A step, and what it refused to be made of: a loss that takes no such classes, or maps of one pixel, are not known before it is traced. */
const watched = (step: Beginning["step"]) => {
  let refusal: TensorError | undefined;
  const traced: Beginning["step"] = (state, batch) => {
    try {
      return step(state, batch);
    } catch (error) {
      if (error instanceof TensorError) refusal = error;
      throw error;
    }
  };
  /** The problem where an error is what the step refused; anything else is thrown on. */
  const refused = (error: unknown): FitProblem => {
    if (refusal === undefined || error !== refusal) throw error;
    return refusalOf(refusal);
  };
  return { step: traced, refused };
};

const run = (
  { state: begin, step: made, batchSize }: Beginning,
  { train: examples, validation, settings, standard }: TrainingParts,
  config: Config,
  options: TrainingOptions,
): TE.TaskEither<FitProblem, Trained> => {
  const { seed, epochs, device, patience } = options;
  const predict = predictorFor({ config, standard, device });
  const { step, refused } = watched(made);
  const fitting = fit<TrainState, Batch>({
    state: begin,
    step,
    data: examples,
    batchSize,
    epochs,
    shuffle: seed,
    evaluate: async (state) => {
      const judged = predictions(predict, state, validation, batchSize);
      const scores = Confusion.scores(await confusionOver(judged, config.classes));
      return { meanIou: scores.meanIou, globalAccuracy: scores.globalAccuracy };
    },
    monitor: { score: "meanIou", mode: "max", ...(patience === undefined ? {} : { patience }) },
    config: { network: config, data: settings, training: settingsOf(options) },
    ...fitOptionsOf(options),
  });
  return pipe(
    TE.tryCatch(fitting, refused),
    TE.chainEitherK(identity),
    TE.filterOrElse(
      // A mean over no class at all is no number, and none is best.
      ({ best, evaluations }) => best !== undefined || evaluations.length === 0,
      () => invalidOption(op, "a validation part with labelled pixels", "none"),
    ),
    TE.map(({ outcome, evaluations, best }) => ({
      network: networkOf(best?.state ?? begin),
      outcome,
      validation: evaluations.map(({ scores }) => scores.meanIou as number), // evaluate gives it
      bestEpoch: evaluations.findIndex(({ step }) => step === best?.step),
    })),
  );
};

const networkOf = ({ params, stats }: TrainState): Network => ({ params, stats });

/** What keeps training from ending: options, files of the run, the loss, or a picture. */
export type TrainingProblem = FitProblem | ImageProblem;

/** A problem of training as text: one line, and a second one with the usual cause where it is known. */
export const printTrainingProblem = (problem: TrainingProblem): string =>
  "op" in problem ? printFitProblem(problem) : printImageProblem(problem);

/** `train` on the parts of a data set; a picture that cannot be read is a Left, too. */
export const trainOn = (
  { train: examples, val, settings, standard }: OpenParts,
  config: Config,
  options: TrainingOptions,
): TE.TaskEither<TrainingProblem, Trained> => {
  const parts = { train: examples.dataset, validation: val.dataset, settings, standard };
  return pipe(
    orProblem(() => train(parts, config, options)()),
    TE.chainEitherKW(identity),
  );
};

/** What decides a run besides its data and network. The schedule of the learning rate ends with the last epoch. */
const settingsOf = (options: TrainingOptions): unknown => {
  const { learningRate, weightDecay, loss, precision, recompute, seed, epochs } = options;
  return { learningRate, weightDecay, loss, precision, recompute, seed, epochs };
};
