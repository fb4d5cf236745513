// The result as a table: each target and horizon, the forecaster beside the last value. MAE and RMSE are pooled over services
// in original units; R² is the median over services, since pooled over services of different size it proves nothing.

import type { Spatiotemporal } from "../../src/models/index.ts";
import { Spatiotemporal as Model } from "../../src/models/index.ts";

type Windows = Spatiotemporal.Windows;
type Cells = ReturnType<typeof Model.evaluate>;

/** How one predictor does on one target at one horizon. */
export interface Score {
  readonly mae: number;
  readonly rmse: number;
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

const scoreOf = (windows: Windows, cells: Cells, target: number, horizon: number): Score => {
  const { pooled, median } = Model.reportOn(windows, cells, target, horizon);
  return { mae: pooled.mae, rmse: pooled.rmse, r2: median.r2 };
};

/** Rows for all targets and horizons. */
export const scoresOf = (windows: Windows, forecaster: Cells, lastValue: Cells): readonly Row[] =>
  windows.targets.flatMap((feature, target) =>
    windows.horizons.map((steps, horizon) => {
      const name = windows.series.features[feature] as string;
      return {
        target: name,
        unit: Model.featureUnits[name as Spatiotemporal.Feature],
        minutesAhead: (steps * windows.series.stepSeconds) / 60,
        forecaster: scoreOf(windows, forecaster, target, horizon),
        lastValue: scoreOf(windows, lastValue, target, horizon),
      };
    }),
  );

const digits = (x: number): string => (Number.isFinite(x) ? x.toPrecision(4) : "–");

/** The table as text. */
export const printScores = (rows: readonly Row[]): string => {
  const header = [
    "target",
    "min ahead",
    "MAE",
    "last value",
    "RMSE",
    "last value",
    "median R²",
    "last value",
  ];
  const body = rows.map(({ target, unit, minutesAhead, forecaster, lastValue }) => [
    `${target} (${unit})`,
    String(minutesAhead),
    digits(forecaster.mae),
    digits(lastValue.mae),
    digits(forecaster.rmse),
    digits(lastValue.rmse),
    forecaster.r2.toFixed(3),
    lastValue.r2.toFixed(3),
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...body.map((row) => (row[column] as string).length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) =>
        i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number),
      )
      .join("  ");
  return ["", line(header), ...body.map(line)].join("\n");
};
