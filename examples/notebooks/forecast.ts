// %% [markdown]
// # Forecasting services that call each other
//
// A web shop is a dozen services that call each other. Each has a processor load, a response time, a throughput; the load of the
// whole shop moves all of them, and slowness travels up the calls. Xue et al. ([arXiv 2508.07122](https://arxiv.org/abs/2508.07122)) forecast
// such metrics with a graph convolution over the call graph, a gated recurrence over time and an encoding of time. Only the abstract of the
// paper was at hand; what it leaves open is ours, and said so in `src/models/spatiotemporal/model`.
//
// This notebook goes from the data to a conclusion: what is there to predict, how far do simple baselines get, what does the model add, and
// which of its parts earn their place. The whole study, with five seeds and all tables, is `npm run study`.
//
// It is written as [forecast.ts](forecast.ts). With `PULLBACK_DATA` it reads measurements of Online Boutique; without, it takes the built-in
// simulator, and says so.

// %% Data

import * as E from "fp-ts/lib/Either.js";
import { Spatiotemporal } from "../../src/models/index.ts";
import { printSummary, QuantileScores, summary } from "../../src/nn/index.ts";
import { display, isQuick, markdown, table } from "../../tools/notebook/index.ts";
import { bars, forecast as drawForecast, lines, serviceGraph } from "../../tools/plot/index.ts";
import { loadCase } from "../forecast/study/cases.ts";
import { type ContenderName, contenders } from "../forecast/study/contenders.ts";
import { lookUp, type Score, scoresOf } from "../forecast/study/scores.ts";

const folder = process.env.PULLBACK_DATA;
const isMeasured = folder !== undefined && folder !== "" && !isQuick();
const read = await loadCase(isMeasured ? "online-boutique" : "simulated", {
  folder,
  window: 12,
  simulatedMinutes: isQuick() ? 480 : 1440,
})();
if (E.isLeft(read)) throw new Error(read.left);
const { windows, groups, description } = read.right;
const { series, examples, borders } = windows;
display(
  markdown(
    isMeasured ? "Measured: Online Boutique." : "Simulated: a shop with incidents and gaps.",
  ),
);
display(description.replaceAll(`${folder}/`, ""));

// %% [markdown]
// The services and their calls. The colour is the mean processor load of each in the training part.

// %% Call graph
const [cpu, throughput] = ["cpu", "throughput"].map((name) => series.features.indexOf(name)) as [
  number,
  number,
];
const valueOf = (step: number, node: number, feature: number): number =>
  series.values[
    (step * series.services.length + node) * series.features.length + feature
  ] as number;
const trainingMean = (node: number, feature: number): number => {
  const steps = Array.from({ length: borders[1] }, (_, step) => valueOf(step, node, feature));
  const known = steps.filter((value) => !Number.isNaN(value));
  return known.reduce((a, b) => a + b, 0) / known.length;
};
display(
  serviceGraph({
    names: series.services,
    edges: series.edges,
    values: series.services.map((_, node) => trainingMean(node, cpu)),
    label: "cpu (cores)",
  }),
);

// %% [markdown]
// ## What there is to predict
//
// The throughput of the service that users reach, over the last three hours of the recording. The load goes up and down in a cycle; the
// models are told its phase, which is found in the training part alone.

// %% Load
const called = new Set(series.edges.map(([, target]) => target));
const entry = series.services.findIndex((_, node) => !called.has(node));
const shown = Array.from(
  { length: Math.min(180, series.times.length) },
  (_, k) => series.times.length - 180 + k,
);
const visible = shown.filter((step) => step >= 0);
display(
  lines({
    title: `${series.services[entry]}`,
    x: { label: "minutes since the recording began" },
    y: { label: "throughput (req/s)" },
    curves: [
      {
        name: "throughput",
        x: visible,
        y: visible.map((step) => valueOf(step, entry, throughput)),
      },
    ],
    height: 220,
  }),
);
const [cycle] = windows.cycleSeconds;
display(cycle === undefined ? "no cycle found" : `cycle found: ${cycle / 60} min`);

// %% [markdown]
// ## Baselines
//
// The recording is cut by time: 60 % to train on, 20 % to choose on, 20 % to report on. Errors are in deviations of each service and metric
// over the training part, so that every service counts alike. (Pooled over raw values of services of different size, R² is near 1 for any
// predictor, and proves nothing.)

// %% Baselines
const scores = new Map<string, readonly Score[]>();
for (const name of ["last value", "historical average", "ridge", "ridge + neighbours"] as const)
  scores.set(name, scoresOf({ windows, groups }, contenders[name].fit(windows)));

const figure = (of: readonly Score[], target: string, ahead: number): number =>
  of.find((it) => it.target === target && it.minutesAhead === ahead)?.scaledRmse ?? Number.NaN;
const comparison = () =>
  table(
    [...scores].map(([name, of]) => ({
      "RMSE in deviations": name,
      "cpu, 5 min": figure(of, "cpu", 5),
      "response time, 5 min": figure(of, "responseTime", 5),
      "throughput, 10 min": figure(of, "throughput", 10),
    })),
    { digits: 3 },
  );
display(comparison());

// %% [markdown]
// ## The model
//
// Each minute, a graph convolution mixes what a service measures with what its callers and its callees measure; a GRU follows the window of
// twelve minutes; the phase of the cycle goes in beside the features. A linear regression on the window is added, so that the network explains
// what is left. It is trained end to end; the epoch is chosen on the validation part.

// %% Training
const train = async (name: ContenderName, seed: number) => {
  const contender = contenders[name];
  if (contender.kind !== "trained") throw new Error(`${name} needs no training`);
  const model = contender.model(windows, seed, isQuick() ? 8 : undefined);
  const run = await Spatiotemporal.train(windows, model, {
    seed,
    epochs: isQuick() ? 4 : isMeasured ? 80 : 40,
    batchSize: 32,
    learningRate: 0.004,
  })();
  if (E.isLeft(run)) throw new Error(run.left.rule);
  const forecasts = await run.right.forecast(examples.test);
  return { ...run.right, forecasts, quantiles: model.quantiles };
};

const full = await train("full model", 0);
const predictor = lookUp(windows, full.forecasts);
scores.set("full model", scoresOf({ windows, groups }, predictor));
display(printSummary(summary(full.params)));
display(
  lines({
    title: "Huber loss on the validation part",
    x: { label: "epoch" },
    y: { label: "loss, in deviations", isLog: true },
    curves: [{ name: "validation", y: full.validation }],
    height: 220,
  }),
);
display(comparison());

// %% [markdown]
// Forecasts five minutes ahead beside what came, for the service that users reach.

// %% Forecasts
const ahead = windows.horizons.indexOf(5);
const [targets, horizons] = [windows.targets.length, windows.horizons.length];
const restored = Spatiotemporal.denormalize(windows, full.forecasts);
const last = examples.test.slice(-120);
const first = examples.test.length - last.length;
const forecastOf = (node: number, target: number): readonly number[] =>
  last.map((_, k) => {
    const place = ((first + k) * series.services.length + node) * targets + target;
    return restored[place * horizons + ahead] as number;
  });
for (const feature of [cpu, throughput])
  display(
    drawForecast({
      times: last.map((now) => now + 5),
      x: { label: "minutes since the recording began" },
      y: { label: `${series.features[feature]} (${series.units[feature]})` },
      height: 220,
      series: [
        {
          truth: last.map((now) => valueOf(now + 5, entry, feature)),
          predictions: { "full model": forecastOf(entry, windows.targets.indexOf(feature)) },
        },
      ],
    }),
  );

// %% [markdown]
// ## Which parts earn their place
//
// The model again without its graph, without its recurrence, without the encoding of time, without the linear part, and on a graph whose
// services were dealt anew. One seed each here; `npm run study -- ablations` has five.

// %% Ablations
const parts: readonly ContenderName[] = [
  "no graph (GRU alone)",
  "no recurrence (GCN alone)",
  "no time encoding",
  "no linear part",
  "shuffled graph",
];
for (const name of isQuick() ? parts.slice(0, 1) : parts) {
  const { forecasts } = await train(name, 0);
  scores.set(name, scoresOf({ windows, groups }, lookUp(windows, forecasts)));
}
display(comparison());

// %% [markdown]
// ## When it errs
//
// The same errors in groups of minutes: terciles of the load on measured data, incidents and the rest on simulated.

// %% Groups
display(
  bars({
    y: { label: "RMSE of cpu at 5 min, in deviations" },
    values: ["ridge + neighbours", "full model"].flatMap((name) =>
      Object.keys(groups).map((group) => ({
        group,
        name,
        value:
          scores.get(name)?.find((it) => it.target === "cpu" && it.minutesAhead === 5)?.groups[
            group
          ] ?? 0,
      })),
    ),
  }),
);

// %% [markdown]
// ## How sure it is
//
// With quantiles for outputs the model says how far off it may be. A band from the 10 % to the 90 % quantile should hold 80 % of what comes.

// %% Quantiles
const sure = await train("quantiles 0.1, 0.5, 0.9", 0);
const truth = Spatiotemporal.gather(windows)(examples.test).y;
const known = [...truth.keys()].filter((i) => !Number.isNaN(truth[i]));
const coverage = QuantileScores.scores(
  QuantileScores.ofRows(sure.quantiles)(
    known.map((i) => truth[i] as number),
    known.flatMap((i) => [...sure.forecasts.subarray(3 * i, 3 * i + 3)]),
  ),
);
display(coverage);

// %% [markdown]
// ## What to take from it
//
// - On Online Boutique the load is a clean cycle, so that its phase alone, the historical average, is a strong forecast, and the last value
//   is a poor one. A regression with the neighbours' past is better, and the full model is better than that.
// - The encoding of time and the linear part matter. What the graph adds is smaller, and a graph with the wrong names is nearly as good: every
//   service hears of the same load from whomever it hears.
// - Response times stay hard: their median R² is low for every predictor.
//
// Tables with deviations over five seeds, other windows, PetShop and Los-loop: [docs/forecast](../../docs/forecast/README.md).
