// Training a model on windows: batches through one compiled step by `fit`, the validation part after each
// epoch, the best parameters kept. What is judged and kept is a running average of the parameters: Polyak &
// Juditsky, "Acceleration of stochastic approximation by averaging", 1992.

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { valueAndGrad } from "../../core/autodiff.ts";
import { compile } from "../../core/run/compile.ts";
import { ready, values } from "../../core/run/evaluate.ts";
import type { Tensor } from "../../core/tensor.ts";
import { zipTrees } from "../../core/tree.ts";
import { adamW, applyUpdates, chain, clipByGlobalNorm, type Optimizer } from "../../nn/optim.ts";
import { warmupCosine } from "../../nn/schedule.ts";
import { deal, type FitProblem, type Fitted, fit, type StepResult } from "../../nn/train/index.ts";
import { add, cast, div, minimum, mul, sub } from "../../ops/arithmetic.ts";
import { scalar, tensor } from "../../ops/create.ts";
import { foldIn, key } from "../../ops/random.ts";
import { deviceOf, fitOptionsOf, type Running } from "../running.ts";
import { type Batch, gather } from "./batches.ts";
import type { Inputs } from "./model/forecaster.ts";
import type { Examples, Model } from "./model/model.ts";
import type { Windows } from "./windows.ts";

/** How to train. */
export interface TrainingOptions extends Running {
  /** Decides the initial weights, the shuffles and the dropout. */
  readonly seed: number;
  /** 0 leaves the initial weights as they are. */
  readonly epochs: number;
  /** Examples in a batch; all of the training part where that has fewer. */
  readonly batchSize: number;
  /** The highest learning rate, after the warm-up. */
  readonly learningRate: number;
  /** AdamW's decay, of all parameters; default 0.1. */
  readonly weightDecay?: number;
  /** An optimiser in place of AdamW with warm-up, cosine and clipping, for `steps` steps. */
  readonly optimizer?: (steps: number) => Optimizer;
  /** How much of the running average stays at each step; default 0.99, 0 for no average. */
  readonly averaging?: number;
  /** After how many epochs without improvement on the validation part to stop; default: never. */
  readonly patience?: number;
}

/** A trained model. */
export interface Trained<P> {
  readonly params: P;
  readonly outcome: Fitted<unknown>["outcome"];
  /** Forecasts, scaled, [example, node, target, horizon], or with quantiles behind. */
  readonly forecast: Forecast;
  /** Huber loss on the validation part after each epoch, scaled; of the median for quantiles. */
  readonly validation: readonly number[];
  /** The epoch whose parameters these are; −1 for the initial ones, if no epoch gave numbers. */
  readonly bestEpoch: number;
}

/** Forecasts for examples known by their present step. */
export type Forecast = (examples: readonly number[]) => Promise<Float32Array>;

/**
 * A batch as tensors. A truth that was not measured is 0, and not counted. Truths after the end of a series
 * without gaps are counted all the same: such examples are for forecasts only.
 */
export const toTensors = (
  { size, x, y, clock, observed, callRates }: Batch,
  { window, cycleSeconds, series, targets, horizons }: Windows,
): Examples => {
  const nodes = series.services.length;
  const seen = [size, window, nodes, series.features.length];
  const asked = [size, nodes, targets.length, horizons.length];
  const isGap = y.some(Number.isNaN);
  return {
    inputs: {
      x: tensor(x, { shape: seen }),
      clock: tensor(clock, { shape: [size, window, cycleSeconds.length + 1] }),
      ...(observed === undefined ? {} : { observed: tensor(observed, { shape: seen }) }),
      ...(callRates === undefined
        ? {}
        : { callRates: tensor(callRates, { shape: [size, window, series.edges.length] }) }),
    },
    truth: tensor(isGap ? y.map((value) => (Number.isNaN(value) ? 0 : value)) : y, {
      shape: asked,
    }),
    // By the series, not by the batch, so that one program serves all batches.
    ...(observed === undefined
      ? {}
      : {
          counted: tensor(
            y.map((value) => (Number.isNaN(value) ? 0 : 1)),
            { shape: asked },
          ),
        }),
  };
};

/** All that changes from step to step. */
export interface TrainState<P> {
  readonly params: P;
  /** The running average of the parameters. */
  readonly average: P;
  readonly optimizer: unknown;
  /** Steps done, i32 []; dropout is drawn by it. */
  readonly count: Tensor;
}

/** The state before the first step. */
export const beginTraining = <P>(
  model: Model<P>,
  optimizer: Optimizer,
  seed: number,
): TrainState<P> => {
  const params = model.init(key(seed));
  return { params, average: params, optimizer: optimizer.init(params), count: scalar(0, "i32") };
};

/** The running average after a step. At first it follows more quickly, so that the initial weights are soon forgotten. */
const nextAverage = <P>(average: P, params: P, count: Tensor, averaging: number): P => {
  const t = cast("f32")(count);
  const kept = minimum(div(add(t, 1), add(t, 10)), averaging);
  return zipTrees((a, p) => add(mul(a, kept), mul(p, sub(1, kept))), average, params);
};

/** One update by a batch: a pure function, to be compiled. */
export const trainingStep =
  <P>(
    model: Model<P>,
    optimizer: Optimizer,
    { seed, averaging = 0.99 }: Pick<TrainingOptions, "seed" | "averaging">,
  ) =>
  (
    { params, average, optimizer: before, count }: TrainState<P>,
    examples: Examples,
  ): StepResult<TrainState<P>> => {
    const drawn = foldIn(foldIn(key(seed), 1), count);
    const [loss, gradient] = valueAndGrad((p: P) => model.loss(p, examples, drawn))(params);
    const [updates, after] = optimizer.update(gradient, before, params);
    const next = applyUpdates(params, updates);
    const averaged = averaging === 0 ? next : nextAverage(average, next, count, averaging);
    return {
      state: { params: next, average: averaged, optimizer: after, count: add(count, 1) },
      metrics: { loss },
    };
  };

/**
 * Trains a model end to end. The parameters returned are those of the epoch that did best on the validation
 * part. The same windows, options and device give the same numbers, in one go or resumed. A Left says what
 * was wrong with options, files or the loss.
 */
export const train = <P>(
  windows: Windows,
  model: Model<P>,
  options: TrainingOptions,
): TE.TaskEither<FitProblem, Trained<P>> => {
  const { train: examples, validation } = windows.examples;
  const { seed, epochs, device, patience } = options;
  const batchSize = Math.min(options.batchSize, examples.length);
  const optimizer = (options.optimizer ?? usualOptimizer(options))(
    epochs * Math.floor(examples.length / batchSize),
  );
  const take = gather(windows);
  const begin = beginTraining(model, optimizer, seed);
  const forecast = inBatches(windows, model, batchSize, device);
  const truth = take(validation).y;
  return pipe(
    fit<TrainState<P>, Examples>({
      state: begin,
      step: trainingStep(model, optimizer, options),
      data: {
        length: examples.length,
        batch: (indices) => toTensors(take(indices.map((i) => examples[i] as number)), windows),
      },
      batchSize,
      epochs,
      shuffle: seed,
      evaluate: async ({ average }) => ({
        validation: huberOf(pointsOf(model.quantiles, await forecast(average, validation)), truth),
      }),
      monitor: { score: "validation", ...(patience === undefined ? {} : { patience }) },
      config: settingsOf(windows, model, options),
      ...fitOptionsOf(options),
    }),
    TE.map((fitted) => trainedOf(fitted, begin, forecast)),
  );
};

/** The best of a run, or what it began with. */
const trainedOf = <P>(
  { outcome, evaluations, best }: Fitted<TrainState<P>>,
  begin: TrainState<P>,
  forecast: (params: P, examples: readonly number[]) => Promise<Float32Array>,
): Trained<P> => {
  const { average } = best?.state ?? begin;
  return {
    params: average,
    outcome,
    forecast: (asked) => forecast(average, asked),
    validation: evaluations.map(({ scores }) => scores.validation as number), // evaluate gives it
    bestEpoch: evaluations.findIndex(({ step }) => step === best?.step),
  };
};

/** AdamW with decay of all parameters, a warm-up and half a cosine down to 0, gradients clipped to the norm 1. */
const usualOptimizer =
  ({ learningRate, weightDecay = 0.1 }: TrainingOptions) =>
  (steps: number): Optimizer =>
    chain(
      clipByGlobalNorm(1),
      adamW({
        learningRate: warmupCosine({
          peak: learningRate,
          steps,
          warmup: Math.min(20, Math.floor(steps / 5)),
        }),
        weightDecay,
      }),
    );

/** What decides a run besides the data and its order. */
const settingsOf = <P>(
  { series, filled, targets, horizons, window, borders, cycleSeconds }: Windows,
  { settings }: Model<P>,
  { learningRate, weightDecay, averaging, seed, epochs }: TrainingOptions,
): unknown => ({
  model: settings,
  windows: { services: series.services, targets, horizons, window, borders, cycleSeconds },
  data: checksum(filled),
  // The schedule of the learning rate ends with the last epoch.
  training: { learningRate, weightDecay, averaging, seed, epochs },
});

/** A number by its place: other data, or the same data scaled otherwise, hardly ever has the same. */
const checksum = (scaled: Float32Array): number =>
  scaled.reduce((sum, value, at) => sum + value * (1 + (at % 9973)), 0);

/** Forecasts for examples of a series, `batchSize` at a time. */
const inBatches = <P>(
  windows: Windows,
  model: Model<P>,
  batchSize: number,
  device: string | undefined,
): ((params: P, examples: readonly number[]) => Promise<Float32Array>) => {
  const take = gather(windows);
  const program = compile((params: P, inputs: Inputs): Tensor => model.forecast(params)(inputs), {
    name: "forecast",
    ...deviceOf(device),
  });
  return async (params, examples) => {
    // The last batch is filled up, so that one program serves all.
    const dealt = deal({ length: examples.length, size: batchSize, last: "pad" }, 0);
    const parts: Float32Array[] = [];
    for (let at = 0; at < dealt.count; at++) {
      const { indices, filled } = dealt.at(at);
      const chosen = indices.map((i) => examples[i] as number); // indices of examples
      const { inputs } = toTensors(take(chosen), windows);
      const y = values(await ready(program(params, inputs)));
      parts.push(Float32Array.from(y.subarray(0, (y.length / batchSize) * filled)));
    }
    return joined(parts);
  };
};

const joined = (parts: readonly Float32Array[]): Float32Array => {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

/** The one value of each forecast: the median where there are quantiles. */
export const pointsOf = (quantiles: readonly number[], forecasts: Float32Array): Float32Array =>
  quantiles.length === 0
    ? forecasts
    : forecasts.filter((_, at) => at % quantiles.length === quantiles.indexOf(0.5));

/** The mean Huber loss of plain numbers, δ = 1 as in training, over truths that were measured. */
const huberOf = (forecasts: Float32Array, truth: Float32Array): number => {
  let [sum, count] = [0, 0];
  for (const [i, y] of truth.entries()) {
    if (Number.isNaN(y)) continue;
    const size = Math.abs((forecasts[i] as number) - y);
    sum += size < 1 ? size ** 2 / 2 : size - 0.5;
    count++;
  }
  return sum / count;
};
