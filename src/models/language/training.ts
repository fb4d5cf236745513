// Training a language model, whatever it is made of: random pieces of a text through one compiled step by `fit`. A learner says what is trained and by
// what loss, so that masks, rounded weights and teachers are functions of learners, and compose.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { TensorError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { crossEntropy } from "../../nn/loss.ts";
import {
  accumulate,
  adamW,
  applyUpdates,
  chain,
  clipByGlobalNorm,
  isMatrix,
  type Optimizer,
} from "../../nn/optim.ts";
import { initLossScale, type LossScaleState } from "../../nn/precision.ts";
import { warmupCosine } from "../../nn/schedule.ts";
import {
  type FitOptions,
  type FitProblem,
  type Fitted,
  fit,
  type StepResult,
} from "../../nn/train/index.ts";
import { key, splitKey } from "../../ops/random.ts";
import { optimizerIn, type Precision, reportedIn, slopeIn } from "../gradient.ts";
import { held, isCount, refusalOf } from "../refusals.ts";
import { fitOptionsOf, type Running } from "../running.ts";
import { judgeOf } from "./evaluate.ts";
import type { Config } from "./model/config.ts";
import { logits, type Params } from "./model/transformer.ts";
import { type Batch, randomWindows } from "./windows.ts";

/** What is trained: a tree of parameters, its loss, and the scores by which it is judged. */
export interface Learner<P> {
  readonly params: P;
  /** Mean over the tokens of a batch. Dropout, where there is any, is drawn from the key. */
  readonly loss: (params: P, batch: Batch, key: Tensor) => Tensor;
  /** i32 [batch, time] → [batch, time, symbols] */
  readonly logits: (params: P, tokens: Tensor) => Tensor;
}

/** A Transformer that learns to continue texts. */
export const learnerOf = (
  config: Config,
  params: Params,
  { recompute = false }: { readonly recompute?: boolean } = {},
): Learner<Params> => ({
  params,
  loss: (own, { tokens, following }, drawn) =>
    crossEntropy()(logits(config, own, { key: drawn, recompute })(tokens), following),
  logits: (own, tokens) => logits(config, own)(tokens),
});

/** A learner whose parameters pass through a function before they are used: masks, weights rounded as they will be stored. */
export const through =
  <P>(f: (params: P) => P) =>
  ({ params, loss, logits: scores }: Learner<P>): Learner<P> => ({
    params,
    loss: (own, batch, drawn) => loss(f(own), batch, drawn),
    logits: (own, tokens) => scores(f(own), tokens),
  });

/** How to train. Without an optimiser of one's own it is nanoGPT's: AdamW, decay of matrices alone, gradients clipped, warm-up and half a cosine. */
export interface TrainingOptions extends Running {
  /** Decides the pieces that are seen, and dropout. */
  readonly seed: number;
  /** Updates of the parameters. */
  readonly iterations: number;
  /** Pieces for one update. */
  readonly batchSize: number;
  /** Tokens in a piece. */
  readonly time: number;
  /** The highest learning rate, after the warm-up. */
  readonly learningRate: number;
  /** The last learning rate; a tenth of the highest when absent. */
  readonly lastRate?: number;
  /** Updates until the highest rate; 100, or a tenth of all if that is less, when absent. */
  readonly warmup?: number;
  /** AdamW's decay, of matrices alone; default 0.1. */
  readonly weightDecay?: number;
  /** An optimiser in place of AdamW with all that is around it, for so many updates. */
  readonly optimizer?: (updates: number) => Optimizer;
  /** What is stored in 16 bits between kernels; default f32: nothing. */
  readonly precision?: Precision;
  /** Parts of a batch that are computed one after the other, their gradients added up: less memory; default 1. */
  readonly microBatches?: number;
  /** How often the validation text is judged, in updates; at the end alone when absent. */
  readonly evaluateEvery?: number;
  /** Whatever else tells this run from others, as plain data: the text, the model, what its parameters pass through. */
  readonly settings?: unknown;
}

/** Tokens to learn from and to be judged on. */
export interface Corpus {
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

/** What changes the state between steps, such as masks that grow: see `between` of `fit`. */
export type Between<P> = NonNullable<FitOptions<TrainState<P>, Batch>["between"]>;

/** All that changes from step to step. */
export interface TrainState<P> {
  readonly params: P;
  readonly optimizer: unknown;
  /** Of training in f16. */
  readonly lossScale: LossScaleState;
  /** What the next step draws from. */
  readonly key: Tensor;
}

/** A run that ended. */
export interface Trained<P> {
  readonly params: P;
  readonly outcome: Fitted<unknown>["outcome"];
  /** The validation text's loss after so many updates. */
  readonly validation: readonly { readonly iteration: number; readonly loss: number }[];
}

/** AdamW, nanoGPT's way, as options say. */
export const usualOptimizer =
  ({
    learningRate,
    lastRate = learningRate / 10,
    warmup,
    weightDecay = 0.1,
  }: Pick<TrainingOptions, "learningRate" | "lastRate" | "warmup" | "weightDecay">) =>
  (updates: number): Optimizer =>
    chain(
      clipByGlobalNorm(1),
      adamW({
        learningRate: warmupCosine({
          peak: learningRate,
          steps: updates,
          warmup: warmup ?? Math.min(100, Math.floor(updates / 10)),
          floor: lastRate,
        }),
        b2: 0.99,
        weightDecay,
        mask: isMatrix,
      }),
    );

/** The optimiser of a run. */
export const optimizerFor = (options: TrainingOptions): Optimizer => {
  const { optimizer = usualOptimizer(options), iterations, microBatches = 1, precision } = options;
  const own = optimizer(iterations);
  // Outermost, where `reportedIn` looks for it: a micro-batch that overflows is passed over by itself.
  return optimizerIn(precision ?? "f32")(microBatches === 1 ? own : accumulate(microBatches)(own));
};

/** The state before the first step. */
export const beginTraining = <P>(params: P, optimizer: Optimizer, seed: number): TrainState<P> => ({
  params,
  optimizer: optimizer.init(params),
  lossScale: initLossScale(),
  key: key(seed),
});

/** One update by a batch: a pure function, to be compiled. The optimiser is that of `optimizerFor` with the same precision. */
export const trainingStep =
  <P>(
    { loss }: Pick<Learner<P>, "loss">,
    optimizer: Optimizer,
    { precision = "f32" }: Pick<TrainingOptions, "precision"> = {},
  ) =>
  (state: TrainState<P>, batch: Batch): StepResult<TrainState<P>> => {
    const [drawn, next] = splitKey(state.key);
    const slope = slopeIn(precision)(
      (params: P) => [loss(params, batch, drawn), null] as const,
      state.params,
      { lossScale: state.lossScale, before: null },
    );
    const [updates, after] = optimizer.update(slope.gradient, state.optimizer, state.params);
    return {
      state: {
        params: applyUpdates(state.params, updates),
        optimizer: after,
        lossScale: slope.lossScale,
        key: next,
      },
      metrics: { loss: reportedIn(precision, slope.loss, after) },
    };
  };

/** Holds to their range what a run's beginning is made of; the rest of the options is looked at by `fit`. */
const checked = (
  { train: tokens, validation }: Corpus,
  options: TrainingOptions,
): E.Either<FitProblem, void> => {
  const { seed, iterations, batchSize, time, microBatches = 1, evaluateEvery = 1 } = options;
  const { learningRate } = options;
  return held("Language.train", [
    [isCount(seed, 0), "a whole seed ≥ 0", seed],
    [isCount(iterations, 1), "iterations ≥ 1", iterations],
    [isCount(batchSize, 1), "batchSize ≥ 1", batchSize],
    [isCount(time, 1), "a time ≥ 1", time],
    [Number.isFinite(learningRate) && learningRate >= 0, "a finite learningRate ≥ 0", learningRate],
    [isCount(microBatches, 1), "microBatches ≥ 1", microBatches],
    [batchSize % microBatches === 0, `microBatches that divide ${batchSize}`, microBatches],
    [isCount(evaluateEvery, 1), "evaluateEvery ≥ 1", evaluateEvery],
    [tokens.length > time, `a text of more than ${time} tokens to learn from`, tokens.length],
    [validation.length > 1, "a validation text of two tokens or more", validation.length],
  ]);
};

/** What a run begins with, or what optimiser or learner refused. */
const begun = <P>(learner: Learner<P>, options: TrainingOptions) =>
  E.tryCatch(
    () => {
      const optimizer = optimizerFor(options);
      return {
        state: beginTraining(learner.params, optimizer, options.seed),
        step: trainingStep(learner, optimizer, options),
      };
    },
    (error): FitProblem => {
      if (!(error instanceof TensorError)) throw error;
      return refusalOf(error);
    },
  );

/**
 * Trains a learner on random pieces of a text, and judges it on the whole of another one. The same text, options and device give the same numbers, in one go
 * or resumed. `between` may change the state after each step. A Left says what was wrong with options or files of the run, and that the loss was no number, as in f16 without a scaled loss.
 */
export const train = <P>(
  corpus: Corpus,
  learner: Learner<P>,
  options: TrainingOptions,
  between?: Between<P>,
): TE.TaskEither<FitProblem, Trained<P>> =>
  pipe(
    TE.fromEither(checked(corpus, options)),
    TE.chainEitherK(() => begun(learner, options)),
    TE.chain((beginning) => run(beginning, corpus, learner, { ...options, between })),
  );

const run = <P>(
  {
    state,
    step,
  }: { readonly state: TrainState<P>; readonly step: ReturnType<typeof trainingStep<P>> },
  { train: tokens, validation }: Corpus,
  learner: Learner<P>,
  { between, ...options }: TrainingOptions & { readonly between: Between<P> | undefined },
): TE.TaskEither<FitProblem, Trained<P>> => {
  const { seed, iterations, batchSize, time, microBatches = 1, evaluateEvery, device } = options;
  const judge = judgeOf(learner.logits, { time, device });
  return pipe(
    fit<TrainState<P>, Batch>({
      state,
      step,
      data: randomWindows(tokens, { time, seed, count: iterations * batchSize }),
      batchSize: batchSize / microBatches,
      epochs: 1,
      shuffle: false,
      evaluate: async ({ params }) => ({ loss: (await judge(params, validation)).loss }),
      evaluateEvery: {
        epochs: 1,
        ...(evaluateEvery === undefined ? {} : { steps: evaluateEvery * microBatches }),
      },
      ...(between === undefined ? {} : { between }),
      config: { training: settingsOf(options), settings: options.settings ?? null },
      ...fitOptionsOf(options),
    }),
    TE.map(({ outcome, state: { params }, evaluations }) => ({
      params,
      outcome,
      validation: evaluations.map(({ step: steps, scores }) => ({
        iteration: steps / microBatches,
        loss: scores.loss as number, // evaluate gives it
      })),
    })),
  );
};

/** What decides a run besides its text and learner. The schedule of the learning rate ends with the last update. */
const settingsOf = (options: TrainingOptions): unknown => {
  const { seed, iterations, batchSize, time, learningRate, lastRate, warmup, weightDecay } =
    options;
  const { precision, microBatches } = options;
  return {
    seed,
    iterations,
    batchSize,
    time,
    learningRate,
    lastRate,
    warmup,
    weightDecay,
    precision,
    microBatches,
  };
};
