// Training the forecaster: epochs of shuffled batches through one compiled step, the validation
// part after each, the best parameters kept.

import { valueAndGrad } from "../../core/autodiff.ts";
import { compile } from "../../core/run/compile.ts";
import { item, ready, values } from "../../core/run/evaluate.ts";
import type { Tensor } from "../../core/tensor.ts";
import { huber } from "../../nn/loss.ts";
import { adamW, applyUpdates, chain, clipByGlobalNorm, type Optimizer } from "../../nn/optim.ts";
import { warmupCosine } from "../../nn/schedule.ts";
import { tensor } from "../../ops/create.ts";
import { key } from "../../ops/random.ts";
import { type Batch, deal, gather } from "./batches.ts";
import type { Predictor } from "./evaluate.ts";
import * as Forecaster from "./forecaster.ts";
import { normalizedAdjacency } from "./topology.ts";
import type { Windows } from "./windows.ts";

/** How to train. */
export interface TrainingOptions {
  /** Decides the initial weights and the shuffles. */
  readonly seed: number;
  /** 0 leaves the initial weights as they are. */
  readonly epochs: number;
  /** Examples in a batch; all of the training part where that has fewer. */
  readonly batchSize: number;
  /** The highest learning rate, after the warm-up. */
  readonly learningRate: number;
  readonly hidden: number;
  readonly embedding: number;
  /** The device to run on; the default one if absent. */
  readonly device?: string;
  /** Called after every step, and waited for. */
  readonly onStep?: (progress: Progress) => void | Promise<void>;
}

/** Where a training run stands. */
export interface Progress {
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  /** From 0. */
  readonly epoch: number;
  /** Huber loss of the last batch, in deviations. */
  readonly loss: number;
  /** Huber loss on the validation part after the last finished epoch, in deviations. */
  readonly validation: number | undefined;
}

/** A trained forecaster, as a predictor and as the parameters behind it. */
export interface Trained {
  readonly params: Forecaster.Params;
  readonly config: Forecaster.Config;
  readonly predictor: Predictor;
  /** Huber loss on the validation part after each epoch, in deviations. */
  readonly validation: readonly number[];
  /** The epoch whose parameters these are; −1 for the initial ones, if no epoch gave numbers. */
  readonly bestEpoch: number;
}

/** Sizes of the forecaster that fits a series. */
export const configFor = (
  { series, targets, horizons, cycleSeconds }: Windows,
  { hidden, embedding }: Pick<TrainingOptions, "hidden" | "embedding">,
): Forecaster.Config => ({
  nodes: series.services.length,
  features: series.features.length,
  targets,
  horizons: horizons.length,
  cycles: cycleSeconds.length,
  adjacencies: 2,
  embedding,
  hidden,
});

/** Callers and callees of each service, normalised apart, [nodes, nodes] each. */
export const adjacenciesOf = ({ series: { edges, services } }: Windows): readonly Tensor[] =>
  (["in", "out"] as const).map((direction) =>
    tensor(normalizedAdjacency(edges, services.length, { direction, selfLoops: true }), {
      shape: [services.length, services.length],
    }),
  );

/** What a forecaster sees, and what it should say. */
export interface Examples {
  readonly inputs: Forecaster.Inputs;
  /** [batch, nodes, targets, horizons] in deviations. */
  readonly truth: Tensor;
}

/** A batch as tensors. */
export const toTensors = (
  { size, x, y, clock }: Batch,
  { window, cycleSeconds, series, targets, horizons }: Windows,
): Examples => {
  const nodes = series.services.length;
  return {
    inputs: {
      x: tensor(x, { shape: [size, window, nodes, series.features.length] }),
      clock: tensor(clock, { shape: [size, window, cycleSeconds.length + 1] }),
    },
    truth: tensor(y, { shape: [size, nodes, targets.length, horizons.length] }),
  };
};

/** Mean Huber loss in deviations: a few extreme minutes do not decide it. */
export const lossOf =
  (adjacencies: readonly Tensor[], config: Forecaster.Config) =>
  (params: Forecaster.Params, { inputs, truth }: Examples): Tensor =>
    huber()(Forecaster.apply(params, adjacencies, config)(inputs), truth);

/** What one step makes of parameters and the optimiser's state. */
export interface StepResult<S> {
  readonly params: Forecaster.Params;
  readonly state: S;
  /** The loss before the update. */
  readonly loss: Tensor;
}

/** One update by a batch: a pure function, to be compiled. */
export const trainingStep =
  <S>(loss: ReturnType<typeof lossOf>, optimizer: Optimizer<S>) =>
  (params: Forecaster.Params, state: S, examples: Examples): StepResult<S> => {
    const [value, gradient] = valueAndGrad(loss)(params, examples);
    const [updates, next] = optimizer.update(gradient, state, params);
    return { params: applyUpdates(params, updates), state: next, loss: value };
  };

/**
 * Trains a forecaster end to end. The parameters returned are those of the epoch that did best on
 * the validation part. The same windows, options and device give the same numbers.
 */
export const train = async (windows: Windows, options: TrainingOptions): Promise<Trained> => {
  const { seed, epochs } = options;
  const { train: trainingPart, validation: validationPart, test } = windows.examples;
  const batchSize = Math.min(options.batchSize, trainingPart.length);
  const steps = epochs * Math.floor(trainingPart.length / batchSize);
  const config = configFor(windows, options);
  const optimizer = optimizerFor(options.learningRate, steps);
  const { step, forecast } = programsFor(windows, config, optimizer, batchSize, options.device);

  let params = Forecaster.init(key(seed), config);
  let state = optimizer.init(params);
  let best = { params, error: Number.POSITIVE_INFINITY, epoch: -1 };
  const validation: number[] = [];
  const take = gather(windows);
  let done = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const shuffle = { seed, epoch };
    for (const chosen of deal(trainingPart, { size: batchSize, shuffle, dropLast: true })) {
      const result = step(params, state, toTensors(take(chosen), windows));
      ({ params, state } = result);
      const loss = item(await ready(result.loss));
      done++;
      await options.onStep?.({ step: done, steps, epoch, loss, validation: validation.at(-1) });
    }
    const error = huberOf(await forecast(params, validationPart), take(validationPart).y);
    validation.push(error);
    if (error < best.error) best = { params, error, epoch };
  }
  // Computed once for every example, so that the predictor is a plain function.
  const all = [...trainingPart, ...validationPart, ...test];
  const predictor = lookUp(all, await forecast(best.params, all));
  return { params: best.params, config, predictor, validation, bestEpoch: best.epoch };
};

const optimizerFor = (peak: number, steps: number) =>
  chain(
    clipByGlobalNorm(1),
    adamW({
      learningRate: warmupCosine({ peak, steps, warmup: Math.min(20, Math.floor(steps / 5)) }),
    }),
  );

/** The compiled programs of a training run. */
const programsFor = <S>(
  windows: Windows,
  config: Forecaster.Config,
  optimizer: Optimizer<S>,
  batchSize: number,
  device: string | undefined,
) => {
  const adjacencies = adjacenciesOf(windows);
  const where = device === undefined ? {} : { device };
  const step = compile(trainingStep(lossOf(adjacencies, config), optimizer), {
    ...where,
    name: "training step",
    donate: [1], // the optimiser's state; the best parameters are kept
  });
  const run: Run = (params, inputs) => Forecaster.apply(params, adjacencies, config)(inputs);
  const forecast = inBatches(compile(run, { ...where, name: "forecast" }), windows, batchSize);
  return { step, forecast };
};

type Run = (params: Forecaster.Params, inputs: Forecaster.Inputs) => Tensor;

/** Forecasts [example, node, target, horizon] for examples of a series, `batchSize` at a time. */
const inBatches = (program: Run, windows: Windows, batchSize: number) => {
  const take = gather(windows);
  const size = windows.series.services.length * windows.targets.length * windows.horizons.length;
  return async (params: Forecaster.Params, examples: readonly number[]): Promise<Float32Array> => {
    const found = new Float32Array(examples.length * size);
    for (const [at, chosen] of deal(examples, { size: batchSize }).entries()) {
      // The last batch is filled up, so that one program serves all.
      const more = new Array<number>(batchSize - chosen.length).fill(chosen[0] as number);
      const { inputs } = toTensors(take([...chosen, ...more]), windows);
      const y = values(await ready(program(params, inputs)));
      found.set(y.subarray(0, chosen.length * size), at * batchSize * size);
    }
    return found;
  };
};

/** A predictor that knows its forecasts. */
const lookUp = (examples: readonly number[], forecasts: Float32Array): Predictor => {
  const size = forecasts.length / examples.length;
  const places = new Map(examples.map((example, i) => [example, i]));
  return (chosen) => {
    const found = new Float32Array(chosen.length * size);
    for (const [i, example] of chosen.entries()) {
      const place = places.get(example);
      if (place === undefined)
        throw new RangeError(`forecast: an example of the series expected, got step ${example}`);
      found.set(forecasts.subarray(place * size, (place + 1) * size), i * size);
    }
    return found;
  };
};

/** The mean Huber loss of plain numbers, δ = 1 as in training. */
const huberOf = (forecasts: Float32Array, truth: Float32Array): number =>
  truth.reduce((sum, y, i) => {
    const size = Math.abs((forecasts[i] as number) - y);
    return sum + (size < 1 ? size ** 2 / 2 : size - 0.5);
  }, 0) / truth.length;
