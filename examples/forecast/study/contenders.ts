// Who takes part in the study: baselines that need no training, the full model, the model with a part
// switched off, and variants of its parts.

import { Spatiotemporal } from "../../../src/models/index.ts";

const { autoregression, callGraphOf, dominantPeriod, evaluate, forecasterFor } = Spatiotemporal;
const { historicalAverage, lastValue, reportOn, seasonal, shuffled, tgcnFor } = Spatiotemporal;
type Windows = Spatiotemporal.Windows;
type Model = Spatiotemporal.Model<unknown>;

/** Fixed once the training part is known. */
export interface Baseline {
  readonly kind: "baseline";
  readonly fit: (windows: Windows) => Spatiotemporal.Predictor;
}

/** Trained from a seed. */
export interface Trainable {
  readonly kind: "trained";
  readonly model: (windows: Windows, seed: number, hidden: number | undefined) => Model;
  /**
   * T-GCN's own way: Adam without clipping or decay beyond that in its loss, no average, values as shares of the
   * largest.
   */
  readonly plainAdam?: boolean;
}

/** Who takes part. */
export type Contender = Baseline | Trainable;

const baseline = (fit: Baseline["fit"]): Baseline => ({ kind: "baseline", fit });

/** Steps of the cycle that the windows know of, or that shows in their first target; 1 without one. */
const periodOf = (windows: Windows): number => {
  const [seconds] = windows.cycleSeconds;
  if (seconds !== undefined) return Math.round(seconds / windows.series.stepSeconds);
  return dominantPeriod(windows, windows.targets[0] as number) ?? 1; // one target or more
};

const penalties = [0.3, 1, 3, 10, 30, 100];

/** A ridge autoregression whose penalty is the best of some on the validation part. */
const bestRidge =
  (withNeighbours: boolean) =>
  (windows: Windows): Spatiotemporal.Predictor => {
    const scoreOf = (predictor: Spatiotemporal.Predictor): number => {
      const cells = evaluate(windows, "validation", predictor, "deviation");
      return windows.targets
        .map((_, target) => reportOn(windows, cells, target).pooled.rmse)
        .reduce((a, b) => a + b);
    };
    const fitted = penalties.map((penalty) => autoregression(windows, { penalty, withNeighbours }));
    // A penalty too small for what columns depend on each other gives no numbers, and is not chosen.
    const scores = fitted
      .map(scoreOf)
      .map((score) => (Number.isNaN(score) ? Number.POSITIVE_INFINITY : score));
    return fitted[scores.indexOf(Math.min(...scores))] as Spatiotemporal.Predictor; // one of them
  };

/** The forecaster with other choices, and perhaps on another graph. */
const forecaster = (
  choices: Partial<Spatiotemporal.Choices>,
  graph: (windows: Windows, seed: number) => Spatiotemporal.CallGraph = callGraphOf,
): Trainable => ({
  kind: "trained",
  model: (windows, seed, hidden) =>
    // A model is only ever given parameters that it made itself.
    forecasterFor(
      windows,
      { ...choices, ...(hidden === undefined ? {} : { hidden }) },
      graph(windows, seed),
    ) as Model,
});

/** The graph with the names of its services dealt anew. */
const shuffledGraph = (windows: Windows, seed: number): Spatiotemporal.CallGraph => {
  const graph = callGraphOf(windows);
  const names = shuffled(seed, 77)(Array.from({ length: graph.nodes }, (_, node) => node));
  const renamed = (node: number): number => names[node] as number;
  return { ...graph, pairs: graph.pairs.map(([a, b]) => [renamed(a), renamed(b)] as const) };
};

const withoutEdges = (windows: Windows): Spatiotemporal.CallGraph => ({
  nodes: windows.series.services.length,
  pairs: [],
});

/** Everybody, by name. */
export const contenders = {
  "last value": baseline(lastValue),
  "historical average": baseline((windows) => historicalAverage(windows, periodOf(windows))),
  seasonal: baseline((windows) => seasonal(windows, periodOf(windows))),
  ridge: baseline(bestRidge(false)),
  "ridge + neighbours": baseline(bestRidge(true)),
  "full model": forecaster({}),
  "no graph (GRU alone)": forecaster({ depth: 0 }),
  "no recurrence (GCN alone)": forecaster({ recurrence: "none" }),
  "no time encoding": forecaster({ time: "none" }),
  "no linear part": forecaster({ autoregression: false }),
  "shuffled graph": forecaster({}, shuffledGraph),
  "identity graph": forecaster({}, withoutEdges),
  "two graph convolutions": forecaster({ depth: 2 }),
  "callers only": forecaster({ direction: "in" }),
  "callees only": forecaster({ direction: "out" }),
  "callers and callees alike": forecaster({ direction: "either" }),
  "edges weigh as calls": forecaster({ edges: "calls" }),
  "T-GCN's cell": forecaster({ recurrence: "tgcn", direction: "either" }),
  Time2Vec: forecaster({ time: "time2vec" }),
  "learned calendar": forecaster({ time: "calendar" }),
  "quantiles 0.1, 0.5, 0.9": forecaster({ quantiles: [0.1, 0.5, 0.9] }),
  // One direction, since the roads' adjacency is symmetric; narrow, since 207 sensors make a step twenty times as
  // long as ten services do.
  "full model, one direction": forecaster({ direction: "in", hidden: 32 }),
  "T-GCN, re-implemented": {
    kind: "trained",
    plainAdam: true,
    // Its adjacency has a diagonal of 1, to which the authors' code adds I. A model is only ever given
    // parameters that it made itself.
    model: (windows, _, hidden = 64) => tgcnFor(windows, { hidden, selfLoops: 2 }) as Model,
  },
} satisfies Record<string, Contender>;

/** A name among `contenders`. */
export type ContenderName = keyof typeof contenders;
