// The result as a table: each target and horizon, the forecaster beside the last value, on the test
// part.

import { Spatiotemporal } from "../../src/models/index.ts";
import { scoresOf as judge, type Score as StudyScore } from "./study/scores.ts";

const { lastValue } = Spatiotemporal;
type Windows = Spatiotemporal.Windows;
type Predictor = Spatiotemporal.Predictor;

/** How one predictor does on one target at one horizon. */
export interface Score {
  /** Over all services, in the unit of the target. */
  readonly mae: number;
  /** Over all services, in the unit of the target: the services of large numbers decide. */
  readonly rmse: number;
  /** Over all services, in deviations of the training part: every service counts alike. */
  readonly rmseInDeviations: number;
  /** The median over services: over services of different size it would prove nothing. */
  readonly r2: number;
}

/** One row of the table. */
export interface Row {
  readonly target: string;
  readonly unit: string;
  readonly minutesAhead: number;
  readonly forecaster: Score;
  readonly lastValue: Score;
}

const pick = ({ mae, rmse, scaledRmse, medianR2 }: StudyScore): Score => ({
  mae,
  rmse,
  rmseInDeviations: scaledRmse,
  r2: medianR2,
});

/** A predictor beside the last value, for all targets and horizons. */
export const scoresOf = (windows: Windows, predictor: Predictor): readonly Row[] => {
  const judged = { windows, groups: {} };
  const last = judge(judged, lastValue(windows));
  return judge(judged, predictor).map((ours, i) => ({
    target: ours.target,
    unit: ours.unit,
    minutesAhead: ours.minutesAhead,
    forecaster: pick(ours),
    lastValue: pick(last[i] as StudyScore), // as many as ours
  }));
};

const digits = (x: number): string => (Number.isFinite(x) ? x.toPrecision(4) : "–");
const decimals = (x: number): string => (Number.isFinite(x) ? x.toFixed(3) : "–");

const columns = {
  MAE: ({ mae }) => digits(mae),
  RMSE: ({ rmse }) => digits(rmse),
  "RMSE/σ": ({ rmseInDeviations }) => decimals(rmseInDeviations),
  "median R²": ({ r2 }) => decimals(r2),
} satisfies Record<string, (score: Score) => string>;

/** The table as text, each figure of the forecaster with that of the last value behind it. */
export const printScores = (rows: readonly Row[]): string => {
  const header = ["target", "min ahead", ...Object.keys(columns).flatMap((name) => [name, "last"])];
  const body = rows.map(({ target, unit, minutesAhead, forecaster, lastValue }) => [
    `${target} (${unit})`,
    String(minutesAhead),
    ...Object.values(columns).flatMap((print) => [print(forecaster), print(lastValue)]),
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...body.map((row) => (row[column] as string).length)),
  );
  const line = ([first = "", ...others]: readonly string[]): string =>
    [
      first.padEnd(widths[0] as number),
      ...others.map((cell, i) => cell.padStart(widths[i + 1] as number)),
    ].join("  ");
  return [
    ...[header, ...body].map(line),
    "last: the last value; σ: deviations of the training part, in which all services count alike;",
    "R²: the median over services",
  ].join("\n");
};

const change = (ours: number, last: number): string =>
  `${(100 * Math.abs(1 - ours / last)).toFixed(0)} % ${ours < last ? "lower" : "higher"}`;

/**
 * One line for each target: whether the last value is beaten at the middle horizon. Large services
 * decide the RMSE, all alike the RMSE/σ, so the two may disagree, and then the line says so.
 */
export const compareWithLastValue = (rows: readonly Row[]): string => {
  const horizons = [...new Set(rows.map(({ minutesAhead }) => minutesAhead))].sort((a, b) => a - b);
  const middle = horizons[Math.floor(horizons.length / 2)];
  return rows
    .filter(({ minutesAhead }) => minutesAhead === middle)
    .map(({ target, forecaster: ours, lastValue: last }) => {
      const wins = [ours.rmse < last.rmse, ours.rmseInDeviations < last.rmseInDeviations];
      const verdict = wins.every((it) => it)
        ? "beats last value"
        : wins.some((it) => it)
          ? "neither beats nor loses to last value"
          : "does not beat last value";
      const [rmse, scaled] = [
        change(ours.rmse, last.rmse),
        change(ours.rmseInDeviations, last.rmseInDeviations),
      ];
      return `${verdict} on ${target} at ${middle} min: RMSE ${rmse}, RMSE/σ ${scaled}`;
    })
    .join("\n");
};
