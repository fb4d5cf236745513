// The table of Los-loop, beside what T-GCN's repository stores.

import { type Curve, lines } from "../../../tools/plot/index.ts";
import { page, tableText } from "../../study/markdown.ts";
import { costTable } from "../../study/parts.ts";
import { byContender, digits, type Measure, over, printOver } from "../../study/statistics.ts";
import type { ContenderName } from "./contenders.ts";
import type { Result } from "./jobs.ts";
import { runsOf, type Table } from "./table.ts";
import type { PooledScore } from "./tgcnProtocol.ts";

/** Of the predictions for 15 minutes that T-GCN's repository stores (github.com/lehaifeng/T-GCN). */
const stored = { rmse: 5.1264, mae: 3.1802, accuracy: 0.9127, r2: 0.8634 };

const baselines: readonly ContenderName[] = ["last value", "ridge", "ridge + neighbours"];
const ahead = [15, 30, 45, 60];

const pick =
  (minutes: number, of: keyof PooledScore): Measure<Result> =>
  (result) =>
    // JSON has no NaN; it comes back as null.
    result.pooled?.find(({ minutesAhead }) => minutesAhead === minutes)?.[of] ?? Number.NaN;

const rowOf = (name: string, runs: readonly Result[]): readonly string[] => [
  name,
  ...ahead.map(
    (minutes) =>
      `${printOver(runs, pick(minutes, "rmse"))} / ${printOver(runs, pick(minutes, "mae"))}`,
  ),
  `${digits(over(runs, pick(15, "accuracy")).mean, 4)} / ${digits(over(runs, pick(15, "r2")).mean, 4)}`,
];

const storedRow = [
  "T-GCN, stored predictions of its repository",
  `${digits(stored.rmse)} / ${digits(stored.mae)}`,
  ...ahead.slice(1).map(() => "–"),
  `${digits(stored.accuracy, 4)} / ${digits(stored.r2, 4)}`,
];

const errors = (results: readonly Result[]): string =>
  tableText({
    header: [
      "RMSE / MAE (mph)",
      ...ahead.map((minutes) => `${minutes} min`),
      "accuracy / R² at 15 min",
    ],
    rows: [...[...byContender(results)].map(([name, runs]) => rowOf(name, runs)), storedRow],
  });

const explanation = [
  "Pooled over all steps up to the horizon and all 207 sensors. The epoch of the stored predictions was chosen on the test part.",
  "The epochs of our models are chosen on the last tenth of T-GCN's training part, which they are not trained on, and values are scaled by the rest of it alone.",
  "One model forecasts all horizons. T-GCN has its authors' width, 64; the full model has 32.",
  "T-GCN is its cell and its loss, which give PyTorch's numbers on the same weights (test/golden), trained for as many epochs as the full model, with a rate that falls from 0.01.",
  "Its authors train for 5000 epochs at 0.001, for which there is no time here: the difference to their predictions is one of training, and what it would reach is not known from this table.",
].join(" ");

const curvesOf = (results: readonly Result[]): readonly Curve[] =>
  [...byContender(results)].map(([name, runs]) => {
    const found = ahead.map((minutes) => over(runs, pick(minutes, "rmse")));
    const y = found.map(({ mean }) => mean);
    return { name, x: ahead, y, band: found.map(({ deviation }) => deviation) };
  });

/** Los-loop by T-GCN's protocol. */
export const losTable: Table = {
  title: "Los-loop by T-GCN's protocol",
  // A step on 207 sensors takes twenty times as long as one on ten services.
  jobs: (seeds) => [
    ...runsOf("los-loop", baselines, []),
    ...runsOf("los-loop", ["T-GCN, re-implemented"], seeds.slice(0, 1)),
    ...runsOf("los-loop", ["full model, one direction"], seeds.slice(0, 3)),
  ],
  report: (results) => ({
    markdown: page(errors(results), explanation, costTable(results)),
    pictures: {
      horizons: lines({
        x: { label: "horizon (minutes)" },
        y: { label: "RMSE (mph)" },
        curves: curvesOf(results),
      }),
    },
  }),
};
