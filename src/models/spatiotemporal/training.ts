// Training the forecaster: epochs of shuffled batches through one compiled step, the validation part after each, the best
// parameters kept.

import { valueAndGrad } from "../../core/autodiff.ts";
import { compile } from "../../core/run/compile.ts";
import { item, ready, values } from "../../core/run/evaluate.ts";
import type { Tensor } from "../../core/tensor.ts";
import { huber } from "../../nn/loss.ts";
import { adamW, applyUpdates, chain, clipByGlobalNorm } from "../../nn/optim.ts";
import { warmupCosine } from "../../nn/schedule.ts";
import { tensor } from "../../ops/create.ts";
import { key } from "../../ops/random.ts";
import { type Batch, deal, gather } from "./batches.ts";
import type { Predictor } from "./evaluate.ts";
import * as Forecaster from "./forecaster.ts";
import { normalizedAdjacency } from "./topology.ts";
import type { Part, Windows } from "./windows.ts";

/** How to train. */
export interface TrainingOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly hidden: number;
  readonly embedding: number;
  /** The device to run on; the default one if absent. */
  readonly device?: string;
  /** Called after every step. */
  readonly onStep?: (progress: Progress) => void;
}

/** Where a training run stands. */
export interface Progress {
  readonly step: number;
  readonly steps: number;
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

/** Callers and callees of each service, normalised apart. */
const adjacenciesOf = ({ series: { edges, services } }: Windows): readonly Tensor[] =>
  (["in", "out"] as const).map((direction) =>
    tensor(normalizedAdjacency(edges, services.length, { direction, selfLoops: true }), {
      shape: [services.length, services.length],
    }),
  );

const inputsOf = (batch: Batch, { window, cycleSeconds, series }: Windows): Forecaster.Inputs => ({
  x: tensor(batch.x, {
    shape: [batch.size, window, series.services.length, series.features.length],
  }),
  clock: tensor(batch.clock, { shape: [batch.size, window, cycleSeconds.length + 1] }),
});

const truthOf = (batch: Batch, { series, targets, horizons }: Windows): Tensor =>
  tensor(batch.y, { shape: [batch.size, series.services.length, targets.length, horizons.length] });

/** Forecasts of a forecaster for the examples of a series, `batchSize` at a time. */
export const predictorOf = (
  forecast: (params: Forecaster.Params, inputs: Forecaster.Inputs) => Tensor,
  params: Forecaster.Params,
  windows: Windows,
  batchSize: number,
): ((examples: readonly number[]) => Promise<Float32Array>) => {
  const take = gather(windows);
  return async (examples) => {
    const parts: number[] = [];
    for (const chosen of deal(examples, { size: batchSize })) {
      // The last batch is filled up, so that one program serves all.
      const filled = [
        ...chosen,
        ...new Array<number>(batchSize - chosen.length).fill(chosen[0] as number),
      ];
      const y = await ready(forecast(params, inputsOf(take(filled), windows)));
      parts.push(
        ...values(y).subarray(0, y.shape.slice(1).reduce((a, b) => a * b, 1) * chosen.length),
      );
    }
    return Float32Array.from(parts);
  };
};

/** Trains a forecaster end to end; the parameters returned are those of the epoch that did best on the validation part. */
export const train = async (windows: Windows, options: TrainingOptions): Promise<Trained> => {
  const { seed, epochs, batchSize, device, onStep } = options;
  const config = configFor(windows, options);
  const adjacencies = adjacenciesOf(windows);
  const where = device === undefined ? {} : { device };
  const forecast = compile(
    (params: Forecaster.Params, inputs: Forecaster.Inputs) =>
      Forecaster.apply(params, adjacencies, config)(inputs),
    { ...where, name: "forecast" },
  );
  const batchesPerEpoch = Math.floor(windows.examples.train.length / batchSize);
  const steps = epochs * batchesPerEpoch;
  const optimizer = chain(
    clipByGlobalNorm(1),
    adamW({ learningRate: warmupCosine({ peak: options.learningRate, steps, warmup: 20 }) }),
  );
  const loss = (params: Forecaster.Params, inputs: Forecaster.Inputs, truth: Tensor) =>
    huber()(Forecaster.apply(params, adjacencies, config)(inputs), truth);
  const step = compile(
    (
      params: Forecaster.Params,
      state: ReturnType<typeof optimizer.init>,
      inputs: Forecaster.Inputs,
      truth: Tensor,
    ) => {
      const [value, gradient] = valueAndGrad(loss)(params, inputs, truth);
      const [updates, next] = optimizer.update(gradient, state, params);
      return { params: applyUpdates(params, updates), state: next, loss: value };
    },
    { ...where, name: "training step", donate: [1] },
  );

  let params = Forecaster.init(key(seed), config);
  let state = optimizer.init(params);
  let best = { params, error: Number.POSITIVE_INFINITY, epoch: -1 };
  const validation: number[] = [];
  const take = gather(windows);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const dealt = deal(windows.examples.train, {
      size: batchSize,
      shuffle: { seed, epoch },
      dropLast: true,
    });
    for (const [at, examples] of dealt.entries()) {
      const batch = take(examples);
      const result = step(params, state, inputsOf(batch, windows), truthOf(batch, windows));
      ({ params, state } = result);
      await ready(result.loss);
      onStep?.({
        step: epoch * batchesPerEpoch + at + 1,
        steps,
        epoch,
        loss: item(result.loss),
        validation: validation.at(-1),
      });
    }
    const error = await huberOn(
      windows,
      "validation",
      predictorOf(forecast, params, windows, batchSize),
    );
    validation.push(error);
    if (error < best.error) best = { params, error, epoch };
  }
  // Computed for every example once, so that the predictor is a plain function.
  const all = [...windows.examples.train, ...windows.examples.validation, ...windows.examples.test];
  const forecasts = await predictorOf(forecast, best.params, windows, batchSize)(all);
  return {
    params: best.params,
    config,
    predictor: lookUp(all, forecasts),
    validation,
    bestEpoch: best.epoch,
  };
};

const lookUp = (examples: readonly number[], forecasts: Float32Array): Predictor => {
  const size = forecasts.length / examples.length;
  const places = new Map(examples.map((example, i) => [example, i]));
  return (chosen) => {
    const found = new Float32Array(chosen.length * size);
    chosen.forEach((example, i) => {
      const place = places.get(example);
      if (place === undefined)
        throw new RangeError(`forecast: an example of the series expected, got step ${example}`);
      found.set(forecasts.subarray(place * size, (place + 1) * size), i * size);
    });
    return found;
  };
};

/** Mean Huber loss in deviations: as in training, a few extreme minutes do not decide it. */
const huberOn = async (
  windows: Windows,
  part: Part,
  predict: (examples: readonly number[]) => Promise<Float32Array>,
): Promise<number> => {
  const examples = windows.examples[part];
  const forecasts = await predict(examples);
  const { y } = gather(windows)(examples);
  let sum = 0;
  for (let i = 0; i < y.length; i++) {
    const size = Math.abs((forecasts[i] as number) - (y[i] as number));
    sum += size < 1 ? size ** 2 / 2 : size - 0.5;
  }
  return sum / y.length;
};
