// What can be trained and compared: a way to begin, to forecast, and to be wrong. The forecaster with all
// its choices is one, T-GCN as it was published another.

import type { Tensor } from "../../../core/tensor.ts";
import { leavesOf } from "../../../core/tree.ts";
import { huber, meanSquaredError, quantileLoss } from "../../../nn/loss.ts";
import { maskedHuber, maskedMeanSquaredError, maskedQuantileLoss } from "../../../nn/maskedLoss.ts";
import { add, mul } from "../../../ops/arithmetic.ts";
import { reshape, sum } from "../../../ops/broadcast.ts";
import { tensor } from "../../../ops/create.ts";
import { square } from "../../../ops/functions.ts";
import { take } from "../../../ops/gather.ts";
import type { Windows } from "../windows.ts";
import { type CallGraph, withHearing } from "./callGraph.ts";
import { type Choices, type Config, defaultChoices } from "./config.ts";
import * as Forecaster from "./forecaster.ts";
import * as Tgcn from "./tgcn.ts";

/** What a model sees of a batch, and what it should say. */
export interface Examples {
  readonly inputs: Forecaster.Inputs;
  /** [batch, nodes, targets, horizons], scaled */
  readonly truth: Tensor;
  /** The shape of the truth: 1 where it was measured; absent where all of it was. */
  readonly counted?: Tensor;
}

/** Something that forecasts, with parameters P, a tree of tensors. */
export interface Model<P> {
  /** Everything that it was built from, as plain data: it tells one configuration from another. */
  readonly settings: unknown;
  readonly init: (key: Tensor) => P;
  /** Forecasts, scaled: [batch, nodes, targets, horizons], or with quantiles behind. */
  readonly forecast: (params: P) => (inputs: Forecaster.Inputs) => Tensor;
  /** What a training step makes small, []; the key draws what is left out. */
  readonly loss: (params: P, examples: Examples, key: Tensor) => Tensor;
  /** The levels of what it forecasts, 0.5 among them; empty for one value. */
  readonly quantiles: readonly number[];
}

/** The call graph of a series, as the models take it. */
export const callGraphOf = ({ series: { services, edges, weights } }: Windows): CallGraph => ({
  nodes: services.length,
  pairs: edges,
  ...(weights === undefined ? {} : { weights: tensor(weights, { dtype: "f32" }) }),
});

/** The configuration of a forecaster that fits windows; choices that are not given are the default ones. */
export const configFor = (windows: Windows, choices: Partial<Choices> = {}): Config => ({
  nodes: windows.series.services.length,
  features: windows.series.features.length,
  targets: windows.targets,
  horizons: windows.horizons.length,
  window: windows.window,
  cycles: windows.cycleSeconds.length,
  hasGaps: windows.hasGaps,
  ...defaultChoices,
  ...choices,
});

/** Huber's loss with δ = 1, so that a few extreme steps do not decide; the pinball loss for quantiles. */
const lossOf = ({ quantiles }: Config, forecast: Tensor, { truth, counted }: Examples): Tensor => {
  if (quantiles.length > 0)
    return counted === undefined
      ? quantileLoss({ quantiles })(forecast, truth)
      : maskedQuantileLoss({ quantiles })(forecast, truth, counted);
  return counted === undefined ? huber()(forecast, truth) : maskedHuber()(forecast, truth, counted);
};

/**
 * The forecaster for windows. The graph is that of the series, or another one of as many nodes, as the
 * study's ablations ask for.
 */
export const forecasterFor = (
  windows: Windows,
  choices: Partial<Choices> = {},
  graph: CallGraph = callGraphOf(windows),
): Model<Forecaster.Params> => {
  const config = configFor(windows, choices);
  const heard = config.edges === "given" ? withHearing(graph, config) : graph;
  return {
    settings: { model: "forecaster", config, pairs: graph.pairs },
    init: (key) => Forecaster.init(key, config),
    forecast: (params) => Forecaster.apply(params, heard, config),
    loss: (params, examples, key) =>
      lossOf(
        config,
        Forecaster.applyInTraining(params, heard, config, key)(examples.inputs),
        examples,
      ),
    quantiles: config.quantiles,
  };
};

/** How T-GCN is built: its width, the weight of Σθ² in its loss, and how much nodes hear themselves, 1 by default. */
export interface TgcnOptions {
  readonly hidden: number;
  readonly decay?: number;
  readonly selfLoops?: number;
}

/**
 * T-GCN as it was published: it sees one feature, the target, and forecasts all horizons from the last state, on
 * callers and callees alike. Its loss is Σe² / 2 + decay · Σθ² / 2 over a batch, decay 1.5e-3 by default; where
 * truths were not measured, Σe² is their mean square times the size of the batch. Throws a RangeError for windows
 * of several targets.
 */
export const tgcnFor = (
  windows: Windows,
  { hidden, decay = 1.5e-3, selfLoops = 1 }: TgcnOptions,
): Model<Tgcn.Params> => {
  const { targets, horizons, series } = windows;
  if (targets.length !== 1)
    throw new RangeError(`tgcnFor: one target expected, got ${targets.length}`);
  const outputs = horizons.length;
  const graph = withHearing(callGraphOf(windows), { direction: "either", selfLoops });
  const adjacency = graph.hearing.adjacencies[0] as Tensor; // one direction, one adjacency
  const forecast =
    (params: Tgcn.Params) =>
    ({ x }: Forecaster.Inputs): Tensor => {
      const [batch] = x.shape as [number];
      const seen = take({ axis: 3 })(x, tensor([...targets], { dtype: "i32" }));
      const y = Tgcn.apply(params, adjacency)(seen);
      return reshape([batch, series.services.length, 1, outputs])(y);
    };
  return {
    settings: { model: "tgcn", hidden, decay, selfLoops, pairs: series.edges },
    init: (key) => Tgcn.init(key, { inputs: 1, hidden, outputs }),
    forecast,
    loss: (params, { inputs, truth, counted }) => {
      const y = forecast(params)(inputs);
      const error =
        counted === undefined
          ? meanSquaredError(y, truth)
          : maskedMeanSquaredError(y, truth, counted);
      const size = truth.shape.reduce((a, b) => a * b, 1);
      const squares = leavesOf(params).map((leaf) => sum(square(leaf)));
      const weights = squares.reduce((a, b) => add(a, b));
      return add(mul(error, size / 2), mul(weights, decay / 2));
    },
    quantiles: [],
  };
};
